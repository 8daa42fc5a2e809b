import json

import numpy as np
import pandas as pd
import pytest

from deepdep.domain.gene_effect import GeneEffect, GeneEffectKind
from deepdep.evaluation.protocol import EvaluateSettings, evaluate, plain
from deepdep.evaluation.strata import Stratum
from deepdep.statistics.conformal import EffectInterval


def test_numbers_are_rounded_and_what_is_none_is_null():
    content = {Stratum.ALL: {"r": np.float64(1 / 3), "n": 712, "nan": float("nan"), "inf": np.inf}}
    found = plain(content)
    assert found == {"all": {"r": 0.333333, "n": 712, "nan": None, "inf": None}}
    assert type(found["all"]["n"]) is int
    assert type(next(iter(found))) is str


def test_what_rounding_leaves_of_a_difference_is_0():
    assert plain(3e-14) == 0


SETTINGS = EvaluateSettings(n_bootstrap=200)
METRICS = {
    "n_genes", "mean_gene_r", "mean_gene_r_low", "mean_gene_r_high", "median_gene_r",
    "mean_gene_spearman", "share_gene_r_above_0.2", "skill", "auroc", "auprc", "overall_r",
    "overall_mse", "calibration_slope", "within_lineage_r", "coverage", "interval_width",
    "r_of_gene_means", "n_cells",
}  # fmt: skip
N_TEST, N_TRAIN, N_GENES = 40, 60, 30


def effects(rng, n_lines, prefix):
    """Ten genes around 0, ten around the dependency threshold, ten that every line needs."""
    location = np.repeat([0.0, -0.5, -2.0], 10)
    spread = np.repeat([0.05, 0.5, 0.1], 10)
    return pd.DataFrame(
        location + spread * rng.normal(size=(n_lines, N_GENES)),
        index=[f"{prefix}{i:02}" for i in range(n_lines)],
        columns=[f"g{i:02}" for i in range(N_GENES)],
    )


@pytest.fixture
def training():
    return effects(np.random.default_rng(0), N_TRAIN, "train")


@pytest.fixture
def measured():
    rng = np.random.default_rng(1)
    table = effects(rng, N_TEST, "test")
    return table.mask(rng.random(table.shape) < 0.05)


@pytest.fixture
def obs():
    names = [f"test{i:02}" for i in range(N_TEST)]
    return pd.DataFrame(
        {
            "patient_id": [f"p{i % 35}" for i in range(N_TEST)],
            "lineage": [f"lineage{i % 5}" for i in range(N_TEST)],
        },
        index=names,
    )


@pytest.fixture
def predictions(measured, training):
    """The predictor knows more of the truth than ridge, and the gene mean nothing of it."""
    rng = np.random.default_rng(2)
    mean = pd.DataFrame(0.0, measured.index, training.columns) + training.mean()
    deviation = (measured - mean).fillna(0)
    noise = deviation.std().to_numpy() * rng.normal(size=measured.shape)
    return {
        "predictor": mean + deviation + 0.5 * noise,
        "ridge": mean + deviation + 1.5 * noise,
        "gene_mean": mean,
    }


def judge(predictions, measured, training, obs, kind=GeneEffectKind.GENE_EFFECT, **kwargs):
    return evaluate(
        predictions,
        GeneEffect(measured, kind),
        GeneEffect(training, kind),
        obs,
        SETTINGS,
        rng=np.random.default_rng(0),
        **kwargs,
    )


def test_metrics_have_the_shape_of_the_file(predictions, measured, training, obs):
    metrics = judge(predictions, measured, training, obs).metrics
    strata = {"all", "selective", "high_variance", "common_essential"}
    assert set(metrics) == {"models", "differences"}
    assert list(metrics["models"]) == ["predictor", "ridge", "gene_mean"]
    for model in metrics["models"].values():
        assert set(model) == strata
        assert all(set(stratum) == METRICS for stratum in model.values())
    assert list(metrics["differences"]) == ["predictor - ridge", "predictor - gene_mean"]
    assert set(metrics["differences"]["predictor - ridge"]) == strata
    assert set(metrics["differences"]["predictor - ridge"]["all"]["mean_gene_r"]) == {
        "difference",
        "low",
        "high",
        "p",
        "p_holm",
        "n_cells",
    }


def test_metrics_are_plain_json_with_six_digits(predictions, measured, training, obs):
    metrics = judge(predictions, measured, training, obs).metrics
    assert json.loads(json.dumps(metrics, allow_nan=False)) == metrics
    r = metrics["models"]["ridge"]["all"]["mean_gene_r"]
    assert r == float(f"{r:.6g}")
    assert metrics["models"]["ridge"]["selective"]["n_genes"] == 10
    assert metrics["models"]["gene_mean"]["all"]["calibration_slope"] is None


def test_the_gene_mean_scores_exactly_nothing(predictions, measured, training, obs):
    models = judge(predictions, measured, training, obs).metrics["models"]
    for stratum in models["gene_mean"].values():
        assert stratum["mean_gene_r"] == stratum["mean_gene_r_high"] == stratum["skill"] == 0
        assert stratum["within_lineage_r"] == 0
    assert models["gene_mean"]["all"]["auroc"] == 0.5
    # And yet its overall r is high: that figure says nothing.
    assert models["gene_mean"]["all"]["overall_r"] > 0.9


def test_the_better_model_is_seen_as_better(predictions, measured, training, obs):
    metrics = judge(predictions, measured, training, obs).metrics
    predictor, ridge = (metrics["models"][name]["all"] for name in ("predictor", "ridge"))
    for name in ("mean_gene_r", "mean_gene_spearman", "skill", "auroc", "within_lineage_r"):
        assert predictor[name] > ridge[name]
    difference = metrics["differences"]["predictor - ridge"]["all"]["mean_gene_r"]
    assert difference["difference"] == pytest.approx(
        predictor["mean_gene_r"] - ridge["mean_gene_r"], abs=1e-5
    )
    assert 0 < difference["low"] < difference["difference"] < difference["high"]


def test_stretched_predictions_rank_alike_and_differ_by_exactly_nothing(
    predictions, measured, training, obs
):
    predictions["predictor"] = 1.2 * predictions["ridge"]
    metrics = judge(predictions, measured, training, obs).metrics
    for stratum in metrics["differences"]["predictor - ridge"].values():
        assert stratum["mean_gene_r"] == {
            "difference": 0, "low": 0, "high": 0, "p": 1, "p_holm": 1, "n_cells": 1,
        }  # fmt: skip


def test_per_gene_has_one_row_per_gene_and_model(predictions, measured, training, obs):
    evaluation = judge(predictions, measured, training, obs)
    per_gene = evaluation.per_gene
    assert list(per_gene) == [
        "gene", "model", "r", "spearman", "mse", "n_lines", "coverage", "interval_width",
        "selective", "dependent_share", "sd",
    ]  # fmt: skip
    assert len(per_gene) == 3 * N_GENES
    ridge = per_gene[per_gene["model"] == "ridge"].set_index("gene")
    assert ridge["r"].mean() == pytest.approx(
        evaluation.metrics["models"]["ridge"]["all"]["mean_gene_r"], abs=1e-5
    )
    assert list(ridge.index[ridge["selective"]]) == [f"g{i}" for i in range(10, 20)]
    assert ridge.loc["g03", "sd"] == pytest.approx(training["g03"].std())
    assert ridge.loc["g03", "n_lines"] == measured["g03"].count()


def test_intervals_are_judged_where_a_model_gives_them(predictions, measured, training, obs):
    # Half of the lines lie within, and the interval is as wide for every gene.
    within = np.broadcast_to(np.arange(N_TEST)[:, None] % 2 == 0, measured.shape)
    low = (measured - 0.1).where(within, measured + 0.1).fillna(0)
    intervals = {"predictor": EffectInterval(low, low + 0.3)}
    evaluation = judge(predictions, measured, training, obs, intervals=intervals)
    found = evaluation.metrics["models"]
    n_within = (measured.notna() & within).sum()
    expected = (n_within / measured.count()).mean()
    assert found["predictor"]["all"]["coverage"] == pytest.approx(expected, abs=1e-5)
    assert found["predictor"]["all"]["interval_width"] == pytest.approx(0.3)
    assert found["ridge"]["all"]["coverage"] is found["ridge"]["all"]["interval_width"] is None
    per_gene = evaluation.per_gene.set_index(["model", "gene"])["coverage"]
    assert per_gene["predictor"].to_numpy() == pytest.approx(n_within / measured.count())
    assert per_gene["ridge"].isna().all()


def test_p_values_are_corrected_for_the_number_of_comparisons(predictions, measured, training, obs):
    predictions["again"] = predictions["predictor"] + 0.3 * predictions["ridge"]
    differences = judge(predictions, measured, training, obs).metrics["differences"]
    p = {name: of["all"]["mean_gene_r"]["p"] for name, of in differences.items()}
    corrected = {name: of["all"]["mean_gene_r"]["p_holm"] for name, of in differences.items()}
    smallest = min(p, key=p.get)
    assert corrected[smallest] == pytest.approx(3 * p[smallest], rel=1e-4)


def test_order_of_rows_and_columns_changes_nothing(predictions, measured, training, obs):
    shuffled = {
        name: table.sample(frac=1, random_state=1).sample(frac=1, axis=1, random_state=1)
        for name, table in predictions.items()
    }
    expected = judge(predictions, measured, training, obs)
    found = judge(
        shuffled,
        measured.sample(frac=1, random_state=2).sample(frac=1, axis=1, random_state=2),
        training.sample(frac=1, axis=1, random_state=3),
        obs[::-1],
    )
    assert found.metrics == expected.metrics
    keys = ["model", "gene"]
    pd.testing.assert_frame_equal(
        found.per_gene.sort_values(keys, ignore_index=True),
        expected.per_gene.sort_values(keys, ignore_index=True),
    )


def test_strata_and_means_come_from_training_lines(predictions, measured, training, obs):
    before = judge(predictions, measured, training, obs).per_gene
    sentinel = measured.copy()
    sentinel.loc["test00"] = 1e6
    after = judge(predictions, sentinel, training, obs).per_gene
    learned = ["gene", "model", "selective", "dependent_share", "sd"]
    pd.testing.assert_frame_equal(after[learned], before[learned])


def test_genes_that_no_training_line_screened_are_left_out(predictions, measured, training, obs):
    training["g00"] = float("nan")
    per_gene = judge(predictions, measured, training.drop(columns="g01"), obs).per_gene
    assert set(measured) - set(per_gene["gene"]) == {"g00", "g01"}


def test_without_a_predictor_there_are_no_differences(predictions, measured, training, obs):
    del predictions["predictor"]
    assert judge(predictions, measured, training, obs).metrics["differences"] == {}


def test_a_model_may_not_skip_pairs(predictions, measured, training, obs):
    predictions["ridge"] = predictions["ridge"].copy()
    predictions["ridge"].loc["test00", "g00"] = float("nan")
    with pytest.raises(ValueError, match="ridge gives no number for 1 pairs"):
        judge(predictions, measured, training, obs)


def test_classes_without_a_single_surprise_give_null_not_an_error(obs):
    lines = obs.index
    always = pd.DataFrame({"g": -1.0}, index=lines)
    trained = pd.DataFrame({"g": -1.0}, index=["train"])
    metrics = judge({"predictor": always}, always, trained, obs, GeneEffectKind.CLASS).metrics
    common = metrics["models"]["predictor"]["common_essential"]
    assert common["n_genes"] == 0
    assert common["mean_gene_r"] is common["skill"] is common["auroc"] is None
    assert common["overall_mse"] == 0
