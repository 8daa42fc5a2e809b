"""A loaded predictor that answers requests; those that wait are predicted together."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from deepdep.domain.cohort import OmicTable, Samples
from deepdep.domain.omics import table_omic
from deepdep.errors import DeepDEPError, shown
from deepdep.models import Predicted, TrainedPredictor
from deepdep.models.predicted import AVERAGE
from deepdep.registry.packages import ALLOW_UNKNOWN
from deepdep.serving.batches import MOST_TOGETHER, Batches
from deepdep.serving.requests import PredictionRequest, RequestError, TooLargeError
from deepdep.sources.units import require_unit

SEPARATOR = ":"  # in a column such as ``expression:TP53``
MOST_GENES = 25_000  # the human genome has 20,000 that code for proteins
MOST_PAIRS = 4_000_000  # of samples and genes in one answer, which then has 160 MB
DECIMALS = 6  # of the ends of intervals, which are not known so well

# Batches of these sizes teach TensorFlow once that their size varies.
WARM_UP = (1, MOST_TOGETHER + 1, MOST_TOGETHER + 2, 1)


@dataclass(frozen=True)
class _Places:
    """Where a table's features are among the columns of a request."""

    positions: np.ndarray
    features: pd.Index


class PredictorService:
    """Predicts what requests ask for.

    Parameters
    ----------
    predictor
        The model.
    identity
        What each answer says of it, such as ``name``, ``version`` and ``sha256``.
    """

    def __init__(self, predictor: TrainedPredictor, identity: Mapping[str, Any]) -> None:
        self.identity = dict(identity)
        spaces = {str(omic): space for omic, space in predictor.features.items()}
        spaces |= {name: learned.space for name, learned in predictor.translations.items()}
        self._spaces = spaces  # by the name of the table, be it a supplement or not
        self.features = {name: list(space.table.index) for name, space in spaces.items()}
        # The unit that the model learned from; sources differ in its name alone.
        self.units = {name: next(iter(space.units.values())) for name, space in spaces.items()}
        self._predictor = predictor
        self._table_of = {
            f"{name}{SEPARATOR}{feature}": name
            for name, features in self.features.items()
            for feature in features
        }
        self._learned = predictor.prepare_genes()
        self.genes = list(self._learned.described.index)
        self._last_places: tuple[list[str], dict[str, _Places]] = ([], {})
        self._batches = Batches(predictor, self._learned)

    def predict(self, request: PredictionRequest) -> Predicted:
        """Predict as ``deepdep predict`` does; RequestError for what cannot be predicted.

        Any thread may call this. Few samples are predicted with those of other requests, and the
        answer is the same, bit by bit, whichever these are.
        """
        n_genes = len(self._learned.described if request.genes is None else request.genes)
        if n_genes > MOST_GENES:
            raise TooLargeError(f"asks for {n_genes:,} genes; at most {MOST_GENES:,} are answered.")
        if len(request.samples) * n_genes > MOST_PAIRS:
            raise TooLargeError(
                f"asks for {len(request.samples):,} samples x {n_genes:,} genes; at most "
                f"{MOST_PAIRS:,} pairs are answered at once, so ask for fewer samples at a time."
            )
        index, tables = pd.Index(request.samples), {}
        described = {
            "patient_id": index,
            "lineage": "unknown",
            "source": request.sources_of_samples,
        }
        if request.genes is not None and not request.allow_unknown:
            why = self._predictor.why_unknown(request.genes)
            if why is not None:
                raise RequestError(f"{why}; correct it, or set {ALLOW_UNKNOWN}: {AVERAGE}.")
        genes = self._learned
        try:
            if request.genes is not None:
                genes = self._predictor.prepare_genes(request.genes)
            for name, place in self._places(request.columns).items():
                values = request.values[:, place.positions].astype(np.float32)
                # A sample without any number of a table does not have it.
                has_any = np.flatnonzero(~np.isnan(values).all(axis=1))
                table = pd.DataFrame(values[has_any], index[has_any], place.features)
                require_unit(table, self.units[name], Path(f"request: {name}"))
                tables[name] = OmicTable(table, self.units[name])
            samples = Samples.of_tables(tables, pd.DataFrame(described, index=index))
            standardized = self._predictor.standardize(samples, file_name="request")
            return self._predictor.predict(
                standardized, genes, compute=lambda some, *_: self._batches.effects(some, genes)
            )
        except DeepDEPError as error:
            raise RequestError(str(error)) from None

    def answer(self, request: PredictionRequest) -> dict[str, Any]:
        """Predict; return plain lists and texts, null where a number is not known."""
        predicted = self.predict(request)
        genes = {str(name): plain(column) for name, column in predicted.genes.items()}
        interval = predicted.interval
        ends = {}
        if interval is not None:
            ends = {"low": plain_rows(interval.low), "high": plain_rows(interval.high)}
        return {
            "model": self.identity,
            "kind": str(predicted.kind),
            "samples": list(predicted.effect.index),
            "genes": {"gene": list(predicted.genes.index), **genes},
            "effect": predicted.effect.to_numpy(np.float64).tolist(),
            **ends,
            "notes": [*predicted.notes, predicted.trust_note],
        }

    def warm_up(self) -> None:
        """Predict made-up samples, so that nobody waits for TensorFlow to compile."""
        columns = list(self._table_of)
        for n_samples in WARM_UP:
            names = [f"S{row}" for row in range(n_samples)]
            self.predict(PredictionRequest(names, columns, np.zeros((n_samples, len(columns)))))

    def _places(self, columns: list[str]) -> dict[str, _Places]:
        """Find out where each table is; clients that ask again have the same columns."""
        last_columns, places = self._last_places
        if columns == last_columns:
            return places
        names = [self._table_of.get(column) for column in columns]
        if None in names:
            raise RequestError(self._why_unknown(columns))
        of_table = np.array(names, dtype=object)
        places = {}
        for name in dict.fromkeys(map(str, names)):
            positions = np.flatnonzero(of_table == name)
            features = pd.Index([columns[k][len(name) + 1 :] for k in positions])
            learned = self._spaces[name].table.index
            # The model's own list spares it the search for each feature.
            places[name] = _Places(positions, learned if features.equals(learned) else features)
        self._last_places = columns, places
        return places

    def _why_unknown(self, columns: list[str]) -> str:
        unknown = [column for column in columns if column not in self._table_of]
        parts = {column: column.partition(SEPARATOR) for column in unknown}
        odd = [c for c, (name, _, of) in parts.items() if table_omic(name) is None or not of]
        if odd:
            return f"column {shown(odd)} is not <omic>:<feature>; rename it."
        unread = dict.fromkeys(name for name, _, _ in parts.values() if name not in self.features)
        if unread:
            return f"the model has not learned to read {shown(list(unread))}; leave it out."
        return (
            f"the model does not know {len(unknown)} of the columns: {shown(unknown)}; leave them "
            "out. GET /model lists those it knows."
        )


def plain(column: pd.Series) -> list[Any]:
    """Return a column as JSON knows it: no NaN and no infinity."""
    values = column.tolist()
    if column.dtype.kind != "f":
        return values
    finite = np.isfinite(column.to_numpy())
    if finite.all():
        return values
    return [value if ok else None for value, ok in zip(values, finite, strict=True)]


def plain_rows(table: pd.DataFrame) -> list[list[Any]]:
    """Return the rows of a table of numbers as JSON knows them, to ``DECIMALS``."""
    values = np.round(table.to_numpy(np.float64), DECIMALS)
    finite = np.isfinite(values)
    if finite.all():
        return values.tolist()
    cells = values.astype(object)
    cells[~finite] = None
    return cells.tolist()
