import json
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from deepdep.data.cohort import write_cohort
from deepdep.io.matrices import to_anndata, write_anndata

PARAMS = Path(__file__).parents[2] / "params.yaml"


@pytest.fixture(scope="module")
def folder(cohort, tmp_path_factory):
    """The cohort, and the measured effects of its lines as X, with their obs."""
    folder = tmp_path_factory.mktemp("associate")
    write_cohort(cohort, folder / "data")
    effect = cohort.gene_effect.table
    obs = cohort.cell_lines.obs.loc[effect.index].astype(str)
    obs["all_alike"] = "same"
    write_anndata(to_anndata(effect, obs=obs, layers={"twice": 2 * effect}), folder / "lines.h5ad")
    mine = pd.DataFrame({"subtype": np.arange(len(effect)) % 2}, effect.index)
    mine.to_csv(folder / "mine.csv", index_label="line")
    return folder


@pytest.fixture
def associate(deepdep, folder, tmp_path):
    def run(*arguments):
        to = tmp_path / "found.parquet"
        words = ("--effects", folder / "lines.h5ad", "--params", PARAMS)
        return deepdep("associate", *words, "--to", to, *arguments)

    return run


def test_alterations_of_the_cohort_are_tested_beside_lineage(associate, folder, tmp_path):
    done = associate("--alterations", folder / "data", "--json")
    assert done.code == 0
    found = pd.read_parquet(tmp_path / "found.parquet")
    best = json.loads(done.stdout)[0]
    assert found["adjusted_p"].idxmin() == found.index[
        (found["annotation"] == best["annotation"]) & (found["gene"] == best["gene"])
    ]  # fmt: skip
    assert set(found["covariates"]) == {"lineage"}
    planted = found[(found["annotation"] == "MTAP deletion") & (found["gene"] == "PRMT5")]
    assert planted["adjusted_q_all"].iloc[0] < 0.1
    assert f"{len(found):,} tests of {found['annotation'].nunique():,} annotations" in done.stderr


def test_columns_of_obs_of_a_file_and_events_are_tested_by_name(associate, folder, tmp_path):
    done = associate(
        "--annotation", "lineage", "--annotation", "subtype", "--annotation", "KRAS mutation",
        "--annotations", folder / "mine.csv", "--alterations", folder / "data",
    )  # fmt: skip
    assert done.code == 0
    found = pd.read_parquet(tmp_path / "found.parquet")
    assert set(found["annotation"]) == {"lineage", "subtype", "KRAS mutation"}
    assert "KRAS" in done.stdout


def test_another_layer_and_a_csv(deepdep, folder, tmp_path):
    for layer, name in (((), "x.csv"), (("--layer", "twice"), "twice.csv")):
        words = ("--effects", folder / "lines.h5ad", "--annotation", "lineage")
        assert deepdep("associate", *words, *layer, "--to", tmp_path / name).code == 0
    once, twice = (pd.read_csv(tmp_path / name) for name in ("x.csv", "twice.csv"))
    np.testing.assert_allclose(twice["mean_with"], 2 * once["mean_with"], rtol=1e-5)
    np.testing.assert_allclose(twice["p"], once["p"])


@pytest.mark.parametrize(
    ("arguments", "problem"),
    [
        ((), "nothing to test"),
        (("--annotation", "linage"), "has no annotation 'linage' among"),
        (("--annotation", "all_alike"), "annotation 'all_alike': has one value ('same')"),
        (("--annotation", "lineage", "--covariate", "purity"), "has no annotation 'purity'"),
        (("--annotation", "lineage", "--layer", "none"), "has no layer 'none', but 'twice'"),
        (("--annotation", "lineage", "--to", "x.xlsx"), "names no format"),
        (("--annotations", "strange.csv"), "1 samples have no gene effects: 'nobody'"),
        (("--annotations", "absent.csv"), "absent.csv: "),
        (("--alterations", "bare"), "neither mutations nor copy number"),
    ],
)
def test_what_cannot_be_tested_is_refused_and_nothing_written(
    associate, cohort, folder, tmp_path, monkeypatch, arguments, problem
):
    from dataclasses import replace

    monkeypatch.chdir(tmp_path)
    mine = pd.read_csv(folder / "mine.csv", index_col=0)
    mine.rename(index={mine.index[0]: "nobody"}).to_csv("strange.csv")
    if "bare" in arguments:
        expression = {o: t for o, t in cohort.cell_lines.omics.items() if o == "expression"}
        write_cohort(
            replace(cohort, tumors=None, cell_lines=replace(cohort.cell_lines, omics=expression)),
            tmp_path / "bare",
        )
    before = set(tmp_path.rglob("*"))
    assert problem in associate(*arguments).refusal
    assert set(tmp_path.rglob("*")) == before
