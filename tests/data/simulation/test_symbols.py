from deepdep.data.simulation.settings import DEEPDEP
from deepdep.data.simulation.symbols import gene_families, placeholders


def test_the_embedded_symbols_suffice_for_all_genes_of_the_full_size():
    symbols = {gene for family in gene_families().values() for gene in family}

    assert len(symbols) > DEEPDEP.n_genes


def test_no_family_repeats_a_gene_or_is_empty():
    for family in gene_families().values():
        assert len(set(family)) == len(family) > 0


def test_known_genes_stand_in_their_families():
    families = gene_families()

    assert "RPL3" in families["ribosome_large"]
    assert "EGFR" in families["receptor_tyrosine_kinases"]


def test_placeholders_look_like_no_symbol():
    assert placeholders(2) == ["SIM00001", "SIM00002"]
    assert placeholders(-1) == []
