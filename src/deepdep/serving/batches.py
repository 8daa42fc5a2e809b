"""Requests that wait are predicted together; each answer is the same whatever it was put with.

Apart from ``service``: what a request means is told there, and only numbers are seen here.
"""

import threading
from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np
import pandas as pd

from deepdep.data.standardized import StandardizedSamples
from deepdep.models import TrainedPredictor
from deepdep.models.predictor import PreparedGenes

# The last bit of a product depends on how many rows it has and on a row's place among them, as
# OpenBLAS takes six at a time and the rest otherwise. Of always four rows, all are alike.
ROWS = 4
MOST_TOGETHER = 4  # samples of a request that is put with others; larger ones are predicted alone


@dataclass
class _Waiting:
    """Samples that have the same tables and no gap, and their effects (sample, gene) once known."""

    profiles: dict[str, np.ndarray]  # (sample, feature) by table
    n_samples: int
    effects: np.ndarray | None = None
    error: Exception | None = None

    @property
    def tables(self) -> list[str]:
        return list(self.profiles)


@dataclass
class Batches:
    """Predicts effects of genes that were learned; any thread may ask."""

    predictor: TrainedPredictor
    genes: PreparedGenes
    _waiting: list[_Waiting] = field(default_factory=list)
    _queue: threading.Lock = field(default_factory=threading.Lock)
    # What TensorFlow compiles is not made by two threads at once.
    _predicting: threading.Lock = field(default_factory=threading.Lock)
    _is_exact: bool | None = None  # whether answers do not depend on what they are put with

    def effects(self, samples: StandardizedSamples, genes: PreparedGenes) -> pd.DataFrame:
        """Return gene effects (sample, gene)."""
        columns = genes.described.index.rename(None)
        waiting = self._to_be_batched(samples) if genes is self.genes else None
        if waiting is None:
            with self._predicting:
                blocks = list(self.predictor.predict_in_blocks(samples, genes))
            return pd.concat(blocks).reindex(samples.names)
        with self._queue:
            self._waiting.append(waiting)
        with self._predicting:  # who waited for it may have been predicted by another meanwhile
            if waiting.effects is None and waiting.error is None:
                self._predict(self._taken_with(waiting))
        if waiting.error is not None:
            raise waiting.error
        return pd.DataFrame(waiting.effects, samples.names, columns)

    def check(self) -> bool:
        """Find out, once, whether a row's bits depend on its place and the rows beside it.

        Where they do, every request is predicted alone.
        """
        rng = np.random.default_rng(0)
        names = [str(row) for row in range(ROWS)]
        profiles = {
            name: rng.normal(size=(ROWS, len(space.table))).astype(np.float32)
            for name, space in self.predictor.features.items()
        }
        with self._predicting:
            whole = self._of_rows(profiles)
            turned = self._of_rows({name: x[::-1] for name, x in profiles.items()})[::-1]
            first = {name: np.repeat(x[:1], len(names), axis=0) for name, x in profiles.items()}
            alone = self._of_rows(first)
        no_name_counts = self.predictor.closed_form is None or not len(
            self.genes.closed_form.of_lines
        )
        same = np.array_equal(whole, turned) and all(np.array_equal(whole[0], x) for x in alone)
        self._is_exact = no_name_counts and same
        return self._is_exact

    def _to_be_batched(self, samples: StandardizedSamples) -> _Waiting | None:
        if self._is_exact is None:
            self.check()
        names = samples.names
        if not self._is_exact or not 0 < len(names) <= MOST_TOGETHER:
            return None
        tables = {name: table for name, table in samples.profiles.items() if len(table)}
        if any(len(table) != len(names) for table in tables.values()):
            return None
        profiles = {name: table.loc[names].to_numpy() for name, table in sorted(tables.items())}
        if any(np.isnan(values).any() for values in profiles.values()):
            return None
        return _Waiting(profiles, len(names))

    def _taken_with(self, first: _Waiting) -> list[_Waiting]:
        """Take one, and others with the same tables while there is room, out of those waiting."""
        with self._queue:
            taken, n_rows = [first], first.n_samples
            for other in self._waiting:
                fits = other is not first and n_rows + other.n_samples <= ROWS
                if fits and other.tables == first.tables:
                    taken.append(other)
                    n_rows += other.n_samples
            self._waiting = [w for w in self._waiting if not any(w is t for t in taken)]
        return taken

    def _predict(self, together: Sequence[_Waiting]) -> None:
        try:
            effects = self._of_rows(
                {
                    name: np.concatenate([waiting.profiles[name] for waiting in together])
                    for name in together[0].profiles
                }
            )
        except Exception as error:
            for waiting in together:
                waiting.error = error
            return
        start = 0
        for waiting in together:
            waiting.effects = effects[start : start + waiting.n_samples]
            start += waiting.n_samples

    def _of_rows(self, profiles: dict[str, np.ndarray]) -> np.ndarray:
        """Return the effects of at most ``ROWS`` rows, to which the last is added until so many."""
        names = pd.Index([str(row) for row in range(ROWS)])
        tables = {}
        for name, values in profiles.items():
            rows = np.minimum(np.arange(ROWS), len(values) - 1)
            columns = self.predictor.features[name].table.index
            tables[name] = pd.DataFrame(values[rows], names, columns)
        samples = StandardizedSamples.named(tables, names)
        (effects,) = self.predictor.predict_in_blocks(samples, self.genes)
        return effects.loc[names].to_numpy()
