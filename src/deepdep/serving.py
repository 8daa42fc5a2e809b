"""A registered model as MLflow's pyfunc: what ``mlflow.pyfunc.load_model`` gives."""

from pathlib import Path

import pandas as pd

from deepdep.domain.cohort import Samples, Source
from deepdep.domain.errors import DeepDEPError, MissingFeaturesError, shown
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
            from, and optionally ``source`` (``tumor`` or ``cell_line``). Where it is not said,
            samples are told apart by their names, as ``deepdep predict`` does; samples without
            any number are left out.
        """
        samples = _samples(model_input, self._predictor)
        return predict_samples(samples, self._predictor, None, file_name="request").effect


class EncoderService:
    """Turns standardised profiles into codes."""

    def __init__(self, trained: TrainedEncoder) -> None:
        self._trained = trained

    def predict(self, model_input: pd.DataFrame) -> pd.DataFrame:
        """Return codes (sample, code) of a standardised table (sample, feature)."""
        features = list(self._trained.features.table.index)
        missing = [feature for feature in features if feature not in model_input]
        if missing:
            raise MissingFeaturesError(missing, "request")
        profiles = model_input[features].fillna(0)
        codes = self._trained.encoder.predict_on_batch(profiles.to_numpy("float32"))
        return pd.DataFrame(codes, index=model_input.index)


def _load_pyfunc(data_path: str) -> PredictorService | EncoderService:
    folder = Path(data_path)
    if model_kind(folder) == "autoencoder":
        return EncoderService(load_encoder(folder))
    return PredictorService(load_predictor(folder))


def _samples(table: pd.DataFrame, predictor: TrainedPredictor) -> Samples:
    wide = table.set_axis(table.index.astype(str))
    twice = wide.index[wide.index.duplicated()]
    if len(twice):
        raise DeepDEPError(f"request: sample {twice[0]!r} occurs more than once; keep one.")
    omics = _omics(wide.drop(columns="source", errors="ignore"))
    obs = pd.DataFrame(
        {"patient_id": wide.index, "lineage": "unknown", "source": _sources(wide)}, index=wide.index
    )
    units = {omic: next(iter(space.units.values())) for omic, space in predictor.features.items()}
    return Samples(omics, obs, units)


def _omics(wide: pd.DataFrame) -> dict[Omic, pd.DataFrame]:
    """Part the columns by omic; a sample without any number of an omic does not have it."""
    parts = [str(column).partition(SEPARATOR) for column in wide.columns]
    known = [omic in list(Omic) and feature != "" for omic, _, feature in parts]
    unknown = [str(c) for c, is_known in zip(wide.columns, known, strict=True) if not is_known]
    if unknown:
        raise DeepDEPError(f"request: column {shown(unknown)} is not <omic>:<feature>; rename it.")
    named = wide.set_axis([feature for _, _, feature in parts], axis=1)
    own = {omic: [of == omic for of, _, _ in parts] for omic in Omic}
    return {o: named.loc[:, is_own].dropna(how="all") for o, is_own in own.items() if any(is_own)}


def _sources(wide: pd.DataFrame) -> pd.Series:
    by_name = source_of_names(wide.index)
    given = wide["source"].fillna(by_name) if "source" in wide else by_name
    wrong = given[~given.isin(list(Source))]
    if len(wrong):
        raise DeepDEPError(
            f"request: source is {wrong.iloc[0]!r}; say {' or '.join(Source)}, or leave it out."
        )
    return given
