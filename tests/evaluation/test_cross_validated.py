import json
from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from deepdep.domain.gene_effect import GeneEffect, GeneEffectKind
from deepdep.evaluation.cross_validated import cross_validated
from deepdep.evaluation.fold import BenchmarkCell
from deepdep.evaluation.protocol import EvaluateSettings, evaluate
from deepdep.evaluation.strata import gene_statistics
from deepdep.statistics.conformal import EffectInterval
from deepdep.statistics.correlation import pearson_per_gene

SETTINGS = EvaluateSettings(n_bootstrap=200)
N_LINES, N_GENES, N_FOLDS = 60, 20, 3
SHARES = {"predictor": 0.6, "ridge_expression": 0.4, "ablation": 0.1}  # of the truth that is known


@pytest.fixture
def measured():
    """Ten genes that hardly vary and ten around the dependency threshold, some not screened."""
    rng = np.random.default_rng(0)
    names = [f"l{i:02}" for i in range(N_LINES)]
    location, spread = np.repeat([0.0, -0.5], 10), np.repeat([0.1, 0.5], 10)
    table = pd.DataFrame(
        location + spread * rng.normal(size=(N_LINES, N_GENES)),
        names,
        [f"g{i:02}" for i in range(N_GENES)],
    )
    return GeneEffect(table.mask(rng.random(table.shape) < 0.05), GeneEffectKind.GENE_EFFECT)


@pytest.fixture
def obs(measured):
    return pd.DataFrame(
        {
            "patient_id": [f"p{i % 55}" for i in range(N_LINES)],
            "lineage": [f"lineage{i % 4}" for i in range(N_LINES)],
        },
        index=measured.table.index,
    )


def cell_of(measured, model, seed, fold, lines, predicted):
    training = GeneEffect(measured.table.drop(lines), measured.kind)
    genes = gene_statistics(training).assign(training_mean=training.table.mean())
    return BenchmarkCell(model, "patient", seed, fold, predicted, None, None, genes)


@pytest.fixture
def cells(measured):
    """Three models, two seeds with three folds each; the models know more or less of the truth."""
    rng = np.random.default_rng(1)
    table = measured.table
    deviation = (table - table.mean()).fillna(0)
    made = []
    for seed in (0, 1):
        order = rng.permutation(table.index)
        for fold in range(N_FOLDS):
            lines = pd.Index(sorted(order[fold::N_FOLDS]))
            for model, share in SHARES.items():
                noise = table.std().to_numpy() * rng.normal(size=(len(lines), N_GENES))
                known = share * deviation.loc[lines] + (1 - share) * noise
                made.append(cell_of(measured, model, seed, str(fold), lines, table.mean() + known))
    return made


def judged(cells, measured, obs, seed=0, **kwargs):
    return cross_validated(
        cells, measured, obs, SETTINGS, rng=np.random.default_rng(seed), **kwargs
    )


def figure(found, model, name, stratum="all"):
    return found.models[model][stratum][name]


def mean_r(cell, measured):
    table = measured.table.loc[cell.predicted.index]
    return pearson_per_gene(table, cell.predicted).mean()


def test_one_cell_is_judged_as_the_one_split_is(cells, measured, obs):
    of_fold = [cell for cell in cells if (cell.seed, cell.fold) == (0, "0")]
    of_fold = [
        replace(cell, low=cell.predicted - 0.2, high=cell.predicted + 0.3)
        if cell.model == "predictor"
        else cell
        for cell in of_fold
    ]
    test = of_fold[0].predicted.index
    expected = evaluate(
        {cell.model: cell.predicted for cell in of_fold},
        GeneEffect(measured.table.loc[test], measured.kind),
        GeneEffect(measured.table.drop(test), measured.kind),
        obs.loc[test],
        SETTINGS,
        intervals={"predictor": EffectInterval(of_fold[0].low, of_fold[0].high)},
        rng=np.random.default_rng(0),
    )
    found = judged(of_fold, measured, obs)
    assert {"models": found.models, "differences": found.differences} == expected.metrics
    assert figure(found, "predictor", "interval_width") == pytest.approx(0.5)


def test_results_are_plain_json(cells, measured, obs):
    found = judged(cells, measured, obs)
    content = {"models": found.models, "differences": found.differences}
    assert json.loads(json.dumps(content, allow_nan=False)) == content


def test_figures_are_means_over_folds_and_then_over_seeds(cells, measured, obs):
    # Seed 1 has one fold: it counts as much as the three of seed 0 together.
    kept = [cell for cell in cells if cell.seed == 0 or cell.fold == "2"]
    found = judged(kept, measured, obs)
    r = {
        (cell.seed, cell.fold): mean_r(cell, measured) for cell in kept if cell.model == "predictor"
    }
    of_seed_0 = np.mean([r[0, fold] for fold in "012"])
    expected = np.mean([of_seed_0, r[1, "2"]])
    assert figure(found, "predictor", "mean_gene_r") == pytest.approx(expected, abs=1e-5)
    assert figure(found, "predictor", "n_cells") == 4
    assert figure(found, "predictor", "n_genes") == N_GENES
    assert figure(found, "predictor", "n_genes", "selective") == 10


def test_the_better_model_is_seen_as_better(cells, measured, obs):
    found = judged(cells, measured, obs)
    for stratum in ("all", "selective"):
        lead = found.differences["predictor - ablation"][stratum]["mean_gene_r"]
        assert 0 < lead["low"] < lead["difference"] < lead["high"]
        assert lead["p"] <= lead["p_holm"] < 0.001
    own = found.models["predictor"]["all"]
    assert own["mean_gene_r_low"] < own["mean_gene_r"] < own["mean_gene_r_high"]


def test_models_are_compared_on_the_cells_that_both_have(cells, measured, obs):
    kept = [cell for cell in cells if cell.model != "ablation" or cell.fold == "1"]
    found = judged(kept, measured, obs)
    both = [cell for cell in kept if cell.fold == "1"]
    of = {
        model: np.mean([mean_r(cell, measured) for cell in both if cell.model == model])
        for model in ("predictor", "ablation")
    }
    lead = found.differences["predictor - ablation"]["all"]["mean_gene_r"]
    assert lead["n_cells"] == figure(found, "ablation", "n_cells") == 2
    assert lead["difference"] == pytest.approx(of["predictor"] - of["ablation"], abs=1e-5)
    assert figure(found, "predictor", "n_cells") == 6


def test_models_without_a_common_cell_are_not_compared(cells, measured, obs):
    kept = [cell for cell in cells if (cell.model == "ablation") == (cell.seed == 1)]
    found = judged(kept, measured, obs)
    assert set(found.differences) == {"predictor - ridge_expression"}
    assert set(found.models) == set(SHARES)


def test_any_model_may_be_the_reference(cells, measured, obs):
    found = judged(cells, measured, obs, references=("predictor", "ridge_expression"))
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


def test_the_same_model_twice_differs_by_exactly_nothing(cells, measured, obs):
    own = [cell for cell in cells if cell.model == "predictor"]
    found = judged(own + [replace(cell, model="copy") for cell in own], measured, obs)
    lead = found.differences["predictor - copy"]["all"]["mean_gene_r"]
    assert (lead["difference"], lead["low"], lead["high"], lead["p_holm"]) == (0, 0, 0, 1)


def test_a_seed_that_repeats_another_does_not_narrow_the_interval(cells, measured, obs):
    once = [cell for cell in cells if cell.seed == 0]
    twice = once + [replace(cell, seed=7) for cell in once]
    expected, found = (judged(some, measured, obs).models["predictor"]["all"]
                       for some in (once, twice))  # fmt: skip
    assert found == expected | {"n_cells": 6}


def test_lines_may_be_restricted(cells, measured, obs):
    kept = measured.table.index[::2]
    found = judged(cells, measured, obs, lines=kept)
    smaller = [replace(cell, predicted=cell.predicted.loc[cell.predicted.index.isin(kept)])
               for cell in cells]  # fmt: skip
    assert found == judged(smaller, measured, obs)
    assert figure(found, "predictor", "mean_gene_r") != figure(
        judged(cells, measured, obs), "predictor", "mean_gene_r"
    )


def test_a_fold_without_a_line_that_is_asked_for_counts_for_nothing(cells, measured, obs):
    of_fold = [cell for cell in cells if (cell.seed, cell.fold) == (0, "0")]
    found = judged(cells, measured, obs, lines=of_fold[0].predicted.index)
    # Its lines are spread over the folds of seed 1.
    assert figure(found, "predictor", "n_cells") == 4


def test_order_of_cells_rows_and_columns_changes_nothing(cells, measured, obs):
    def shuffled(table):
        return table.sample(frac=1, random_state=1).sample(frac=1, axis=1, random_state=2)

    mixed = [
        replace(cell, predicted=shuffled(cell.predicted), genes=cell.genes[::-1])
        for cell in reversed(cells)
    ]
    other = GeneEffect(shuffled(measured.table), measured.kind)
    expected, found = judged(cells, measured, obs), judged(mixed, other, obs[::-1])
    assert found.models == expected.models
    assert found.differences == expected.differences


def test_a_line_that_no_cell_predicts_changes_nothing(cells, measured, obs):
    table = measured.table.copy()
    table.loc["unseen"] = 1e6
    more = pd.concat([obs, pd.DataFrame({"patient_id": "x", "lineage": "y"}, ["unseen"])])
    found = judged(cells, GeneEffect(table, measured.kind), more)
    assert found == judged(cells, measured, obs)


def test_genes_that_no_training_line_screened_are_left_out(cells, measured, obs):
    unscreened = [
        replace(cell, genes=cell.genes.drop("g00").reindex(cell.genes.index)) for cell in cells
    ]
    assert figure(judged(unscreened, measured, obs), "predictor", "n_genes") == N_GENES - 1


@pytest.fixture
def gene_cells(measured):
    """All lines are judged on ten genes at a time; one model estimates their means alone."""
    table = measured.table
    rng = np.random.default_rng(2)
    made = []
    for fold, genes in enumerate((table.columns[::2], table.columns[1::2])):
        known = gene_statistics(measured).assign(training_mean=table.mean()).loc[genes]
        of_fold = table[genes]
        estimate = of_fold.mean() + rng.normal(0, 0.1, len(genes))
        flat = 0 * of_fold.fillna(0) + estimate
        better = flat + 0.5 * (of_fold - of_fold.mean()).fillna(0)
        for model, predicted in {"predictor": better, "fingerprint_ridge": flat}.items():
            made.append(BenchmarkCell(model, "gene", 0, str(fold), predicted, None, None, known))
    return made


def test_unseen_genes_must_beat_the_mean_that_gene_sets_suggest(gene_cells, measured, obs):
    found = judged(gene_cells, measured, obs)
    assert figure(found, "fingerprint_ridge", "skill") == 0
    assert figure(found, "fingerprint_ridge", "mean_gene_r") == 0
    assert figure(found, "fingerprint_ridge", "calibration_slope") is None
    assert figure(found, "predictor", "skill") > 0.3
    r = [
        np.corrcoef(
            measured.table[cell.predicted.columns].mean(),
            cell.predicted.where(measured.table.notna()).mean(),
        )[0, 1]
        for cell in gene_cells
        if cell.model == "predictor"
    ]
    assert figure(found, "predictor", "r_of_gene_means") == pytest.approx(np.mean(r), abs=1e-5)


def test_without_that_baseline_skill_on_unseen_genes_is_not_defined(gene_cells, measured, obs):
    alone = [cell for cell in gene_cells if cell.model == "predictor"]
    found = judged(alone, measured, obs)
    assert figure(found, "predictor", "skill") is None
    assert figure(found, "predictor", "calibration_slope") is None
    assert figure(found, "predictor", "mean_gene_r") == pytest.approx(1)


def test_models_of_a_fold_must_predict_the_same_pairs(cells, measured, obs):
    fewer = replace(cells[0], predicted=cells[0].predicted.iloc[1:])
    missing = cells[0].predicted.index[0]
    with pytest.raises(ValueError, match=f"different lines in seed 0, fold 0, such as {missing}"):
        judged([fewer, *cells[1:]], measured, obs)
    kept = measured.table.index.drop(missing)
    judged([fewer, *cells[1:]], measured, obs, lines=kept)
    empty = replace(cells[1], predicted=cells[1].predicted * np.nan)
    with pytest.raises(ValueError, match="ridge_expression gives no number"):
        judged([cells[0], empty], measured, obs)


def test_cells_of_two_modes_or_twice_the_same_are_refused(cells, measured, obs):
    with pytest.raises(ValueError, match="modes gene, patient"):
        judged([*cells, replace(cells[0], mode="gene")], measured, obs)
    with pytest.raises(ValueError, match="predictor: seed 0, fold 0 is there twice"):
        judged([*cells, cells[0]], measured, obs)


def test_no_cells_give_an_empty_table(measured, obs):
    found = judged([], measured, obs)
    assert found.models == found.differences == {}
