"""Shared fixtures: one simulated cohort with a known truth serves all tests."""

import shutil

import numpy as np
import pytest

from deepdep.data.simulation import TINY, Simulation, simulate
from deepdep.domain.cohort import Cohort


@pytest.fixture(scope="session")
def simulation() -> Simulation:
    """120 tumours, 70 lines of 59 patients, 11 lineages, 60 genes; do not change it in place.

    ``simulation.truth`` names what was planted: addictions (BRAF mutation and BRAF, ERBB2
    amplification and ERBB2 ...), synthetic lethalities (TP53 wild type and MDM2, MSI and WRN,
    MTAP loss and PRMT5, SMARCA4 and SMARCA2 ...), lineage dependencies (melanocytic and SOX10,
    luminal and ESR1 ...), genes that follow programmes, common essentials near -1 and genes with
    no signal near 0. Noise of a gene effect: standard deviation 0.1.
    """
    return simulate(TINY, np.random.default_rng(0))


@pytest.fixture(scope="session")
def cohort(simulation: Simulation) -> Cohort:
    """Return the cohort of ``simulation``: every omic predicts part of the gene effect.

    A tenth of the samples lack an omic, 8 % of the lines have no gene effect, and a few gene
    effects and beta values are NaN.
    """
    return simulation.cohort


@pytest.fixture(scope="session")
def empty_mlflow_database(tmp_path_factory):
    """MLflow's database without a run; making one takes 3 s, a copy none."""
    from deepdep.mlflow_store import mlflow_client  # here, so that other tests do not wait for it

    database = tmp_path_factory.mktemp("mlflow") / "mlflow.db"
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("MLFLOW_TRACKING_URI", f"sqlite:///{database}")
        with mlflow_client() as client:
            client.search_experiments()
    return database


@pytest.fixture
def mlflow_project(tmp_path, empty_mlflow_database, monkeypatch):
    """A project's folder, and the current one, in which no stage has run."""
    monkeypatch.delenv("MLFLOW_TRACKING_URI", raising=False)
    monkeypatch.chdir(tmp_path)
    (tmp_path / "dvc.yaml").touch()
    (tmp_path / "mlruns").mkdir()
    shutil.copy(empty_mlflow_database, tmp_path / "mlruns")
    return tmp_path
