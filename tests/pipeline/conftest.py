"""Whole projects in which the pipeline ran, with a git, a DVC cache and an MLflow of their own."""

from typing import TYPE_CHECKING

import mlflow
import pytest

if TYPE_CHECKING:
    from pipeline_runs.project import Project


@pytest.fixture(scope="session")
def demo(tmp_path_factory) -> "Project":
    """The project after one ``dvc repro`` on the demo cohort; no test changes it.

    It is the checkout itself where ``make repro`` has done just that, as in CI. Elsewhere it is a
    fresh copy, in which that takes ten minutes.
    """
    from pipeline_runs.project import ROOT, Project, copy_with_demo_cohort  # by the path above

    checkout = Project(ROOT)
    if _was_run_once(checkout):
        return checkout
    project = copy_with_demo_cohort(tmp_path_factory.mktemp("demo") / "deepdep")
    project.must("dvc", "repro")
    return project


def _was_run_once(project: "Project") -> bool:
    """See whether all is up to date, made by one command, and nothing was promoted since."""
    database = project.folder / "mlruns" / "mlflow.db"
    if not database.exists() or project.run("dvc", "status", "--quiet", "dvc.yaml").returncode:
        return False
    client = mlflow.MlflowClient(f"sqlite:///{database}")
    experiment = client.get_experiment_by_name("deepdep-pipeline")
    runs = client.search_runs([experiment.experiment_id], max_results=1000)
    n_commands = sum("mlflow.parentRunId" not in run.data.tags for run in runs)
    aliases = {alias for model in client.search_registered_models() for alias in model.aliases}
    return n_commands == 1 and aliases == {"challenger"}
