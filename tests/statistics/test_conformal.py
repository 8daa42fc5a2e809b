import numpy as np
import pandas as pd
import pytest

from deepdep.statistics.conformal import EffectInterval, LackFactors, half_widths

N_GENES = 60


def screen(rng, n_lines, spread, noise=None, n_genes=N_GENES, prefix="l"):
    """Measured effects whose predictions are all 0, so that the effect is the error."""
    noise = rng.normal if noise is None else noise
    table = spread * noise(size=(n_lines, n_genes))
    return pd.DataFrame(
        table, [f"{prefix}{i}" for i in range(n_lines)], [f"g{i}" for i in range(n_genes)]
    )


def zeros_like(table):
    return pd.DataFrame(0.0, table.index, table.columns)


def test_the_width_is_the_error_of_the_right_rank():
    errors = pd.DataFrame({"g": [-0.1, 0.9, 0.3, -0.2, 0.5, -0.8, 0.4, 0.6, 0.7]})
    sd = pd.Series({"g": 1.0})
    # Nine errors: ceil(10 * 0.9) = 9, the largest; ceil(10 * 0.8) = 8; ceil(10 * 0.75) = 8.
    found = [half_widths(errors, zeros_like(errors), sd, coverage=c)["g"] for c in (0.9, 0.8, 0.75)]
    assert found == [0.9, 0.8, 0.8]


def test_a_gene_with_three_lines_is_given_the_pooled_width_in_its_own_unit():
    errors = pd.DataFrame({"wide": [float(i) for i in range(1, 21)]})
    errors["narrow"] = [0.1] * 3 + [np.nan] * 17
    sd = pd.Series({"wide": 10.0, "narrow": 2.0})
    found = half_widths(errors, zeros_like(errors), sd, coverage=0.9)
    # 23 errors in SD: 0.05 three times, then 0.1, 0.2 ... 2.0; ceil(24 * 0.9) = 22nd is 1.9.
    assert found["narrow"] == pytest.approx(1.9 * 2.0)
    assert found["wide"] == 19.0  # ceil(21 * 0.9) = 19th of its own


def test_a_gene_that_was_never_screened_is_given_the_pooled_width_too():
    errors = pd.DataFrame({"g": [float(i) for i in range(1, 21)]})
    sd = pd.Series({"never": 0.5, "g": 10.0, "unknown": float("nan")})
    found = half_widths(errors, zeros_like(errors), sd, coverage=0.9)
    assert list(found.index) == ["never", "g", "unknown"]
    assert found["never"] == pytest.approx(1.9 * 0.5)
    assert np.isnan(found["unknown"])


def test_so_few_lines_that_nothing_is_known_give_an_infinite_width():
    errors = pd.DataFrame({"g": [0.1, 0.2, 0.3]})
    found = half_widths(errors, zeros_like(errors), pd.Series({"g": 1.0}), coverage=0.9)
    assert found["g"] == np.inf


def test_lines_that_were_not_screened_do_not_count():
    errors = pd.DataFrame({"g": [*(float(i) for i in range(1, 10)), np.nan, np.nan]})
    found = half_widths(errors, zeros_like(errors), pd.Series({"g": 1.0}), coverage=0.9)
    assert found["g"] == 9.0


def test_widths_are_aligned_by_name():
    rng = np.random.default_rng(0)
    measured = screen(rng, 40, spread=rng.uniform(0.1, 1, N_GENES))
    predicted, sd = 0.3 * measured, measured.std()
    expected = half_widths(measured, predicted, sd, coverage=0.9)
    found = half_widths(
        measured.iloc[::-1, ::-1], predicted.sample(frac=1, random_state=0), sd, coverage=0.9
    )
    pd.testing.assert_series_equal(found, expected)


@pytest.mark.parametrize("tail", ["normal", "heavy", "skewed"])
def test_new_lines_are_covered_as_often_as_promised(tail):
    rng = np.random.default_rng(1)
    noise = {
        "normal": rng.normal,
        "heavy": lambda size: rng.standard_t(2, size),
        "skewed": rng.exponential,
    }[tail]
    spread = rng.uniform(0.05, 1, N_GENES)
    known = screen(rng, 79, spread, noise)
    new = screen(rng, 2000, spread, noise, prefix="new")
    width = half_widths(known, zeros_like(known), pd.Series(spread, known.columns), coverage=0.9)
    ends = EffectInterval.around(zeros_like(new), width)
    coverage = ends.coverage(new)
    # 72nd of 79 errors: 72 / 80. One gene's share has an SD of 0.034, the mean of 60 of 0.0043.
    assert coverage.mean() == pytest.approx(0.9, abs=0.013)
    assert coverage.min() > 0.75


def test_genes_with_few_lines_are_covered_too_when_their_sd_is_known():
    rng = np.random.default_rng(2)
    spread = rng.uniform(0.05, 1, N_GENES)
    known = screen(rng, 60, spread)
    known.iloc[3:, :30] = np.nan
    new = screen(rng, 2000, spread, prefix="new")
    width = half_widths(known, zeros_like(known), pd.Series(spread, known.columns), coverage=0.9)
    ends = EffectInterval.around(zeros_like(new), width)
    coverage = ends.coverage(new)
    assert coverage.iloc[:30].mean() == pytest.approx(0.9, abs=0.02)


def test_coverage_counts_the_ends_and_only_what_was_measured():
    measured = pd.DataFrame({"g": [0.0, 1.0, 2.0, np.nan], "h": [np.nan] * 4}, list("abcd"))
    low, high = zeros_like(measured)[::-1], zeros_like(measured) + 1
    coverage = EffectInterval(low, high).coverage(measured)
    assert coverage["g"] == pytest.approx(2 / 3)
    assert np.isnan(coverage["h"])


def test_intervals_lie_around_their_prediction():
    predicted = pd.DataFrame({"g": [1.0], "h": [2.0]}, index=["l"])
    ends = EffectInterval.around(predicted, pd.Series({"h": 0.5, "g": 0.25, "other": 9.0}))
    assert ends.low.loc["l"].to_dict() == {"g": 0.75, "h": 1.5}
    assert ends.high.loc["l"].to_dict() == {"g": 1.25, "h": 2.5}


def test_a_factor_widens_the_intervals_of_its_line():
    predicted = pd.DataFrame([[0.0, 1.0], [2.0, 3.0]], ["L1", "L2"], ["A", "B"])
    factor = pd.Series({"L2": 2.0, "L1": 1.0})
    interval = EffectInterval.around(predicted, pd.Series({"B": 1.0, "A": 0.5}), factor)
    assert interval.low.to_numpy().tolist() == [[-0.5, 0.0], [1.0, 1.0]]
    assert interval.high.to_numpy().tolist() == [[0.5, 2.0], [3.0, 5.0]]


def errors_of(spread, n=40, seed=0):
    rng = np.random.default_rng(seed)
    lines = [f"L{k}" for k in range(n)]
    return pd.DataFrame(np.abs(rng.normal(0, 1, (n, 30))) * spread, lines)


def test_what_a_line_lacks_costs_what_it_added_to_errors():
    whole = errors_of(1.0)
    lacking = {
        ("expression", 0.0): errors_of(1.5).iloc[:20],
        ("expression", 0.5): errors_of(1.2).iloc[:20],
        ("mutation", 0.0): errors_of(0.8),  # by chance; nothing is narrower for lacking
    }
    factors = LackFactors.of_errors(whole, lacking)
    shares = pd.DataFrame(
        {"mutation": [1, 0, 0, 1, 1], "expression": [1, 1, 0, 0.5, 0.25]}, index=list("abcde")
    )
    found = factors.of(shares)
    assert found.tolist() == pytest.approx([1, 1, 1.5, 1.2, 1.35])


def test_more_features_never_widen_an_interval():
    whole = errors_of(1.0)
    lacking = {("expression", s): errors_of(w) for s, w in ((0.0, 1.1), (0.1, 1.3), (0.5, 1.2))}
    table = LackFactors.of_errors(whole, lacking).table
    assert list(table.columns) == [0.0, 0.1, 0.5, 1.0]
    assert table.loc["expression"].tolist() == pytest.approx([1.3, 1.3, 1.2, 1.0])
