import numpy as np
import pandas as pd
import pytest
from scipy.stats import spearmanr
from sklearn.metrics import average_precision_score, roc_auc_score

from deepdep.statistics import metrics
from deepdep.statistics.metrics import pearson_per_gene, position_of_best

NAN = float("nan")
LINES = ["a", "b", "c", "d"]
RISING = [1, 2, 3, 4]


def table(**columns):
    return pd.DataFrame(columns, index=LINES[: len(next(iter(columns.values())))], dtype=float)


@pytest.fixture
def measured():
    """40 lines of 4 lineages x 6 genes, about a tenth missing."""
    rng = np.random.default_rng(0)
    values = np.where(rng.random((40, 6)) < 0.1, np.nan, rng.normal(-0.5, 0.5, (40, 6)))
    return pd.DataFrame(values, [f"l{i}" for i in range(40)], [f"g{i}" for i in range(6)])


@pytest.fixture
def predicted(measured):
    """Measured effects in noise, rounded so that there are ties; a number everywhere."""
    noise = np.random.default_rng(1).normal(0, 0.5, measured.shape)
    return (measured.fillna(0) + noise).round(1)


@pytest.fixture
def lineage(measured):
    return pd.Series([f"lineage{i % 4}" for i in range(40)], index=measured.index)


def test_pearson_by_hand():
    # Deviations (-1, 0, 1) and (-1, 1, 0): 1 / (sqrt 2 * sqrt 2).
    r = pearson_per_gene(table(g=[1, 2, 3]), table(g=[10, 30, 20]))
    assert r["g"] == pytest.approx(0.5)


def test_a_gene_that_asks_no_question_has_no_r():
    measured = table(constant=[1, 1, 1, 1], two_lines=[1, 2, NAN, NAN], asked=[1, 2, 3, NAN])
    r = pearson_per_gene(measured, table(constant=RISING, two_lines=RISING, asked=RISING))
    assert r.isna().to_dict() == {"constant": True, "two_lines": True, "asked": False}


@pytest.mark.parametrize("correlate", [pearson_per_gene, metrics.spearman_per_gene])
def test_a_constant_prediction_ranks_nothing_and_counts_as_zero(correlate):
    # 0.1 + 0.2 four times: constant although its mean is not exactly representable.
    assert correlate(table(g=RISING), table(g=[0.1 + 0.2] * 4))["g"] == 0


def test_a_prediction_that_varies_only_where_nothing_is_measured_is_constant():
    assert pearson_per_gene(table(g=[1, 2, 3, NAN]), table(g=[5, 5, 5, 9]))["g"] == 0


def test_spearman_agrees_with_scipy(measured, predicted):
    known = measured["g0"].notna()
    expected = spearmanr(measured.loc[known, "g0"], predicted.loc[known, "g0"]).statistic
    assert metrics.spearman_per_gene(measured, predicted)["g0"] == pytest.approx(expected)


def test_auroc_and_average_precision_agree_with_sklearn(measured, predicted):
    auroc = metrics.auroc_per_gene(measured, predicted, -0.5)
    auprc = metrics.auprc_per_gene(measured, predicted, -0.5)
    for gene in measured:
        effect = measured[gene].dropna()
        score = -predicted.loc[effect.index, gene]
        assert auroc[gene] == pytest.approx(roc_auc_score(effect <= -0.5, score))
        assert auprc[gene] == pytest.approx(average_precision_score(effect <= -0.5, score))


def test_a_constant_prediction_calls_by_chance():
    measured, constant = table(g=[-1, 0, 0, 0]), table(g=[-0.2] * 4)
    assert metrics.auroc_per_gene(measured, constant, -0.5)["g"] == 0.5
    assert metrics.auprc_per_gene(measured, constant, -0.5)["g"] == 0.25


def test_calls_need_lines_of_both_kinds():
    measured = table(all_dependent=[-1, -1, -1, NAN], none_dependent=[0, 0, 0, NAN])
    predicted = table(all_dependent=RISING, none_dependent=RISING)
    assert metrics.auroc_per_gene(measured, predicted, -0.5).isna().all()
    assert metrics.auprc_per_gene(measured, predicted, -0.5).isna().all()


def test_within_lineage_r_does_not_reward_knowing_the_tissue():
    lineage = pd.Series(["skin"] * 3 + ["lung"] * 3, index=list("abcdef"))
    measured = pd.DataFrame({"g": [0, 1, 2, 10, 11, 12.0]}, index=lineage.index)
    tissue_only = pd.DataFrame({"g": [0.1, 0.1, 0.1, 0.7, 0.7, 0.7]}, index=lineage.index)
    upside_down = pd.DataFrame({"g": [2, 1, 0, 12, 11, 10.0]}, index=lineage.index)
    assert pearson_per_gene(measured, tissue_only)["g"] > 0.9
    assert metrics.within_lineage_r(measured, tissue_only, lineage)["g"] == 0
    assert pearson_per_gene(measured, upside_down)["g"] > 0.9
    assert metrics.within_lineage_r(measured, upside_down, lineage)["g"] == pytest.approx(-1)


def test_within_lineage_r_leaves_out_lineages_with_two_lines():
    lineage = pd.Series(["skin"] * 3 + ["lung"] * 2, index=list("abcde"))
    measured = pd.DataFrame({"g": [0, 1, 2, 0, 9.0]}, index=lineage.index)
    predicted = pd.DataFrame({"g": [0, 1, 2, 9, 0.0]}, index=lineage.index)
    assert metrics.within_lineage_r(measured, predicted, lineage)["g"] == pytest.approx(1)


def test_overall_figures_by_hand():
    measured, predicted = table(g=[0, 1], h=[NAN, 2]), table(g=[0, 1], h=[7, 4])
    assert metrics.overall_mse(measured, predicted) == pytest.approx(4 / 3)
    # Deviations (-1, 0, 1) and (-5/3, -2/3, 7/3).
    assert metrics.overall_r(measured, predicted) == pytest.approx(4 / np.sqrt(2 * 78 / 9))


def test_skill_is_zero_for_the_training_gene_mean_and_one_for_the_truth(measured):
    mean = pd.Series(0.1, index=measured.columns) + np.arange(6) / 3
    as_prediction = pd.DataFrame([mean] * 40, index=measured.index)
    assert metrics.skill(measured, as_prediction, mean) == 0
    assert metrics.skill(measured, measured, mean) == 1


def test_skill_is_undefined_when_the_mean_makes_no_error():
    assert np.isnan(metrics.skill(table(g=[1, 1]), table(g=[1, 2]), pd.Series({"g": 1.0})))


def test_predictions_twice_too_wide_have_a_calibration_slope_of_one_half(measured):
    mean = pd.Series(-0.3, index=measured.columns)
    too_wide = mean + 2 * (measured.fillna(0) - mean)
    assert metrics.calibration_slope(measured, too_wide, mean) == pytest.approx(0.5)


def test_the_gene_mean_has_no_calibration_slope_even_in_float32(measured):
    mean = pd.Series(np.linspace(-1, 1, 6) / 3, index=measured.columns)
    stored = pd.DataFrame([mean] * 40, index=measured.index).astype("float32")
    assert np.isnan(metrics.calibration_slope(measured, stored, mean))


def test_shuffled_labels_change_nothing_but_the_order(measured, predicted, lineage):
    rng = np.random.default_rng(2)
    shuffled = measured.sample(frac=1, random_state=rng).sample(frac=1, axis=1, random_state=rng)
    other = predicted.sample(frac=1, random_state=rng).sample(frac=1, axis=1, random_state=rng)
    mean = measured.mean()
    for per_gene in (
        pearson_per_gene,
        metrics.spearman_per_gene,
        metrics.mse_per_gene,
        lambda m, p: metrics.auroc_per_gene(m, p, -0.5),
        lambda m, p: metrics.auprc_per_gene(m, p, -0.5),
        lambda m, p: metrics.within_lineage_r(m, p, lineage.sort_values()),
    ):
        expected = per_gene(measured, predicted)
        pd.testing.assert_series_equal(per_gene(shuffled, other)[measured.columns], expected)
    for overall in (
        metrics.overall_r,
        metrics.overall_mse,
        lambda m, p: metrics.skill(m, p, mean.sort_values()),
        lambda m, p: metrics.calibration_slope(m, p, mean.sort_values()),
    ):
        assert overall(shuffled, other) == pytest.approx(overall(measured, predicted))


def test_permuted_lines_leave_no_correlation():
    rng = np.random.default_rng(3)
    measured = pd.DataFrame(rng.normal(size=(50, 400)))
    predicted = pd.DataFrame(rng.permutation(measured.to_numpy()))
    assert abs(pearson_per_gene(measured, predicted).mean()) < 0.05


def test_a_line_without_prediction_is_an_error(measured, predicted):
    with pytest.raises(KeyError, match="l3"):
        pearson_per_gene(measured, predicted.drop(index="l3"))


def test_r_of_gene_means_is_over_the_lines_that_screened_the_gene():
    measured = pd.DataFrame({"a": [0.0, 2.0], "b": [5.0, np.nan], "c": [3.0, 3.0]})
    predicted = pd.DataFrame({"a": [1.0, 1.0], "b": [5.0, -99.0], "c": [2.0, 4.0]})
    assert metrics.r_of_gene_means(measured, predicted) == pytest.approx(1)  # 1, 5, 3 twice
    assert metrics.r_of_gene_means(measured, 0 * predicted) == 0
    assert np.isnan(metrics.r_of_gene_means(measured[["a", "b"]], predicted))


@pytest.mark.parametrize(
    ("r", "sizes", "best"),
    [
        ([0.1, 0.3, 0.2], [1, 9, 1], 1),  # accuracy first
        ([0.3, 0.1, 0.3], [9, 1, 5], 2),  # of equals the smallest
        ([0.1, 0.3, 0.3], [5, 5, 5], 1),  # of these the first
    ],
)
def test_the_best_is_the_most_accurate_of_equals_the_smallest_of_these_the_first(r, sizes, best):
    assert position_of_best(r, sizes) == best
