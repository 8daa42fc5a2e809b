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

import pandas as pd

from deepdep.data.cohort import read_cohort
from deepdep.data.folds import SplitMode
from deepdep.data.prepare import PreparedFold, prepare_fold
from deepdep.data.splits import LEARNED_FROM
from deepdep.domain.cohort import Cohort
from deepdep.domain.gene_effect import GeneEffect
from deepdep.errors import DeepDEPError
from deepdep.evaluation.fold import Cell
from deepdep.evaluation.scores import gene_statistics
from deepdep.experiments.cells import CellStamp, cell_path, read_stamp, write_cell
from deepdep.experiments.models import CellPrediction, FoldModels
from deepdep.experiments.plan import FoldOfModels, Plan
from deepdep.experiments.settings import BaselineModel
from deepdep.statistics.metrics import pearson_per_gene
from deepdep.training.identity import identity_of


def cell_identity(plan: Plan, of: FoldOfModels, name: str) -> str:
    """Hash what a cell's predictions depend on; not how many others are asked for."""
    model = plan.benchmark.models[name]
    only = replace(model, seeds=None, modes=None)
    is_baseline = isinstance(model, BaselineModel)
    return identity_of(
        plan.cohort_sha256,
        plan.gene_list,
        [str(omic) for omic in plan.omics],
        repr(plan.prepare),
        of.folds_hash,
        [str(of.mode), of.seed, of.fold.name],
        repr(only),
        repr(plan.judge.baselines if is_baseline else plan.settings[name]),
        code=(__name__,),
    )


@dataclass(frozen=True)
class Done:
    """A cell that is stored; ``mean_gene_r`` only where it was made by this call."""

    model: str
    mode: SplitMode
    seed: int
    fold: str
    mean_gene_r: float | None = None
    seconds: float = 0.0


def run_folds(
    plan: Plan, cohort: Cohort, folds: Sequence[FoldOfModels], to: Path
) -> Iterator[Done]:
    """Make every cell that is not there yet; yield each cell when it is stored."""
    for of in folds:
        yield from run_fold(plan, cohort, of, to)


def run_fold(plan: Plan, cohort: Cohort, of: FoldOfModels, to: Path) -> Iterator[Done]:
    """Make the missing cells of one fold; yield those that are there first."""
    identities = {name: cell_identity(plan, of, name) for name in of.models}
    missing = []
    for name, identity in identities.items():
        if _is_there(cell_path(to / of.mode, name, of.seed, of.fold.name), identity):
            yield Done(name, of.mode, of.seed, of.fold.name)
        else:
            missing.append(name)
    if not missing:
        return
    fold = prepare_fold(
        cohort, plan.prepare, plan.omics, plan.gene_list, of.fold, of.mode, plan.feature_lists
    )
    of_fold = FoldModels(fold, of.seed, plan.judge.baselines)
    for name in missing:
        started = time.monotonic()
        made = of_fold.predict(plan.benchmark.models[name], plan.settings.get(name))
        seconds = round(time.monotonic() - started, 1)
        stamp = CellStamp(of.folds_hash, identities[name], seconds)
        write_cell(_cell(name, of, fold, made), stamp, to / of.mode)
        measured = fold.gene_effect.table.loc[fold.lines, fold.genes]
        r = float(pearson_per_gene(measured, made.predicted).mean())
        yield Done(name, of.mode, of.seed, of.fold.name, r, seconds)


def _cell(name: str, of: FoldOfModels, fold: PreparedFold, made: CellPrediction) -> Cell:
    return Cell(
        model=name,
        mode=str(of.mode),
        seed=of.seed,
        fold=of.fold.name,
        predicted=made.predicted,
        interval=made.interval,
        genes=_of_genes(fold),
    )


def _is_there(file: Path, identity: str) -> bool:
    if not file.exists():
        return False
    try:
        return read_stamp(file).identity == identity
    except DeepDEPError:
        return False  # damaged: make it again


def _of_genes(fold: PreparedFold) -> pd.DataFrame:
    """Describe the judged genes over the lines that are learned from, for strata and skill."""
    seen = fold.prepared.lines(*LEARNED_FROM)
    table = fold.gene_effect.table.loc[seen, fold.genes]
    return gene_statistics(GeneEffect(table, fold.gene_effect.kind))


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
