import numpy as np
import pandas as pd

from deepdep.data.folds import gene_groups
from deepdep.data.simulation.symbols import gene_families

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
