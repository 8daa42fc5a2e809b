"""Copies of the project with a small cohort, in which the whole pipeline takes a minute or two."""

import shutil
import sys
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from deepdep.data.cohort import write_cohort
from deepdep.domain.cohort import Cohort
from deepdep.domain.omics import Omic

if TYPE_CHECKING:
    from pipeline_runs.project import Project

# The benchmarks run the pipeline in copies, too; what makes and runs a copy is theirs.
sys.path.append(str(Path(__file__).parents[1] / "benchmarks"))

OMICS = ("mutation", "expression")
# Enough for every stage to run through; any gain over the gene mean will do.
SMALL = {
    "omics": list(OMICS),
    "tune": {
        "n_trials": 1,
        "n_startup": 1,
        "pretrain": {"epochs": 1},
        "finetune": {"epochs": 2},
        "space": {"omics": {"choices": [list(OMICS)]}},
    },
    "pretrain": {"common": {"epochs": 2}},
    "finetune": {
        "epochs": 2,
        "n_members": 2,
        "closed_form": {
            "kernel": {"weights": [0.3], "penalties": [1.0, 4.0], "n_folds": 2},
            "single_features": {"n_candidates": 5, "penalties": [0.3], "n_folds": 2},
        },
    },
    "tuning_gain": {"seeds": [1]},
    "learning_curve": {"n_lines": [20], "seeds": [1]},
    "evaluate": {"protocol": {"n_bootstrap": 50}, "baselines": {"models": ["gene_mean", "ridge"]}},
    "promote": {"min_r_above_gene_mean": -1.0},
    "screen": {"n_permutations": 20, "n_permuted_fits": 1},
}

LOG = "repro.log"  # beside the project: what its ``dvc repro`` printed
N_CANARIES = 20  # lines with a gene effect, and tumours with an expression, unlike all others


def planted_effects() -> list[float]:
    """Gene effects of which even six digits are nobody else's, nor stand in this file."""
    return [round(-2.5 - 0.01731 - 0.0171 * k, 5) - 1e-6 for k in range(N_CANARIES)]


def planted_expressions() -> list[float]:
    """The same for the expression of genes."""
    return [round(16 + 0.2173 + 0.091 * k, 4) + 1e-5 for k in range(N_CANARIES)]


def with_canaries(cohort: Cohort) -> Cohort:
    """Return a cohort with the planted values, each in a row and a column of its own."""
    effects, tumors = cohort.gene_effect.table.copy(), cohort.tumors
    expression = tumors.omics[Omic.EXPRESSION].copy()
    for k, (effect, value) in enumerate(zip(planted_effects(), planted_expressions(), strict=True)):
        effects.iloc[k, k] = effect
        expression.iloc[k, k] = value
    omics = {**tumors.omics, Omic.EXPRESSION: expression}
    return replace(
        cohort,
        gene_effect=replace(cohort.gene_effect, table=effects),
        tumors=replace(tumors, omics=omics),
    )


@pytest.fixture(scope="session")
def make_small_project(tmp_path_factory, cohort) -> Callable[[], "Project"]:
    """Make a fresh copy with ``SMALL`` and the tests' cohort and canaries; no stage has run."""
    from pipeline_runs.project import IDENTITY, copy_project

    def make() -> "Project":
        project = copy_project(tmp_path_factory.mktemp("small") / "deepdep")
        project = replace(project, n_threads=1)  # small matrices lose by more
        project.override_params(SMALL)
        write_cohort(with_canaries(cohort), project.folder / "data")
        (project.folder / "data.dvc").unlink()
        (project.folder / "study" / "dvc.lock").unlink(missing_ok=True)
        (project.folder / "dvc.lock").write_text("schema: '2.0'\nstages: {}\n", encoding="utf-8")
        shutil.rmtree(project.folder / "demo-store")
        project.must("dvc", "add", "--quiet", "data")
        project.must("git", "add", "--all")
        project.must("git", *IDENTITY, "commit", "--quiet", "--message", "A small cohort")
        return project

    return make


@pytest.fixture(scope="session")
def small_run(make_small_project) -> tuple["Project", list[str]]:
    """A small project after ``dvc repro``, and the stages that this ran, in their order.

    Only its registry may change.
    """
    project = make_small_project()
    reproduction = project.repro()
    assert reproduction.returncode == 0, reproduction.output
    (project.folder.parent / LOG).write_text(reproduction.output, encoding="utf-8")
    return project, list(reproduction.stage_seconds)


@pytest.fixture(scope="session")
def small(small_run) -> "Project":
    """The small project after ``dvc repro``."""
    return small_run[0]
