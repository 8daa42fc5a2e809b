import json

import numpy as np
import pandas as pd
import pytest

from deepdep.io.matrices import to_anndata, write_anndata


@pytest.fixture
def survival(deepdep, tmp_path):
    rng = np.random.default_rng(0)
    patients = [f"P{k}" for k in range(80)]
    effect = pd.DataFrame(rng.normal(size=(80, 4)), patients, ["BRAF", "KRAS", "MYC", "TP53"])
    days = rng.exponential(np.exp(-effect["MYC"]) * 500)
    obs = pd.DataFrame({"cohort": ["SKCM", "LUAD"] * 40}, patients)
    write_anndata(to_anndata(effect, obs=obs), tmp_path / "tumors.h5ad")
    clinical = pd.DataFrame({"days": days, "died": 1}, patients)
    clinical.to_csv(tmp_path / "clinical.csv", index_label="patient")
    words = ("--effects", tmp_path / "tumors.h5ad", "--annotations", tmp_path / "clinical.csv")
    columns = ("--time", "days", "--event", "died")

    def run(*arguments, to="found.csv"):
        return deepdep("survival", *words, *columns, "--to", tmp_path / to, *arguments)

    return run


def test_hazards_are_written_and_the_strongest_shown(survival, tmp_path):
    done = survival("--strata", "cohort", "--json")
    assert done.code == 0
    assert json.loads(done.stdout)[0]["gene"] == "MYC"
    assert pd.read_csv(tmp_path / "found.csv")["gene"][0] == "MYC"
    assert "4 Cox models (Wald, Efron's ties), beside within cohort" in done.stderr


def test_a_table_can_be_parquet_and_one_gene(survival, tmp_path):
    assert survival("--gene", "KRAS", to="found.parquet").code == 0
    assert list(pd.read_parquet(tmp_path / "found.parquet")["gene"]) == ["KRAS"]


@pytest.mark.parametrize(
    ("arguments", "to", "problem"),
    [
        ((), "found.txt", "ending '.txt' names no format"),
        (("--strata", "cohrt"), "found.csv", "is it 'cohort'?"),
        (("--event", "cohort"), "found.csv", "cohort: holds 'SKCM'"),
    ],
)
def test_what_cannot_be_tested_is_refused_and_nothing_written(
    survival, tmp_path, arguments, to, problem
):
    assert problem in survival(*arguments, to=to).refusal
    assert not (tmp_path / to).exists()
