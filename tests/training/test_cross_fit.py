from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from deepdep.domain.gene_effect import GeneEffect
from deepdep.domain.omics import Omic
from deepdep.errors import DeepDEPError
from deepdep.models.artifacts import TrainedEncoder
from deepdep.models.settings import EncoderSettings
from deepdep.statistics.metrics import pearson_per_gene
from deepdep.training import cross_fit
from deepdep.training.cross_fit import best_share, fit_predictor, unscreened_half_width
from deepdep.training.session import start_session

ENCODER = EncoderSettings((8, 4), "gelu", "linear", "linear", corruption=0.2)


def encoders_of(prepared):
    return {
        omic: TrainedEncoder(
            ENCODER.build(len(tables.space.table), name=str(omic)), ENCODER, tables.space
        )
        for omic, tables in prepared.omics.items()
    }


def fit(prepared, settings):
    start_session(settings.seed)
    return fit_predictor(prepared, encoders_of(prepared), settings)


def parts_of(prepared, *parts):
    return prepared.splits.index[prepared.splits["split"].isin(parts)]


@pytest.fixture(scope="module")
def settings(finetune_settings, closed_form_settings):
    """Two networks of a few epochs beside a closed form."""
    return replace(finetune_settings, n_members=2, epochs=3, closed_form=closed_form_settings)


@pytest.fixture(scope="module")
def fitted(prepared_cohort, settings):
    """Fitted on the simulated cohort; do not change it in place."""
    return fit(prepared_cohort, settings)


@pytest.fixture
def two_lines_each(prepared):
    """``prepared``, in which two lines of a part that follow each other are of one patient."""
    splits = prepared.splits
    number = splits.groupby("split").cumcount() // 2
    of_lines = splits["split"] + number.astype(str).str.zfill(2)
    background = replace(prepared.background, patient_id=of_lines[prepared.background.table.index])
    return replace(
        prepared,
        splits=prepared.splits.assign(patient_id=of_lines),
        background=background,
    )


def spoiled(prepared):
    """Sentinels in the labels and profiles of test lines."""
    test = parts_of(prepared, "test")
    effects = prepared.gene_effect.table.astype(float)
    effects.loc[test] = 1e6
    omics = {}
    for omic, tables in prepared.omics.items():
        profiles = tables.cell_lines.copy()
        profiles.loc[profiles.index.isin(test)] = 1e6
        omics[omic] = replace(tables, cell_lines=profiles)
    return replace(
        prepared, omics=omics, gene_effect=GeneEffect(effects, prepared.gene_effect.kind)
    )


def tables_of(predictor):
    closed_form = predictor.closed_form
    return (
        predictor.gene_trust,
        predictor.gene_scale.screened,
        closed_form.kernel.coefficients,
        closed_form.unscreened.by_gene,
        closed_form.unscreened.slopes,
        closed_form.unscreened.of_lines,
        closed_form.single_features.weights,
    )


def assert_same(one, other):
    """The same weights, coefficients, trust and widths, bit by bit."""
    for network, again in zip(one.networks, other.networks, strict=True):
        for weight, weight_again in zip(network.get_weights(), again.get_weights(), strict=True):
            np.testing.assert_array_equal(weight, weight_again)
    for table, again in zip(tables_of(one), tables_of(other), strict=True):
        pd.testing.assert_frame_equal(table, again, check_exact=True)
    assert one.network_share == other.network_share
    assert one.half_width_per_sd == other.half_width_per_sd


def test_test_rows_change_nothing_learned(two_lines_each, settings):
    clean, again = (
        fit(each, settings).predictor for each in (two_lines_each, spoiled(two_lines_each))
    )
    assert_same(clean, again)


def test_the_same_seed_gives_the_same_predictor_and_another_another(two_lines_each, settings):
    short = replace(settings, epochs=1)
    first, again = (fit(two_lines_each, short).predictor for _ in range(2))
    assert_same(first, again)
    other = fit(two_lines_each, replace(short, seed=1)).predictor
    assert not np.allclose(other.networks[0].get_weights()[0], first.networks[0].get_weights()[0])


def test_every_line_but_the_tests_is_left_out_once(two_lines_each, settings, monkeypatch):
    judged = []
    gene_trust = cross_fit.gene_trust

    def spy(measured, out_of_fold, folds, **others):
        judged.append((measured, out_of_fold, folds))
        return gene_trust(measured, out_of_fold, folds, **others)

    monkeypatch.setattr(cross_fit, "gene_trust", spy)
    trust = fit(two_lines_each, settings).predictor.gene_trust
    ((measured, out_of_fold, folds),) = judged
    expected = set(parts_of(two_lines_each, "train", "validation"))
    assert set(measured.index) == set(out_of_fold.index) == set(folds.index) == expected
    assert out_of_fold.notna().all(axis=None)
    assert folds.groupby("patient_id")["fold"].nunique().max() == 1
    assert trust.notna().all(axis=None)
    assert list(trust.index) == list(two_lines_each.gene_effect.table.columns)
    assert trust["trusted"].iloc[:4].all()  # what follows the programme


def test_networks_leave_out_different_patients_and_together_all(
    two_lines_each, settings, monkeypatch
):
    seen = []
    finetune = cross_fit.finetune

    def spy(lines, *others):
        seen.append((set(lines.train.index), set(lines.validation.index)))
        return finetune(lines, *others)

    monkeypatch.setattr(cross_fit, "finetune", spy)
    fit(two_lines_each, replace(settings, n_members=3, epochs=1))
    everyone = set(parts_of(two_lines_each, "train", "validation"))
    patients = two_lines_each.splits["patient_id"]
    assert sum(len(left_out) for _, left_out in seen) == len(everyone)
    assert set.union(*(left_out for _, left_out in seen)) == everyone
    for learned, left_out in seen:
        assert learned | left_out == everyone
        assert not set(patients[list(learned)]) & set(patients[list(left_out)])


def test_a_network_alone_stops_by_the_validation_lines_of_the_split(
    prepared, finetune_settings, monkeypatch
):
    seen = []
    finetune = cross_fit.finetune

    def spy(lines, *others):
        seen.append(lines)
        return finetune(lines, *others)

    monkeypatch.setattr(cross_fit, "finetune", spy)
    found = fit(prepared, replace(finetune_settings, epochs=1)).predictor
    (lines,) = seen
    assert list(lines.validation.index) == list(parts_of(prepared, "validation"))
    assert list(lines.train.index) == list(parts_of(prepared, "train"))
    assert (found.closed_form, found.network_share) == (None, 1.0)


def test_networks_that_say_nothing_get_no_share(two_lines_each, settings):
    """Two random networks beside a closed form that finds the programme."""
    found = fit(two_lines_each, replace(settings, epochs=1, learning_rate=1e-9)).predictor
    assert found.network_share == 0
    test = parts_of(two_lines_each, "test")
    measured = two_lines_each.gene_effect.table.loc[test]
    predicted = found.predict(two_lines_each.samples(test), measured.columns).effect
    assert pearson_per_gene(measured, predicted).iloc[:4].min() > 0.9


def test_a_closed_form_serves_without_networks(two_lines_each, settings):
    found = fit(two_lines_each, replace(settings, n_members=0))
    assert (found.predictor.networks, found.predictor.network_share) == ((), 0.0)
    assert found.history.empty
    assert found.predictor.gene_trust["trusted"].iloc[:4].all()


def test_a_predictor_of_nothing_is_refused(prepared, finetune_settings):
    nothing = replace(finetune_settings, n_members=0, closed_form=None)
    with pytest.raises(DeepDEPError, match="n_members is 0 and closed_form is null"):
        fit(prepared, nothing)


def test_encoders_of_other_features_than_were_prepared_are_refused_in_a_line(prepared, settings):
    """As a folder of an earlier run has them."""
    encoders = encoders_of(prepared)
    space = encoders[Omic.EXPRESSION].features
    renamed = replace(space, table=space.table.rename(index={"F0": "GONE"}))
    encoders[Omic.EXPRESSION] = replace(encoders[Omic.EXPRESSION], features=renamed)
    with pytest.raises(DeepDEPError, match="of which 11 are among the 12 prepared ones") as raised:
        fit_predictor(prepared, encoders, settings)
    assert "dvc repro pretrain@expression" in str(raised.value)
    assert "\n" not in str(raised.value)


def test_pretrained_weights_start_every_network_and_stay_as_they_were(two_lines_each, settings):
    start_session(0)
    encoders = encoders_of(two_lines_each)
    before = encoders[Omic.EXPRESSION].encoder.get_weights()
    frozen = replace(settings, encoders="frozen", epochs=1)
    for choice in (frozen, replace(frozen, encoders="trainable")):
        fit_predictor(two_lines_each, encoders, choice)
        after = encoders[Omic.EXPRESSION].encoder.get_weights()
        for one, other in zip(before, after, strict=True):
            np.testing.assert_array_equal(one, other)
    networks = fit_predictor(two_lines_each, encoders, frozen).predictor.networks
    own = [layer.name for layer in encoders[Omic.EXPRESSION].encoder.layers if layer.weights]
    for network in networks:
        kept = [weight for name in own for weight in network.get_layer(name).get_weights()]
        for one, other in zip(before, kept, strict=True):
            np.testing.assert_array_equal(one, other)


def test_the_history_holds_every_network_and_epoch(fitted, settings):
    history = fitted.history
    assert history.groupby("network")["epoch"].apply(list).to_dict() == {
        1: [0, 1, 2],
        2: [0, 1, 2],
    }
    assert len(fitted.predictor.networks) == settings.n_members
    assert np.isfinite(history).all(axis=None)


def test_intervals_cover_what_they_promise_on_unseen_patients(fitted, prepared_cohort):
    """90 % is promised; the lines of one cohort's test are few."""
    predictor = fitted.predictor
    test = parts_of(prepared_cohort, "test")
    measured = prepared_cohort.gene_effect.table.loc[test]
    interval = predictor.predict(prepared_cohort.samples(test), measured.columns).interval
    coverage = interval.coverage(measured)
    assert 0.8 < (coverage * measured.count()).sum() / measured.count().sum() < 0.97


def test_intervals_are_wider_of_lines_that_lack_an_omic(fitted, prepared_cohort):
    predictor = fitted.predictor
    table = predictor.lack_factors.table
    assert set(table.index) <= {str(omic) for omic in predictor.features}
    assert (table[1.0] == 1).all()
    assert table.max(axis=None) > 1
    assert (table.diff(axis=1).iloc[:, 1:] <= 0).all(axis=None)
    samples = prepared_cohort.samples(parts_of(prepared_cohort, "test"))
    bare = replace(samples, profiles={o: t.iloc[:0] for o, t in samples.profiles.items()})
    whole, lacking = (predictor.predict(each).obs["interval_factor"] for each in (samples, bare))
    assert lacking.min() > whole.median()


def test_intervals_of_unscreened_genes_are_wider(fitted):
    predictor = fitted.predictor
    assert predictor.half_width_per_sd > 0
    own = predictor.gene_trust["half_width"] / predictor.gene_scale.screened["sd"]
    assert predictor.half_width_per_sd > own.median()


@pytest.mark.parametrize("share", [0.0, 0.25, 0.6, 1.0])
def test_the_best_share_is_the_one_that_gives_the_labels(share):
    rng = np.random.default_rng(0)
    lines, genes = [f"L{k}" for k in range(20)], ["A", "B"]
    beside, networks = (pd.DataFrame(rng.normal(size=(20, 2)), lines, genes) for _ in range(2))
    effect = (1 - share) * beside + share * networks
    assert best_share(effect, beside, networks) == pytest.approx(share)


def test_of_shares_that_err_alike_the_smallest_is_best():
    same = pd.DataFrame({"A": [0.0, 1.0, 3.0]}, ["L1", "L2", "L3"])
    assert best_share(same + 1, same, same) == 0


def test_genes_count_alike_in_the_share_whatever_their_spread():
    """The networks know two genes, the closed form one of a hundredfold spread."""
    truth = pd.DataFrame(
        np.random.default_rng(0).normal(size=(200, 3)) * [1, 1, 100], columns=["A", "B", "C"]
    )
    networks, beside = truth.copy(), truth.copy()
    networks["C"], beside["A"], beside["B"] = 0.0, 0.0, 0.0
    # 2 (1 - s)^2 + s^2 is least at s = 2 / 3.
    assert best_share(truth, beside, networks) == pytest.approx(0.65)


def test_lines_that_networks_say_nothing_of_do_not_count():
    truth = pd.DataFrame({"A": [0.0, 1.0, 2.0, 50.0]}, ["L1", "L2", "L3", "L4"])
    assert best_share(truth, truth.where(truth == 50, 0), truth.iloc[:3]) == 1


def test_unscreened_genes_that_nothing_tells_of_are_as_wide_as_their_spread():
    """Effects of SD 1 around the mean that the family's set suggests: 1.64 SD hold nine tenths."""
    rng = np.random.default_rng(0)
    genes = [f"G{k}" for k in range(40)]
    mean = np.repeat([-2.0, 0.0], 20)
    effect = pd.DataFrame(rng.normal(size=(200, 40)) + mean, columns=genes)
    sets = {"FIRST": tuple(genes[:20]), "SECOND": tuple(genes[20:])}
    assert unscreened_half_width(effect, sets) == pytest.approx(1.64, abs=0.1)
    # A mean that no set tells of widens the interval.
    assert unscreened_half_width(effect + rng.normal(size=40), sets) > 2


def test_one_gene_says_nothing_of_others():
    effect = pd.DataFrame({"A": [0.0, 1.0, 2.0]})
    assert unscreened_half_width(effect, {"S": ("A",)}) == float("inf")
