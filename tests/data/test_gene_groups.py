import numpy as np
import pandas as pd
import pytest

from deepdep.data.gene_groups import family_keys, gene_groups, paralogs_of
from deepdep.simulation.biology import gene_families

SETS = {"S1": ("WRN", "PRMT5", "MYC"), "S2": ("WRN", "PRMT5"), "S3": ("MYC", "EGFR", "EGFR")}


def test_genes_of_one_fingerprint_are_one_group():
    groups = gene_groups(["MYC", "WRN", "EGFR", "PRMT5"], SETS)
    assert groups.to_dict() == {"EGFR": "EGFR", "MYC": "MYC", "PRMT5": "PRMT5", "WRN": "PRMT5"}


def test_paralogs_are_one_group_whatever_their_fingerprints():
    sets = {"S1": ("KRT5", "WRN"), "S2": ("KRT14",), "S3": ("WRN",)}
    groups = gene_groups(["KRT5", "KRT14", "WRN"], sets)
    assert groups.to_dict() == {"KRT14": "KRT14", "KRT5": "KRT14", "WRN": "WRN"}


def test_both_relations_are_followed_to_their_end():
    """CDK4 - CDK6 are paralogs, CDK6 - WRN have one fingerprint, WRN - KRT5 not."""
    sets = {"S1": ("CDK6", "WRN"), "S2": ("CDK4", "KRT5"), "S3": ("KRT5",)}
    groups = gene_groups(["KRT5", "WRN", "CDK6", "CDK4"], sets)
    assert set(groups[["CDK4", "CDK6", "WRN"]]) == {"CDK4"}
    assert groups["KRT5"] == "KRT5"


def test_genes_in_no_set_share_the_empty_fingerprint():
    groups = gene_groups(["WRN", "MYC", "EGFR"], {"S": ("EGFR", "ELSEWHERE")})
    assert groups["WRN"] == groups["MYC"] != groups["EGFR"]


def test_neither_the_order_of_genes_nor_of_sets_matters():
    genes = ["WRN", "KRT5", "MYC", "KRT14", "PRMT5"]
    turned = {name: members[::-1] for name, members in reversed(SETS.items())}
    pd.testing.assert_series_equal(gene_groups(genes, SETS), gene_groups(genes[::-1], turned))


def test_groups_of_real_symbols_stay_small():
    """Each gene has a set of its own, so that only names can join."""
    genes = {gene for family in gene_families().values() for gene in family}
    groups = gene_groups(sorted(genes), {gene: (gene,) for gene in genes})
    assert groups.value_counts().max() < 0.03 * len(genes)
    assert groups["SMARCA2"] == groups["SMARCA4"] != groups["SMARCB1"]
    assert np.mean(groups.value_counts() == 1) > 0.5


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("KRT5", "KRT14"),
        ("KRT5", "KRT6A"),
        ("CDK4", "CDK6"),
        ("ARID1A", "ARID1B"),
        ("SMARCA2", "SMARCA4"),
        ("STAG1", "STAG2"),
        ("PIK3CA", "PIK3CB"),
        ("PPP2CA", "PPP2CB"),
        ("VPS4A", "VPS4B"),
        ("FAM50A", "FAM50B"),
        ("DDX3X", "DDX3Y"),
        ("EIF1AX", "EIF1AY"),
        ("RPS4X", "RPS4Y1"),
        ("MAGOH", "MAGOHB"),
        ("RAD51", "RAD51B"),
        ("TUBB", "TUBB4B"),
        ("RPL22", "RPL22L1"),
        ("BCL2", "BCL2L1"),
        ("TP53", "TP63"),
        ("CSNK2A1", "CSNK2A2"),
        ("HOXA9", "HOXA10"),
        ("NKX2-1", "NKX2-5"),
        ("HLA-A", "HLA-B"),
    ],
)
def test_likely_paralogs_share_a_name(one, other):
    assert family_keys(one) & family_keys(other)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("C1orf112", "C1orf43"),
        ("C1orf112", "C2orf42"),
        ("CXorf38", "CXorf58"),
        ("FAM50A", "FAM83A"),
        ("TMEM173", "TMEM30A"),
        ("CCDC6", "CCDC88A"),
        ("KIAA0100", "KIAA1549"),
        ("LOC100", "LOC200"),
        ("RPL5", "RPL11"),
        ("MRPL3", "MRPL10"),
        ("EIF3A", "EIF3B"),
        ("MED12", "MED1"),
        ("FANCA", "FANCC"),
        ("BRCA1", "BRCA2"),
        ("RAD21", "RAD51"),
        ("CD4", "CD19"),
        ("NF1", "NF2"),
        ("F2", "F5"),
        ("SMARCA4", "SMARCB1"),
        ("ARID1A", "SMARCA4"),
        ("IGF1", "IGF1R"),
        ("AR", "ARL1"),
        ("ATR", "ATRX"),
        ("MYC", "MAX"),
        ("WRN", "PRMT5"),
    ],
)
def test_what_only_sounds_alike_shares_none(one, other):
    assert not family_keys(one) & family_keys(other)


def test_every_gene_is_of_its_own_family():
    assert "WRN" in family_keys("WRN")
    assert family_keys("C1orf112") == {"C1orf112"}
    assert family_keys("KIAA0100") == {"KIAA0100"}


def test_paralogs_of_a_gene_are_looked_for_among_symbols():
    among = ["ARID1A", "ARID1B", "KRAS", *(f"KRT{k}" for k in range(1, 21))]
    assert paralogs_of(["ARID1B", "KRAS", "KRT5"], among) == {"ARID1B": ["ARID1A"]}
