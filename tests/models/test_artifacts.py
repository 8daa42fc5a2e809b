import hashlib
import json
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import keras
import numpy as np
import pandas as pd
import pytest

from deepdep.data.standardized import StandardizedSamples
from deepdep.domain.cohort import Source
from deepdep.domain.features import FeatureSpace, Translation
from deepdep.domain.gene_effect import GeneEffectKind
from deepdep.domain.omics import Omic
from deepdep.errors import BadFileError
from deepdep.io.manifest import write_manifest
from deepdep.models.artifacts import (
    Composition,
    TrainedEncoder,
    fits,
    layers_are_possible,
    load_encoder,
    load_predictor,
    save_encoder,
    save_predictor,
)
from deepdep.models.closed_form import ClosedForm
from deepdep.models.gene_scale import GeneScale
from deepdep.models.kernel_fit import KernelLabels
from deepdep.models.network import build_predictor
from deepdep.models.predictor import TrainedPredictor
from deepdep.models.settings import EncoderSettings, PredictorSettings
from deepdep.statistics.conformal import LackFactors

ENCODER = EncoderSettings((8, 3), "gelu", "linear", "linear", corruption=0.2)
GENE_SETS = {"S1": ("A", "B"), "S2": ("B", "NA"), "S3": ("A", "NA")}
FEATURES = ["NA", "F1", "F2", "F3"]
FORMAT_3 = Path(__file__).parent / "format_3"  # saved by the version before safetensors
HISTORY = pd.DataFrame({"epoch": [0, 1], "loss": [0.5, 0.25]})


def space_of(features):
    table = pd.DataFrame(
        {
            "in_tumors": True,
            "center_cell_line": 1 / 3,
            "scale_cell_line": 2.0,
            "center_tumor": 0.0,
            "scale_tumor": 1.0,
        },
        index=pd.Index(features, name="feature"),
    )
    return FeatureSpace(table, within_sample=True, units={Source.TUMOR: "beta"})


@pytest.fixture
def predictor(closed_form_settings):
    """Two omics whose order is not alphabetical, a gene called NA, and every part there can be."""
    keras.utils.set_random_seed(0)
    rng = np.random.default_rng(0)
    omics = (Omic.MUTATION, Omic.EXPRESSION)
    settings = PredictorSettings((6,), (6,), 4, (3,), True, "deviation", 0.0, 0.0)
    lines = pd.Index([f"L{k}" for k in range(20)])
    tables = {
        omic: pd.DataFrame(rng.normal(size=(20, 4)), lines, FEATURES).astype(np.float32)
        for omic in omics
    }
    effects = pd.DataFrame(rng.normal(size=(20, 3)), lines, ["A", "B", "NA"])
    effects["NA"] -= 3 * tables[Omic.MUTATION]["NA"]
    labels = KernelLabels(effects, pd.Series(lines, lines))
    return TrainedPredictor(
        networks=tuple(
            build_predictor(
                {omic: ENCODER.build(4, name=str(omic)) for omic in omics},
                len(GENE_SETS),
                settings,
            )
            for _ in range(2)
        ),
        closed_form=ClosedForm.fit(tables, labels, GENE_SETS, closed_form_settings),
        network_share=1 / 3,
        gene_trust=pd.DataFrame(
            {"cv_r": [0.1, np.nan, 1 / 3], "trusted": [False, False, True], "half_width": 0.1},
            pd.Index(["A", "B", "NA"], name="gene"),
        ),
        half_width_per_sd=1.7,
        settings=settings,
        encoder_settings=dict.fromkeys(omics, ENCODER),
        features={omic: space_of(FEATURES) for omic in omics},
        gene_scale=GeneScale.fit(effects, GENE_SETS),
        gene_sets=GENE_SETS,
        kind=GeneEffectKind.CLASS,
        translations={
            "expression_ccle": Translation(
                Omic.EXPRESSION,
                space_of(["NA", "OTHER"]),
                pd.DataFrame(rng.normal(size=(2, 4)), ["NA", "OTHER"], FEATURES).astype("float32"),
                pd.Series(rng.normal(size=4), FEATURES).astype("float32"),
            )
        },
        lack_factors=LackFactors(pd.DataFrame({0.0: [1.4], 0.1: 4 / 3, 1.0: 1.0}, ["mutation"])),
    )


@pytest.fixture
def saved(predictor, tmp_path):
    save_predictor(predictor, HISTORY, tmp_path / "model")
    return tmp_path / "model"


def test_a_loaded_predictor_predicts_the_same(predictor, saved):
    rng = np.random.default_rng(1)
    lines = pd.Index(["L1", "L2", "L3"])
    profiles = {
        Omic.MUTATION: pd.DataFrame(rng.normal(size=(2, 4)), index=lines[:2], columns=FEATURES),
        Omic.EXPRESSION: pd.DataFrame(rng.normal(size=(3, 4)), index=lines, columns=FEATURES),
    }
    genes = ["NA", "A", "NEW"]
    loaded = load_predictor(saved)
    samples = StandardizedSamples.named(profiles, lines)
    again, before = loaded.predict(samples, genes), predictor.predict(samples, genes)
    pd.testing.assert_frame_equal(again.effect, before.effect)
    assert list(loaded.features) == [Omic.MUTATION, Omic.EXPRESSION]
    assert loaded.kind is GeneEffectKind.CLASS
    pd.testing.assert_frame_equal(loaded.gene_trust, predictor.gene_trust)
    pd.testing.assert_series_equal(
        loaded.prepare_genes(genes).described["half_width"],
        predictor.prepare_genes(genes).described["half_width"],
        check_exact=True,
    )
    assert loaded.figures == predictor.figures
    pd.testing.assert_series_equal(
        again.obs["interval_factor"], before.obs["interval_factor"], check_exact=True
    )
    assert again.obs.loc["L3", "interval_factor"] > 1.2  # it has no mutations


def test_a_predictor_without_networks_predicts_without_tensorflow(predictor, tmp_path):
    save_predictor(replace(predictor, networks=(), network_share=0.0), HISTORY, tmp_path / "model")
    code = (
        "import sys\n"
        "from pathlib import Path\n"
        "import pandas as pd\n"
        "from deepdep.data.standardized import StandardizedSamples\n"
        "from deepdep.models import load_predictor\n"
        "predictor = load_predictor(Path(sys.argv[1]))\n"
        "features = predictor.features['expression'].table.index\n"
        "tables = {'expression': pd.DataFrame(0.5, ['L1'], features, 'float32')}\n"
        "effect = predictor.predict(StandardizedSamples.named(tables, ['L1'])).effect\n"
        "print(effect.shape, {'keras', 'tensorflow'} & set(sys.modules))"
    )
    command = [sys.executable, "-c", code, str(tmp_path / "model")]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    n_genes = len(predictor.gene_scale.screened)
    assert done.stdout.strip() == f"(1, {n_genes}) set()"


def test_a_loaded_translation_reads_a_supplement_the_same(predictor, saved):
    profiles = pd.DataFrame({"OTHER": [1.0, np.nan], "NA": [2.0, 3.0]}, ["L1", "L2"])
    (name, translation), (loaded_name, loaded) = (
        *predictor.translations.items(),
        *load_predictor(saved).translations.items(),
    )
    assert (loaded_name, loaded.omic) == (name, Omic.EXPRESSION)
    pd.testing.assert_frame_equal(
        loaded.apply(profiles), translation.apply(profiles), check_exact=True
    )
    pd.testing.assert_frame_equal(loaded.space.table, translation.space.table)


def test_a_model_of_one_network_alone_survives_saving(predictor, tmp_path):
    alone = replace(
        predictor,
        networks=predictor.networks[:1],
        closed_form=None,
        network_share=1.0,
        gene_trust=None,
        translations={},
    )
    save_predictor(alone, HISTORY, tmp_path / "alone")
    loaded = load_predictor(tmp_path / "alone")
    assert loaded.closed_form is None
    assert loaded.gene_trust is None
    assert loaded.translations == {}
    profiles = {Omic.MUTATION: pd.DataFrame([[1.0, 0.0, 2.0, -1.0]], ["L1"], FEATURES)}
    samples = StandardizedSamples.named(profiles, ["L1"])
    pd.testing.assert_frame_equal(
        loaded.predict(samples, ["A", "NEW"]).effect, alone.predict(samples, ["A", "NEW"]).effect
    )


def test_saving_twice_gives_the_same_bytes(predictor, saved, tmp_path):
    save_predictor(predictor, HISTORY, tmp_path / "again")
    for file in saved.iterdir():
        assert file.read_bytes() == (tmp_path / "again" / file.name).read_bytes(), file.name


def test_folders_of_the_format_with_hdf5_still_open():
    loaded = load_predictor(FORMAT_3 / "predictor")
    profiles = np.linspace(-1, 1, 8).reshape(2, 4)
    samples = StandardizedSamples.named(
        {
            Omic.MUTATION: pd.DataFrame(profiles, ["L1", "L2"], FEATURES),
            Omic.EXPRESSION: pd.DataFrame(-2 * profiles, ["L1", "L2"], FEATURES),
        },
        ["L1", "L2"],
    )
    effect = loaded.predict(samples, ["NA", "A", "NEW"]).effect
    as_saved = [[2.1682243, 0.0267504, -0.3081476], [0.0809234, -0.5894199, -0.2704009]]
    np.testing.assert_allclose(effect, as_saved, atol=1e-5)
    supplement = pd.DataFrame({"OTHER": [1.0], "NA": [2.0]}, ["L1"])
    as_saved = [[-1.1269145, -3.6776762, -0.9947695, -0.2694023]]
    read = loaded.translations["expression_ccle"].apply(supplement)
    np.testing.assert_allclose(read, as_saved, atol=1e-5)
    code = load_encoder(FORMAT_3 / "autoencoder").encoder(np.ones((1, 4), np.float32))
    np.testing.assert_allclose(code, [[0.6292163, -0.6029431, -0.2624229]], atol=1e-5)


def test_a_folder_of_the_old_format_saved_again_predicts_the_same(tmp_path):
    old = load_predictor(FORMAT_3 / "predictor")
    save_predictor(old, HISTORY, tmp_path / "new")
    assert not list((tmp_path / "new").glob("*.h5*"))
    profiles = {Omic.MUTATION: pd.DataFrame([[1.0, 0.0, 2.0, -1.0]], ["L1"], FEATURES)}
    samples = StandardizedSamples.named(profiles, ["L1"])
    before, after = (
        model.predict(samples, ["A", "NEW"]).effect
        for model in (old, load_predictor(tmp_path / "new"))
    )
    pd.testing.assert_frame_equal(after, before, check_exact=True)


def test_weights_of_another_network_do_not_fit(saved):
    settings = json.loads((saved / "settings.json").read_text())
    settings["encoders"]["mutation"]["widths"] = [7, 3]
    (saved / "settings.json").write_text(json.dumps(settings))
    (saved / "manifest.json").unlink()
    write_manifest(saved, "predictor")
    with pytest.raises(BadFileError, match=r"safetensors: does not fit the settings: 'mutation_1/"):
        load_predictor(saved)


def test_an_encoder_survives_saving(tmp_path):
    encoder = ENCODER.build(4, name="methylation")
    trained = TrainedEncoder(encoder, ENCODER, space_of(["F0", "F1", "F2", "F3"]))
    save_encoder(trained, Omic.METHYLATION, HISTORY, tmp_path / "encoder")
    loaded = load_encoder(tmp_path / "encoder")
    profiles = np.ones((2, 4), np.float32)
    np.testing.assert_array_equal(loaded.encoder(profiles), encoder(profiles))
    pd.testing.assert_frame_equal(loaded.features.table, trained.features.table)


def swap_weights(folder: Path) -> None:
    (folder / "network_2.safetensors").write_bytes(b"other")


def add_a_file(folder: Path) -> None:
    (folder / "run_me.py").write_text("raise SystemExit")


def drop_the_manifest(folder: Path) -> None:
    (folder / "manifest.json").unlink()


def claim_a_newer_format(folder: Path) -> None:
    manifest = json.loads((folder / "manifest.json").read_text())
    (folder / "manifest.json").write_text(json.dumps(manifest | {"format_version": 99}))


def claim_an_older_format(folder: Path) -> None:
    manifest = json.loads((folder / "manifest.json").read_text())
    (folder / "manifest.json").write_text(json.dumps(manifest | {"format_version": 2}))


def drop_the_closed_form(folder: Path) -> None:
    (folder / "kernel.json").unlink()


def link_elsewhere(folder: Path) -> None:
    elsewhere = folder.parent / "genes.csv"
    (folder / "genes.csv").rename(elsewhere)
    (folder / "genes.csv").symlink_to(elsewhere)


@pytest.mark.parametrize(
    ("spoil", "message"),
    [
        (swap_weights, "network_2.safetensors is not the file that was saved"),
        (add_a_file, "run_me.py: is no part of a model"),
        (drop_the_manifest, "has no readable manifest"),
        (drop_the_closed_form, "does not agree with the folder about .kernel.json"),
        (claim_a_newer_format, "has format 99, newer"),
        (claim_an_older_format, "has format 2, older"),
        (link_elsewhere, "genes.csv: is a link"),
    ],
)
def test_a_folder_that_was_changed_is_refused(saved, spoil, message):
    spoil(saved)
    with pytest.raises(BadFileError, match=message):
        load_predictor(saved)


def test_a_model_whose_files_are_links_into_a_dvc_cache_is_loaded(saved, tmp_path):
    digests = {file: hashlib.md5(file.read_bytes()).hexdigest() for file in saved.iterdir()}
    for file, digest in digests.items():
        cached = tmp_path / "elsewhere" / "files" / "md5" / digest[:2] / digest[2:]
        cached.parent.mkdir(parents=True, exist_ok=True)
        file.rename(cached)
        file.symlink_to(cached)
    assert load_predictor(saved).gene_sets == GENE_SETS


def test_an_encoder_is_not_a_predictor(saved):
    with pytest.raises(BadFileError, match="kind 'predictor', not 'autoencoder'"):
        load_encoder(saved)


def test_a_predictor_says_what_models_differ_by(predictor):
    assert predictor.composition == {
        "omics": "mutation+expression",
        "n_networks": len(predictor.networks),
        "latent_size.mutation": 3,
        "latent_size.expression": 3,
    }


@pytest.fixture
def saved_with(tmp_path, predictor):
    """Save a predictor that differs from the usual one."""

    def save(**changes):
        save_predictor(replace(predictor, **changes), HISTORY, tmp_path / "model")
        return tmp_path / "model"

    return save


def test_the_composition_is_that_of_the_predictor_that_was_saved(saved_with, predictor):
    trust = pd.DataFrame(
        {"cv_r": 0.1, "trusted": [True, False, True]}, index=pd.Index(["A", "NA", "2"], name="gene")
    )
    composition = Composition.read(saved_with(gene_trust=trust))
    assert (composition.n_networks, composition.network_share) == (len(predictor.networks), 1 / 3)
    assert composition.trusted.to_dict() == {"A": True, "NA": False, "2": True}
    assert composition.trusted.mean() == pytest.approx(2 / 3)
    kernel = predictor.closed_form.kernel
    weights = {name: of_table.weight for name, of_table in kernel.kernels.weights.items()}
    assert composition.closed_form.weights == weights
    assert composition.closed_form.filled == kernel.filling.table
    pd.testing.assert_frame_equal(
        composition.closed_form.single_features,
        predictor.closed_form.single_features.weights,
        check_dtype=False,
    )


def test_a_model_of_networks_alone_has_no_closed_form_and_perhaps_no_trust(saved_with):
    composition = Composition.read(saved_with(closed_form=None, network_share=1.0, gene_trust=None))
    assert composition.closed_form is None
    assert composition.trusted is None
    assert composition.network_share == 1.0


def test_names_that_a_spreadsheet_would_run_come_back(saved_with, predictor):
    weights = pd.DataFrame(
        {"gene": ["=cmd()", "NA"], "omic": "mutation", "feature": ["7", "-1"], "weight": [1, 0.5]}
    )
    single = replace(predictor.closed_form.single_features, weights=weights)
    closed_form = replace(predictor.closed_form, single_features=single)
    read = Composition.read(saved_with(closed_form=closed_form)).closed_form.single_features
    assert read["gene"].tolist() == ["=cmd()", "NA"]
    assert read["feature"].tolist() == ["7", "-1"]
    assert read["weight"].tolist() == [1.0, 0.5]


@pytest.mark.parametrize(
    ("file", "content", "problem"),
    [
        ("settings.json", {"n_networks": 1}, "lacks 'network_share'. Run `dvc repro finetune`"),
        ("kernel.json", {"weights": {}}, "lacks 'tables'"),
    ],
)
def test_what_a_model_of_another_version_lacks_is_named(saved_with, file, content, problem):
    folder = saved_with()
    (folder / file).write_text(json.dumps(content))
    with pytest.raises(BadFileError, match=problem) as raised:
        Composition.read(folder)
    assert str(folder / file) in str(raised.value)


def test_layers_have_widths_and_an_end():
    assert layers_are_possible([(8, 3), ()])
    for widths in ((0,), (8, -3), (1,) * 65):
        assert not layers_are_possible([(8, 3), widths])


@pytest.mark.parametrize(
    ("stored", "matrices", "fit"),
    [(1000, 1000, True), (999, 1000, False), (4 << 20, 0, True), (5 << 20, 0, False)],
)
def test_a_file_holds_its_matrices_and_little_else(stored, matrices, fit):
    assert fits(stored, matrices) is fit
