from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from sklearn.linear_model import ElasticNet

from deepdep.domain.omics import Omic
from deepdep.models.baselines.regression import (
    common_factor,
    elastic_net,
    random_forest,
    ridge,
    ridge_expression,
    strongest_ridge,
)
from deepdep.models.baselines.task import PenaltyScope
from deepdep.statistics.metrics import pearson_per_gene


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
