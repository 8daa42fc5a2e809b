from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from deepdep.domain.errors import BadFileError
from deepdep.domain.genome import Assembly
from deepdep.domain.omics import Omic
from deepdep.io.sources.tcga.combine import one_table_per_omic
from deepdep.io.sources.tcga.tumor_table import TumorTable


def table(omic: Omic, name: str, values: dict, unit=None, assembly=None) -> TumorTable:
    frame = pd.DataFrame.from_dict(values, orient="index").astype(np.float32)
    return TumorTable(omic, frame, Path("folder") / name, "test", unit, assembly)


CALLS = table(Omic.COPY_NUMBER, "calls.tsv", {"TCGA-AA-0001-01": {"TP53": -1, "MYC": 2}})
RATIOS = table(Omic.COPY_NUMBER, "ratios.tsv", {"TCGA-AA-0001-01": {"TP53": -0.4, "MYC": 1.5}})
BINS = table(Omic.COPY_NUMBER, "x.seg", {"TCGA-AA-0001-01": {"bin": 0.5}}, assembly=Assembly.HG19)


def test_copy_number_by_gene_comes_first_and_ratios_before_calls():
    noted = one_table_per_omic([CALLS, BINS, RATIOS], bins_asked_for=False)
    assert noted.value == {Omic.COPY_NUMBER: RATIOS}
    assert noted.notes == (
        "calls.tsv: calls left out, log2(CN/2) being there",
        "x.seg: bins left out, log2(CN/2) being there",
    )


def test_bins_come_first_where_they_were_asked_for():
    noted = one_table_per_omic([CALLS, BINS, RATIOS], bins_asked_for=True)
    assert noted.value == {Omic.COPY_NUMBER: BINS}


def test_refuses_copy_number_by_gene_alone_where_bins_were_asked_for():
    with pytest.raises(BadFileError, match=r"ratios.tsv: is by gene, but bins were asked for"):
        one_table_per_omic([RATIOS], bins_asked_for=True)


def test_tables_of_different_tumors_are_united():
    noted = one_table_per_omic(
        [
            table(Omic.EXPRESSION, "brca.tsv", {"TCGA-AA-0001-01": {"TP53": 1, "MYC": 2}}),
            table(Omic.EXPRESSION, "luad.tsv", {"TCGA-AA-0002-01": {"MYC": 3, "KRAS": 4}}),
        ],
        bins_asked_for=False,
    )
    values = noted.value[Omic.EXPRESSION].values
    assert values["MYC"].to_dict() == {"TCGA-AA-0001-01": 2, "TCGA-AA-0002-01": 3}
    assert np.isnan(values.loc["TCGA-AA-0001-01", "KRAS"])
    assert noted.notes == ("expression: 2 files united, 3 features of which 1 are in all",)


def test_refuses_two_tables_of_the_same_tumor():
    one = table(Omic.EXPRESSION, "a.tsv", {"TCGA-AA-0001-01": {"TP53": 1}})
    other = table(Omic.EXPRESSION, "b.tsv", {"TCGA-AA-0001-01A-11R": {"TP53": 1}})
    with pytest.raises(
        BadFileError, match=r"b.tsv: patient 'TCGA-AA-0001': has a tumour in a.tsv too"
    ):
        one_table_per_omic([one, other], bins_asked_for=False)


def test_refuses_tables_of_two_units():
    one = table(Omic.EXPRESSION, "a.tsv", {"TCGA-AA-0001-01": {"TP53": 1}}, "log2(TPM+1)")
    other = table(Omic.EXPRESSION, "b.tsv", {"TCGA-AA-0002-01": {"TP53": 1}}, "log2(norm_count+1)")
    with pytest.raises(BadFileError, match=r"b.tsv: is in log2\(norm_count\+1\), and a.tsv in"):
        one_table_per_omic([one, other], bins_asked_for=False)
