"""A model, its features and its manifest, saved and loaded together: weights only."""

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import keras
import pandas as pd
from pydantic import TypeAdapter

from deepdep.domain.cohort import GeneSets
from deepdep.domain.errors import BadFileError
from deepdep.domain.feature_space import FeatureSpace
from deepdep.domain.gene_effect import GeneEffectKind
from deepdep.domain.omics import Omic
from deepdep.io.atomic import new_path
from deepdep.io.feature_space import read_feature_space, write_feature_space
from deepdep.io.gene_sets import read_gene_sets, write_gene_sets
from deepdep.io.labelled_csv import read_labelled_csv, write_labelled_csv
from deepdep.io.manifest import RETRAIN, check_manifest, write_manifest
from deepdep.models.autoencoder import EncoderSettings, build_encoder
from deepdep.models.gene_scale import GeneScale
from deepdep.models.predictor import PredictorSettings, build_predictor

SETTINGS = "settings.json"
WEIGHTS = "model.weights.h5"
HISTORY = "history.csv"


@dataclass(frozen=True)
class TrainedEncoder:
    """A pretrained encoder and the features it reads."""

    encoder: keras.Model
    settings: EncoderSettings
    features: FeatureSpace


@dataclass(frozen=True)
class TrainedPredictor:
    """All that a prediction needs: network, features per omic, genes and their scale."""

    network: keras.Model
    settings: PredictorSettings
    encoder_settings: Mapping[Omic, EncoderSettings]
    features: Mapping[Omic, FeatureSpace]
    gene_scale: GeneScale
    gene_sets: GeneSets
    kind: GeneEffectKind


def save_encoder(trained: TrainedEncoder, omic: Omic, history: pd.DataFrame, folder: Path) -> None:
    """Write an encoder's folder, complete or not at all."""
    with new_path(folder) as path:
        path.mkdir()
        _write_json({"omic": omic, "encoder": asdict(trained.settings)}, path / SETTINGS)
        write_feature_space(trained.features, path / "features")
        trained.encoder.save_weights(path / WEIGHTS)
        history.to_csv(path / HISTORY, index=False)
        write_manifest(path, "autoencoder")


def load_encoder(folder: Path) -> TrainedEncoder:
    """Load an encoder whose files are as its manifest says."""
    check_manifest(folder, "autoencoder")
    stored = json.loads((folder / SETTINGS).read_text(encoding="utf-8"))
    settings = TypeAdapter(EncoderSettings).validate_python(stored["encoder"])
    features = read_feature_space(folder / "features")
    encoder = build_encoder(len(features.table), settings, name=stored["omic"])
    _load_weights(encoder, folder)
    return TrainedEncoder(encoder, settings, features)


def save_predictor(trained: TrainedPredictor, history: pd.DataFrame, folder: Path) -> None:
    """Write a predictor's folder, complete or not at all."""
    with new_path(folder) as path:
        path.mkdir()
        settings = {
            "predictor": asdict(trained.settings),
            "encoders": {omic: asdict(s) for omic, s in trained.encoder_settings.items()},
            "kind": trained.kind,
        }
        _write_json(settings, path / SETTINGS)
        for omic, space in trained.features.items():
            write_feature_space(space, path / f"features_{omic}")
        write_labelled_csv(trained.gene_scale.screened, path / "genes.csv", "gene")
        write_labelled_csv(
            trained.gene_scale.by_gene_set, path / "gene_set_weights.csv", "gene_set"
        )
        write_gene_sets(trained.gene_sets, path / "gene_sets.gmt")
        trained.network.save_weights(path / WEIGHTS)
        history.to_csv(path / HISTORY, index=False)
        write_manifest(path, "predictor")


def load_predictor(folder: Path) -> TrainedPredictor:
    """Load a predictor whose files are as its manifest says."""
    check_manifest(folder, "predictor")
    stored = json.loads((folder / SETTINGS).read_text(encoding="utf-8"))
    settings = TypeAdapter(PredictorSettings).validate_python(stored["predictor"])
    encoder_settings = {
        Omic(omic): TypeAdapter(EncoderSettings).validate_python(fields)
        for omic, fields in stored["encoders"].items()
    }
    features = {omic: read_feature_space(folder / f"features_{omic}") for omic in encoder_settings}
    encoders = {
        omic: build_encoder(len(features[omic].table), fields, name=str(omic))
        for omic, fields in encoder_settings.items()
    }
    gene_sets = read_gene_sets(folder / "gene_sets.gmt")
    network = build_predictor(encoders, len(gene_sets), settings)
    _load_weights(network, folder)
    scale = GeneScale(
        read_labelled_csv(folder / "genes.csv"), read_labelled_csv(folder / "gene_set_weights.csv")
    )
    kind = GeneEffectKind(stored["kind"])
    return TrainedPredictor(network, settings, encoder_settings, features, scale, gene_sets, kind)


def _write_json(content: Mapping[str, Any], target: Path) -> None:
    # Keys keep their order: the order of the encoders is that of the input `measured`.
    target.write_text(json.dumps(content, indent=1) + "\n", encoding="utf-8")


def _load_weights(model: keras.Model, folder: Path) -> None:
    try:
        model.load_weights(folder / WEIGHTS)
    except (OSError, ValueError) as error:
        raise BadFileError(folder / WEIGHTS, "does not fit the settings", RETRAIN) from error
