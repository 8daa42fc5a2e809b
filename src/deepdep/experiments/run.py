"""The cells of a benchmark, one after the other or shared between processes."""

import multiprocessing
import os
import threading
import time
from collections.abc import Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor, wait
from concurrent.futures.process import BrokenProcessPool
from contextlib import contextmanager
from dataclasses import dataclass, replace
from functools import cached_property
from multiprocessing.queues import SimpleQueue
from multiprocessing.synchronize import Event
from pathlib import Path

from deepdep.data.cohort import read_cohort
from deepdep.data.folds import SplitMode
from deepdep.data.prepare import prepare_fold
from deepdep.data.splits import LEARNED_FROM
from deepdep.domain.cohort import Cohort
from deepdep.domain.gene_effect import GeneEffect
from deepdep.errors import DeepDEPError
from deepdep.evaluation import Cell, gene_statistics
from deepdep.experiments.cells import CellStamp, ModeFolder
from deepdep.experiments.models import FoldModels
from deepdep.experiments.plan import Plan, PlannedFold
from deepdep.experiments.settings import BaselineModel
from deepdep.statistics.metrics import pearson_per_gene
from deepdep.training.identity import identity_of

THREADS = ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "TF_NUM_INTRAOP_THREADS")
SECONDS_BETWEEN_LOOKS = 0.5


def cell_identity(plan: Plan, fold: PlannedFold, name: str) -> str:
    """Hash what a cell's predictions depend on; not which other cells are made."""
    model = plan.benchmark.models[name]
    only = replace(model, seeds=None, modes=None)
    is_baseline = isinstance(model, BaselineModel)
    return identity_of(
        plan.cohort_sha256,
        plan.gene_list,
        [str(omic) for omic in plan.omics],
        repr(plan.prepare),
        fold.folds_hash,
        [str(fold.mode), fold.seed, fold.fold.name],
        repr(only),
        repr(plan.judge.baselines if is_baseline else plan.settings[name]),
        code=(__name__,),
    )


@dataclass(frozen=True)
class StoredCell:
    """A cell that is stored; ``mean_gene_r`` only where it was made by this call."""

    model: str
    mode: SplitMode
    seed: int
    fold: str
    mean_gene_r: float | None = None
    seconds: float = 0.0


def run_folds(
    plan: Plan, cohort: Cohort, folds: Sequence[PlannedFold], to: Path
) -> Iterator[StoredCell]:
    """Make every cell that is not there yet; yield each cell when it is stored."""
    for fold in folds:
        yield from run_fold(plan, cohort, fold, to)


def run_fold(plan: Plan, cohort: Cohort, fold: PlannedFold, to: Path) -> Iterator[StoredCell]:
    """Make the missing cells of one fold; yield those that are there first."""
    identities = {name: cell_identity(plan, fold, name) for name in fold.models}
    folder, missing = ModeFolder(to / fold.mode), []
    for name, identity in identities.items():
        stamp = folder.stamp(name, fold.seed, fold.fold.name)
        if stamp is not None and stamp.identity == identity:
            yield StoredCell(name, fold.mode, fold.seed, fold.fold.name)
        else:
            missing.append(name)
    if not missing:
        return
    prepared = prepare_fold(
        cohort, plan.prepare, plan.omics, plan.gene_list, fold.fold, fold.mode, plan.feature_lists
    )
    effects, learned = prepared.gene_effect, prepared.prepared.lines(*LEARNED_FROM)
    measured = effects.table.loc[prepared.lines, prepared.genes]
    training = GeneEffect(effects.table.loc[learned, prepared.genes], effects.kind)
    genes, models = gene_statistics(training), FoldModels(prepared, fold.seed, plan.judge.baselines)
    for name in missing:
        started = time.monotonic()
        made = models.predict(plan.benchmark.models[name], plan.settings.get(name))
        seconds = round(time.monotonic() - started, 1)
        place = (name, str(fold.mode), fold.seed, fold.fold.name)
        stamp = CellStamp(fold.folds_hash, identities[name], seconds)
        folder.write_cell(Cell(*place, made.predicted, made.interval, genes), stamp)
        r = float(pearson_per_gene(measured, made.predicted).mean())
        yield StoredCell(name, fold.mode, fold.seed, fold.fold.name, r, seconds)


def run_folds_in_processes(
    plan: Plan, folds: Sequence[PlannedFold], to: Path, n_workers: int
) -> Iterator[StoredCell]:
    """Do what ``run_folds`` does; each process reads the cohort, and starts anew.

    TensorFlow cannot be forked. Cells come in the order in which they are stored.

    Raises
    ------
    DeepDEPError
        The first of a worker. Others end after the cell that they are at.
    """
    context = multiprocessing.get_context("spawn")
    stored: SimpleQueue[StoredCell] = context.SimpleQueue()
    worker = _Worker(plan, to, stored, context.Event(), os.getpid())
    with _shared_cores(n_workers):
        pool = ProcessPoolExecutor(n_workers, context, _start, (worker,))
        try:
            waiting = {pool.submit(_run, fold) for fold in folds}
            while waiting:
                finished, waiting = wait(waiting, SECONDS_BETWEEN_LOOKS)
                while not stored.empty():
                    yield stored.get()
                for future in finished:
                    future.result()
        except BrokenProcessPool:
            raise DeepDEPError(
                "benchmark: a worker process was killed, perhaps for lack of memory; "
                "run the command again with fewer --workers; stored cells are kept."
            ) from None
        finally:
            worker.stop.set()
            pool.shutdown(cancel_futures=True)


@dataclass(frozen=True)
class _Worker:
    """What a worker process is started with."""

    plan: Plan
    to: Path
    stored: SimpleQueue[StoredCell]
    stop: Event  # set when no further cell is wanted
    parent: int  # process id

    @cached_property
    def cohort(self) -> Cohort:
        return read_cohort(self.plan.data)


_OF_THIS_PROCESS: list[_Worker] = []


def _start(worker: _Worker) -> None:
    """Begin a worker process, which ends when its parent is no more, however that ended."""

    def end_with_parent() -> None:
        while os.getppid() == worker.parent:
            time.sleep(SECONDS_BETWEEN_LOOKS)
        os._exit(1)

    threading.Thread(target=end_with_parent, daemon=True).start()
    _OF_THIS_PROCESS.append(worker)


def _run(fold: PlannedFold) -> None:
    (worker,) = _OF_THIS_PROCESS
    for cell in run_fold(worker.plan, worker.cohort, fold, worker.to):
        worker.stored.put(cell)
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
