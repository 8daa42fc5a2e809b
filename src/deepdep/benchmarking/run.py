"""The cells of a benchmark, one after the other."""

import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import pandas as pd

from deepdep.benchmarking.identity import cell_identity
from deepdep.benchmarking.models import CellPrediction, FoldModels
from deepdep.benchmarking.plan import FoldOfModels, Plan
from deepdep.data.folds import SplitMode
from deepdep.data.prepare_fold import PreparedFold, prepare_fold
from deepdep.domain.benchmark import BenchmarkCell
from deepdep.domain.cohort import Cohort
from deepdep.domain.correlation import pearson_per_gene
from deepdep.domain.errors import DeepDEPError
from deepdep.domain.gene_effect import GeneEffect, dependent_share
from deepdep.io.benchmark import CellStamp, cell_path, read_stamp, write_cell


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


def _cell(name: str, of: FoldOfModels, fold: PreparedFold, made: CellPrediction) -> BenchmarkCell:
    return BenchmarkCell(
        model=name,
        mode=str(of.mode),
        seed=of.seed,
        fold=of.fold.name,
        predicted=made.predicted,
        low=made.low,
        high=made.high,
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
    seen = fold.prepared.splits.index[fold.prepared.splits["split"] != "test"]
    known = GeneEffect(
        fold.gene_effect.table.loc[seen, fold.genes].astype(float), fold.gene_effect.kind
    )
    return pd.DataFrame(
        {
            "training_mean": known.table.mean(),
            "dependent_share": dependent_share(known),
            "sd": known.table.std(),
        }
    )
