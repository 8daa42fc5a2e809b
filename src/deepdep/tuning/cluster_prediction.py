"""Prediction by the workers of a Dask cluster, chunk by chunk, with the same bits as here."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from threading import Lock

import dask
import numpy as np
import pandas as pd
from distributed import (
    CancelledError,
    Client,
    Future,
    KilledWorker,
    wait,
)

from deepdep.data.standardized import StandardizedSamples
from deepdep.errors import DeepDEPError
from deepdep.io.manifest import MANIFEST, manifest_sha256
from deepdep.models import Progress, TrainedPredictor, load_predictor
from deepdep.models.inputs import row_blocks
from deepdep.models.predictor import BLOCK
from deepdep.tuning.workers import Attendance, connected

# The last bit of a product may depend on how many rows it has. Chunks that are whole blocks of
# both parts of a predictor leave every product as it is without a cluster.
CHUNK = BLOCK

CHUNKS_PER_WORKER = 2  # under way: one is worked on while the next one travels
SECONDS_FOR_A_WORKER = 30
SECONDS_BETWEEN_LOOKS = 2.0  # at who is there, while no chunk is done

_ONE_AT_A_TIME = Lock()  # a worker may have threads; TensorFlow has its own


@dataclass(frozen=True)
class ClusterPrediction:
    """Computes the effects of ``TrainedPredictor.predict`` on the workers of a scheduler.

    Samples travel to the workers, a few chunks at a time; the model does not: each worker process
    loads it once, from a folder that it must see under the same path.
    """

    scheduler: str
    model: Path

    def __call__(
        self,
        samples: StandardizedSamples,
        genes: list[str],
        progress: Progress | None = None,
    ) -> pd.DataFrame:
        """Return gene effects (sample, gene).

        A chunk whose worker died is computed again by another.

        Raises
        ------
        DeepDEPError
            When no scheduler or no worker is there, or a worker cannot load this model.
        """
        index, columns = samples.names, pd.Index(genes)
        effects = np.empty((len(index), len(columns)), np.float32)
        n_done = 0
        # A chunk is part of its task, so that it outlives the worker it was sent to.
        with (
            dask.config.set({"distributed.admin.large-graph-warning-threshold": "1GB"}),
            _predicting(self.scheduler) as client,
        ):
            if progress is not None:
                progress(n_done, len(index))
            for rows, chunk in self._chunks(client, samples, genes):
                effects[rows] = chunk
                n_done += rows.stop - rows.start
                if progress is not None:
                    progress(n_done, len(index))
        return pd.DataFrame(effects, index=index, columns=columns)

    def _chunks(
        self,
        client: Client,
        samples: StandardizedSamples,
        genes: list[str],
    ) -> Iterator[tuple[slice, np.ndarray]]:
        """Yield chunks as they are done, while few enough are under way for memory to hold."""
        model, identity = str(self.model.resolve()), manifest_sha256(self.model)
        rows_of: dict[Future, slice] = {}
        attendance = Attendance(client, f"--scheduler {self.scheduler}", "and call again")
        most = CHUNKS_PER_WORKER * len(client.scheduler_info(n_workers=-1)["workers"])
        for rows in row_blocks(len(samples.obs), CHUNK):
            if len(rows_of) == most:
                yield from _taken(rows_of, attendance)
            some = samples.names[rows]
            of_chunk = {
                o: table.loc[table.index.isin(some)] for o, table in samples.profiles.items()
            }
            chunk = StandardizedSamples.named(of_chunk, some)
            arguments = (model, identity, chunk, genes)
            rows_of[client.submit(predict_chunk, *arguments, pure=False)] = rows
        while rows_of:
            yield from _taken(rows_of, attendance)


def _taken(
    rows_of: dict[Future, slice], attendance: Attendance
) -> Iterator[tuple[slice, np.ndarray]]:
    """Wait until a chunk is done; take out and yield those that are."""
    done: set[Future] = set()
    while not done:
        try:
            done = wait(list(rows_of), SECONDS_BETWEEN_LOOKS, "FIRST_COMPLETED").done
        except TimeoutError:
            attendance.check()
    for future in done:
        yield rows_of.pop(future), future.result()


def predict_chunk(
    model: str,
    identity: str,
    samples: StandardizedSamples,
    genes: Sequence[str],
) -> np.ndarray:
    """Predict some samples with the model of this process; Dask runs this on its workers."""
    with _ONE_AT_A_TIME:
        return _loaded(model, identity).predict(samples, genes).effect.to_numpy()


@lru_cache(maxsize=1)
def _loaded(model: str, identity: str) -> TrainedPredictor:
    folder = Path(model)
    if not (folder / MANIFEST).is_file():
        raise DeepDEPError(
            f"{model}: a worker does not see this folder. Put the model where all machines see it "
            "under the same path."
        )
    if manifest_sha256(folder) != identity:
        raise DeepDEPError(
            f"{model}: a worker sees another model there than this machine. Copy the folder again."
        )
    return load_predictor(folder)


@contextmanager
def _predicting(scheduler: str) -> Iterator[Client]:
    """Connect, wait for a worker, and tell in a line what became of them."""
    with connected(scheduler) as client:
        try:
            client.wait_for_workers(1, timeout=SECONDS_FOR_A_WORKER)
        except TimeoutError:
            raise DeepDEPError(
                f"--scheduler {scheduler}: has no worker. Start one: dask worker {scheduler}"
            ) from None
        try:
            yield client
        except KilledWorker:
            raise DeepDEPError(
                f"--scheduler {scheduler}: one chunk's workers ended again and again, perhaps for "
                "want of memory; start them with more."
            ) from None
        except CancelledError:
            raise DeepDEPError(
                f"--scheduler {scheduler}: the scheduler was lost. Start it and call again."
            ) from None
        except ModuleNotFoundError as error:
            raise DeepDEPError(
                f"--scheduler {scheduler}: no module {error.name!r} there. Install the same "
                "deepdep on every machine."
            ) from None
