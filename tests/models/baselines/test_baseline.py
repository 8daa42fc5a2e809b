from dataclasses import replace
from pathlib import Path
from typing import get_args

import numpy as np
import pandas as pd
import pytest
from sklearn.linear_model import ElasticNet
from threadpoolctl import threadpool_limits

from deepdep.domain.omics import Omic
from deepdep.evaluation.judge import DECIMALS, JudgeSettings
from deepdep.models.baselines import BASELINES, FOR_UNSEEN_GENES, predict_baselines, strongest_ridge
from deepdep.models.baselines.baseline import (
    common_factor,
    confounders,
    elastic_net,
    fingerprint_ridge,
    fit_ridge,
    gene_mean,
    lineage_mean,
    nearest_genes,
    nearest_lines,
    own_expression,
    random_forest,
    ridge,
    ridge_drivers,
    ridge_expression,
)
from deepdep.models.baselines.task import BaselineName, PenaltyScope
from deepdep.settings import read_settings
from deepdep.statistics.metrics import pearson_per_gene, skill

PARAMS = Path(__file__).parents[3] / "params.yaml"
EVERY = pytest.mark.parametrize("name", list(BASELINES))


@pytest.fixture
def sparse(task):
    """The task as real tables are: labels missing, a line and a few values not measured."""
    rng = np.random.default_rng(7)
    omics = {omic: table.mask(rng.random(table.shape) < 0.05) for omic, table in task.omics.items()}
    omics[Omic.EXPRESSION].loc[[task.train_effect.index[0], task.lines[0]]] = np.nan
    omics[Omic.MUTATION] = omics[Omic.MUTATION].drop(index=task.lines[1])
    effect = task.train_effect.mask(rng.random(task.train_effect.shape) < 0.1)
    return replace(task, omics=omics, train_effect=effect)


def measured_of(task):
    """Effects of the lines to predict, where they follow expression and noise as in ``effects``."""
    noise = np.random.default_rng(1).normal(size=(120, 10))
    truth = task.omics[Omic.EXPRESSION][task.genes] + noise
    return truth.loc[task.lines]


def test_settings_may_name_every_baseline():
    assert list(get_args(BaselineName)) == list(BASELINES)


def test_the_pipeline_compares_with_the_fast_ones():
    shown = read_settings(PARAMS, "evaluate", JudgeSettings).baselines.models
    assert {"gene_mean", "lineage_mean", "ridge", "ridge_expression"} < set(shown)
    assert not {"elastic_net", "random_forest"} & set(shown)


@EVERY
def test_every_line_and_gene_asked_for_has_a_number(sparse, name):
    predicted = BASELINES[name](sparse)
    assert predicted.index.equals(sparse.lines)
    assert predicted.columns.equals(sparse.genes)
    assert np.isfinite(predicted).all(axis=None)


@EVERY
def test_nothing_is_learned_from_lines_to_predict(sparse, name):
    before = BASELINES[name](sparse)
    omics = {omic: table.copy() for omic, table in sparse.omics.items()}
    obs = sparse.obs.copy()
    for table in omics.values():
        table.loc[sparse.lines[0]] = np.arange(table.shape[1]) * 1e6
    obs.loc[sparse.lines[0]] = "sentinel"
    others = sparse.lines[1:]
    after = BASELINES[name](replace(sparse, omics=omics, obs=obs))
    pd.testing.assert_frame_equal(after.loc[others], before.loc[others])
    fewer = BASELINES[name](replace(sparse, lines=others))
    pd.testing.assert_frame_equal(fewer, before.loc[others])


@EVERY
def test_nothing_depends_on_the_order_of_rows_and_columns(sparse, name):
    expected = BASELINES[name](sparse)
    shuffled = replace(
        sparse,
        train_effect=sparse.train_effect.sample(frac=1, random_state=0).iloc[:, ::-1],
        omics={
            omic: table.sample(frac=1, random_state=1).sample(frac=1, axis=1, random_state=1)
            for omic, table in reversed(sparse.omics.items())
        },
        obs=sparse.obs.iloc[::-1],
        lines=sparse.lines[::-1],
        genes=sparse.genes[::-1],
        gene_sets=dict(reversed(sparse.gene_sets.items())),
    )
    found = BASELINES[name](shuffled)
    pd.testing.assert_frame_equal(found.loc[expected.index, expected.columns], expected)


@EVERY
def test_one_thread_or_two_give_the_same_bytes_once_rounded(sparse, name):
    results = []
    for n_threads in (1, 2):
        with threadpool_limits(n_threads):
            results.append(BASELINES[name](sparse).round(DECIMALS).to_numpy().tobytes())
    assert results[0] == results[1]


@EVERY
def test_a_gene_that_was_never_screened_is_left_to_those_that_can(sparse, name):
    task = replace(
        sparse,
        train_effect=sparse.train_effect.assign(new=np.nan),
        genes=sparse.genes.append(pd.Index(["new", "unheard_of"])),
    )
    predicted = BASELINES[name](task)
    can = name in FOR_UNSEEN_GENES
    assert predicted[["new", "unheard_of"]].notna().all(axis=None) == can
    assert predicted[["new", "unheard_of"]].isna().all(axis=None) != can
    assert predicted[sparse.genes].notna().all(axis=None)


def test_those_named_are_predicted_in_that_order_after_the_gene_mean(task):
    settings = replace(task.settings, models=("ridge", "lineage_mean"))
    predictions = predict_baselines(replace(task, settings=settings))
    assert list(predictions) == ["gene_mean", "ridge", "lineage_mean"]
    pd.testing.assert_frame_equal(predictions["ridge"], BASELINES["ridge"](task))


def test_ridge_on_expression_is_named_apart_only_beside_other_omics(task):
    alone = replace(task, omics={Omic.EXPRESSION: task.omics[Omic.EXPRESSION]})
    assert "ridge_expression" in predict_baselines(task)
    assert set(predict_baselines(task)) - set(predict_baselines(alone)) == {"ridge_expression"}


def test_without_expression_what_needs_it_is_left_out(task):
    without = replace(task, omics={Omic.MUTATION: task.omics[Omic.MUTATION]})
    assert set(predict_baselines(without)) == {
        "gene_mean", "lineage_mean", "ridge", "elastic_net", "random_forest",
        "confounders", "fingerprint_ridge", "nearest_genes",
    }  # fmt: skip


def test_ridge_weighs_an_omic_that_says_nothing_less(task):
    r = {
        name: pearson_per_gene(measured_of(task), BASELINES[name](task)).mean()
        for name in ("ridge", "ridge_expression")
    }
    equal = fit_ridge(task.screened, task.features(), task)
    assert r["ridge"] > pearson_per_gene(measured_of(task), equal).mean()
    assert r["ridge"] == pytest.approx(r["ridge_expression"], abs=0.02)


def test_ridge_uses_two_omics_that_each_say_a_half(task):
    rng = np.random.default_rng(5)
    halves = {
        omic: pd.DataFrame(rng.normal(size=(120, 4)), task.obs.index, list("wxyz"))
        for omic in (Omic.EXPRESSION, Omic.METHYLATION)
    }
    effect = halves[Omic.EXPRESSION].add(halves[Omic.METHYLATION]).set_axis(task.genes[:4], axis=1)
    both = replace(
        task, omics=halves, train_effect=effect.loc[task.train_effect.index], genes=task.genes[:4]
    )
    measured = effect.loc[task.lines]
    assert pearson_per_gene(measured, ridge(both)).min() > 0.95
    assert pearson_per_gene(measured, ridge_expression(both)).max() < 0.9


@pytest.fixture
def addicted(task):
    """g0 is needed where TP53 is intact, as MDM2 is; expression says nothing of either."""
    rng = np.random.default_rng(3)
    lines = task.obs.index
    mutation = pd.DataFrame({"TP53": (rng.random(120) < 0.4).astype(float)}, lines)
    expression = pd.DataFrame(rng.normal(size=(120, 30)), lines, [f"x{i}" for i in range(30)])
    effect = pd.DataFrame({g: mutation["TP53"] + rng.normal(0, 0.1, 120) for g in ("MDM2", "g0")})
    return replace(
        task,
        omics={Omic.MUTATION: mutation - mutation.mean(), Omic.EXPRESSION: expression},
        train_effect=effect.loc[task.train_effect.index],
        genes=effect.columns,
    ), effect.loc[task.lines]


def test_known_drivers_are_read_of_the_gene_that_they_are_known_for(addicted):
    task, measured = addicted
    r = pearson_per_gene(measured, ridge_drivers(task))
    assert r["MDM2"] > 0.9
    assert abs(r["g0"]) < 0.4  # TP53 is not known to be its cause
    pd.testing.assert_series_equal(ridge_drivers(task)["g0"], ridge_expression(task)["g0"])


def test_a_driver_may_hang_on_a_covariate(addicted):
    task, measured = addicted
    wild = measured["MDM2"].reindex(task.obs.index).fillna(task.train_effect["MDM2"])
    obs = task.obs.assign(msi_status=np.where(wild > 0.5, "MSI", "MSS"))
    renamed = replace(
        task,
        obs=obs,
        omics=task.omics | {Omic.MUTATION: task.omics[Omic.MUTATION].rename(columns={"TP53": "x"})},
        train_effect=task.train_effect.rename(columns={"MDM2": "WRN"}),
        genes=pd.Index(["WRN"]),
    )
    r = pearson_per_gene(measured.rename(columns={"MDM2": "WRN"})[["WRN"]], ridge_drivers(renamed))
    assert r["WRN"] > 0.9


def test_confounders_predict_what_hangs_on_them_and_nothing_else(task, effects):
    rng = np.random.default_rng(4)
    obs = task.obs.assign(growth_rate=rng.normal(size=120), medium=["a", "b", "c", "d"] * 30)
    grows = effects[1].assign(g0=5 * obs["growth_rate"], g1=(obs["medium"] == "a") * 10.0)
    given = replace(task, obs=obs, train_effect=grows.loc[task.train_effect.index])
    r = pearson_per_gene(grows.loc[task.lines], confounders(given))
    assert r[["g0", "g1"]].min() > 0.95
    assert r.drop(["g0", "g1"]).mean() < 0.2


@pytest.fixture
def unseen(task):
    """Genes of set ``a`` are needed by every line, those of ``b`` by none."""
    effect = task.train_effect * 0.01
    effect[list(task.genes[:5])] -= 1
    sets = {"a": (*task.genes[:5], "new_a"), "b": (*task.genes[5:], "new_b")}
    genes = pd.Index(["new_a", "new_b", "in_no_set"])
    return replace(task, train_effect=effect, gene_sets=sets, genes=genes)


def test_an_unseen_gene_is_as_needed_as_those_of_its_sets(unseen):
    predicted = fingerprint_ridge(unseen)
    assert predicted["new_a"].mean() == pytest.approx(-1, abs=0.1)
    assert predicted["new_b"].mean() == pytest.approx(0, abs=0.1)
    assert predicted["in_no_set"].mean() == pytest.approx(-0.5, abs=0.1)


def test_it_ranks_no_line_above_another(unseen):
    predicted = fingerprint_ridge(unseen)
    assert (predicted == predicted.iloc[0]).all(axis=None)
    assert predicted.index.equals(unseen.lines)


def test_a_screened_gene_gets_its_measured_mean(unseen):
    predicted = fingerprint_ridge(replace(unseen, genes=pd.Index(["g0", "new_a"])))
    assert predicted["g0"].tolist() == pytest.approx([unseen.train_effect["g0"].mean()] * 40)


def test_a_gene_that_no_line_screened_is_unseen(unseen):
    effect = unseen.train_effect.assign(new_a=np.nan)
    pd.testing.assert_frame_equal(
        fingerprint_ridge(replace(unseen, train_effect=effect)), fingerprint_ridge(unseen)
    )


def test_the_gene_mean_has_exactly_no_correlation_and_no_skill(task, measured):
    predicted = gene_mean(task)
    assert (pearson_per_gene(measured, predicted) == 0).all()
    assert skill(measured, predicted, task.train_effect.mean()) == 0


def test_lineage_means_are_drawn_towards_the_gene_mean_by_hand(tiny_task, baseline_settings):
    effects = pd.DataFrame({"g": [0, 0, 4, 4.0], "h": [0, 0, 4, np.nan]}, index=list("abcd"))
    obs = pd.DataFrame(
        {"lineage": ["skin", "skin", "lung", "lung", "lung", "bone"]}, index=list("abcdxy")
    )
    settings = replace(baseline_settings, lineage_shrinkage=2.0)
    nothing = pd.DataFrame(index=list("abcdxy"))
    predicted = lineage_mean(tiny_task(effects, nothing, obs=obs, settings=settings))
    # g: mean 2, lung is 2 above it with two lines: 2 + 2 * 2 / (2 + 2).
    # h: mean 4/3, lung is 8/3 above it with one line: 4/3 + 8/3 * 1 / (1 + 2).
    assert predicted.loc["x"].tolist() == pytest.approx([3, 4 / 3 + 8 / 9])
    assert predicted.loc["y"].tolist() == pytest.approx([2, 4 / 3])


SETS = {
    "a": ("g0", "g1", "new"),
    "b": ("g0", "g1", "g2", "new"),
    "c": ("g3", "g4", "far"),
    "d": ("far", "g5"),
}


@pytest.fixture
def unseen_of_genes(task):
    """``new`` shares both sets of g0 and g1 and one of g2's; ``far`` shares one with g3 to g5."""
    settings = replace(task.settings, n_nearest_genes=2)
    genes = pd.Index(["new", "far", "alone"])
    return replace(task, gene_sets=SETS, genes=genes, settings=settings)


def profile(table, effects, genes):
    """The mean deviation of some genes from their training means."""
    return (table[genes] - effects[genes].mean()).mean(axis=1)


def test_an_unseen_gene_deviates_as_its_nearest_genes_do(unseen_of_genes, task):
    predicted = nearest_genes(unseen_of_genes)
    level = fingerprint_ridge(unseen_of_genes)
    of_screened = ridge_expression(task)
    np.testing.assert_allclose(
        predicted["new"],
        level["new"] + profile(of_screened, task.train_effect, ["g0", "g1"]),
    )


def test_genes_as_near_as_the_last_count_too(unseen_of_genes, task):
    # Cosine of far and g3, g4 and g5: 1 / sqrt(2) each.
    np.testing.assert_allclose(
        nearest_genes(unseen_of_genes)["far"] - fingerprint_ridge(unseen_of_genes)["far"],
        profile(ridge_expression(task), task.train_effect, ["g3", "g4", "g5"]),
    )


def test_a_gene_that_shares_no_set_is_predicted_as_an_average_gene(unseen_of_genes):
    predicted = nearest_genes(unseen_of_genes)["alone"]
    assert (predicted == fingerprint_ridge(unseen_of_genes)["alone"]).all()


def test_lines_that_were_trained_on_lend_what_was_measured(unseen_of_genes):
    train = unseen_of_genes.train_effect.index
    effect = unseen_of_genes.train_effect.copy()
    effect.loc[train[0], "g0"] = np.nan
    screened = replace(unseen_of_genes, train_effect=effect, lines=train)
    found = nearest_genes(screened) - fingerprint_ridge(screened)
    np.testing.assert_allclose(
        found.loc[train[1:], "new"], profile(effect, effect, ["g0", "g1"])[1:]
    )
    of_screened = ridge_expression(replace(screened, genes=effect.columns))
    filled = effect.fillna(of_screened)
    assert found.loc[train[0], "new"] == pytest.approx(
        profile(filled, effect, ["g0", "g1"])[train[0]]
    )


def test_a_twin_of_a_screened_gene_is_predicted_as_well_as_that_gene(unseen_of_genes, measured):
    twin = replace(unseen_of_genes, gene_sets={"a": ("g0", "new"), "b": ("g1", "g2")})
    one = replace(twin, settings=replace(twin.settings, n_nearest_genes=1))
    r = pearson_per_gene(measured[["g0"]].rename(columns={"g0": "new"}), nearest_genes(one))
    assert r["new"] > 0.4


@pytest.fixture
def lines(tiny_task, baseline_settings):
    """Lines a, b and c are like x, however strongly; d is its opposite, e was not measured."""
    profile = np.array([1.0, -1.0, 0.5, 0.0])
    tilt = np.array([0.0, 0.0, 0.1, 0.0])
    expression = pd.DataFrame(
        {
            "a": profile + tilt,
            "b": 3 * profile,
            "c": profile - 2 * tilt,
            "d": -profile,
            "e": profile * np.nan,
            "x": profile,
            "y": -profile,
            "z": profile * np.nan,
        }
    ).T
    effects = pd.DataFrame(
        {"g": [1.0, 2, 4, 8, 0], "h": [np.nan, np.nan, 3, 6, 3]}, index=list("abcde")
    )
    settings = replace(baseline_settings, n_nearest_lines=2)
    return tiny_task(effects, expression, settings=settings)


def test_a_line_deviates_from_the_mean_as_its_nearest_do(lines):
    # g: a and b are nearest, and all lines' mean is subtracted and added: (1 + 2) / 2.
    assert nearest_lines(lines).loc["x", "g"] == pytest.approx(1.5)
    # y: d is its twin; c comes second, because its tilt turns it away from x.
    assert nearest_lines(lines).loc["y", "g"] == pytest.approx((8 + 4) / 2)


def test_neighbours_count_that_screened_the_gene(lines):
    predicted = nearest_lines(lines)
    assert predicted.loc["x", "h"] == pytest.approx(4)  # neither has it: the mean of 3, 6 and 3
    more = replace(lines, settings=replace(lines.settings, n_nearest_lines=3))
    assert nearest_lines(more).loc["x", "h"] == pytest.approx(3)  # that of c
    assert nearest_lines(more).loc["y", "h"] == pytest.approx((6 + 3) / 2)


def test_a_line_without_expression_gets_the_mean_and_is_nobodys_neighbour(lines):
    assert nearest_lines(lines).loc["z"].tolist() == pytest.approx([3, 4])
    expression = lines.omics[Omic.EXPRESSION].drop(index=["e", "z"])
    gone = replace(lines, omics={Omic.EXPRESSION: expression})
    pd.testing.assert_frame_equal(nearest_lines(gone), nearest_lines(lines))


def test_all_lines_are_neighbours_when_there_are_few(lines):
    all_lines = replace(lines, settings=replace(lines.settings, n_nearest_lines=50))
    assert nearest_lines(all_lines).loc["x", "g"] == pytest.approx(15 / 4)  # e has no expression


def test_all_get_the_mean_when_no_training_line_has_expression(lines):
    expression = lines.omics[Omic.EXPRESSION].loc[list("xyz")]
    predicted = nearest_lines(replace(lines, omics={Omic.EXPRESSION: expression}))
    assert (predicted == [3, 4]).all(axis=None)


@pytest.fixture
def lines_own(tiny_task):
    """Four lines to learn from, two to predict; y's expression of ``g`` was not measured.

    ``g`` is 1 - 2 x its expression, ``h`` follows the expression of ``g`` and has none itself.
    """
    expression = pd.DataFrame(
        {"g": [-1.0, 0, 1, 2, 3, np.nan], "flat": 1.0}, index=["a", "b", "c", "d", "x", "y"]
    )
    known = expression.loc[list("abcd"), "g"]
    effects = pd.DataFrame({"g": 1 - 2 * known, "h": known, "flat": [0.0, 1, 2, 3]})
    return tiny_task(effects, expression)


def test_a_gene_is_a_straight_line_in_its_own_expression(lines_own):
    assert own_expression(lines_own).loc["x", "g"] == pytest.approx(1 - 2 * 3)


def test_what_was_not_measured_or_never_varies_gives_the_mean(lines_own):
    predicted = own_expression(lines_own)
    assert predicted.loc["y", "g"] == pytest.approx(0)  # of 3, 1, -1 and -3
    assert predicted["h"].tolist() == pytest.approx([0.5, 0.5])
    assert predicted["flat"].tolist() == pytest.approx([1.5, 1.5])


def test_the_line_is_fitted_where_both_numbers_are_known(lines_own):
    lines_own.train_effect.loc["a", "g"] = np.nan
    lines_own.omics[Omic.EXPRESSION].loc["d", "g"] = np.nan
    # Two lines are left, through which any straight line goes: the mean of b, c and d.
    assert own_expression(lines_own).loc["x", "g"] == pytest.approx(-1)


def test_finds_planted_genes_as_numpy_does(task):
    x = task.omics[Omic.EXPRESSION]
    predicted = own_expression(task)
    for gene in task.genes:
        slope, height = np.polyfit(
            x.loc[task.train_effect.index, gene], task.train_effect[gene], deg=1
        )
        np.testing.assert_allclose(predicted[gene], height + slope * x.loc[task.lines, gene])


def rank_one(task, rng):
    """Effects that are one factor, the mean of five genes' expression, times a loading per gene."""
    factor = task.omics[Omic.EXPRESSION].iloc[:, :5].mean(axis=1)
    loadings = rng.choice([-1, 1], 10) * rng.uniform(0.5, 2, 10)
    return pd.DataFrame(np.outer(factor, loadings) + 3, factor.index, task.genes)


def test_finds_the_one_factor_that_moves_all_genes(task):
    effects = rank_one(task, np.random.default_rng(3))
    train = effects.loc[task.train_effect.index]
    predicted = common_factor(replace(task, train_effect=train))
    assert pearson_per_gene(effects.loc[task.lines], predicted).min() > 0.95


def test_all_genes_rank_the_lines_alike_or_the_other_way_round(task):
    r = np.corrcoef(common_factor(task).T)
    np.testing.assert_allclose(np.abs(r), 1)


def test_a_gene_that_few_lines_screened_keeps_its_slope(task):
    effects = rank_one(task, np.random.default_rng(3))
    train = effects.loc[task.train_effect.index]
    whole = common_factor(replace(task, train_effect=train))
    train = train.copy()
    train.iloc[10:, 0] = np.nan
    part = common_factor(replace(task, train_effect=train))
    ratio = part["g0"].std() / whole["g0"].std()
    assert 0.9 < ratio < 1.1


def test_effects_that_never_vary_are_predicted_by_their_mean(task):
    constant = task.train_effect * 0 + 2
    assert (common_factor(replace(task, train_effect=constant)) == 2).all(axis=None)


def with_net(task, **changes):
    net = replace(task.settings.elastic_net, **changes)
    return replace(task, settings=replace(task.settings, elastic_net=net))


def sklearns(task, gene, penalty):
    """The same model by scikit-learn's own class, fitted on the lines that screened the gene."""
    effect = task.train_effect[gene].dropna()
    x = task.omics[Omic.EXPRESSION]
    sd = effect.std(ddof=0)
    model = ElasticNet(alpha=penalty, l1_ratio=task.settings.elastic_net.l1_share)
    return model.fit(x.loc[effect.index], effect / sd).predict(x.loc[task.lines]) * sd


def test_agrees_with_sklearn_where_all_features_are_kept(task):
    effect = task.train_effect * 5 + 3
    effect.iloc[:7, 0] = np.nan
    expression = {Omic.EXPRESSION: task.omics[Omic.EXPRESSION]}
    for penalty in (0.02, 0.2):
        one = with_net(task, n_features=1000, penalties=(penalty,))
        one = replace(one, omics=expression, train_effect=effect)
        predicted = elastic_net(one)
        for gene in ("g0", "g1"):
            np.testing.assert_allclose(
                predicted[gene], sklearns(one, gene, penalty), rtol=0, atol=0.01
            )


def test_the_order_of_the_penalties_does_not_matter(task):
    given, turned = (with_net(task, penalties=p) for p in ((0.05, 0.4, 0.2), (0.4, 0.2, 0.05)))
    pd.testing.assert_frame_equal(elastic_net(given), elastic_net(turned))


def test_finds_planted_genes_and_chooses_the_better_penalty(task, measured):
    # One feature of 60 is right; the best any model can do is sqrt(1/2) = 0.71.
    r = pearson_per_gene(measured, elastic_net(task)).mean()
    assert r > 0.6
    weakest = with_net(task, penalties=(min(task.settings.elastic_net.penalties),))
    assert r > pearson_per_gene(measured, elastic_net(weakest)).mean()


def test_a_gene_of_noise_is_left_at_its_mean_when_genes_choose_apart(task):
    noise = np.random.default_rng(5).normal(size=80)
    mixed = replace(
        with_net(task, penalties=(0.05, 2.0)),
        train_effect=task.train_effect.assign(g9=noise),
    )
    common, own = (
        elastic_net(replace(mixed, settings=replace(mixed.settings, penalty=scope)))
        for scope in (PenaltyScope.COMMON, PenaltyScope.PER_GENE)
    )
    assert common["g9"].std() > 0.05
    assert own["g9"].to_numpy() == pytest.approx(noise.mean())
    pd.testing.assert_frame_equal(own[["g0"]], common[["g0"]])


def test_features_are_chosen_for_each_gene(task, measured):
    one = with_net(task, n_features=1, penalties=(0.01,))
    predicted = elastic_net(one)
    expression = task.omics[Omic.EXPRESSION].loc[task.lines]
    r = [np.corrcoef(predicted[gene], expression[gene])[0, 1] for gene in task.genes]
    assert r == pytest.approx([1.0] * len(task.genes))


def test_a_gene_that_never_varies_gets_its_value(task):
    constant = task.train_effect.assign(g0=0.25)
    assert (elastic_net(replace(task, train_effect=constant))["g0"] == 0.25).all()


def test_a_gene_that_one_line_screened_gets_its_value(task):
    effect = task.train_effect.copy()
    effect.iloc[1:, 0] = np.nan
    predicted = elastic_net(replace(task, train_effect=effect))
    assert predicted["g0"].tolist() == pytest.approx([effect.iloc[0, 0]] * len(task.lines))


def test_ridge_finds_a_planted_linear_effect(task, measured):
    # The best any model can do is sqrt(1/2) = 0.71.
    assert pearson_per_gene(measured, ridge_expression(task)).mean() > 0.5


def test_ridge_on_all_omics_is_held_back_by_those_that_are_noise(task, measured):
    r, r_expression = (
        pearson_per_gene(measured, model(task)).mean() for model in (ridge, ridge_expression)
    )
    assert 0.3 < r < r_expression


def test_ridge_finds_nothing_in_permuted_labels(task, measured):
    lines = task.train_effect.index
    rs = []
    for seed in range(20):
        shuffled = task.train_effect.sample(frac=1, random_state=seed).set_axis(lines)
        predicted = ridge_expression(replace(task, train_effect=shuffled))
        rs.append(pearson_per_gene(measured, predicted).mean())
    assert abs(np.mean(rs)) < 0.05


def test_each_gene_may_have_its_own_penalty(task, measured):
    noise = np.random.default_rng(2).normal(size=120)
    mixed = pd.concat([task.train_effect, measured])
    mixed = mixed.assign(g0=task.omics[Omic.EXPRESSION]["g0"], g1=noise)
    common, own = (
        ridge_expression(
            replace(
                task,
                train_effect=mixed.loc[task.train_effect.index],
                settings=replace(task.settings, penalty=scope),
            )
        )
        for scope in (PenaltyScope.COMMON, PenaltyScope.PER_GENE)
    )
    error = (common - mixed.loc[task.lines]) ** 2 - (own - mixed.loc[task.lines]) ** 2
    assert error["g0"].mean() > 0  # without noise, it wants less penalty than the others
    assert error["g1"].mean() > 0  # with nothing else, more


def test_the_strongest_ridge_reads_expression_where_there_is_any(task):
    pd.testing.assert_frame_equal(strongest_ridge(task), ridge_expression(task))
    without = replace(task, omics={Omic.MUTATION: task.omics[Omic.MUTATION]})
    pd.testing.assert_frame_equal(strongest_ridge(without), ridge(without))


def test_a_line_without_expression_is_predicted_as_an_average_line(task):
    expression = task.omics[Omic.EXPRESSION].copy()
    train = expression.loc[task.train_effect.index]
    expression.loc[train.index] -= train.mean()
    expression.loc[task.lines[0]] = np.nan
    predicted = ridge_expression(replace(task, omics={Omic.EXPRESSION: expression}))
    assert predicted.loc[task.lines[0]].to_numpy() == pytest.approx(
        task.train_effect.mean().to_numpy()
    )
    gone = {Omic.EXPRESSION: expression.drop(index=task.lines[0])}
    pd.testing.assert_frame_equal(ridge_expression(replace(task, omics=gone)), predicted)


def with_forest(task, **changes):
    forest = replace(task.settings.random_forest, **changes)
    return replace(task, settings=replace(task.settings, random_forest=forest))


def test_finds_an_effect_of_two_features_that_no_straight_line_has(task):
    x = task.omics[Omic.EXPRESSION]
    both = ((x["g0"] > 0) & (x["g1"] > 0)).astype(float)  # dependent with both only
    train = task.train_effect.assign(g0=both)
    predicted = random_forest(replace(task, train_effect=train))
    assert np.corrcoef(predicted["g0"], both[task.lines])[0, 1] > 0.8


def test_reads_a_genes_own_features_even_if_they_correlate_with_nothing(task):
    x = task.omics[Omic.MUTATION]["g0"].abs()  # its correlation with the feature is about 0
    train = task.train_effect.assign(g0=x)
    predicted = random_forest(
        with_forest(replace(task, train_effect=train), n_features=1, features_per_split=1.0)
    )
    assert np.corrcoef(predicted["g0"], x[task.lines])[0, 1] > 0.8


def test_a_gene_does_not_depend_on_which_others_are_asked_for(task):
    some = random_forest(replace(task, genes=task.genes[[3, 1]]))
    pd.testing.assert_frame_equal(some, random_forest(task)[["g3", "g1"]])


def test_the_seed_decides(task):
    predicted = random_forest(task)
    pd.testing.assert_frame_equal(random_forest(task), predicted)
    assert not random_forest(with_forest(task, seed=2)).equals(predicted)


def test_is_fitted_on_the_lines_that_screened_the_gene(task, measured):
    train = task.train_effect.copy()
    train.iloc[:20, 0] = np.nan
    fewer = replace(task, train_effect=train)
    alone = replace(task, train_effect=train.iloc[20:], genes=task.genes[:1])
    pd.testing.assert_frame_equal(random_forest(fewer)[["g0"]], random_forest(alone))
    assert pearson_per_gene(measured, random_forest(task)).mean() > 0.4
