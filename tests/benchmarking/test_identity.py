import shutil
from dataclasses import replace
from pathlib import Path

import pytest

import deepdep
from deepdep.benchmarking import identity
from deepdep.benchmarking.identity import cell_identity
from deepdep.benchmarking.plan import folds_of
from deepdep.io.cohort import read_cohort

MODELS = {"gene_mean": {"baseline": "gene_mean"}, "predictor": {"omics": ["expression"]}}


@pytest.fixture
def first_fold(tmp_path):
    """Return the first fold of a plan, as its cells know it."""

    def first(plan):
        return folds_of(plan, read_cohort(plan.data), tmp_path / "cells")[0]

    return first


def test_a_cell_depends_on_its_own_settings_and_not_on_what_else_is_asked_for(plan_of, first_fold):
    plan = plan_of(MODELS)
    fold = first_fold(plan)
    own = {name: cell_identity(plan, fold, name) for name in MODELS}
    alone = plan_of(MODELS, chosen="gene_mean")
    assert cell_identity(alone, fold, "gene_mean") == own["gene_mean"]
    more = plan_of({**MODELS, "predictor": {"omics": ["expression"], "seeds": [1, 2]}})
    assert cell_identity(more, fold, "predictor") == own["predictor"]
    other = plan_of({**MODELS, "predictor": {"omics": ["mutation"]}})
    assert cell_identity(other, fold, "predictor") != own["predictor"]
    assert cell_identity(other, fold, "gene_mean") == own["gene_mean"]
    of_data = replace(plan, cohort_sha256="other")
    assert cell_identity(of_data, fold, "gene_mean") != own["gene_mean"]


@pytest.mark.parametrize(
    "changed",
    [
        "data/features.py",
        "data/folds/draw.py",
        "domain/fingerprints.py",
        "benchmarking/changes.py",
        "evaluation/baseline_task.py",
    ],
)
def test_a_cell_depends_on_the_code_that_made_it(
    plan_of, first_fold, tmp_path, monkeypatch, changed
):
    source, copy = Path(deepdep.__file__).parent, tmp_path / "deepdep"
    for folder in ("data", "domain", "benchmarking", "evaluation"):
        shutil.copytree(source / folder, copy / folder)
    places = tuple(copy / place.relative_to(source) for place in identity.CODE)
    plan = plan_of(MODELS)
    fold = first_fold(plan)
    own = cell_identity(plan, fold, "gene_mean")
    monkeypatch.setattr(identity, "CODE", places)
    assert cell_identity(plan, fold, "gene_mean") == own
    with (copy / changed).open("a") as file:
        file.write("MORE = 1\n")
    identity._sources.cache_clear()
    assert cell_identity(plan, fold, "gene_mean") != own
