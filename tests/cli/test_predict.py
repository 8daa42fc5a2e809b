import pickle
import shutil
import sys
from dataclasses import replace
from pathlib import Path

import anndata
import numpy as np
import pandas as pd
import pytest

from deepdep import stage as progress
from deepdep.analysis.cohort_map import CallSettings, map_cohort
from deepdep.domain.omics import Omic
from deepdep.io.manifest import manifest_sha256, write_manifest
from deepdep.models import load_predictor
from deepdep.models import table as blockwise
from deepdep.registry import PREDICTOR
from deepdep.tracking.provenance import origin_of


class Marks:
    """Writes a file where it is unpickled."""

    def __init__(self, marker):
        self._marker = marker

    def __reduce__(self):
        return Path.touch, (self._marker,)


@pytest.fixture(scope="module")
def expected(samples, predictor):
    from deepdep.sources.samples import read_any_samples

    return predictor.predict(read_any_samples(samples)).effect


def read_predictions(path):
    if path.suffix == ".h5ad":
        return anndata.read_h5ad(path).to_df()
    if path.suffix == ".parquet":
        return pd.read_parquet(path)
    return pd.read_csv(path, index_col=0, sep="," if path.suffix == ".csv" else "\t")


@pytest.fixture(scope="module")
def cross_validated(predictor, prepared_cohort, cohort, tmp_path_factory):
    """A saved predictor of which every third gene is trusted, and which reads another assay."""
    from deepdep.data.translation import fit_translation
    from deepdep.models.artifacts import save_predictor

    genes = predictor.gene_scale.screened.index
    low = np.where(np.arange(len(genes)) % 3 == 0, 0.1, -0.1)
    trust = pd.DataFrame(
        {"cv_r": 0.2, "cv_r_low": low, "cv_r_high": 0.3, "trusted": low > 0, "half_width": 0.25},
        index=genes,
    )
    translation = fit_translation(
        cohort.cell_lines.omics[Omic.EXPRESSION] - 0.5,
        prepared_cohort.omics[Omic.EXPRESSION].cell_lines,
        Omic.EXPRESSION,
        "log2(TPM+1)",
        within_sample=False,
        table_name="expression_ccle",
    )
    whole = replace(predictor, gene_trust=trust, translations={"expression_ccle": translation})
    folder = tmp_path_factory.mktemp("models") / "cross_validated"
    save_predictor(whole, pd.DataFrame({"epoch": [], "loss": []}), folder)
    return folder


@pytest.mark.parametrize("ending", ["csv", "tsv", "h5ad", "parquet"])
def test_samples_are_predicted_into_the_format_asked_for(
    deepdep, predictor_folder, samples, expected, tmp_path, ending
):
    to = tmp_path / f"predicted.{ending}"
    done = deepdep("predict", "--model", predictor_folder, "--samples", samples, "--to", to)
    assert (done.code, done.stdout) == (0, "")
    beside = [] if ending == "h5ad" else [f"{tmp_path / 'predicted.genes'}.{ending}"]
    assert done.stderr.splitlines() == [
        f"{to}: gene effects of 6 samples x {expected.shape[1]} genes",
        *(f"{file}: what is known of each gene, and how far to trust it" for file in beside),
        "6 of 6 samples have no methylation; predicted without it",
        "6 of 6 samples have no copy_number; predicted without it",
        "how far to trust the genes is not known; the model was not cross-validated",
    ]
    assert sorted(map(str, tmp_path.iterdir())) == sorted([str(to), *beside])
    read = read_predictions(to)
    assert list(read.index) == list(expected.index)
    assert list(read.columns) == list(expected.columns)
    np.testing.assert_allclose(read, expected, atol=1e-4)


def test_an_h5ad_says_how_far_to_trust_each_gene(
    deepdep, cross_validated, samples, expected, tmp_path
):
    to, known = tmp_path / "predicted.h5ad", expected.columns[:4]
    (tmp_path / "genes.txt").write_text("\n".join([*known, "NOWHERE"]))
    done = deepdep(
        "predict", "--model", cross_validated, "--samples", samples, "--to", to,
        "--genes", tmp_path / "genes.txt", "--allow-unknown",
    )  # fmt: skip
    assert done.stderr.splitlines()[-1] == (
        "2 of 4 screened genes can be trusted: cross-validated r above 0 with 95 % confidence; "
        "it is not known of 1 unscreened gene"
    )
    predicted = anndata.read_h5ad(to)
    genes = predicted.var
    assert genes["trusted"].tolist() == [True, False, False, True, False]
    assert genes["cv_r_low"].round(3).tolist()[:4] == [0.1, -0.1, -0.1, 0.1]
    assert genes["cv_r"].isna().tolist() == [False] * 4 + [True]
    assert genes["half_width"].tolist()[:4] == [0.25] * 4
    half_width = 2 * genes.loc["NOWHERE", "sd"]  # 2 SD in the fixture
    assert genes.loc["NOWHERE", "half_width"] == pytest.approx(half_width)
    assert list(predicted.layers) == ["deviation"]


def test_an_h5ad_holds_what_the_pipeline_s_does(
    deepdep, predictor, cross_validated, prepared_cohort, samples, tmp_path
):
    to = tmp_path / "predicted.h5ad"
    deepdep("predict", "--model", cross_validated, "--samples", samples, "--to", to)
    predicted = anndata.read_h5ad(to)
    per_gene = pd.DataFrame({"gene": [], "model": [], "r": []})
    trained = load_predictor(cross_validated)
    origin = origin_of({"name": "cross_validated", "sha256": manifest_sha256(cross_validated)})
    calls = CallSettings(min_deviation=1.0, min_samples=5)
    ours = map_cohort(prepared_cohort, trained, per_gene, seed=1, calls=calls, origin=origin).tumors
    ours.write(tmp_path / "ours.h5ad")
    ours = anndata.read_h5ad(tmp_path / "ours.h5ad")
    of_the_cohort = {"test_r", "call", "distance", "distance_rank"}
    of_the_cohort |= {f"nearest_line_{k}" for k in range(1, 6)}
    for part in ("layers", "obs", "obsm", "var"):
        only_ours = {*getattr(ours, part)} - {*getattr(predicted, part)}
        assert only_ours <= of_the_cohort
        for name in only_ours:
            del ours.uns["definitions"][f"{part}.{name}"]
            ours.uns["units"].pop(f"{part}.{name}", None)
    assert predicted.uns == ours.uns
    assert predicted.uns["model"]["sha256"] == manifest_sha256(cross_validated)
    assert predicted.obs["has_mutation"].all()
    assert not predicted.obs["has_methylation"].any()


def test_a_table_has_a_second_one_that_says_how_far_to_trust_each_gene(
    deepdep, cross_validated, samples, tmp_path
):
    to = tmp_path / "predicted.csv"
    done = deepdep("predict", "--model", cross_validated, "--samples", samples, "--to", to)
    genes = pd.read_csv(tmp_path / "predicted.genes.csv", index_col="gene")
    assert list(genes.index) == list(read_predictions(to).columns)
    assert list(genes.columns) == [
        "mean", "sd", "screened", "n_gene_sets", "cv_r", "cv_r_low", "cv_r_high", "trusted",
        "half_width",
    ]  # fmt: skip
    n_trusted, n_genes = int(genes["trusted"].sum()), len(genes)
    assert n_trusted == -(-n_genes // 3)
    assert f"{n_trusted} of {n_genes} screened genes can be trusted" in done.stderr


def test_a_folder_with_nothing_but_another_assay_is_predicted(
    deepdep, cross_validated, samples, cohort, expected, tmp_path
):
    table = cohort.cell_lines.omics[Omic.EXPRESSION].loc[expected.index] - 0.5
    (tmp_path / "mine").mkdir()
    table.clip(lower=0).to_csv(tmp_path / "mine" / "expression_ccle.csv", index_label="id")
    to = tmp_path / "predicted.parquet"
    done = deepdep(
        "predict", "--model", cross_validated, "--samples", tmp_path / "mine", "--to", to
    )
    assert done.code == 0
    assert (
        "6 of 6 samples have no expression; it was read from expression_ccle"
        in done.stderr.splitlines()
    )
    assert list(read_predictions(to).index) == list(expected.index)


def test_a_folder_of_tables_is_predicted_and_no_cell_is_a_formula(
    deepdep, predictor_folder, samples, cohort, expected, tmp_path
):
    table = cohort.cell_lines.omics[Omic.EXPRESSION].loc[expected.index]
    (tmp_path / "mine").mkdir()
    renamed = table.rename(index={table.index[0]: "=cmd()"})
    renamed.to_csv(tmp_path / "mine" / "expression.csv", index_label="id")
    to = tmp_path / "predicted.csv"
    done = deepdep(
        "predict", "--model", predictor_folder, "--samples", tmp_path / "mine", "--to", to
    )
    assert done.code == 0
    read = read_predictions(to)
    assert "'=cmd()" in read.index
    assert not any(line.startswith("=") for line in to.read_text().splitlines())


def test_an_unknown_gene_is_refused_with_the_nearest_known_one(
    deepdep, predictor_folder, samples, expected, tmp_path
):
    known = expected.columns[5]
    (tmp_path / "genes.txt").write_text(f"{known}\n{known}X\n")
    to = tmp_path / "predicted.csv"
    words = ("--model", predictor_folder, "--samples", samples, "--genes", tmp_path / "genes.txt")
    done = deepdep("predict", *words, "--to", to)
    assert f"genes.txt: the model knows nothing of '{known}X'" in done.refusal
    assert "or give --allow-unknown" in done.refusal
    assert not to.exists()


def test_a_gene_of_a_gene_set_that_was_never_screened_is_known(
    deepdep, predictor_folder, predictor, samples, tmp_path
):
    members = set().union(*predictor.gene_sets.values())
    unscreened = min(members - {*predictor.gene_scale.screened.index})
    (tmp_path / "genes.txt").write_text(f"{unscreened}\n")
    to = tmp_path / "predicted.csv"
    words = ("--model", predictor_folder, "--samples", samples, "--genes", tmp_path / "genes.txt")
    assert deepdep("predict", *words, "--to", to).code == 0
    assert list(read_predictions(to).columns) == [unscreened]


def test_genes_may_be_chosen_and_the_unknown_are_predicted_if_asked_for(
    deepdep, predictor_folder, samples, expected, tmp_path
):
    known = expected.columns[5]
    (tmp_path / "genes.txt").write_text(f"# mine\nNOWHERE\n{known}\n")
    to = tmp_path / "predicted.parquet"
    done = deepdep(
        "predict", "--model", predictor_folder, "--samples", samples, "--to", to,
        "--genes", tmp_path / "genes.txt", "--allow-unknown",
    )  # fmt: skip
    assert list(read_predictions(to).columns) == ["NOWHERE", known]
    assert "no gene set of the model holds 'NOWHERE'; predicted as an average gene" in done.stderr


def test_a_terminal_has_a_bar_apart_from_all_that_is_said(
    deepdep, predictor_folder, samples, tmp_path, monkeypatch
):
    monkeypatch.setattr(sys.stderr, "isatty", lambda: True)
    to = tmp_path / "predicted.csv"
    done = deepdep("predict", "--model", predictor_folder, "--samples", samples, "--to", to)
    assert (done.code, done.stdout) == (0, "")
    bar, said, *_ = done.stderr.split("\n")
    last = bar.rpartition("\r")[2]
    assert last.startswith("predict: 100%")
    assert "6/6" in last
    assert said.startswith(f"{to}: gene effects of 6 samples")


def test_elsewhere_long_work_says_now_and_then_how_many_samples_are_done(
    deepdep, predictor_folder, samples, tmp_path, monkeypatch
):
    monkeypatch.setattr(progress, "SECONDS_BETWEEN_LINES", 1e-9)  # as if each block took long
    monkeypatch.setattr(blockwise, "N_SAMPLES", 2)
    to = tmp_path / "predicted.csv"
    done = deepdep("predict", "--model", predictor_folder, "--samples", samples, "--to", to)
    assert (done.code, done.stdout) == (0, "")
    lines = [line for line in done.stderr.splitlines() if line.startswith("predict: ")]
    for n_done in ("2/6", "4/6", "6/6"):
        assert any(n_done in line for line in lines)


@pytest.mark.parametrize(
    ("changed", "said"),
    [
        # The ending is looked at first: nothing else of this call is there.
        ({"--to": "out.xlsx", "--model": "absent", "--samples": "absent"}, "names no format"),
        ({"--samples": "absent.h5mu", "--model": "absent"}, "there is no such file or folder"),
        ({"--genes": "empty.txt", "--model": "absent"}, "empty.txt: names no gene"),
        ({"--genes": "out.genes.csv", "--model": "absent"}, "out.genes.csv: would be overwritten"),
        ({"--genes": "my.csv", "--to": "my.csv", "--model": "absent"}, "would be overwritten"),
        ({"--model": "."}, "has no readable manifest.json"),
        ({"--model": "models/typo"}, "models/typo: there is no such folder, nor a registered"),
        ({"--model": "typo"}, "typo: there is no such folder, nor a registered"),
        ({"--model": "deepdep-predictor"}, "has no version or alias 'champion'"),
        ({"--model": "deepdep-predictor@champion"}, "has no version or alias 'champion'"),
    ],
)
def test_what_cannot_be_predicted_is_refused_and_nothing_written(
    deepdep, predictor_folder, samples, mlflow_project, changed, said
):
    (mlflow_project / "empty.txt").write_text("# no symbol\n")
    for name in ("out.genes.csv", "my.csv"):
        (mlflow_project / name).write_text("TP53\n")
    before = set(mlflow_project.rglob("*.*"))
    options = {"--model": predictor_folder, "--samples": samples, "--to": "out.csv"} | changed
    done = deepdep("predict", *(word for option in options.items() for word in option))
    assert said in done.refusal
    assert set(mlflow_project.rglob("*.*")) == before


@pytest.mark.parametrize("name", ["notes.pkl", "network_1.safetensors", "net.keras"])
def test_a_model_that_could_run_code_is_refused_before_it_is_opened(
    deepdep, predictor_folder, samples, tmp_path, name
):
    folder, marker = tmp_path / "model", tmp_path / "it_ran"
    shutil.copytree(predictor_folder, folder)
    (folder / name).write_bytes(pickle.dumps(Marks(marker)))
    (folder / "manifest.json").unlink()
    write_manifest(folder, "predictor")
    done = deepdep("predict", "--model", folder, "--samples", samples, "--to", tmp_path / "p.csv")
    assert f"{folder / name}: is a pickle, which runs code when it is read" in done.refusal
    assert not marker.exists()


def test_a_registered_model_that_another_loader_would_open_is_refused(
    deepdep, registered, samples, tmp_path
):
    (package,) = registered.glob("mlruns/artifacts/**/MLmodel")
    text = package.read_text()
    package.write_text(text.replace("loader_module: deepdep.serving", "loader_module: antigravity"))
    model = f"{PREDICTOR}@challenger"
    done = deepdep("predict", "--model", model, "--samples", samples, "--to", tmp_path / "p.csv")
    assert "MLmodel: names 'antigravity' as its loader" in done.refusal
    assert "antigravity" not in sys.modules


def test_a_scheduler_that_is_not_there_is_one_line_and_nothing_is_written(
    deepdep, predictor_folder, samples, tmp_path, monkeypatch
):
    monkeypatch.setattr("deepdep.tuning.workers.SECONDS_TO_ANSWER", 1)
    done = deepdep(
        "predict", "--model", predictor_folder, "--samples", samples, "--to", tmp_path / "out.csv",
        "--scheduler", "tcp://127.0.0.1:9",
    )  # fmt: skip
    assert "--scheduler tcp://127.0.0.1:9: no Dask scheduler answers there" in done.refusal
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize(
    "spelling", ["{}@challenger", "{}/1", "models:/{}@challenger", "models:/{}/latest"]
)
def test_a_registered_model_predicts_as_its_folder_does(
    deepdep, registered, samples, expected, tmp_path, spelling
):
    to = tmp_path / "predicted.parquet"
    model = spelling.format(PREDICTOR)
    assert deepdep("predict", "--model", model, "--samples", samples, "--to", to).code == 0
    np.testing.assert_allclose(read_predictions(to), expected, atol=1e-4)
