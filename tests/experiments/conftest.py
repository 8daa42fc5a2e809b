"""Cells of a small benchmark on ``cohort``."""

import sys
from pathlib import Path

import pytest

from deepdep.data.cohort import read_cohort, write_cohort
from deepdep.experiments.plan import Plan
from deepdep.experiments.run import run_folds

sys.path.append(str(Path(__file__).parents[1]))
from small_benchmark import write_params


@pytest.fixture(scope="session")
def cohort_folder(cohort, tmp_path_factory):
    folder = tmp_path_factory.mktemp("benchmark") / "data"
    write_cohort(cohort, folder)
    return folder


@pytest.fixture
def plan_of(cohort_folder, tmp_path):
    """Return the plan of some models."""

    def plan(models, chosen=None, data=cohort_folder, **settings):
        params = write_params(models, tmp_path, **settings)
        return Plan.read(data, params, models=chosen)

    return plan


@pytest.fixture
def run(tmp_path):
    """Make the missing cells of a plan, in ``tmp_path / "cells"`` if nothing else is said."""

    def run(plan, to=tmp_path / "cells"):
        cohort = read_cohort(plan.data)
        return list(run_folds(plan, cohort, plan.folds(cohort, to), to))

    return run
