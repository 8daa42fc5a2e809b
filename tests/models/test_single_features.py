import numpy as np
import pandas as pd
import pytest

from deepdep.domain.omics import Omic
from deepdep.models.single_features import SingleFeatures, SingleFeatureSettings

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
