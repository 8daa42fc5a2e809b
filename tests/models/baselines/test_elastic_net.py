from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from sklearn.linear_model import ElasticNet

from deepdep.domain.correlation import pearson_per_gene
from deepdep.domain.omics import Omic
from deepdep.models.baselines import PenaltyScope
from deepdep.models.baselines.elastic_net import elastic_net


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
