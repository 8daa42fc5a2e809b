from dataclasses import replace

import pandas as pd
import pytest

from deepdep.domain.cohort import Cohort, OmicTable, Samples, samples_in
from deepdep.domain.omics import Omic

OBS = pd.DataFrame({"patient_id": ["P1", "P2"]}, index=["L1", "L2"])


def table(line: str, gene: str, unit: str) -> OmicTable:
    return OmicTable(pd.DataFrame({gene: [1.0]}, index=[line]), unit)


def test_tables_are_told_apart_by_name_and_come_back_omics_first():
    given = {
        "expression_ccle": table("L1", "TP53", "log2(TPM+1)"),
        "expression": table("L2", "MYC", "z-score"),
        "copy_number": table("L2", "MYC", "call"),
    }
    samples = Samples.of_tables(given, OBS, assembly="hg19", release="CCLE")
    assert samples.units == {Omic.EXPRESSION: "z-score", Omic.COPY_NUMBER: "call"}
    assert list(samples.omics[Omic.EXPRESSION]) == ["MYC"]
    (supplement,) = samples.supplements.values()
    assert (supplement.omic, supplement.unit) == (Omic.EXPRESSION, "log2(TPM+1)")
    assert list(supplement.table) == ["TP53"]
    assert (samples.assembly, samples.release) == ("hg19", "CCLE")
    back = samples.tables
    assert list(back) == ["expression", "copy_number", "expression_ccle"]
    assert {name: known.unit for name, known in back.items()} == {
        name: known.unit for name, known in given.items()
    }
    assert all(back[name].table is known.table for name, known in given.items())


def test_samples_of_all_tables_are_named_once_and_sorted():
    tables = {"expression": table("L2", "MYC", "z-score"), "mutation": table("L1", "MYC", "0/1")}
    assert list(samples_in(tables | {"copy_number": table("L2", "MYC", "call")})) == ["L1", "L2"]


LINES = Samples.of_tables({"expression": table("L1", "MYC", "z-score")}, OBS, release="DepMap 24Q4")


@pytest.mark.parametrize(
    ("releases", "name"),
    [
        ((None, None), None),
        (("DepMap 24Q4", None), "DepMap 24Q4"),
        (("DepMap 24Q4", "TCGA"), "DepMap 24Q4 and TCGA"),
        (("demo", "demo"), "demo"),
    ],
)
def test_a_cohort_is_named_by_the_releases_of_its_samples(releases, name):
    lines, tumors = (replace(LINES, release=release) for release in releases)
    assert Cohort(lines, tumors, None, None).name == name


def test_a_cohort_is_simulated_when_lines_or_tumors_are():
    simulated = replace(LINES, simulated=True)
    assert not Cohort(LINES, LINES, None, None).simulated
    assert not Cohort(LINES, None, None, None).simulated
    assert Cohort(LINES, simulated, None, None).simulated
    assert Cohort(simulated, None, None, None).simulated


def test_a_cohort_that_is_named_keeps_everything_else():
    cohort = Cohort(LINES, None, None, {"S": ("A",)})
    named = cohort.named("mine")
    assert (named.name, named.tumors, named.gene_sets) == ("mine", None, {"S": ("A",)})
    assert named.cell_lines.omics is LINES.omics
