import numpy as np
import pytest

from deepdep.domain.omics import Omic
from deepdep.simulation import TINY, SimulationSettings
from deepdep.simulation.biology import Biology
from deepdep.simulation.genes import GeneRoles


@pytest.fixture(scope="module")
def biology():
    return Biology.load(99)


@pytest.mark.parametrize("n_genes", [40, 61, 360, 1_298])
def test_as_many_genes_as_asked_for_each_with_one_role(biology, n_genes):
    roles = GeneRoles.assign(n_genes, biology, np.random.default_rng(0))

    assert len(roles.all) == n_genes
    assert len(set(roles.all)) == n_genes


def test_the_smallest_cohort_has_the_best_known_pairs(biology):
    roles = GeneRoles.assign(60, biology, np.random.default_rng(0))

    planted = {(fact.gene, fact.carriers) for fact in roles.planted}
    assert planted >= {
        ("BRAF", "BRAF mutation"),
        ("MDM2", "TP53 mutation absent"),
        ("WRN", "MSI"),
        ("PRMT5", "MTAP loss"),
        ("SMARCA2", "SMARCA4 mutation"),
        ("ARID1B", "ARID1A mutation"),
        ("SOX10", "melanocytic lineage"),
        ("GPX4", "EMT programme"),
    }


def test_a_brake_is_not_called_a_synthetic_lethality(biology):
    roles = GeneRoles.assign(1_298, biology, np.random.default_rng(0))

    brake = {fact.gene for fact in roles.planted if fact.effect > 0 and fact.kind != "programme"}
    assert brake == {fact.gene for fact in roles.planted if fact.kind == "growth_suppressor"}
    assert "TP53" in brake


def test_more_genes_than_there_are_names_are_features_once_each(biology):
    roles = GeneRoles.assign(4_000, biology, np.random.default_rng(0))
    settings = SimulationSettings.of_size("tiny", n_genes=4_000, n_expression=6_000)
    genes = roles.choose_feature_genes(settings, biology, np.random.default_rng(0))

    for omic, n in settings.n_features.items():
        assert len(genes[omic]) == len(set(genes[omic])) == n
    assert set(roles.all) < set(genes[Omic.EXPRESSION])


def test_genes_beyond_the_real_symbols_are_placeholders(biology):
    settings = SimulationSettings.of_size("tiny", n_expression=6_000)
    roles = GeneRoles.assign(TINY.n_genes, biology, np.random.default_rng(0))
    genes = roles.choose_feature_genes(settings, biology, np.random.default_rng(0))

    expression = genes[Omic.EXPRESSION]
    assert len(set(expression)) == 6_000
    assert expression[-1].startswith("SIM")
    assert "BRAF" in genes[Omic.MUTATION]
