import numpy as np
import pandas as pd
import pytest

from deepdep.analysis.alterations import Alterations
from deepdep.analysis.observed_pairs import explained_by, observed_pairs, q_of_standing

N_LINES, N_GENES, N_ALTERATIONS = 120, 30, 60
LINES = pd.Index([f"L{number}" for number in range(N_LINES)])
LINEAGE = pd.Series(np.repeat(["Lung", "Skin", "Bowel"], N_LINES // 3), LINES)


def alterations(carried, table="mutation"):
    described = pd.DataFrame(
        {"table": table, "feature": carried.columns.str.partition(" ").get_level_values(0)},
        carried.columns,
    ).assign(event="mutation", value=1.0)
    return {table: Alterations(carried, described)}


@pytest.fixture
def drawn():
    """Effects and alterations that have nothing to do with each other but their lineages."""
    rng = np.random.default_rng(1)
    lineage_mean = rng.normal(size=(3, N_GENES)).repeat(N_LINES // 3, axis=0)
    effect = pd.DataFrame(lineage_mean + rng.normal(size=(N_LINES, N_GENES)), LINES).add_prefix("G")
    often = rng.uniform(0.05, 0.3, (3, N_ALTERATIONS)).repeat(N_LINES // 3, axis=0)
    carried = pd.DataFrame(rng.random(often.shape) < often, LINES).add_prefix("A")
    return effect, carried.add_suffix(" mutation")


def pairs_of(effect, carried, n_permutations=2000, **more):
    return observed_pairs(
        effect,
        alterations(carried),
        LINEAGE,
        n_permutations=n_permutations,
        rng=np.random.default_rng(0),
        **more,
    )


def of_pair(pairs, alteration, gene):
    return pairs[(pairs["alteration"] == alteration) & (pairs["gene"] == gene)].iloc[0]


def test_a_planted_pair_is_found_with_its_size_and_its_sign(drawn):
    effect, carried = drawn
    effect.loc[carried["A3 mutation"], "G5"] -= 2.0
    pairs = pairs_of(effect, carried)
    first = pairs.loc[pairs["p"].idxmin()]
    assert (first["alteration"], first["gene"]) == ("A3 mutation", "G5")
    assert first["difference"] == pytest.approx(-2.0, abs=0.6)
    assert first["z"] < -4
    assert first["q"] < 0.1
    assert first["n_carriers"] == carried["A3 mutation"].sum()


def test_z_has_the_spread_that_permutations_within_lineages_give(drawn):
    effect, carried = drawn
    rng = np.random.default_rng(2)
    drawn_z = []
    for _ in range(300):
        order = np.concatenate([rng.permutation(rows) for rows in np.split(np.arange(120), 3)])
        permuted = carried.iloc[order].set_axis(LINES)
        drawn_z.append(of_pair(pairs_of(effect, permuted, 1), "A0 mutation", "G0")["z"])
    assert np.mean(drawn_z) == pytest.approx(0, abs=0.2)
    assert np.std(drawn_z) == pytest.approx(1, abs=0.15)


def test_p_of_unrelated_pairs_is_spread_evenly(drawn):
    p = pairs_of(*drawn)["p"]
    for share in (0.01, 0.1, 0.5):
        assert (p <= share).mean() == pytest.approx(share, abs=0.35 * share + 0.005)


def test_a_lineage_that_carries_and_depends_is_no_evidence(drawn):
    effect, carried = drawn
    carried["A0 mutation"] = (LINEAGE == "Skin") & carried["A1 mutation"] | (LINEAGE == "Skin")
    effect.loc[LINEAGE == "Skin", "G0"] -= 5
    pair = of_pair(pairs_of(effect, carried), "A0 mutation", "G0")
    assert pair["z"] == 0
    assert pair["p"] == 1


def test_a_covariate_is_held_fixed(drawn):
    effect, carried = drawn
    burden = pd.DataFrame({"burden": np.random.default_rng(3).normal(size=N_LINES)}, LINES)
    carried["A0 mutation"] = burden["burden"] > 1
    effect["G0"] -= 2 * burden["burden"]
    assert of_pair(pairs_of(effect, carried), "A0 mutation", "G0")["q"] < 0.05
    assert of_pair(pairs_of(effect, carried, covariates=burden), "A0 mutation", "G0")["q"] > 0.1


def test_missing_effects_and_lines_without_the_table_are_no_evidence(drawn):
    effect, carried = drawn
    effect.loc[LINES[:30], "G0"] = np.nan
    pairs = pairs_of(effect, carried.iloc[10:])
    assert np.isfinite(pairs[["z", "p", "q", "difference"]].to_numpy()).all()
    assert (pairs["n_lines"] == N_LINES - 10).all()


def test_an_alteration_beside_a_stronger_one_is_explained_by_it(drawn):
    effect, carried = drawn
    carried["PASSENGER mutation"] = carried["A3 mutation"]
    carried.loc[LINES[[0, 50, 100]], "PASSENGER mutation"] = True
    carried["G5 mutation"] = carried["A3 mutation"]  # as much evidence, in the gene itself
    effect.loc[carried["A3 mutation"], "G5"] -= 3.0
    effect.loc[carried["A7 mutation"], "G5"] -= 3.0
    pairs = pairs_of(effect, carried)
    pairs["explained_by"] = explained_by(pairs, effect, alterations(carried), LINEAGE, fdr=0.1)
    found = pairs[(pairs["gene"] == "G5") & (pairs["q"] <= 0.1)].set_index("alteration")
    expected = {"G5 mutation": "", "A7 mutation": "", "A3 mutation": "G5 mutation"}
    assert found["explained_by"].loc[list(expected)].to_dict() == expected
    assert found["explained_by"]["PASSENGER mutation"] in {"G5 mutation", "A3 mutation"}
    assert (pairs.loc[pairs["q"] > 0.1, "explained_by"] == "").all()


def test_pairs_that_others_explain_are_no_discoveries():
    p = pd.Series([0.001, 0.002, 0.003, 0.5])
    q = q_of_standing(p, pd.Series(["", "A1 mutation", "", ""]))
    np.testing.assert_allclose(q, [0.004, np.nan, 0.006, 2 / 3])
    np.testing.assert_allclose(q_of_standing(p, pd.Series([""] * 4)), [0.004, 0.004, 0.004, 0.5])


def test_a_strong_pair_has_a_p_that_no_number_of_permutations_bounds(drawn):
    effect, carried = drawn
    effect.loc[carried["A3 mutation"], "G5"] -= 8.0
    few, many = (
        of_pair(pairs_of(effect, carried, n), "A3 mutation", "G5")["p"] for n in (20, 2000)
    )
    assert few == pytest.approx(many)
    assert 0 < few < 1e-10


def test_permuted_alterations_are_seldom_called(drawn):
    effect, carried = drawn
    effect = effect.where(effect > effect.quantile(0.1), effect - 5)  # tails as of real genes
    called = []
    for seed in range(20):
        rng = np.random.default_rng(seed)
        order = np.concatenate([rng.permutation(rows) for rows in np.split(np.arange(120), 3)])
        pairs = pairs_of(effect, carried.iloc[order].set_axis(LINES), 100)
        called.append(pairs.loc[pairs["q"] <= 0.1, "alteration"].nunique())
    assert np.mean(called) <= 0.05 * N_ALTERATIONS
