"""One hash of everything that a cell depends on."""

from dataclasses import replace
from functools import cache
from pathlib import Path

import deepdep.benchmarking
import deepdep.data
import deepdep.domain
import deepdep.evaluation.baseline_task
from deepdep.benchmarking.plan import FoldOfModels, Plan
from deepdep.benchmarking.settings import BaselineModel
from deepdep.training.identity import identity_of

# Beside networks and training, which ``identity_of`` adds.
CODE = (
    Path(deepdep.benchmarking.__file__).parent,
    Path(deepdep.data.__file__).parent,
    Path(deepdep.domain.__file__).parent,
    Path(deepdep.evaluation.baseline_task.__file__),
)


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
        list(_sources(CODE)),
    )


@cache
def _sources(places: tuple[Path, ...]) -> tuple[str, ...]:
    files = [
        file
        for place in places
        for file in (sorted(place.rglob("*.py")) if place.is_dir() else [place])
    ]
    return tuple(file.read_text(encoding="utf-8") for file in files)
