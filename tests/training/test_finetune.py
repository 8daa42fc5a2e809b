from dataclasses import replace

import numpy as np
import pytest

from deepdep.data.standardized import StandardizedSamples
from deepdep.domain.omics import Omic
from deepdep.models.artifacts import TrainedEncoder
from deepdep.statistics.metrics import pearson_per_gene
from deepdep.training.cross_fit import fit_predictor
from deepdep.training.finetune import train
from deepdep.training.session import start_session
from deepdep.training.settings import VALIDATION_R

OMIC = Omic.EXPRESSION


@pytest.fixture
def encoders(prepared, pretrain_settings):
    start_session(0)
    space = prepared.omics[OMIC].space
    encoder = pretrain_settings.encoder.build(len(space.table), name=str(OMIC))
    return {OMIC: TrainedEncoder(encoder, pretrain_settings.encoder, space)}


def test_learns_the_planted_programme_on_unseen_lines(prepared, encoders, finetune_settings):
    fitted = fit_predictor(prepared, encoders, finetune_settings)
    test = prepared.splits.index[prepared.splits["split"] == "test"]
    measured = prepared.gene_effect.table.loc[test]
    predicted = fitted.predictor.predict(prepared.samples(test), measured.columns).effect
    r = pearson_per_gene(measured, predicted)
    assert r[["GENE0", "GENE1", "GENE2", "GENE3"]].min() > 0.7


def test_an_unscreened_gene_follows_the_sets_it_is_in(
    prepared, encoders, finetune_settings, closed_form_settings
):
    """The genes have names that are no family's, of which none could be left out."""
    names = ["TP53", "KRAS", "MYC", "EGFR", "PTEN", "WRN", "BRAF", "CDK6"]
    named = dict(zip(prepared.genes, names, strict=True))
    effects, background = prepared.gene_effect, prepared.background
    prepared = replace(
        prepared,
        gene_effect=replace(effects, table=effects.table.rename(columns=named)),
        background=replace(background, table=background.table.rename(columns=named)),
        gene_sets={
            gene_set: tuple(named.get(gene, gene) for gene in genes)
            for gene_set, genes in prepared.gene_sets.items()
        },
    )
    settings = replace(finetune_settings, closed_form=closed_form_settings)
    fitted = fit_predictor(prepared, encoders, settings)
    lines = prepared.gene_effect.table.index
    profiles = {OMIC: prepared.omics[OMIC].cell_lines}
    predicted = fitted.predictor.predict(
        StandardizedSamples.named(profiles, lines), ["UNSCREENED"]
    ).effect["UNSCREENED"]
    assert predicted.corr(prepared.gene_effect.table["KRAS"]) > 0.9


def test_test_lines_change_nothing_learned(prepared, pretrain_settings, finetune_settings):
    of_omics = {OMIC: replace(pretrain_settings, epochs=2)}  # enough to show any influence

    def weights(cohort):
        start_session(0)
        fitted = train(cohort, of_omics, replace(finetune_settings, epochs=2))
        return fitted.network.get_weights()

    test = prepared.splits.index[prepared.splits["split"] == "test"]
    effects = prepared.gene_effect.table.copy()
    effects.loc[test] = 1e6
    spoiled = replace(prepared, gene_effect=replace(prepared.gene_effect, table=effects))
    for one, other in zip(weights(prepared), weights(spoiled), strict=True):
        np.testing.assert_array_equal(one, other)


@pytest.mark.parametrize("encoder", ["frozen", "trainable"])
def test_only_frozen_encoders_keep_their_weights(prepared, encoders, finetune_settings, encoder):
    before = encoders[OMIC].encoder.get_weights()
    fitted = fit_predictor(
        prepared, encoders, replace(finetune_settings, encoders=encoder, epochs=2)
    )
    (network,) = fitted.predictor.networks
    own = [layer.name for layer in encoders[OMIC].encoder.layers if layer.weights]
    after = [weight for name in own for weight in network.get_layer(name).get_weights()]
    assert len(before) == len(after) > 0
    kept = [np.array_equal(one, other) for one, other in zip(before, after, strict=True)]
    assert all(kept) if encoder == "frozen" else not any(kept)


def test_the_best_epoch_is_kept(prepared, encoders, finetune_settings):
    fitted = fit_predictor(prepared, encoders, finetune_settings)
    validation = prepared.splits.index[prepared.splits["split"] == "validation"]
    measured = prepared.gene_effect.table.loc[validation]
    predicted = fitted.predictor.predict(
        prepared.samples(validation),
        measured.columns,
    ).effect
    best = fitted.history[VALIDATION_R].max()
    assert pearson_per_gene(measured, predicted).mean() == pytest.approx(best, abs=1e-4)


def test_blocks_that_do_not_divide_the_genes_serve(prepared, encoders, finetune_settings):
    settings = replace(finetune_settings, genes_per_block=5, lines_per_block=7, epochs=2)
    history = fit_predictor(prepared, encoders, settings).history
    assert np.isfinite(history["loss"]).all()
