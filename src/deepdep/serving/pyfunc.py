"""A model as MLflow's pyfunc: for ``mlflow.pyfunc.load_model`` and ``mlflow models serve``."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from mlflow import MlflowException

from deepdep.errors import DeepDEPError, MissingFeaturesError
from deepdep.io.manifest import manifest_sha256, model_kind
from deepdep.models import TrainedEncoder, load_encoder, load_predictor
from deepdep.serving.requests import PredictionRequest, parse_tensors
from deepdep.serving.service import PredictorService


class PredictorModel:
    """Predicts gene effects of samples."""

    def __init__(self, service: PredictorService) -> None:
        self._service = service

    def predict(
        self, model_input: Mapping[str, Any], params: Mapping[str, Any] | None = None
    ) -> dict[str, Any]:
        """Return what docs/serving.md describes as an answer.

        Parameters
        ----------
        model_input
            ``samples`` and ``columns``, names; ``values``, shape (sample, column), NaN where
            nothing was measured.
        params
            ``genes`` to predict, ``sources`` of the samples and ``allow_unknown``, where wanted.
        """
        request = _read_request(model_input, params)
        try:
            return self._service.answer(request)
        except DeepDEPError as error:
            raise MlflowException.invalid_parameter_value(str(error)) from None


class EncoderModel:
    """Turns standardised profiles into codes."""

    def __init__(self, trained: TrainedEncoder) -> None:
        self._trained = trained

    def predict(
        self, model_input: Mapping[str, Any], params: Mapping[str, Any] | None = None
    ) -> dict[str, Any]:
        """Return ``codes`` (sample, code) of a standardised table; its columns name features."""
        request = _read_request(model_input, params)
        features = self._trained.features.table.index
        positions = features.get_indexer(pd.Index(request.columns))
        missing = features[~features.isin(request.columns)]
        if len(missing):
            error = MissingFeaturesError(list(missing), len(features), "request")
            raise MlflowException.invalid_parameter_value(str(error))
        profiles = np.zeros((len(request.samples), len(features)), np.float32)
        profiles[:, positions[positions >= 0]] = np.nan_to_num(request.values[:, positions >= 0])
        codes = self._trained.encoder.predict_on_batch(profiles)
        return {"samples": request.samples, "codes": np.asarray(codes, np.float64).tolist()}


def load_pyfunc(data_path: str) -> PredictorModel | EncoderModel:
    """Load a model's folder; MLflow calls this."""
    folder = Path(data_path)
    if model_kind(folder) == "autoencoder":
        return EncoderModel(load_encoder(folder))
    # Its name and version are MLflow's matter: the folder does not know them.
    identity = {"name": None, "version": None, "sha256": manifest_sha256(folder)}
    service = PredictorService(load_predictor(folder), identity)
    service.warm_up()  # whoever loads a model asks it next, and MLflow's server answers after this
    return PredictorModel(service)


def _read_request(
    model_input: Mapping[str, Any], params: Mapping[str, Any] | None
) -> PredictionRequest:
    try:
        return parse_tensors(model_input, params or {})
    except DeepDEPError as error:
        raise MlflowException.invalid_parameter_value(str(error)) from None
