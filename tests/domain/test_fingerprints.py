import numpy as np

from deepdep.domain.fingerprints import fingerprints, genes_without_fingerprint

GENE_SETS = {"DEATH": ("TP53", "BAX"), "GROWTH": ("MYC", "TP53"), "EMPTY_HERE": ("ALK",)}


def test_a_gene_is_the_sets_it_belongs_to():
    member = fingerprints(["MYC", "TP53", "A1BG"], GENE_SETS)
    assert list(member.columns) == ["DEATH", "GROWTH", "EMPTY_HERE"]
    assert member.loc["MYC"].tolist() == [0, 1, 0]
    assert member.loc["TP53"].tolist() == [1, 1, 0]
    assert member.loc["A1BG"].tolist() == [0, 0, 0]
    assert (member.dtypes == np.uint8).all()


def test_genes_come_in_the_order_asked_for():
    there = fingerprints(["MYC", "TP53"], GENE_SETS)
    back = fingerprints(["TP53", "MYC"], GENE_SETS)
    assert back.index.tolist() == ["TP53", "MYC"]
    assert back.loc[there.index].equals(there)


def test_no_gene_and_no_set_are_tables_too():
    assert fingerprints([], GENE_SETS).shape == (0, 3)
    assert fingerprints(["MYC"], {}).shape == (1, 0)


def test_genes_in_no_set_are_named_in_order():
    assert genes_without_fingerprint(["Z", "MYC", "A"], GENE_SETS) == ["Z", "A"]
    assert genes_without_fingerprint(["MYC"], GENE_SETS) == []
