import json
import shutil
from dataclasses import replace
from pathlib import Path

import pandas as pd
import pytest
import yaml

from deepdep.analysis.synthetic_lethality import read_pairs
from deepdep.data.cohort import write_cohort
from deepdep.data.prepared import write_prepared

ROOT = Path(__file__).parents[2]


@pytest.fixture(scope="module")
def folder(cohort, prepared_cohort, predictor_folder, tmp_path_factory):
    """A project's data, prepared cohort, model and params.yaml, with fewer permutations."""
    folder = tmp_path_factory.mktemp("project")
    write_cohort(cohort, folder / "data")
    write_prepared(prepared_cohort, folder / "prepared")
    shutil.copytree(predictor_folder, folder / "models" / "predictor")
    params = yaml.safe_load((ROOT / "params.yaml").read_text(encoding="utf-8"))
    params["screen"] |= {"n_permutations": 20, "n_permuted_fits": 1}
    (folder / "params.yaml").write_text(yaml.safe_dump(params), encoding="utf-8")
    return folder


@pytest.fixture
def screen(deepdep, folder, monkeypatch):
    monkeypatch.chdir(folder)
    return lambda *arguments: deepdep("screen", *arguments)


def test_a_screen_writes_all_pairs_and_shows_the_strongest(screen, folder):
    done = screen("--to", "pairs.parquet", "--n", 3, "--json")
    assert done.code == 0
    shown = json.loads(done.stdout)
    written = read_pairs(folder / "pairs.parquet")
    standing = written[written["explained_by"] == ""].head(3)
    assert [pair["gene"] for pair in shown] == standing["gene"].tolist()
    assert f"pairs.parquet: {len(written):,} pairs" in done.stderr
    assert f"over {written.attrs['agreement']['n_pairs']:,} pairs (Spearman)" in done.stderr
    gene = standing["gene"].iloc[0]
    again = screen("--pairs", "pairs.parquet", "--gene", gene, "--json")
    assert {pair["gene"] for pair in json.loads(again.stdout)} == {gene}
    table = screen("--pairs", "pairs.parquet", "--n", 2).stdout.splitlines()
    assert table[0].split()[:2] == ["alteration", "gene"]
    assert len(table) == 3


@pytest.mark.parametrize(
    ("arguments", "problem"),
    [
        (("--gene", "BRAFX"), "some.parquet: has no gene 'BRAFX'. Is it BRAF?"),
        (("--alteration", "TP53 loss"), "has no alteration 'TP53 loss'"),
        (("--pairs", "absent.parquet"), "absent.parquet: there is no such file"),
    ],
)
def test_what_was_not_screened_is_refused(screen, folder, arguments, problem):
    columns = {"z": 1.0, "q_standing": 0.5, "explained_by": "", "rank": 1}
    pairs = pd.DataFrame({"alteration": ["TP53 mutation"], "gene": ["BRAF"]}).assign(**columns)
    pairs.to_parquet(folder / "some.parquet")
    given = ("--pairs", "some.parquet", *arguments)
    assert problem in screen(*given).refusal


def test_a_model_that_is_not_there_is_refused_and_nothing_is_written(screen, folder):
    done = screen("--to", "none.parquet", "--model", "models/typo")
    assert "models/typo" in done.refusal
    assert not (folder / "none.parquet").exists()


def test_a_cohort_without_alterations_is_refused_and_nothing_is_written(screen, folder, cohort):
    tables = {"expression": cohort.cell_lines.omics["expression"]}
    lines = replace(cohort.cell_lines, omics=tables)
    write_cohort(replace(cohort, tumors=None, cell_lines=lines), folder / "bare")
    done = screen("--data", "bare", "--to", "bare.parquet")
    assert "no alteration is carried by" in done.refusal
    assert not (folder / "bare.parquet").exists()
