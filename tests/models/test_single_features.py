import itertools

import numpy as np
import pandas as pd
import pytest
from sklearn.linear_model import Lasso

from deepdep.domain.omics import Omic
from deepdep.models import single_features
from deepdep.models.single_features import (
    GeneFeatureSettings,
    SingleFeatures,
    SingleFeatureSettings,
    fit_gene_features,
)

N_LINES = 80
SETTINGS = SingleFeatureSettings(n_candidates=5, penalties=(0.2, 0.3, 0.4), n_folds=4)


@pytest.fixture
def profiles():
    """80 lines: 30 mutations in a quarter of them, 30 measures of expression."""
    rng = np.random.default_rng(0)
    lines = pd.Index([f"L{k:02d}" for k in range(N_LINES)])
    mutated = (rng.random((N_LINES, 30)) < 0.25).astype(float)
    names = [f"F{k}" for k in range(30)]
    return {
        Omic.MUTATION: pd.DataFrame(mutated - mutated.mean(axis=0), lines, names),
        Omic.EXPRESSION: pd.DataFrame(rng.normal(size=(N_LINES, 30)), lines, names),
    }


@pytest.fixture
def noise(profiles):
    lines = profiles[Omic.MUTATION].index
    values = np.random.default_rng(1).normal(scale=0.2, size=(N_LINES, 6))
    return pd.DataFrame(values, lines, [f"G{k}" for k in range(6)])


@pytest.fixture
def planted(profiles, noise):
    """A mutation of F3 lowers the effect of gene G2 by 1.5; two labels of it are missing."""
    residuals = noise.copy()
    residuals["G2"] -= 1.5 * profiles[Omic.MUTATION]["F3"]
    residuals.iloc[[4, 9], 2] = np.nan
    return residuals


def fit(profiles, residuals):
    patients = pd.Series([f"P{k // 2}" for k in range(N_LINES)], residuals.index)
    return SingleFeatures.fit(profiles, residuals, patients, SETTINGS)


def test_the_planted_mutation_is_found_in_its_own_gene(profiles, planted):
    weights = fit(profiles, planted).weights
    strongest = weights.loc[weights["weight"].abs().idxmax()]
    assert strongest[["gene", "omic", "feature"]].tolist() == ["G2", "mutation", "F3"]
    assert -1.5 < strongest["weight"] < -0.8  # a lasso shrinks, by up to 0.4 of the SD of 0.68
    others = weights.drop(index=strongest.name)["weight"].abs()
    assert (others < 0.1).all()


def test_in_noise_nothing_is_found(profiles, noise):
    found = fit(profiles, noise)
    assert found.weights.empty
    assert list(found.weights.columns) == ["gene", "omic", "feature", "weight"]
    assert (found.effects(profiles, noise.columns) == 0).all()


def test_effects_are_weights_times_profiles(profiles, planted):
    found = fit(profiles, planted)
    added = found.effects(profiles, pd.Index(["G2", "G0"]))
    of_gene = found.weights[found.weights["gene"] == "G2"]
    expected = sum(
        row.weight * profiles[Omic(row.omic)][row.feature] for row in of_gene.itertuples()
    )
    np.testing.assert_allclose(added[:, 0], expected)


def test_genes_that_are_not_asked_for_are_ignored(profiles, planted):
    found = fit(profiles, planted)
    assert (found.effects(profiles, pd.Index(["NEW"])) == 0).all()
    whole = found.effects(profiles, pd.Index(["NEW", "G2", "G1"]))
    np.testing.assert_array_equal(whole[:, [1]], found.effects(profiles, pd.Index(["G2"])))


def test_a_gene_that_never_varies_has_no_weights(profiles, planted):
    planted["G1"] = 0.25
    assert "G1" not in set(fit(profiles, planted).weights["gene"])


def test_the_order_of_lines_genes_and_features_does_not_matter(profiles, planted):
    mixed = {omic: table.sample(frac=1, axis=1, random_state=1) for omic, table in profiles.items()}
    patients = pd.Series([f"P{k // 2}" for k in range(N_LINES)], planted.index)
    turned = planted.sample(frac=1, random_state=2).sample(frac=1, axis=1, random_state=3)
    found = SingleFeatures.fit(mixed, turned, patients, SETTINGS)
    genes = planted.columns
    np.testing.assert_allclose(
        found.effects(profiles, genes), fit(profiles, planted).effects(profiles, genes), atol=1e-3
    )


OWN = GeneFeatureSettings(penalties=(1.0, 10.0, 100.0), min_gain=0.001, partner_scale=0.6)


def fit_own(profiles, residuals, noise=None, partners=None):
    noise = np.ones(N_LINES) if noise is None else noise
    named = {o: t.rename(columns=lambda name: name.replace("F", "G")) for o, t in profiles.items()}
    return named, fit_gene_features(named, residuals, noise, OWN, partners or {})


def test_a_genes_own_feature_is_found_by_its_name(profiles, noise):
    residuals = noise.copy()
    residuals["G3"] -= 1.5 * profiles[Omic.MUTATION]["F3"]
    residuals.iloc[[4, 9], 3] = np.nan
    named, own = fit_own(profiles, residuals)
    weights = own.features.weights.set_index(["gene", "omic", "feature"])["weight"]
    assert weights["G3", "mutation", "G3"] == pytest.approx(-1.5, abs=0.3)
    np.testing.assert_allclose(
        own.features.effects(named, residuals.columns)[:, 3].std(),
        own.left_out["G3"].std(),
        rtol=0.1,
    )


def test_what_is_added_to_a_line_is_learned_without_it(profiles, noise):
    """The identity gives what ridge without the line predicts of it, up to features' scale."""
    residuals = noise[["G3"]] - 1.5 * profiles[Omic.MUTATION][["F3"]].to_numpy()
    only = {Omic.MUTATION: profiles[Omic.MUTATION][["F3"]]}
    _, whole = fit_own(only, residuals)
    line = residuals.index[5]
    gone = residuals.copy()
    gone.loc[line] = np.nan
    named, without = fit_own(only, gone)
    expected = without.features.effects({o: t.loc[[line]] for o, t in named.items()}, gone.columns)
    mean = gone["G3"].mean() * 0  # weights act on centred profiles
    assert whole.left_out.loc[line, "G3"] == pytest.approx(expected[0, 0] + mean, abs=0.1)


def test_a_paralogs_feature_counts_for_a_gene_without_its_own(profiles, noise):
    residuals = noise.copy()
    residuals["NAMELESS"] = 1.5 * profiles[Omic.EXPRESSION]["F7"] + noise["G0"]
    _, alone = fit_own(profiles, residuals)
    assert "NAMELESS" not in set(alone.features.weights["gene"])
    _, own = fit_own(profiles, residuals, partners={"NAMELESS": ["G7", "ABSENT"]})
    weights = own.features.weights.set_index(["gene", "omic", "feature"])["weight"]
    assert weights["NAMELESS", "expression", "G7"] == pytest.approx(1.5, abs=0.3)


def test_own_features_that_say_nothing_are_left_out(profiles, noise):
    _, own = fit_own(profiles, noise)
    assert (own.left_out.std() < 0.15).all()
    assert own.features.weights["gene"].nunique() < noise.shape[1]


def test_a_noisy_line_counts_less(profiles, noise):
    """Half of the lines are wrong about the sign; said to be noisy, they hardly count."""
    sign = np.where(np.arange(N_LINES) < N_LINES // 2, 1.0, -1.0)
    residuals = noise[["G3"]] + (sign * profiles[Omic.EXPRESSION]["F3"].to_numpy())[:, None]
    of_noise = np.where(sign > 0, 1.0, 50.0)
    _, own = fit_own(profiles, residuals, of_noise)
    weights = own.features.weights.set_index(["gene", "omic", "feature"])["weight"]
    assert weights["G3", "expression", "G3"] > 0.8


def test_the_lasso_is_that_of_one_gene_at_a_time():
    """Six candidates, two of them nearly alike and one constant; some labels are missing."""
    rng = np.random.default_rng(5)
    x = rng.normal(size=(60, 6))
    x[:, 3] = x[:, 1] + 0.3 * rng.normal(size=60)
    x[:, 5] = 0.5
    y = x @ rng.normal(size=(6, 4)) * [0.0, 0.2, 1.0, 1.0] + rng.normal(size=(60, 4))
    y[rng.random(y.shape) < 0.1] = np.nan
    penalties = (0.05, 0.3, 0.1)
    gram, products = single_features._covariances(np.tile(x.T, (4, 1, 1)), y.T)
    found = single_features._lasso(gram, products, penalties)
    for gene, row in itertools.product(range(4), range(3)):
        screened = ~np.isnan(y[:, gene])
        alone = Lasso(penalties[row], tol=1e-9).fit(x[screened], y[screened, gene])
        np.testing.assert_allclose(found[row, gene], alone.coef_, atol=1e-3)


def test_a_few_genes_choose_for_many(profiles, planted, monkeypatch):
    """The gene that has something is among three that choose, and not among two."""
    monkeypatch.setattr(single_features, "GENES_THAT_CHOOSE", 3)  # the first, third and last
    assert "G2" in set(fit(profiles, planted).weights["gene"])
    monkeypatch.setattr(single_features, "GENES_THAT_CHOOSE", 2)  # without the third
    assert fit(profiles, planted).weights.empty
