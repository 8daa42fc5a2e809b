import numpy as np
import pandas as pd
import pytest

from deepdep.domain.gene_effect import GeneEffect, GeneEffectKind
from deepdep.evaluation import strata as intervals
from deepdep.evaluation.strata import Stratum, gene_statistics, resampled_mean_r, strata
from deepdep.statistics.correlation import pearson_per_gene
from deepdep.statistics.resampling import percentile_interval, resample_counts


def correlated(rng, r, *, n_lines=40, n_genes=20):
    """Measured effects, and predictions that correlate with them by ``r``."""
    genes = [f"g{i}" for i in range(n_genes)]
    lines = [f"l{i:03}" for i in range(n_lines)]
    measured = pd.DataFrame(rng.normal(size=(n_lines, n_genes)), lines, genes)
    return measured, r * measured + np.sqrt(1 - r**2) * rng.normal(size=measured.shape)


def own_patients(table):
    return pd.Series(table.index, index=table.index)


def mean_r(measured, predictions, counts):
    members = {Stratum.ALL: measured.columns}
    resampled = resampled_mean_r(measured, predictions, members, counts)
    return {name: table[Stratum.ALL] for name, table in resampled.items()}


def test_weights_give_the_r_of_the_rows_they_stand_for(monkeypatch):
    monkeypatch.setattr(intervals, "CHUNK_SIZE", 45)  # two resamples at a time
    rng = np.random.default_rng(1)
    measured, predicted = correlated(rng, 0.5, n_lines=12)
    measured = measured.mask(rng.random(measured.shape) < 0.2)
    measured["binary"] = [-1.0, *[0.0] * 11]  # constant in every third resample
    predicted["binary"] = rng.normal(size=12)
    predicted["g0"] = 0.3
    counts = resample_counts(own_patients(measured), n_boot=7, rng=rng)
    resampled = mean_r(measured, {"model": predicted}, counts)["model"]
    for row, count in enumerate(counts):
        repeated = np.repeat(np.arange(12), count)
        r = pearson_per_gene(
            measured.iloc[repeated].reset_index(drop=True),
            predicted.iloc[repeated].reset_index(drop=True),
        )
        assert resampled[row] == pytest.approx(r.mean())


def test_a_gene_with_two_distinct_lines_in_a_resample_is_left_out():
    measured = pd.DataFrame({"g": [1.0, 2, 3], "h": [1.0, 2, 4]}, index=list("abc"))
    counts = np.array([[2, 1, 0], [1, 1, 1]])
    resampled = mean_r(measured, {"model": measured}, counts)["model"]
    assert np.isnan(resampled[0])
    assert resampled[1] == pytest.approx(1)


def test_the_gene_mean_has_r_zero_in_every_resample():
    measured, _ = correlated(np.random.default_rng(2), 0.5)
    constant = pd.DataFrame(0.1, measured.index, measured.columns) + np.arange(20) / 7
    counts = resample_counts(own_patients(measured), n_boot=50, rng=np.random.default_rng(0))
    assert (mean_r(measured, {"gene_mean": constant}, counts)["gene_mean"] == 0).all()


def test_strata_average_over_their_own_genes():
    measured, predicted = correlated(np.random.default_rng(3), 0.5)
    predicted["g0"] = measured["g0"]
    members = {Stratum.ALL: measured.columns, Stratum.SELECTIVE: pd.Index(["g0"])}
    counts = resample_counts(own_patients(measured), n_boot=5, rng=np.random.default_rng(0))
    resampled = resampled_mean_r(measured, {"model": predicted}, members, counts)["model"]
    assert resampled[Stratum.SELECTIVE].to_numpy() == pytest.approx(np.ones(5))
    assert (resampled[Stratum.ALL] < 0.9).all()


def test_a_difference_that_no_line_contradicts_excludes_zero():
    measured, weaker = correlated(np.random.default_rng(4), 0.3)
    stronger = weaker + 0.08 * measured
    counts = resample_counts(own_patients(measured), n_boot=300, rng=np.random.default_rng(0))
    resampled = mean_r(measured, {"a": stronger, "b": weaker}, counts)
    paired = percentile_interval(resampled["a"] - resampled["b"])
    assert 0 < paired.low < paired.high
    # The two intervals overlap: only the paired one sees the difference.
    assert percentile_interval(resampled["a"]).low < percentile_interval(resampled["b"]).high


def test_a_model_against_itself_differs_by_exactly_nothing():
    measured, predicted = correlated(np.random.default_rng(5), 0.4)
    counts = resample_counts(own_patients(measured), n_boot=50, rng=np.random.default_rng(0))
    resampled = mean_r(measured, {"a": predicted, "b": predicted.copy()}, counts)
    interval = percentile_interval(resampled["a"] - resampled["b"])
    assert (interval.low, interval.high) == (0, 0)


def test_intervals_cover_the_true_r_about_as_often_as_they_say():
    rng = np.random.default_rng(6)
    n_covered = 0
    for _ in range(100):
        measured, predicted = correlated(rng, 0.4)
        counts = resample_counts(own_patients(measured), n_boot=200, rng=rng)
        interval = percentile_interval(mean_r(measured, {"model": predicted}, counts)["model"])
        n_covered += interval.low <= 0.4 <= interval.high
    assert n_covered >= 85


def test_twins_do_not_narrow_the_interval_when_their_patient_is_known():
    measured, predicted = correlated(np.random.default_rng(7), 0.4)
    twin = {line: f"{line}_twin" for line in measured.index}
    both = pd.concat([measured, measured.rename(twin)])
    predicted_both = pd.concat([predicted, predicted.rename(twin)])

    def width(patient_id):
        rng = np.random.default_rng(0)
        counts = resample_counts(patient_id, n_boot=500, rng=rng)
        interval = percentile_interval(mean_r(both, {"m": predicted_both}, counts)["m"])
        return interval.high - interval.low

    known = own_patients(both).str.removesuffix("_twin")
    assert width(own_patients(both)) < 0.85 * width(known)


def test_shuffled_rows_and_columns_give_the_same_resamples():
    measured, predicted = correlated(np.random.default_rng(8), 0.4)
    patient_id = pd.Series([f"p{i % 30}" for i in range(40)], index=measured.index)
    shuffled = measured.sample(frac=1, random_state=0).sample(frac=1, axis=1, random_state=0)

    def resampled(table, seed=0):
        counts = resample_counts(
            patient_id[table.index], n_boot=20, rng=np.random.default_rng(seed)
        )
        return mean_r(table, {"m": predicted[::-1]}, counts)["m"]

    pd.testing.assert_series_equal(resampled(shuffled), resampled(measured))
    assert not resampled(measured).equals(resampled(measured, seed=1))


LINES = [f"l{i}" for i in range(40)]


def effects(kind, **columns):
    return GeneEffect(pd.DataFrame(columns, index=LINES, dtype=float), kind)


@pytest.fixture
def gene_effect():
    """Share of dependent lines and spread are known for every gene."""
    even = np.linspace(-1, 1, 40) * np.sqrt(3)  # SD 1.025
    return effects(
        GeneEffectKind.GENE_EFFECT,
        never=0.05 * even,
        one_line=[-0.6, *[-0.4] * 39],  # 2.5 % of the lines, SD 0.03
        two_lines=[-0.6] * 2 + [-0.4] * 38,  # 5 %
        varied=0.25 * even,  # no line below -0.5
        highly_varied=[-2.0, *[0.0] * 39],  # one line; SD 0.316
        always=-1.5 + 0.1 * even,
    )


def test_strata_of_gene_effects(gene_effect):
    members = {stratum: list(genes) for stratum, genes in strata(gene_effect).items()}
    assert members == {
        Stratum.ALL: list(gene_effect.table.columns),
        Stratum.SELECTIVE: ["two_lines", "varied", "highly_varied"],
        Stratum.HIGH_VARIANCE: ["highly_varied"],
        Stratum.COMMON_ESSENTIAL: ["always"],
    }


def test_classes_are_selective_by_share_alone():
    classes = effects(
        GeneEffectKind.CLASS,
        one_line=[-2, *[0] * 39],  # SD 0.316 in classes
        some=[-1] * 10 + [0] * 30,
        always=[-1] * 20 + [-2] * 20,  # SD 0.5, but every line depends on it
    )
    members = {stratum: list(genes) for stratum, genes in strata(classes).items()}
    assert members == {
        Stratum.ALL: ["one_line", "some", "always"],
        Stratum.SELECTIVE: ["some"],
        Stratum.COMMON_ESSENTIAL: ["always"],
    }


def test_statistics_ignore_lines_that_were_not_screened():
    missing = [float("nan")] * 36
    statistics = gene_statistics(
        effects(
            GeneEffectKind.GENE_EFFECT, g=[-1, -1, 1, 1, *missing], unknown=[*missing, *missing[:4]]
        )
    )
    assert statistics.loc["g", "dependent_share"] == 0.5
    assert statistics.loc["g", "sd"] == pytest.approx(np.sqrt(4 / 3))
    assert statistics.loc["unknown"].isna().all()


def test_row_order_does_not_matter(gene_effect):
    reversed_rows = GeneEffect(gene_effect.table[::-1], gene_effect.kind)
    assert {k: list(v) for k, v in strata(reversed_rows).items()} == {
        k: list(v) for k, v in strata(gene_effect).items()
    }
