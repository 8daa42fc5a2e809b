import json
from pathlib import Path

import keras
import numpy as np
import pandas as pd
import pytest

from deepdep.domain.cohort import Source
from deepdep.domain.errors import BadFileError
from deepdep.domain.feature_space import FeatureSpace
from deepdep.domain.gene_effect import GeneEffectKind
from deepdep.domain.omics import Omic
from deepdep.models.artifacts import (
    TrainedEncoder,
    TrainedPredictor,
    load_encoder,
    load_predictor,
    save_encoder,
    save_predictor,
)
from deepdep.models.autoencoder import EncoderSettings, build_encoder
from deepdep.models.gene_scale import fit_gene_scale
from deepdep.models.prediction import predict_effects
from deepdep.models.predictor import PredictorSettings, build_predictor

ENCODER = EncoderSettings((8, 3), "gelu", "linear", "linear", corruption=0.2)
GENE_SETS = {"S1": ("A", "B"), "S2": ("B", "NA"), "S3": ("A", "NA")}
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
def predictor():
    """Two omics whose order is not alphabetical, and a gene called NA."""
    keras.utils.set_random_seed(0)
    omics = (Omic.MUTATION, Omic.EXPRESSION)
    encoders = {omic: build_encoder(4, ENCODER, name=str(omic)) for omic in omics}
    settings = PredictorSettings((6,), (6,), 4, (3,), True, "deviation", 0.0, 0.0, 0.0)
    effects = pd.DataFrame(np.random.default_rng(0).normal(size=(9, 3)), columns=["A", "B", "NA"])
    return TrainedPredictor(
        network=build_predictor(encoders, len(GENE_SETS), settings),
        settings=settings,
        encoder_settings=dict.fromkeys(omics, ENCODER),
        features={omic: space_of(["NA", "F1", "F2", "F3"]) for omic in omics},
        gene_scale=fit_gene_scale(effects, GENE_SETS),
        gene_sets=GENE_SETS,
        kind=GeneEffectKind.CLASS,
    )


@pytest.fixture
def saved(predictor, tmp_path):
    save_predictor(predictor, HISTORY, tmp_path / "model")
    return tmp_path / "model"


def test_a_loaded_predictor_predicts_the_same(predictor, saved):
    rng = np.random.default_rng(1)
    lines = pd.Index(["L1", "L2", "L3"])
    features = ["NA", "F1", "F2", "F3"]
    profiles = {
        Omic.MUTATION: pd.DataFrame(rng.normal(size=(2, 4)), index=lines[:2], columns=features),
        Omic.EXPRESSION: pd.DataFrame(rng.normal(size=(3, 4)), index=lines, columns=features),
    }
    genes = ["NA", "A", "NEW"]
    loaded = load_predictor(saved)
    pd.testing.assert_frame_equal(
        predict_effects(profiles, lines, genes, loaded),
        predict_effects(profiles, lines, genes, predictor),
    )
    assert list(loaded.features) == [Omic.MUTATION, Omic.EXPRESSION]
    assert loaded.kind is GeneEffectKind.CLASS


def test_saving_twice_gives_the_same_bytes(predictor, saved, tmp_path):
    save_predictor(predictor, HISTORY, tmp_path / "again")
    for file in saved.iterdir():
        assert file.read_bytes() == (tmp_path / "again" / file.name).read_bytes(), file.name


def test_an_encoder_survives_saving(tmp_path):
    encoder = build_encoder(4, ENCODER, name="methylation")
    trained = TrainedEncoder(encoder, ENCODER, space_of(["F0", "F1", "F2", "F3"]))
    save_encoder(trained, Omic.METHYLATION, HISTORY, tmp_path / "encoder")
    loaded = load_encoder(tmp_path / "encoder")
    profiles = np.ones((2, 4), np.float32)
    np.testing.assert_array_equal(loaded.encoder(profiles), encoder(profiles))
    pd.testing.assert_frame_equal(loaded.features.table, trained.features.table)


def swap_weights(folder: Path) -> None:
    (folder / "model.weights.h5").write_bytes(b"other")


def add_a_file(folder: Path) -> None:
    (folder / "run_me.py").write_text("raise SystemExit")


def drop_the_manifest(folder: Path) -> None:
    (folder / "manifest.json").unlink()


def claim_a_newer_format(folder: Path) -> None:
    manifest = json.loads((folder / "manifest.json").read_text())
    (folder / "manifest.json").write_text(json.dumps(manifest | {"format_version": 99}))


def claim_an_older_format(folder: Path) -> None:
    manifest = json.loads((folder / "manifest.json").read_text())
    (folder / "manifest.json").write_text(json.dumps(manifest | {"format_version": 1}))


def link_elsewhere(folder: Path) -> None:
    elsewhere = folder.parent / "genes.csv"
    (folder / "genes.csv").rename(elsewhere)
    (folder / "genes.csv").symlink_to(elsewhere)


@pytest.mark.parametrize(
    ("spoil", "message"),
    [
        (swap_weights, "model.weights.h5 is not the file that was saved"),
        (add_a_file, r"does not agree with the folder about run_me.py"),
        (drop_the_manifest, "has no readable manifest"),
        (claim_a_newer_format, "has format 99, newer"),
        (claim_an_older_format, "has format 1, older"),
        (link_elsewhere, "genes.csv is not the file that was saved"),
    ],
)
def test_a_folder_that_was_changed_is_refused(saved, spoil, message):
    spoil(saved)
    with pytest.raises(BadFileError, match=message):
        load_predictor(saved)


def test_an_encoder_is_not_a_predictor(saved):
    with pytest.raises(BadFileError, match="kind 'predictor', not 'autoencoder'"):
        load_encoder(saved)
