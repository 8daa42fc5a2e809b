import json
from dataclasses import replace

import anndata
import numpy as np
import pandas as pd
import pytest

from deepdep.domain.gene_effect import GeneEffectKind
from deepdep.evaluation import EvaluateSettings
from deepdep.evaluation.judge import (
    DECIMALS,
    Judged,
    JudgeSettings,
    UnseenLines,
    judge,
    membership,
)
from deepdep.io.documents import PER_GENE, read_csv
from deepdep.models.baselines import Baseline

LINES, GENES = ["L1", "L2"], ["TP53", "NA"]
MEASURED = pd.DataFrame([[-1.0, np.nan], [0.5, 0.25]], LINES, GENES)
RIDGE = pd.DataFrame([[1.0, 2.0], [3.0, 4.0]], LINES, GENES)
FIGURES = {
    "n_genes": 2,
    "mean_gene_r": 0.4,
    "mean_gene_r_low": 0.3,
    "mean_gene_r_high": 0.5,
    "within_lineage_r": 0.2,
    "auroc": None,
    "skill": 0.1,
    "coverage": 0.9,
    "overall_r": 0.95,
}
LEAD = {"difference": 0.1, "low": 0.05, "high": 0.15, "p": 0.01}
JUDGED = Judged(
    metrics={
        "models": {
            "predictor": {"all": FIGURES},
            "ridge": {"all": {"mean_gene_r": 0.3, "auroc": None}},
            "gene_mean": {"all": {"mean_gene_r": 0.0, "auroc": None}},
            "constant": {"all": {"mean_gene_r": None, "auroc": None}},
        },
        "differences": {"predictor - ridge": {"all": {"mean_gene_r": LEAD}}},
    },
    per_gene=pd.DataFrame({"gene": ["TP53", "NA"], "model": "ridge", "r": [0.1 + 0.2, np.nan]}),
    lines=UnseenLines(
        measured=MEASURED,
        kind=GeneEffectKind.CLASS,
        predicted={"predictor": MEASURED.fillna(0), "ridge": RIDGE.iloc[::-1, ::-1]},
        obs=pd.DataFrame({"patient_id": ["P2", "P1"], "lineage": ["Skin", "Lung"]}, ["L2", "L1"]),
    ),
)


def write(folder):
    files = [folder / name for name in ("metrics.json", "per_gene.csv", "predictions.h5ad")]
    JUDGED.write(folder / "headline.json", *files)
    return files


@pytest.fixture
def files(tmp_path):
    return write(tmp_path)


def test_metrics_and_genes_read_back(files):
    metrics, per_gene, _ = files
    assert json.loads(metrics.read_text()) == JUDGED.metrics
    pd.testing.assert_frame_equal(read_csv(per_gene), JUDGED.per_gene)


def test_the_headline_is_the_predictor_and_its_lead_over_the_best_baseline(files):
    headline = json.loads((files[0].parent / "headline.json").read_text())
    assert headline["test"] == {"n_lines": 2, "n_genes": 2}
    assert headline["predictor"].keys() == FIGURES.keys() - {"n_genes", "overall_r"}
    assert headline["predictor"].items() <= FIGURES.items()
    assert headline["best_baseline"] == {
        "mean_gene_r": 0.3,
        "lead": 0.1,
        "lead_low": 0.05,
        "lead_high": 0.15,
    }


def test_without_a_baseline_there_is_no_lead():
    metrics = {"models": {"predictor": {"all": FIGURES}}, "differences": {}}
    assert "best_baseline" not in replace(JUDGED, metrics=metrics).headline


def test_predictions_stand_beside_what_was_measured_by_name(files):
    matrix = anndata.read_h5ad(files[2])
    assert list(matrix.layers) == ["predictor", "ridge"]
    np.testing.assert_array_equal(matrix.X, MEASURED)
    np.testing.assert_array_equal(matrix.layers["ridge"], RIDGE)
    assert matrix.obs["patient_id"].tolist() == ["P1", "P2"]
    assert matrix.uns["kind"] == "class"


def test_unseen_lines_read_back(files):
    found = UnseenLines.read(files[2])
    pd.testing.assert_frame_equal(found.measured, MEASURED, check_dtype=False)
    pd.testing.assert_frame_equal(found.predicted["ridge"], RIDGE, check_dtype=False)
    assert found.kind is GeneEffectKind.CLASS
    assert found.obs.loc["L2"].to_dict() == {"patient_id": "P2", "lineage": "Skin"}


def test_the_same_content_gives_the_same_bytes(files, tmp_path):
    for one, other in zip(files, write(tmp_path / "again"), strict=True):
        assert one.read_bytes() == other.read_bytes(), one.name


MODELS = ("gene_mean", "lineage_mean", "ridge", "ridge_expression", "nearest_lines")


@pytest.fixture(scope="module")
def settings(baseline_settings):
    return JudgeSettings(
        seed=1,
        protocol=EvaluateSettings(n_bootstrap=20, strata={}),
        baselines=replace(baseline_settings, models=MODELS),
    )


def spoiled(prepared, part):
    """The same cohort with absurd gene effects in one part of the split."""
    lines = prepared.splits.index[prepared.splits["split"] == part]
    effects = prepared.gene_effect.table.astype(float)
    effects.loc[lines] = np.random.default_rng(0).normal(
        scale=1e3, size=(len(lines), effects.shape[1])
    )
    return replace(prepared, gene_effect=replace(prepared.gene_effect, table=effects))


@pytest.fixture(scope="module")
def judged(prepared_cohort, predictor, settings) -> Judged:
    return judge(predictor, prepared_cohort, settings)


@pytest.fixture(scope="module")
def unseen(prepared_cohort) -> pd.Index:
    splits = prepared_cohort.splits
    return splits.index[splits["split"] == "test"]


def test_every_model_predicts_the_test_lines_and_only_these(judged, unseen, prepared_cohort):
    genes = prepared_cohort.gene_effect.table.columns
    assert list(judged.lines.predicted) == ["predictor", *MODELS]
    for table in (judged.lines.measured, *judged.lines.predicted.values()):
        assert list(table.index) == list(unseen)
        assert list(table.columns) == list(genes)
    pd.testing.assert_frame_equal(
        judged.lines.obs, prepared_cohort.splits.loc[unseen, ["patient_id", "lineage"]]
    )
    assert set(judged.per_gene["model"]) == set(judged.lines.predicted)
    assert judged.metrics["cohort"]["n_lines_test"] == len(unseen)


def test_the_predictors_table_is_what_it_predicts(judged, unseen, prepared_cohort, predictor):
    genes = list(prepared_cohort.genes)
    own = predictor.predict(prepared_cohort.samples(unseen), genes).effect
    pd.testing.assert_frame_equal(judged.lines.predicted["predictor"], own.round(DECIMALS))


def test_no_model_sees_what_was_measured_of_test_lines(
    judged, prepared_cohort, predictor, settings
):
    again = judge(predictor, spoiled(prepared_cohort, "test"), settings)
    for name, predicted in judged.lines.predicted.items():
        pd.testing.assert_frame_equal(again.lines.predicted[name], predicted)
    learned = ["gene", "model", "selective", "dependent_share", "sd"]
    pd.testing.assert_frame_equal(again.per_gene[learned], judged.per_gene[learned])
    assert again.metrics["models"] != judged.metrics["models"]


def test_the_baselines_learn_from_validation_lines_too(
    judged, prepared_cohort, predictor, settings
):
    again = judge(predictor, spoiled(prepared_cohort, "validation"), settings)
    changed = {
        name: not np.allclose(again.lines.predicted[name], predicted)
        for name, predicted in judged.lines.predicted.items()
    }
    assert changed.pop("predictor") is False
    assert all(changed.values())


def test_errors_tell_the_lines_that_a_model_was_fitted_to(prepared_cohort, settings):
    def attacked(name):
        fitted = Baseline(name, settings.baselines).fit(prepared_cohort)
        return judge(fitted, prepared_cohort, settings).metrics["membership"]

    by_gene, by_line = attacked("gene_mean"), attacked("ridge")
    assert by_gene["low"] < 0.5 < by_gene["high"]
    assert by_line["low"] > by_gene["auc"]
    assert by_line["low"] < by_line["auc"] < by_line["high"]


def test_membership_counts_pairs_of_lines_and_draws_patients():
    learned_from = pd.Series({"A": 1.0, "B": 2.0, "C": 2.0, "D": np.nan})
    unseen = pd.Series({"E": 2.0, "F": 3.0})
    patients = pd.Series({"A": "P1", "B": "P2", "C": "P2", "D": "P3", "E": "P4", "F": "P4"})
    rng = np.random.default_rng(0)
    figures = membership(learned_from, unseen, patients, n_bootstrap=100, rng=rng)
    assert figures["auc"] == round(5 / 6, 6)  # four of six pairs, and half of the two that tie
    assert (figures["low"], figures["high"]) == (0.75, 1.0)  # P2 alone, P1 alone
    assert membership(learned_from, unseen[:0], patients, n_bootstrap=9, rng=rng) == {}


def test_the_same_seed_gives_the_same_figures(judged, prepared_cohort, predictor, settings):
    assert judge(predictor, prepared_cohort, settings).metrics == judged.metrics
    other = judge(predictor, prepared_cohort, replace(settings, seed=2)).metrics["models"]["ridge"]
    assert (
        other["all"]["mean_gene_r_low"]
        != judged.metrics["models"]["ridge"]["all"]["mean_gene_r_low"]
    )
    assert other["all"]["mean_gene_r"] == judged.metrics["models"]["ridge"]["all"]["mean_gene_r"]


def test_without_test_lines_the_same_files_hold_no_figure(
    prepared_cohort, predictor, settings, tmp_path
):
    without_test = prepared_cohort.with_every_line()
    nothing = judge(predictor, without_test, settings)
    assert nothing.table.empty
    files = [tmp_path / name for name in ("headline.json", "metrics.json", "genes.csv", "l.h5ad")]
    nothing.write(*files)
    assert json.loads(files[0].read_text()) == {}
    assert json.loads(files[1].read_text()) == {
        "cohort": without_test.counts,
        "models": {},
        "differences": {},
        "membership": {},
    }
    assert read_csv(files[2], PER_GENE).empty
    read = UnseenLines.read(files[3])
    assert list(read.measured.columns) == list(prepared_cohort.genes)
    assert (len(read.measured), len(read.obs), read.predicted) == (0, 0, {})


def test_runs_share_the_names_of_their_figures(judged):
    figures = judged.tracked("ridge")
    assert figures["test_mean_gene_r"] == judged.metrics["models"]["ridge"]["all"]["mean_gene_r"]
    assert (
        figures["test_common_essential_skill"]
        == judged.metrics["models"]["ridge"]["common_essential"]["skill"]
    )
    assert not any("_all_" in name for name in figures)


def test_a_figure_that_is_not_defined_is_not_tracked(judged):
    metrics = {
        "models": {
            "predictor": {
                "all": dict.fromkeys(
                    ("mean_gene_r", "mean_gene_r_low", "mean_gene_r_high", "median_gene_r", "skill")
                )
                | {"auroc": 0.5}
            }
        }
    }
    assert replace(judged, metrics=metrics).tracked("predictor") == {"test_auroc": 0.5}
