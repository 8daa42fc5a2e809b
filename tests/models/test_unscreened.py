import numpy as np
import pandas as pd
import pytest

from deepdep.io.tensors import LabelledMatrix
from deepdep.models import unscreened
from deepdep.models.unscreened import Likeness, UnscreenedGenes

N_LINES = 80
LINES = pd.Index([f"L{k:02d}" for k in range(N_LINES)])
# Four pathways of eight genes; each has a small set, and all share a large one.
GENES = pd.Index([f"G{k}" for k in range(32)])
PATHWAY = np.arange(32) % 4
SETS = {
    **{f"P{p}": (*GENES[p::4], f"NEW{p}") for p in range(4)},
    "ALL": (*GENES, *(f"NEW{p}" for p in range(4)), "VAGUE"),
}


@pytest.fixture(scope="module")
def signals():
    """What each pathway is needed for, in every line."""
    return np.random.default_rng(0).normal(size=(N_LINES, 4))


@pytest.fixture(scope="module")
def effect(signals):
    noise = np.random.default_rng(1).normal(scale=0.5, size=(N_LINES, 32))
    return pd.DataFrame(signals[:, PATHWAY] + noise, LINES, GENES)


@pytest.fixture(scope="module")
def expression():
    """Of every gene, and of one that was not screened; nothing in it goes with the effects."""
    values = np.random.default_rng(2).normal(size=(N_LINES, 33))
    return pd.DataFrame(values, LINES, [*GENES, "NEW0"]).astype(np.float32)


def fit(effect, profiles, sets=SETS, coefficients=None):
    coefficients = effect - effect.mean() if coefficients is None else coefficients
    return UnscreenedGenes.fit(coefficients, effect, effect, effect, profiles, sets)


def estimate(fitted, genes, profiles, sets=SETS, sd=1.0):
    """With effects for coefficients, what comes out is effects."""
    found = fitted.of_genes(pd.Series(sd, genes), profiles, sets)
    effects = pd.DataFrame(found.coefficients, fitted.by_gene.columns, genes)
    return effects, found.single_features


def test_a_gene_follows_those_of_its_small_sets(effect, expression, signals):
    fitted = fit(effect, {"expression": expression})
    estimated, _ = estimate(fitted, ["NEW0", "NEW3"], {"expression": expression})
    for gene, pathway in (("NEW0", 0), ("NEW3", 3)):
        r = [np.corrcoef(estimated[gene], signals[:, p])[0, 1] for p in range(4)]
        assert r[pathway] > 0.9
        assert max(np.delete(r, pathway)) < 0.5


def test_coefficients_are_in_units_of_the_gene(effect, expression):
    tables = {"expression": expression}
    fitted = fit(effect, tables)
    one, _ = estimate(fitted, ["NEW0"], tables)
    three, _ = estimate(fitted, ["NEW0"], tables, sd=3.0)
    pd.testing.assert_frame_equal(three, 3 * one)
    scaled = fit(effect * 7, tables)
    pd.testing.assert_frame_equal(estimate(scaled, ["NEW0"], tables)[0], one, atol=1e-4)


def test_a_table_in_which_genes_of_a_kind_go_together_counts(effect, signals):
    """Gene sets do not tell the pathways apart, correlation does."""
    rng = np.random.default_rng(3)
    programs = rng.normal(size=(N_LINES, 4))
    of_genes = [*PATHWAY, 0]
    values = programs[:, of_genes] + 0.3 * rng.normal(size=(N_LINES, 33))
    alike = pd.DataFrame(values, LINES, [*GENES, "NEW0"])
    sets = {"ALL": SETS["ALL"], **{f"ODD{k}": (GENES[k], GENES[-1 - k]) for k in range(16)}}
    noise = pd.DataFrame(rng.normal(size=(N_LINES, 33)), LINES, alike.columns)
    fitted = fit(effect, {"noise": noise, "alike": alike}, sets)
    assert list(fitted.table_weights) == ["alike"]
    estimated, _ = estimate(fitted, ["NEW0"], {"noise": noise, "alike": alike}, sets)
    assert np.corrcoef(estimated["NEW0"], signals[:, 0])[0, 1] > 0.8


def test_what_features_say_of_their_gene_is_shared_with_genes_that_were_not_screened(
    effect, expression
):
    z = (expression[GENES] - expression[GENES].mean()) / expression[GENES].std(ddof=0)
    moved = effect - 0.8 * z
    tables = {"expression": expression * 5}
    fitted = fit(moved, tables)
    (slope,) = fitted.slopes["slope"]
    assert fitted.slopes[["table", "of"]].to_numpy().tolist() == [["expression", "gene"]]
    assert slope == pytest.approx(-0.8 / moved.std().mean(), rel=0.15)
    _, features = estimate(fitted, ["NEW0", "NEW1"], tables, sd=2.0)
    assert features[["gene", "omic", "feature"]].to_numpy().tolist() == [
        ["NEW0", "expression", "NEW0"]
    ]
    per_unit = 2.0 * slope / (expression["NEW0"].std(ddof=0) * 5)
    assert features["weight"].tolist() == pytest.approx([per_unit], rel=1e-5)


def test_paralogs_features_count_on_average(effect, expression):
    """MLN1 and MLN2 stand by each other, as XYT1, XYT2 and XYT3 do."""
    genes = ["MLN1", "MLN2", "XYT1", "XYT2", *GENES[4:]]
    named = effect.set_axis(genes, axis=1)
    table = expression.set_axis([*genes, "XYT3"], axis=1)
    named["MLN1"] += 5 * table["MLN2"]
    named["MLN2"] += 5 * table["MLN1"]
    sets = {"SET": (*genes, "XYT3")}
    fitted = fit(named, {"expression": table}, sets)
    slopes = fitted.slopes.set_index(["table", "of"])["slope"]
    assert slopes["expression", "paralogs"] > 0.3
    _, features = estimate(fitted, ["XYT3"], {"expression": table}, sets)
    by_feature = features.set_index("feature")["weight"]
    assert sorted(by_feature.index) == ["XYT1", "XYT2", "XYT3"]
    spread = table["XYT1"].std(ddof=0)
    half = slopes["expression", "paralogs"] / 2
    assert by_feature["XYT1"] == pytest.approx(half / spread, rel=1e-5)


def test_labels_of_a_line_tell_what_its_profile_does_not(effect, signals):
    """The fit has half of what pathway 0 is; lines that were learned from have the rest."""
    pathway = np.outer(signals[:, 0], PATHWAY == 0)
    fitted = UnscreenedGenes.fit(
        effect - effect.mean(), effect - 0.5 * pathway, effect, effect, {}, SETS
    )
    found = fitted.of_genes(pd.Series(1.0, ["NEW0", "NEW1"]), {}, SETS)
    assert found.of_lines["NEW0"].corr(pd.Series(signals[:, 0], LINES)) > 0.9
    assert found.of_lines["NEW0"].std() > 5 * found.of_lines["NEW1"].std()
    whole = fit(effect, {}).of_genes(pd.Series(1.0, ["NEW0"]), {}, SETS)
    assert not whole.of_lines.to_numpy().any()


def test_nothing_is_told_of_a_gene_in_no_set(effect, expression):
    table = expression.rename(columns={"NEW0": "LONE"})
    fitted = fit(effect, {"expression": table})
    estimated, features = estimate(fitted, ["LONE"], {"expression": table})
    assert not estimated.to_numpy().any()
    assert features.empty
    named = fitted.of_genes(pd.Series(1.0, ["LONE"]), {"expression": table}, SETS)
    assert not named.of_lines.to_numpy().any()


def test_genes_left_out_are_predicted_as_by_a_fit_without_them(effect):
    likeness = Likeness(GENES, SETS, {})
    z = effect.to_numpy().T
    kernel = likeness.by_gene_sets(GENES)
    search = unscreened._Search(likeness, z, z)
    left_out = search.left_out(kernel + 2.0 * np.eye(32), z)
    assert sorted(np.concatenate(search.folds)) == list(range(32))
    for fold in search.folds:
        rest = np.setdiff1d(np.arange(32), fold)
        within = kernel[np.ix_(rest, rest)] + 2.0 * np.eye(len(rest))
        direct = kernel[np.ix_(fold, rest)] @ np.linalg.solve(within, z[rest])
        np.testing.assert_allclose(left_out[fold], direct, atol=1e-9)


def test_likeness_by_a_table_is_correlation_over_its_lines(expression):
    likeness = Likeness(GENES, SETS, {"expression": expression})
    alike = likeness.by_table("expression", pd.Index(["NEW0", "NEW1", "G3"]))
    expected = [np.corrcoef(expression["NEW0"], expression[gene])[0, 1] for gene in GENES]
    np.testing.assert_allclose(alike[0], expected, atol=1e-6)
    assert not alike[1].any()
    assert alike[2, 3] == pytest.approx(1)


def test_a_feature_that_does_not_vary_tells_nothing(effect, expression):
    constant = expression.assign(G0=1.0, NEW0=2.0)
    fitted = fit(effect, {"expression": constant})
    estimated, features = estimate(fitted, ["NEW0"], {"expression": constant})
    assert np.isfinite(estimated).all(axis=None)
    assert features["weight"].tolist() == [0.0]


def test_the_genes_that_vary_most_are_learned_from(effect, expression, monkeypatch):
    monkeypatch.setattr(unscreened, "MAX_GENES", 5)
    wider = effect * np.where(effect.columns.isin(["G3", "G9", "G20", "G21", "G30"]), 4, 1)
    fitted = fit(wider, {"expression": expression})
    assert list(fitted.by_gene.index) == ["G3", "G9", "G20", "G21", "G30"]


@pytest.mark.parametrize("n_genes", [1, 2])
def test_few_genes_leave_nothing_to_choose_by(effect, expression, n_genes):
    few = effect[GENES[:n_genes]]
    fitted = fit(few, {"expression": expression})
    estimated, features = estimate(fitted, ["NEW0"], {"expression": expression})
    assert np.isfinite(estimated).all(axis=None)
    assert np.isfinite(features["weight"]).all()


def test_lines_without_prediction_and_labels_that_are_missing_are_left_out(effect, expression):
    holes = effect.mask(np.random.default_rng(4).random(effect.shape) < 0.1)
    out_of_fold = effect.copy()
    out_of_fold.iloc[:10] = np.nan
    tables = {"expression": expression.iloc[20:]}
    fitted = UnscreenedGenes.fit(effect - effect.mean(), effect, out_of_fold, holes, tables, SETS)
    assert fitted.of_lines.columns.equals(LINES[10:])
    estimated, _ = estimate(fitted, ["NEW0"], tables)
    assert estimated["NEW0"].corr(effect["G0"]) > 0.7


def test_it_survives_its_files_bit_by_bit(effect, expression, tmp_path):
    tables = {"expression": expression}
    coefficients = effect - effect.mean()
    fitted = UnscreenedGenes.fit(coefficients, effect * 0.9, effect, effect, tables, SETS)
    fitted.write(tmp_path)
    read = UnscreenedGenes.read(tmp_path)
    for one, again in zip(
        estimate(fitted, ["NEW0", "VAGUE"], tables),
        estimate(read, ["NEW0", "VAGUE"], tables),
        strict=True,
    ):
        pd.testing.assert_frame_equal(again, one, check_exact=True)
    pd.testing.assert_frame_equal(read.of_lines, fitted.of_lines, check_exact=True)
    assert read.basis(pd.Index(["NEW0"]), tables, SETS) == fitted.basis(
        pd.Index(["NEW0"]), tables, SETS
    )


def test_what_earlier_versions_wrote_is_read(expression, tmp_path):
    """They had a row of weights per gene set."""
    weights = np.arange(len(SETS) * N_LINES, dtype=np.float32).reshape(len(SETS), N_LINES)
    by_gene_set = pd.DataFrame(weights, list(SETS), LINES)
    LabelledMatrix(by_gene_set).write(tmp_path / "kernel_by_gene_set")
    old = UnscreenedGenes.read(tmp_path)
    found = old.of_genes(pd.Series([2.0, 1.0], ["NEW0", "LONE"]), {"expression": expression}, SETS)
    expected = 2 * (by_gene_set.loc["P0"] + by_gene_set.loc["ALL"])
    np.testing.assert_allclose(found.coefficients[:, 0], expected)
    assert not found.coefficients[:, 1].any()
    assert found.single_features.empty
    again = tmp_path / "again"
    again.mkdir()
    old.write(again)
    pd.testing.assert_frame_equal(UnscreenedGenes.read(again).by_gene_set, by_gene_set)
    assert old.basis(pd.Index(["NEW0"]), {"expression": expression}, SETS) == "gene sets alone"


def test_what_predictions_rest_on_is_said(effect, expression):
    fitted = fit(effect, {"expression": expression})
    basis = fitted.basis(pd.Index(["NEW0", "NEW1"]), {"expression": expression}, SETS)
    assert basis == "gene sets, features of the gene (1 of 2)"
    bare = fit(effect, {"expression": expression.add_prefix("x_", axis=1)})
    assert bare.basis(pd.Index(["NEW0"]), {}, SETS) == "gene sets alone"
