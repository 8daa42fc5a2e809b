import numpy as np
import pandas as pd
import pytest

from deepdep.simulation.biology import gene_families
from deepdep.simulation.gene_effect import SelectiveProfile, screen


def lines_of_each(simulation, fact):
    """Effects of the fact's gene in screened lines that carry its reason, and in the others."""
    effect = simulation.cohort.gene_effect.table[fact.gene].dropna()
    carries = simulation.truth.carriers.loc[effect.index, fact.carriers]
    return effect[carries], effect[~carries]


def test_carriers_depend_on_planted_genes_more_than_others(simulation):
    planted = simulation.truth.planted
    of_events = planted[planted["kind"].isin(["addiction", "synthetic_lethality"])]
    for fact in of_events.itertuples():
        carriers, others = lines_of_each(simulation, fact)
        assert carriers.mean() < 0.6 * fact.effect, fact
        # Some of the others have another reason to need the gene: TP53 wild type for MDM2.
        assert carriers.mean() - others.mean() < 0.4 * fact.effect, fact


def test_losing_a_brake_lets_wild_type_cells_grow(simulation):
    planted = simulation.truth.planted
    for fact in planted[planted["kind"] == "growth_suppressor"].itertuples():
        carriers, others = lines_of_each(simulation, fact)
        assert carriers.mean() - others.mean() > 0.5 * fact.effect, fact


def test_lineage_factors_are_needed_in_their_lineage(simulation):
    planted = simulation.truth.planted
    sox10 = next(planted[planted["gene"] == "SOX10"].itertuples())
    carriers, others = lines_of_each(simulation, sox10)

    assert carriers.mean() < -0.7
    assert others.mean() > -0.3


def test_common_essentials_are_near_minus_one_and_genes_without_signal_near_zero(simulation):
    planted, effect = simulation.truth.planted, simulation.cohort.gene_effect.table
    essential = effect[planted.loc[planted["kind"] == "common_essential", "gene"]]
    silent = effect[planted.loc[planted["kind"] == "no_signal", "gene"]]

    assert essential.median().median() == pytest.approx(-1, abs=0.2)
    assert silent.mean().abs().max() < 0.06
    assert silent.std().to_numpy() == pytest.approx(0.1, abs=0.04)


def test_genes_of_a_family_follow_similar_programmes():
    families = gene_families()
    genes = [*families["oxphos_complex_1"][:8], *families["collagens"][:8]]
    programmes = [f"programme {number}" for number in range(30)]
    weights = SelectiveProfile.draw(genes, programmes, np.random.default_rng(0)).weights

    alike = np.corrcoef(weights.T)
    within = (alike[:8, :8].sum() - 8) / 56
    assert within > 0.4 > alike[:8, 8:].mean()


def test_a_screen_leaves_out_lines_and_values_and_adds_noise():
    obs = pd.DataFrame({"patient_id": "A"}, index=[f"line {n}" for n in range(200)])
    effects = pd.DataFrame(0.0, index=["A"], columns=[f"G{n}" for n in range(50)])
    measured = screen(effects, obs, 0.08, np.random.default_rng(0))

    assert len(measured) == 184  # 8 % of 200 are not screened
    assert 0 < measured.isna().mean().mean() < 0.06
    assert np.nanstd(measured) == pytest.approx(0.1, abs=0.005)
