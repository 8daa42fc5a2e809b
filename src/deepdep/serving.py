"""A registered model as MLflow's pyfunc: what ``mlflow.pyfunc.load_model`` gives."""

from pathlib import Path

import pandas as pd

from deepdep.domain.cohort import Samples, Source
from deepdep.domain.errors import DeepDEPError, shown
from deepdep.domain.omics import Omic
from deepdep.io.manifest import model_kind
from deepdep.io.samples import source_of_names
from deepdep.models.artifacts import TrainedEncoder, TrainedPredictor, load_encoder, load_predictor
from deepdep.models.prediction import predict_samples

SEPARATOR = ":"  # in a column such as ``expression:TP53``


class PredictorService:
    """Predicts gene effects of samples in one wide table."""

    def __init__(self, predictor: TrainedPredictor) -> None:
        self._predictor = predictor

    def predict(self, model_input: pd.DataFrame) -> pd.DataFrame:
        """Return gene effects (sample, gene), negative meaning dependent.

        Parameters
        ----------
        model_input
            One row per sample; columns ``<omic>:<feature>`` in the units that the model learned
            from, and optionally ``source`` (``tumor`` or ``cell_line``). Samples that are not
            called so are told apart by their names, as ``deepdep predict`` does.
        """
        samples = _samples(model_input, self._predictor)
        return predict_samples(samples, self._predictor, None, file_name="request").effect


class EncoderService:
    """Turns standardised profiles into codes."""

    def __init__(self, trained: TrainedEncoder) -> None:
        self._trained = trained

    def predict(self, model_input: pd.DataFrame) -> pd.DataFrame:
        """Return codes (sample, code) of a standardised table (sample, feature)."""
        profiles = model_input[list(self._trained.features.table.index)].fillna(0)
        codes = self._trained.encoder.predict_on_batch(profiles.to_numpy("float32"))
        return pd.DataFrame(codes, index=model_input.index)


def _load_pyfunc(data_path: str) -> PredictorService | EncoderService:
    folder = Path(data_path)
    if model_kind(folder) == "autoencoder":
        return EncoderService(load_encoder(folder))
    return PredictorService(load_predictor(folder))


def _samples(table: pd.DataFrame, predictor: TrainedPredictor) -> Samples:
    names = table.index.astype(str)
    wide = table.set_axis(names)
    given = wide["source"] if "source" in wide else source_of_names(names)
    known = wide.drop(columns="source", errors="ignore")
    parts = known.columns.str.split(SEPARATOR, n=1, expand=True)
    unknown = [c for c in known.columns if c.split(SEPARATOR)[0] not in list(Omic)]
    if unknown:
        raise DeepDEPError(f"request: column {shown(unknown)} is not <omic>:<feature>; rename it.")
    obs = pd.DataFrame({"patient_id": names, "lineage": "unknown", "source": given}, index=names)
    omics = {}
    for omic in predictor.features:
        columns = known.columns[parts.get_level_values(0) == omic]
        if len(columns):
            features = [column.split(SEPARATOR, 1)[1] for column in columns]
            omics[omic] = known[columns].set_axis(features, axis=1).dropna(how="all")
    units = {o: _unit(predictor, o, Source(str(obs["source"].iloc[0]))) for o in omics}
    return Samples(omics, obs, units)


def _unit(predictor: TrainedPredictor, omic: Omic, source: Source) -> str:
    units = predictor.features[omic].units
    return units.get(source, next(iter(units.values())))
