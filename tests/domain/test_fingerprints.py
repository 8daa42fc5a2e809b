import numpy as np
import pytest

from deepdep.domain.fingerprints import Fingerprints, genes_without_fingerprint

GENE_SETS = {"DEATH": ("TP53", "BAX"), "GROWTH": ("MYC", "TP53"), "EMPTY_HERE": ("ALK",)}


def test_a_gene_is_the_sets_it_belongs_to():
    known = Fingerprints.of_genes(["MYC", "TP53", "A1BG"], GENE_SETS)
    assert list(known.genes) == ["MYC", "TP53", "A1BG"]
    assert list(known.gene_sets) == ["DEATH", "GROWTH", "EMPTY_HERE"]
    assert known.dense().tolist() == [[0, 1, 0], [1, 1, 0], [0, 0, 0]]
    assert known.dense().dtype == np.float32
    assert known.n_gene_sets.to_dict() == {"MYC": 1, "TP53": 2, "A1BG": 0}


def test_genes_come_in_the_order_asked_for():
    there = Fingerprints.of_genes(["MYC", "TP53"], GENE_SETS)
    back = Fingerprints.of_genes(["TP53", "MYC"], GENE_SETS)
    assert list(back.genes) == ["TP53", "MYC"]
    np.testing.assert_array_equal(back.dense(), there.dense()[::-1])


def test_two_genes_of_a_small_set_are_nearer_than_two_of_a_large_one():
    sets = {"PAIR": ("TP53", "BAX"), "FIVE": ("TP53", "MYC", "A", "B", "C", "MYC")}
    weighted = Fingerprints.of_genes(["TP53", "BAX", "MYC"], sets).weighted(sets)
    products = (weighted @ weighted.T).toarray()
    np.testing.assert_allclose(products[0], [1 / 2 + 1 / 5, 1 / 2, 1 / 5])


def test_only_memberships_take_memory():
    """A cell per gene and set would take 100 MB."""
    genes = [f"G{i}" for i in range(10_000)]
    gene_sets = {f"SET{k}": tuple(genes[k : k + 3]) for k in range(0, 9_990)}
    known = Fingerprints.of_genes(genes, gene_sets)
    assert known.member.shape == (10_000, 9_990)
    assert known.member.nnz == 3 * 9_990
    assert known.member.data.nbytes + known.member.indices.nbytes < 1_000_000


@pytest.mark.parametrize("members", [("TP53", "TP53"), ("TP53", "BAX", "TP53")])
def test_a_gene_is_in_a_set_once(members):
    assert Fingerprints.of_genes(["TP53"], {"TWICE": members}).dense().tolist() == [[1]]


def test_no_gene_and_no_set_are_tables_too():
    assert Fingerprints.of_genes([], GENE_SETS).dense().shape == (0, 3)
    assert Fingerprints.of_genes(["MYC"], {}).dense().shape == (1, 0)


def test_genes_in_no_set_are_named_in_order():
    assert genes_without_fingerprint(["Z", "MYC", "A"], GENE_SETS) == ["Z", "A"]
    assert genes_without_fingerprint(["MYC"], GENE_SETS) == []
