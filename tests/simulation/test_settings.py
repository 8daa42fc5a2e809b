import pytest

from deepdep.domain.omics import Omic
from deepdep.errors import DeepDEPError
from deepdep.simulation import DEEPDEP, DEMO, TINY, SimulationSettings


def test_named_sizes_are_returned_as_they_are():
    assert SimulationSettings.of_size("demo") == DEMO
    assert SimulationSettings.of_size("deepdep") == DEEPDEP


def test_what_is_given_replaces_the_size_s_own_number():
    settings = SimulationSettings.of_size("tiny", n_tumors=50, n_genes=80)

    assert (settings.n_tumors, settings.n_genes) == (50, 80)
    assert settings.n_cell_lines == TINY.n_cell_lines


def test_features_scale_all_omics_with_expression():
    settings = SimulationSettings.of_size("demo", n_expression=2_000)  # the demo cohort has 1,000

    assert settings.n_features[Omic.EXPRESSION] == 2_000
    assert settings.n_features[Omic.MUTATION] == 2 * DEMO.n_features[Omic.MUTATION]


@pytest.mark.parametrize("change", [{"n_genes": 5}, {"n_tumors": 0}, {"n_expression": -3}])
def test_a_cohort_too_small_for_its_planted_facts_is_refused(change):
    with pytest.raises(DeepDEPError, match="at least"):
        SimulationSettings.of_size("tiny", **change)


def test_an_unknown_size_is_refused_with_the_known_ones():
    with pytest.raises(DeepDEPError, match=r"'huge' is not known.* tiny, demo, deepdep"):
        SimulationSettings.of_size("huge")
