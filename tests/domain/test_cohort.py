import pandas as pd

from deepdep.domain.cohort import OmicTable, Samples, samples_in
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
