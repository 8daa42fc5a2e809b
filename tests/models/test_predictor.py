from dataclasses import replace
from itertools import combinations

import numpy as np
import pandas as pd
import pytest

from deepdep.data.standardized import StandardizedSamples
from deepdep.domain.cohort import Samples
from deepdep.domain.omics import Omic
from deepdep.errors import DeepDEPError, MissingFeaturesError
from deepdep.models import predictor as models_predictor
from deepdep.models import table
from deepdep.simulation.settings import TINY
from deepdep.statistics.conformal import LackFactors

SUBSETS = [subset for n in range(1, 5) for subset in combinations(TINY.n_features, n)]


def predict(samples, predictor, genes=None):
    return predictor.predict(samples, genes, file_name="mine.h5mu")


def only(samples, omics):
    return replace(samples, omics={omic: samples.omics[omic] for omic in omics})


def of(samples, names):
    """Some of the samples, in this order."""
    omics = {o: table.loc[table.index.isin(names)] for o, table in samples.omics.items()}
    return replace(samples, omics=omics, obs=samples.obs.loc[list(names)])


@pytest.fixture(scope="module")
def lines(cohort, prepared_cohort) -> Samples:
    """The test lines as they were measured; about a tenth of them lack each omic."""
    splits = prepared_cohort.splits
    return of(cohort.cell_lines, splits.index[splits["split"] == "test"])


@pytest.fixture(scope="module")
def full_lines(cohort) -> Samples:
    """Six cell lines that have every omic."""
    tables = cohort.cell_lines.omics.values()
    complete = [
        line for line in cohort.cell_lines.obs.index if all(line in t.index for t in tables)
    ]
    return of(cohort.cell_lines, complete[:6])


@pytest.mark.parametrize("omics", SUBSETS, ids="+".join)
def test_any_omics_will_do_and_the_notes_say_which_were_missing(full_lines, predictor, omics):
    predicted = predict(only(full_lines, omics), predictor)
    assert list(predicted.effect.index) == list(full_lines.obs.index)
    assert np.isfinite(predicted.effect.to_numpy()).all()
    assert (predicted.effect.std() > 0).all()  # what there is, is read
    assert predicted.notes == tuple(
        f"6 of 6 samples have no {omic}; predicted without it"
        for omic in TINY.n_features
        if omic not in omics
    )


def test_every_omic_changes_the_prediction(full_lines, predictor):
    whole = predict(full_lines, predictor).effect
    for omic in TINY.n_features:
        others = [other for other in TINY.n_features if other is not omic]
        assert not np.allclose(predict(only(full_lines, others), predictor).effect, whole)


def test_samples_that_lack_an_omic_are_predicted_without_it_and_counted(full_lines, predictor):
    names = list(full_lines.obs.index)
    mutation = full_lines.omics[Omic.MUTATION].loc[names[2:]]
    some = replace(full_lines, omics={**full_lines.omics, Omic.MUTATION: mutation})
    predicted = predict(some, predictor)
    assert predicted.notes == ("2 of 6 samples have no mutation; predicted without it",)
    whole = predict(full_lines, predictor).effect
    without = predict(only(full_lines, list(TINY.n_features)[1:]), predictor).effect
    np.testing.assert_allclose(predicted.effect[2:], whole[2:], atol=1e-5)
    np.testing.assert_allclose(predicted.effect[:2], without[:2], atol=1e-5)


def test_an_omic_whose_table_is_empty_counts_as_missing(full_lines, predictor):
    empty = full_lines.omics[Omic.MUTATION].iloc[:0]
    some = replace(full_lines, omics={**full_lines.omics, Omic.MUTATION: empty})
    assert predict(some, predictor).notes == (
        "6 of 6 samples have no mutation; predicted without it",
    )


def test_the_order_of_samples_features_and_omics_does_not_matter(lines, predictor):
    rng = np.random.default_rng(0)
    shuffled = {
        omic: table.sample(frac=1, random_state=rng).sample(frac=1, axis=1, random_state=rng)
        for omic, table in reversed(lines.omics.items())
    }
    mixed = replace(lines, omics=shuffled, obs=lines.obs.sample(frac=1, random_state=rng))
    first, second = predict(lines, predictor), predict(mixed, predictor)
    assert list(second.effect.index) == list(mixed.obs.index)
    pd.testing.assert_frame_equal(second.effect, first.effect.loc[mixed.obs.index], atol=1e-4)
    assert first.notes == second.notes


def test_features_that_no_model_reads_are_ignored(full_lines, predictor):
    wider = {omic: table.assign(UNHEARD_OF=99.0) for omic, table in full_lines.omics.items()}
    pd.testing.assert_frame_equal(
        predict(replace(full_lines, omics=wider), predictor).effect,
        predict(full_lines, predictor).effect,
    )


def test_a_sample_is_predicted_alike_alone_and_in_company(full_lines, predictor):
    whole = predict(full_lines, predictor).effect
    for name in full_lines.obs.index:
        alone = predict(of(full_lines, [name]), predictor).effect
        np.testing.assert_allclose(alone.loc[name], whole.loc[name], atol=1e-4)


def test_tumors_and_cell_lines_are_each_read_on_their_own_scale(cohort, predictor, full_lines):
    tumors = of(cohort.tumors, cohort.tumors.obs.index[:5])
    both = Samples(
        {omic: pd.concat([full_lines.omics[omic], tumors.omics[omic]]) for omic in TINY.n_features},
        pd.concat([full_lines.obs, tumors.obs]),
        full_lines.units,
    )
    apart = [predict(samples, predictor).effect for samples in (full_lines, tumors)]
    pd.testing.assert_frame_equal(predict(both, predictor).effect, pd.concat(apart), atol=1e-4)
    taken_for_lines = replace(tumors, obs=tumors.obs.assign(source="cell_line"))
    assert not np.allclose(predict(taken_for_lines, predictor).effect, apart[1])


def test_what_the_predictor_learned_is_predicted_by_default(full_lines, predictor):
    predicted = predict(full_lines, predictor)
    assert list(predicted.effect.columns) == list(predictor.gene_scale.screened.index)
    assert predicted.genes["screened"].all()
    assert predicted.kind is predictor.kind
    pd.testing.assert_frame_equal(predicted.obs, full_lines.obs)


def test_a_gene_that_was_never_screened_is_predicted_by_its_sets(full_lines, predictor):
    known, *_ = predictor.gene_scale.screened.index
    twin = {
        name: (*genes, "TWIN") if known in genes else genes
        for name, genes in predictor.gene_sets.items()
    }
    networks_alone = replace(predictor, gene_sets=twin, network_share=1.0)
    predicted = predict(full_lines, networks_alone, [known, "TWIN"])
    assert predicted.notes == ("1 gene never screened; predicted by gene sets alone",)
    assert predicted.genes["screened"].to_dict() == {known: True, "TWIN": False}
    assert predicted.genes.loc["TWIN", "n_gene_sets"] == predicted.genes.loc[known, "n_gene_sets"]
    # The same fingerprint deviates alike, in units of each gene's own spread.
    deviation = (predicted.effect - predicted.genes["mean"]) / predicted.genes["sd"]
    np.testing.assert_allclose(deviation["TWIN"], deviation[known], atol=1e-4)
    closed_form_too = predict(full_lines, replace(predictor, gene_sets=twin), ["TWIN"])
    assert closed_form_too.effect["TWIN"].std() > 0


def test_a_prediction_is_the_mean_of_networks_and_its_share_of_the_closed_form(
    full_lines, predictor
):
    first, second = (
        predict(full_lines, replace(predictor, networks=(network,), network_share=1.0)).effect
        for network in predictor.networks
    )
    closed_form = predict(full_lines, replace(predictor, network_share=0.0)).effect
    assert not np.allclose(first, second)
    mixed = predict(full_lines, replace(predictor, network_share=0.25)).effect
    np.testing.assert_allclose(mixed, 0.25 * (first + second) / 2 + 0.75 * closed_form, atol=1e-5)


def test_an_omic_that_tuning_left_out_is_not_read(prepared_cohort, predictor):
    without = {o: f for o, f in predictor.features.items() if o is not Omic.METHYLATION}
    alone = replace(predictor, networks=(), network_share=0.0, features=without)
    profiles = prepared_cohort.profiles
    fewer = {omic: table for omic, table in profiles.items() if omic in without}
    lines, genes = (
        list(profiles[Omic.EXPRESSION].index[:5]),
        list(predictor.gene_scale.screened.index),
    )
    first, second = (
        alone.predict(StandardizedSamples.named(tables, lines), genes).effect
        for tables in (profiles, fewer)
    )
    pd.testing.assert_frame_equal(first, second)


def test_progress_counts_the_samples_of_all_networks_as_one(full_lines, predictor):
    told = []
    predictor.predict(full_lines, progress=lambda n_done, n_all: told.append((n_done, n_all)))
    assert told[0] == (0, 6)
    assert told[-1] == (6, 6)
    assert told == sorted(told)


def test_what_is_known_of_a_gene_comes_with_it(full_lines, predictor):
    known, other = predictor.gene_scale.screened.index[:2]
    trust = pd.DataFrame(
        {"cv_r": [0.4], "cv_r_low": [0.1], "cv_r_high": [0.6], "trusted": True, "half_width": 0.3},
        index=[known],
    )
    knowing = replace(predictor, gene_trust=trust, half_width_per_sd=1.5)
    genes = predict(full_lines, knowing, [known, other, "NEW"]).genes
    assert genes["trusted"].tolist() == [True, False, False]
    assert genes.loc[known, ["cv_r", "half_width"]].tolist() == [0.4, 0.3]
    # Where no errors of the gene are known, its spread says how wide.
    np.testing.assert_allclose(genes["half_width"][1:], 1.5 * genes["sd"][1:])


def test_intervals_are_wider_by_what_each_sample_lacks(full_lines, predictor):
    gene = predictor.gene_scale.screened.index[0]
    trust = pd.DataFrame({"cv_r": [0.4], "trusted": True, "half_width": 0.3}, index=[gene])
    table = pd.DataFrame({0.0: [1.4], 1.0: 1.0}, ["expression"])
    knowing = replace(predictor, gene_trust=trust, lack_factors=LackFactors(table))
    table = full_lines.omics[Omic.EXPRESSION]
    one_lacks = replace(full_lines, omics={**full_lines.omics, Omic.EXPRESSION: table.iloc[1:]})
    predicted = predict(one_lacks, knowing, [gene])
    width = (predicted.interval.high - predicted.interval.low)[gene]
    lacking = table.index[0]
    assert predicted.obs["interval_factor"].drop(lacking).between(1, 1.02).all()
    assert width[lacking] == pytest.approx(2 * 1.4 * 0.3)
    assert "interval_factor" not in predict(one_lacks, predictor, [gene]).obs


def test_a_gene_in_no_set_is_predicted_as_an_average_gene_and_named(full_lines, predictor):
    predicted = predict(full_lines, predictor, ["NOWHERE", "NOR_HERE"])
    networks_alone = predict(full_lines, replace(predictor, network_share=1.0), ["NOWHERE"])
    assert networks_alone.notes[0] == "1 gene never screened; predicted by gene sets alone"
    with_closed_form, average_gene = predicted.notes
    assert with_closed_form.startswith("2 genes never screened; predicted by gene sets")
    assert average_gene == (
        "no gene set of the model holds 'NOWHERE', 'NOR_HERE'; predicted as an average gene"
    )
    np.testing.assert_allclose(predicted.effect["NOWHERE"], predicted.effect["NOR_HERE"])
    average = predictor.gene_scale.of(["NOWHERE"], predictor.gene_sets).loc["NOWHERE"]
    assert predicted.genes.loc["NOWHERE", ["mean", "sd"]].tolist() == average.tolist()


def test_genes_come_in_the_order_asked_for(full_lines, predictor):
    genes = list(predictor.gene_scale.screened.index)
    turned = predict(full_lines, predictor, genes[::-1]).effect
    assert list(turned.columns) == genes[::-1]
    pd.testing.assert_frame_equal(turned[genes], predict(full_lines, predictor).effect, atol=1e-5)


def test_samples_with_nothing_to_read_are_left_out_and_counted(full_lines, predictor):
    stranger = full_lines.obs.iloc[:1].set_axis(["STRANGER"])
    more = replace(full_lines, obs=pd.concat([stranger, full_lines.obs]))
    predicted = predict(more, predictor)
    assert list(predicted.effect.index) == list(full_lines.obs.index)
    assert list(predicted.obs.index) == list(full_lines.obs.index)
    assert predicted.notes == ("1 sample without any of the model's omics; left out",)


def test_samples_without_any_omic_of_the_model_are_refused(full_lines, predictor):
    features = {Omic.EXPRESSION: predictor.features[Omic.EXPRESSION]}
    with pytest.raises(
        DeepDEPError, match=r"mine.h5mu: has none of the model's omics \(expression"
    ):
        predict(only(full_lines, [Omic.MUTATION]), replace(predictor, features=features))


def test_a_table_in_another_unit_is_refused(full_lines, predictor):
    other = replace(full_lines, units={**full_lines.units, Omic.EXPRESSION: "z-score"})
    with pytest.raises(DeepDEPError, match=r"mine.h5mu: expression: is in z-score"):
        predict(other, predictor)


def with_share_of_expression(samples, predictor, share):
    table = samples.omics[Omic.EXPRESSION]
    features = predictor.features[Omic.EXPRESSION].table.index
    some = table[features[: int(share * len(features))]]
    return replace(samples, omics={**samples.omics, Omic.EXPRESSION: some})


def test_samples_that_lack_features_are_predicted_and_counted(full_lines, predictor):
    predicted = predict(with_share_of_expression(full_lines, predictor, 0.5), predictor)
    assert np.isfinite(predicted.effect.to_numpy()).all()
    (note,) = predicted.notes
    assert note.startswith("6 of 6 samples have 50% of the ")
    without = predict(
        only(full_lines, [o for o in TINY.n_features if o != Omic.EXPRESSION]), predictor
    )
    assert np.abs(predicted.effect - without.effect).to_numpy().max() > 0.01  # they are read


def test_a_table_without_most_features_is_refused(full_lines, predictor):
    with pytest.raises(MissingFeaturesError, match=r"mine.h5mu: expression: lacks"):
        predict(with_share_of_expression(full_lines, predictor, 0.04), predictor)


def test_blocks_of_samples_give_the_same_as_one(lines, predictor, monkeypatch):
    samples = predictor.standardize(lines)
    whole, code = predictor.predict(samples).effect, predictor.embed(samples)
    for module in (models_predictor, table):
        monkeypatch.setattr(module, "N_SAMPLES", 5)
    assert len(samples.names) % 5  # the last block is not full
    pd.testing.assert_frame_equal(predictor.predict(samples).effect, whole, atol=1e-4)
    np.testing.assert_allclose(predictor.embed(samples), code, atol=1e-4)


def test_no_sample_is_a_table_too(lines, predictor):
    samples = predictor.standardize(lines)
    none = StandardizedSamples.named(samples.profiles, [])
    assert predictor.predict(none).effect.shape == (0, len(predictor.gene_scale.screened))
    nothing = StandardizedSamples.named({}, [])
    assert predictor.embed(nothing).shape == (0, predictor.settings.embedding)


def test_codes_tell_samples_apart(full_lines, predictor):
    samples = predictor.standardize(full_lines)
    codes = predictor.embed(samples)
    assert codes.shape == (6, predictor.settings.embedding)
    assert len(np.unique(codes.round(4), axis=0)) == 6
    turned = replace(samples, obs=samples.obs[::-1])
    np.testing.assert_allclose(predictor.embed(turned), codes[::-1], atol=1e-5)


def test_genes_that_were_looked_up_serve_any_samples(cohort, predictor):
    genes = [*predictor.gene_scale.screened.index[:3], "NOWHERE"]
    known = predictor.prepare_genes(genes)
    for samples in (cohort.cell_lines, cohort.tumors):
        predicted = predictor.predict(samples, known)
        expected = predictor.predict(samples, genes)
        pd.testing.assert_frame_equal(predicted.effect, expected.effect, check_exact=True)
        pd.testing.assert_frame_equal(predicted.genes, expected.genes, check_exact=True)
        assert predicted.notes == expected.notes


def test_networks_are_cut_and_compiled_once(predictor):
    assert predictor.cut_networks is predictor.cut_networks
