import numpy as np

from deepdep.domain.fingerprints import Fingerprints, genes_without_fingerprint
from deepdep.simulation import TINY


def test_as_many_sets_as_asked_for_and_clearly_simulated(cohort):
    assert len(cohort.gene_sets) == TINY.n_gene_sets
    assert all(name.startswith("SIM_") for name in cohort.gene_sets)


def test_no_set_is_empty_or_repeats_a_gene(cohort):
    for genes in cohort.gene_sets.values():
        assert len(set(genes)) == len(genes) > 1


def test_a_driver_shares_a_set_with_the_genes_it_makes_needed(cohort):
    assert {"TP53", "MDM2"} <= set(cohort.gene_sets["SIM_PARTNERS_OF_TP53"])


def test_nearly_every_gene_has_its_own_fingerprint_and_a_handful_has_none(cohort):
    genes = list(cohort.gene_effect.table.columns)
    bits = Fingerprints.of_genes(genes, cohort.gene_sets).dense()

    assert 1 <= len(genes_without_fingerprint(genes, cohort.gene_sets)) <= 0.1 * len(genes)
    assert len(np.unique(bits, axis=0)) > 0.9 * len(genes)


def test_genes_that_share_sets_have_similar_effects(cohort):
    effect = cohort.gene_effect.table
    bits = Fingerprints.of_genes(list(effect.columns), cohort.gene_sets).dense()
    shared = bits @ bits.T
    alike = effect.corr().abs().to_numpy()
    pairs = ~np.eye(len(shared), dtype=bool)  # of different genes

    assert alike[pairs & (shared >= 3)].mean() > 1.2 * alike[pairs & (shared == 0)].mean()
