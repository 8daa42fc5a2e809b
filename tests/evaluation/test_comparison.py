import json
from dataclasses import asdict, replace

import numpy as np
import pandas as pd
import pytest

from deepdep.domain.gene_effect import GeneEffect, GeneEffectKind
from deepdep.errors import DeepDEPError
from deepdep.evaluation.comparison import (
    Comparison,
    EvaluateSettings,
    evaluate,
    plain,
    with_holm,
)
from deepdep.evaluation.fold import Cell, Stratum, gene_statistics
from deepdep.statistics.conformal import EffectInterval
from deepdep.statistics.metrics import pearson_per_gene


def test_numbers_are_rounded_and_what_is_none_is_null():
    content = {Stratum.ALL: {"r": np.float64(1 / 3), "n": 712, "nan": float("nan"), "inf": np.inf}}
    found = plain(content)
    assert found == {"all": {"r": 0.333333, "n": 712, "nan": None, "inf": None}}
    assert type(found["all"]["n"]) is int
    assert type(next(iter(found))) is str


def test_what_rounding_leaves_of_a_difference_is_0():
    assert plain(3e-14) == 0


def test_each_stratum_is_a_family_of_its_own():
    def figures(p):
        return {"mean_gene_r": {"difference": 0.1, "p": p}}

    differences = {
        "x - a": {"all": figures(0.01), "selective": figures(0.03)},
        "x - b": {"all": figures(0.04)},
    }
    found = with_holm(differences)
    assert found["x - a"]["all"]["mean_gene_r"]["p_holm"] == pytest.approx(0.02)
    assert found["x - b"]["all"]["mean_gene_r"]["p_holm"] == pytest.approx(0.04)
    assert found["x - a"]["selective"]["mean_gene_r"]["p_holm"] == pytest.approx(0.03)
    assert found["x - a"]["all"]["mean_gene_r"]["difference"] == 0.1
    assert "p_holm" not in differences["x - a"]["all"]["mean_gene_r"]


SETTINGS = EvaluateSettings(n_bootstrap=200, strata={})
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
    metrics = asdict(judge(predictions, measured, training, obs).comparison)
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
    metrics = asdict(judge(predictions, measured, training, obs).comparison)
    assert json.loads(json.dumps(metrics, allow_nan=False)) == metrics
    r = metrics["models"]["ridge"]["all"]["mean_gene_r"]
    assert r == float(f"{r:.6g}")
    assert metrics["models"]["ridge"]["selective"]["n_genes"] == 10
    assert metrics["models"]["gene_mean"]["all"]["calibration_slope"] is None


def test_the_gene_mean_scores_exactly_nothing(predictions, measured, training, obs):
    models = judge(predictions, measured, training, obs).comparison.models
    for stratum in models["gene_mean"].values():
        assert stratum["mean_gene_r"] == stratum["mean_gene_r_high"] == stratum["skill"] == 0
        assert stratum["within_lineage_r"] == 0
    assert models["gene_mean"]["all"]["auroc"] == 0.5
    # And yet its overall r is high: that figure says nothing.
    assert models["gene_mean"]["all"]["overall_r"] > 0.9


def test_the_better_model_is_seen_as_better(predictions, measured, training, obs):
    metrics = asdict(judge(predictions, measured, training, obs).comparison)
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
    metrics = asdict(judge(predictions, measured, training, obs).comparison)
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
        evaluation.comparison.models["ridge"]["all"]["mean_gene_r"], abs=1e-5
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
    found = evaluation.comparison.models
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
    differences = judge(predictions, measured, training, obs).comparison.differences
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
    assert found.comparison == expected.comparison
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
    assert judge(predictions, measured, training, obs).comparison.differences == {}


def test_a_model_may_not_skip_pairs(predictions, measured, training, obs):
    predictions["ridge"] = predictions["ridge"].copy()
    predictions["ridge"].loc["test00", "g00"] = float("nan")
    with pytest.raises(ValueError, match="ridge gives no number for 1 pairs"):
        judge(predictions, measured, training, obs)


def test_classes_without_a_single_surprise_give_null_not_an_error(obs):
    lines = obs.index
    always = pd.DataFrame({"g": -1.0}, index=lines)
    trained = pd.DataFrame({"g": -1.0}, index=["train"])
    found = judge({"predictor": always}, always, trained, obs, GeneEffectKind.CLASS)
    common = found.comparison.models["predictor"]["common_essential"]
    assert common["n_genes"] == 0
    assert common["mean_gene_r"] is common["skill"] is common["auroc"] is None
    assert common["overall_mse"] == 0


N_SCREENED, N_KNOCKOUTS, N_FOLDS = 60, 20, 3
SHARES = {"predictor": 0.6, "ridge_expression": 0.4, "ablation": 0.1}  # of the truth that is known


@pytest.fixture
def screen():
    """Ten genes that hardly vary and ten around the dependency threshold, some not screened."""
    rng = np.random.default_rng(0)
    names = [f"l{i:02}" for i in range(N_SCREENED)]
    location, spread = np.repeat([0.0, -0.5], 10), np.repeat([0.1, 0.5], 10)
    table = pd.DataFrame(
        location + spread * rng.normal(size=(N_SCREENED, N_KNOCKOUTS)),
        names,
        [f"g{i:02}" for i in range(N_KNOCKOUTS)],
    )
    return GeneEffect(table.mask(rng.random(table.shape) < 0.05), GeneEffectKind.GENE_EFFECT)


@pytest.fixture
def patients(screen):
    return pd.DataFrame(
        {
            "patient_id": [f"p{i % 55}" for i in range(N_SCREENED)],
            "lineage": [f"lineage{i % 4}" for i in range(N_SCREENED)],
        },
        index=screen.table.index,
    )


def cell_of(screen, model, seed, fold, lines, predicted):
    training = GeneEffect(screen.table.drop(lines), screen.kind)
    genes = gene_statistics(training)
    return Cell(model, "patient", seed, fold, predicted, None, genes)


@pytest.fixture
def cells(screen):
    """Three models, two seeds with three folds each; the models know more or less of the truth."""
    rng = np.random.default_rng(1)
    table = screen.table
    deviation = (table - table.mean()).fillna(0)
    made = []
    for seed in (0, 1):
        order = rng.permutation(table.index)
        for fold in range(N_FOLDS):
            lines = pd.Index(sorted(order[fold::N_FOLDS]))
            for model, share in SHARES.items():
                noise = table.std().to_numpy() * rng.normal(size=(len(lines), N_KNOCKOUTS))
                known = share * deviation.loc[lines] + (1 - share) * noise
                made.append(cell_of(screen, model, seed, str(fold), lines, table.mean() + known))
    return made


def cross(cells, screen, patients, seed=0, **kwargs):
    return Comparison.of_cells(
        cells, screen, patients, SETTINGS, rng=np.random.default_rng(seed), **kwargs
    )


def figure(found, model, name, stratum="all"):
    return found.models[model][stratum][name]


def mean_r(cell, screen):
    table = screen.table.loc[cell.predicted.index]
    return pearson_per_gene(table, cell.predicted).mean()


def test_one_cell_is_judged_as_the_one_split_is(cells, screen, patients):
    of_fold = [cell for cell in cells if (cell.seed, cell.fold) == (0, "0")]
    of_fold = [
        replace(cell, interval=EffectInterval(cell.predicted - 0.2, cell.predicted + 0.3))
        if cell.model == "predictor"
        else cell
        for cell in of_fold
    ]
    test = of_fold[0].predicted.index
    expected = evaluate(
        {cell.model: cell.predicted for cell in of_fold},
        GeneEffect(screen.table.loc[test], screen.kind),
        GeneEffect(screen.table.drop(test), screen.kind),
        patients.loc[test],
        SETTINGS,
        intervals={"predictor": of_fold[0].interval},
        rng=np.random.default_rng(0),
    )
    found = cross(of_fold, screen, patients)
    assert found == expected.comparison
    assert figure(found, "predictor", "interval_width") == pytest.approx(0.5)


def test_cross_validated_figures_are_plain_json(cells, screen, patients):
    found = cross(cells, screen, patients)
    content = asdict(found)
    assert json.loads(json.dumps(content, allow_nan=False)) == content


def test_figures_are_means_over_folds_and_then_over_seeds(cells, screen, patients):
    # Seed 1 has one fold: it counts as much as the three of seed 0 together.
    kept = [cell for cell in cells if cell.seed == 0 or cell.fold == "2"]
    found = cross(kept, screen, patients)
    r = {(cell.seed, cell.fold): mean_r(cell, screen) for cell in kept if cell.model == "predictor"}
    of_seed_0 = np.mean([r[0, fold] for fold in "012"])
    expected = np.mean([of_seed_0, r[1, "2"]])
    assert figure(found, "predictor", "mean_gene_r") == pytest.approx(expected, abs=1e-5)
    assert figure(found, "predictor", "n_cells") == 4
    assert figure(found, "predictor", "n_genes") == N_KNOCKOUTS
    assert figure(found, "predictor", "n_genes", "selective") == 10


def test_the_better_model_is_seen_as_better_over_folds(cells, screen, patients):
    found = cross(cells, screen, patients)
    for stratum in ("all", "selective"):
        lead = found.differences["predictor - ablation"][stratum]["mean_gene_r"]
        assert 0 < lead["low"] < lead["difference"] < lead["high"]
        assert lead["p"] <= lead["p_holm"] < 0.001
    own = found.models["predictor"]["all"]
    assert own["mean_gene_r_low"] < own["mean_gene_r"] < own["mean_gene_r_high"]


def test_models_are_compared_on_the_cells_that_both_have(cells, screen, patients):
    kept = [cell for cell in cells if cell.model != "ablation" or cell.fold == "1"]
    found = cross(kept, screen, patients)
    both = [cell for cell in kept if cell.fold == "1"]
    of = {
        model: np.mean([mean_r(cell, screen) for cell in both if cell.model == model])
        for model in ("predictor", "ablation")
    }
    lead = found.differences["predictor - ablation"]["all"]["mean_gene_r"]
    assert lead["n_cells"] == figure(found, "ablation", "n_cells") == 2
    assert lead["difference"] == pytest.approx(of["predictor"] - of["ablation"], abs=1e-5)
    assert figure(found, "predictor", "n_cells") == 6


def test_models_without_a_common_cell_are_not_compared(cells, screen, patients):
    kept = [cell for cell in cells if (cell.model == "ablation") == (cell.seed == 1)]
    found = cross(kept, screen, patients)
    assert set(found.differences) == {"predictor - ridge_expression"}
    assert set(found.models) == set(SHARES)


def test_any_model_may_be_the_reference(cells, screen, patients):
    found = cross(cells, screen, patients, references=("predictor", "ridge_expression"))
    assert list(found.differences) == [
        "predictor - ridge_expression",
        "predictor - ablation",
        "ridge_expression - predictor",
        "ridge_expression - ablation",
    ]
    one, other = (
        found.differences[name]["all"]["mean_gene_r"]
        for name in ("predictor - ridge_expression", "ridge_expression - predictor")
    )
    assert one["difference"] == -other["difference"]
    assert one["low"] == pytest.approx(-other["high"], abs=1e-5)


def test_the_same_model_twice_differs_by_exactly_nothing(cells, screen, patients):
    own = [cell for cell in cells if cell.model == "predictor"]
    found = cross(own + [replace(cell, model="copy") for cell in own], screen, patients)
    lead = found.differences["predictor - copy"]["all"]["mean_gene_r"]
    assert (lead["difference"], lead["low"], lead["high"], lead["p_holm"]) == (0, 0, 0, 1)


def test_a_seed_that_repeats_another_does_not_narrow_the_interval(cells, screen, patients):
    once = [cell for cell in cells if cell.seed == 0]
    twice = once + [replace(cell, seed=7) for cell in once]
    expected, found = (cross(some, screen, patients).models["predictor"]["all"]
                       for some in (once, twice))  # fmt: skip
    assert found == expected | {"n_cells": 6}


def test_lines_may_be_restricted(cells, screen, patients):
    kept = screen.table.index[::2]
    found = cross(cells, screen, patients, lines=kept)
    smaller = [replace(cell, predicted=cell.predicted.loc[cell.predicted.index.isin(kept)])
               for cell in cells]  # fmt: skip
    assert found == cross(smaller, screen, patients)
    assert figure(found, "predictor", "mean_gene_r") != figure(
        cross(cells, screen, patients), "predictor", "mean_gene_r"
    )


def test_a_fold_without_a_line_that_is_asked_for_counts_for_nothing(cells, screen, patients):
    of_fold = [cell for cell in cells if (cell.seed, cell.fold) == (0, "0")]
    found = cross(cells, screen, patients, lines=of_fold[0].predicted.index)
    # Its lines are spread over the folds of seed 1.
    assert figure(found, "predictor", "n_cells") == 4


def test_order_of_cells_rows_and_columns_changes_nothing(cells, screen, patients):
    def shuffled(table):
        return table.sample(frac=1, random_state=1).sample(frac=1, axis=1, random_state=2)

    mixed = [
        replace(cell, predicted=shuffled(cell.predicted), genes=cell.genes[::-1])
        for cell in reversed(cells)
    ]
    other = GeneEffect(shuffled(screen.table), screen.kind)
    expected, found = cross(cells, screen, patients), cross(mixed, other, patients[::-1])
    assert found.models == expected.models
    assert found.differences == expected.differences


def test_a_line_that_no_cell_predicts_changes_nothing(cells, screen, patients):
    table = screen.table.copy()
    table.loc["unseen"] = 1e6
    more = pd.concat([patients, pd.DataFrame({"patient_id": "x", "lineage": "y"}, ["unseen"])])
    found = cross(cells, GeneEffect(table, screen.kind), more)
    assert found == cross(cells, screen, patients)


def test_genes_that_no_training_line_of_a_fold_screened_are_left_out(cells, screen, patients):
    unscreened = [
        replace(cell, genes=cell.genes.drop("g00").reindex(cell.genes.index)) for cell in cells
    ]
    assert figure(cross(unscreened, screen, patients), "predictor", "n_genes") == N_KNOCKOUTS - 1


@pytest.fixture
def gene_cells(screen):
    """All lines are judged on ten genes at a time; one model estimates their means alone."""
    table = screen.table
    rng = np.random.default_rng(2)
    made = []
    for fold, genes in enumerate((table.columns[::2], table.columns[1::2])):
        known = gene_statistics(screen).loc[genes]
        of_fold = table[genes]
        estimate = of_fold.mean() + rng.normal(0, 0.1, len(genes))
        flat = 0 * of_fold.fillna(0) + estimate
        better = flat + 0.5 * (of_fold - of_fold.mean()).fillna(0)
        for model, predicted in {"predictor": better, "fingerprint_ridge": flat}.items():
            made.append(Cell(model, "gene", 0, str(fold), predicted, None, known))
    return made


def test_unseen_genes_must_beat_the_mean_that_gene_sets_suggest(gene_cells, screen, patients):
    found = cross(gene_cells, screen, patients)
    assert figure(found, "fingerprint_ridge", "skill") == 0
    assert figure(found, "fingerprint_ridge", "mean_gene_r") == 0
    assert figure(found, "fingerprint_ridge", "calibration_slope") is None
    assert figure(found, "predictor", "skill") > 0.3
    r = [
        np.corrcoef(
            screen.table[cell.predicted.columns].mean(),
            cell.predicted.where(screen.table.notna()).mean(),
        )[0, 1]
        for cell in gene_cells
        if cell.model == "predictor"
    ]
    assert figure(found, "predictor", "r_of_gene_means") == pytest.approx(np.mean(r), abs=1e-5)


def test_without_that_baseline_skill_on_unseen_genes_is_not_defined(gene_cells, screen, patients):
    alone = [cell for cell in gene_cells if cell.model == "predictor"]
    found = cross(alone, screen, patients)
    assert figure(found, "predictor", "skill") is None
    assert figure(found, "predictor", "calibration_slope") is None
    assert figure(found, "predictor", "mean_gene_r") == pytest.approx(1)


def test_models_of_a_fold_must_predict_the_same_pairs(cells, screen, patients):
    fewer = replace(cells[0], predicted=cells[0].predicted.iloc[1:])
    missing = cells[0].predicted.index[0]
    with pytest.raises(ValueError, match=f"different lines in seed 0, fold 0, such as {missing}"):
        cross([fewer, *cells[1:]], screen, patients)
    kept = screen.table.index.drop(missing)
    cross([fewer, *cells[1:]], screen, patients, lines=kept)
    empty = replace(cells[1], predicted=cells[1].predicted * np.nan)
    with pytest.raises(ValueError, match="ridge_expression gives no number"):
        cross([cells[0], empty], screen, patients)


def test_cells_of_two_modes_or_twice_the_same_are_refused(cells, screen, patients):
    with pytest.raises(ValueError, match="modes gene, patient"):
        cross([*cells, replace(cells[0], mode="gene")], screen, patients)
    with pytest.raises(ValueError, match="predictor: seed 0, fold 0 is there twice"):
        cross([*cells, cells[0]], screen, patients)


def test_no_cells_give_an_empty_table(screen, patients):
    found = cross([], screen, patients)
    assert found.models == found.differences == {}


def test_a_group_of_genes_is_judged_as_those_genes_alone(cells, screen, patients):
    genes = tuple(screen.table.columns[:3])
    found = Comparison.of_cells(
        cells,
        screen,
        patients,
        replace(SETTINGS, strata={"mine": genes}),
        rng=np.random.default_rng(0),
    )
    few = [
        replace(cell, predicted=cell.predicted[list(genes)], genes=cell.genes.loc[list(genes)])
        for cell in cells
    ]
    alone = cross(few, GeneEffect(screen.table[list(genes)], screen.kind), patients)
    assert list(found.models["predictor"])[-1] == "mine"
    same = ("mean_gene_r", "mean_gene_r_low", "auroc")
    for name in same:
        assert figure(found, "predictor", name, "mine") == figure(alone, "predictor", name)
    assert (
        found.differences["predictor - ablation"]["mine"]
        == (alone.differences["predictor - ablation"]["all"])
    )
    assert figure(found, "predictor", "mean_gene_r") == figure(
        cross(cells, screen, patients), "predictor", "mean_gene_r"
    )


@pytest.mark.parametrize(
    ("strata", "why"),
    [
        ({"mine": ("BRAF", "BRAFF")}, "mine: 'BRAFF': neither screened nor in a gene set"),
        ({"mine": ()}, "mine: names no gene"),
    ],
)
def test_a_group_with_genes_that_nobody_knows_is_refused(strata, why):
    with pytest.raises(DeepDEPError, match=why):
        EvaluateSettings(n_bootstrap=9, strata=strata).require_genes(["BRAF", "NRAS"])
    EvaluateSettings(n_bootstrap=9, strata={"mine": ("NRAS",)}).require_genes(["BRAF", "NRAS"])


@pytest.mark.parametrize("name", ["drivers", "all", "two words", "a/b", ""])
def test_a_group_needs_a_plain_name_of_its_own(name):
    with pytest.raises(DeepDEPError, match="choose another"):
        EvaluateSettings(n_bootstrap=9, strata={name: ("BRAF",)})
