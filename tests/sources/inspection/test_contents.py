from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from deepdep.sources.inspection.contents import (
    LINEAR_COPY_NUMBER,
    are_in_rows,
    feature_names,
    fitting_contents,
    sample_names,
)


@pytest.mark.parametrize(
    ("names", "identifiers"),
    [
        (["ACH-000001", "ACH-000002"], "DepMap ModelID"),
        (["TCGA-AA-0001"], "TCGA barcode of 12 characters"),
        (["TCGA-AA-0001-01A"], "TCGA barcode of 16 characters"),
        (["TCGA.AA.0001.01"], "TCGA barcode of 15 characters, points for hyphens"),
        (["NIHOVCAR3_OVARY", "HL60_HAEMATOPOIETIC_AND_LYMPHOID_TISSUE"], "CCLE name"),
        (["SIDM00105"], "Sanger model id"),
        (["CCL_A", "CCL_B"], "names of no known kind"),
    ],
)
def test_samples_are_told_by_their_names(names, identifiers):
    assert sample_names(names).identifiers == identifiers


@pytest.mark.parametrize(
    ("names", "identifiers"),
    [
        (["TP53", "HLA-A", "C1orf43"], "symbol"),
        (["TP53 (7157)", "KRAS (3845)"], "symbol (Entrez id)"),
        (["TP53|7157", "?|8225"], "symbol|Entrez id"),
        (["7157", "3845"], "Entrez id"),
        (["ENSG00000141510.18", "ENSG00000133703"], "Ensembl id"),
        (["cg00000029", "ch.1.1024R"], "CpG probe"),
        (["hg38:chr7:0-1000000"], "bin on hg38"),
        (["chr7_5473to5474_10k"], "published bin of 10 kb on hg19"),
        (["SKI_1_2159133_2160133"], "place in the genome"),
        (["TP53_chr17_7571720_7590868"], "place in the genome"),
        ([], "symbol"),
    ],
)
def test_features_are_told_by_their_names(names, identifiers):
    assert feature_names(names).identifiers == identifiers


def test_a_name_is_counted_once_and_a_long_one_is_cut():
    names = sample_names(["a", "b", "a ", "x" * 1000])
    assert names.n == 3
    assert names.examples == ("a", "b", "x" * 80)


def test_names_of_either_axis_tell_where_features_are():
    genes = [f"RPL{k}" for k in range(3, 9)]
    assert are_in_rows(genes, ["A", "B"]) is True
    assert are_in_rows(["A", "B"], genes) is False
    assert are_in_rows(["ACH-000001"], genes) is False
    assert are_in_rows(["X1", "X2"], ["TCGA-AA-0001-01"]) is True
    assert are_in_rows(["A"], ["B"]) is None


GENES = [f"G{k}" for k in range(200)]
RNG = np.random.default_rng(0)
SHAPE = (12, 200)

RATIOS = RNG.choice([-0.8, -0.05, 0.0, 0.04, 0.6], p=[0.1, 0.3, 0.3, 0.2, 0.1], size=SHAPE)
TABLES = {
    "log2(TPM+1)": (np.abs(RNG.normal(3, 2, SHAPE)), ("expression",)),
    "counts, which import refuses": (RNG.integers(0, 9000, SHAPE), ("expression",)),
    "0 and 1": (RNG.integers(0, 2, SHAPE), ("mutation",)),
    "ratios": (RATIOS, ("copy_number", "gene_effect")),
    "calls": (RNG.integers(-2, 3, SHAPE), ("copy_number",)),
    "classes": (RNG.integers(-1, 3, SHAPE), ("copy_number", "gene_effect")),
    "nothing": (np.full(SHAPE, np.nan), ()),
}


@pytest.mark.parametrize("name", TABLES)
def test_what_import_would_accept_fits(name):
    values, expected = TABLES[name]
    table = pd.DataFrame(values, [f"L{k}" for k in range(12)], GENES)
    assert fitting_contents(table, Path("mine.csv")) == expected


def test_ratios_to_the_ploidy_fit_for_depmap_only():
    table = pd.DataFrame(2.0**RATIOS, [f"ACH-{k:06d}" for k in range(12)], GENES)
    assert fitting_contents(table, Path("mine.csv")) == ("expression",)
    fits = fitting_contents(table, Path("mine.csv"), of_depmap=True)
    assert fits == ("expression", LINEAR_COPY_NUMBER)


def test_probes_are_methylation():
    probes = [f"cg{k:08d}" for k in range(200)]
    table = pd.DataFrame(RNG.random(SHAPE), [f"L{k}" for k in range(12)], probes)
    assert fitting_contents(table, Path("mine.csv")) == ("methylation",)
