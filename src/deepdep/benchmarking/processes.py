"""The folds of a benchmark shared between processes, which end when their parent does."""

import multiprocessing
import os
import threading
import time
from collections.abc import Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor, wait
from concurrent.futures.process import BrokenProcessPool
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cached_property
from multiprocessing.queues import SimpleQueue
from multiprocessing.synchronize import Event
from pathlib import Path

from deepdep.benchmarking.plan import FoldOfModels, Plan
from deepdep.benchmarking.run import Done, run_fold
from deepdep.domain.cohort import Cohort
from deepdep.domain.errors import DeepDEPError
from deepdep.io.cohort import read_cohort

THREADS = ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "TF_NUM_INTRAOP_THREADS")
SECONDS_BETWEEN_LOOKS = 0.5


def run_folds_in_processes(
    plan: Plan, folds: Sequence[FoldOfModels], to: Path, n_workers: int
) -> Iterator[Done]:
    """Do what ``run_folds`` does; each process reads the cohort, and starts anew.

    TensorFlow cannot be forked. Cells come in the order in which they are stored.

    Raises
    ------
    DeepDEPError
        The first of a worker. Others end after the cell that they are at.
    """
    context = multiprocessing.get_context("spawn")
    stored: SimpleQueue[Done] = context.SimpleQueue()
    worker = _Worker(plan, to, stored, context.Event(), os.getpid())
    with _shared_cores(n_workers):
        pool = ProcessPoolExecutor(n_workers, context, _start, (worker,))
        try:
            waiting = {pool.submit(_run, of) for of in folds}
            while waiting:
                finished, waiting = wait(waiting, SECONDS_BETWEEN_LOOKS)
                while not stored.empty():
                    yield stored.get()
                for future in finished:
                    future.result()
        except BrokenProcessPool:
            raise DeepDEPError(
                "benchmark: a worker process was ended from outside, perhaps for want of memory; "
                "call again with fewer --workers, cells that are stored are kept."
            ) from None
        finally:
            worker.stop.set()
            pool.shutdown(cancel_futures=True)


@dataclass(frozen=True)
class _Worker:
    """What a worker process is started with."""

    plan: Plan
    to: Path
    stored: SimpleQueue[Done]
    stop: Event  # set when no further cell is wanted
    parent: int  # process id

    @cached_property
    def cohort(self) -> Cohort:
        return read_cohort(self.plan.data)


_OF_THIS_PROCESS: list[_Worker] = []


def _start(worker: _Worker) -> None:
    threading.Thread(target=_end_with, args=(worker.parent,), daemon=True).start()
    _OF_THIS_PROCESS.append(worker)


def _end_with(parent: int) -> None:
    """End this process when its parent is no more, however that ended."""
    while os.getppid() == parent:
        time.sleep(SECONDS_BETWEEN_LOOKS)
    os._exit(1)


def _run(of: FoldOfModels) -> None:
    (worker,) = _OF_THIS_PROCESS
    for done in run_fold(worker.plan, worker.cohort, of, worker.to):
        worker.stored.put(done)
        if worker.stop.is_set():
            return


@contextmanager
def _shared_cores(n_workers: int) -> Iterator[None]:
    """Have processes that are started take an equal share of the cores."""
    share = str(max(1, (os.cpu_count() or 1) // n_workers))
    before = {name: os.environ.get(name) for name in THREADS}
    os.environ.update(dict.fromkeys(THREADS, share))
    try:
        yield
    finally:
        for name, value in before.items():
            if value is None:
                os.environ.pop(name, None)
            else:
                os.environ[name] = value
