from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from sklearn.kernel_ridge import KernelRidge
from sklearn.model_selection import GroupKFold

from deepdep.domain.omics import Omic
from deepdep.models.kernel import (
    FittedKernel,
    KernelLabels,
    KernelSettings,
    Reference,
    label_products,
    smooth_labels,
)

N_LINES, N_GENES, N_PATIENTS = 48, 30, 24
SETTINGS = KernelSettings(
    omic_weights=(0.1, 0.5),
    widths=(0.0,),
    smoothing=(0.0,),
    penalties=(0.01, 0.1, 1.0, 10.0),
    fill_penalty=1.0,
    n_folds=4,
)


@pytest.fixture
def tables():
    """48 lines; methylation is noise of twice the spread."""
    rng = np.random.default_rng(0)
    lines = pd.Index([f"L{k:02d}" for k in range(N_LINES)])
    expression = rng.normal(size=(N_LINES, 6))
    noise = rng.normal(scale=2.0, size=(N_LINES, 8))
    tables = {
        Omic.METHYLATION: pd.DataFrame(noise, lines, [f"P{k}" for k in range(8)]),
        Omic.EXPRESSION: pd.DataFrame(expression, lines, [f"F{k}" for k in range(6)]),
    }
    return {omic: table - table.mean() for omic, table in tables.items()}


@pytest.fixture
def labels(tables):
    """Every gene is linear in expression, with a little noise; two lines of each patient."""
    rng = np.random.default_rng(1)
    expression = tables[Omic.EXPRESSION]
    genes = [f"G{k}" for k in range(N_GENES)]
    values = expression.to_numpy() @ rng.normal(size=(6, N_GENES)) + 3
    values += rng.normal(scale=0.1, size=values.shape)
    effect = pd.DataFrame(values, expression.index, genes)
    patients = pd.Series([f"P{k // 2:02d}" for k in range(N_LINES)], expression.index)
    return KernelLabels(effect, effect, patients)


def test_the_omic_with_signal_counts_and_the_one_without_does_not(tables, labels):
    part = FittedKernel.fit(tables, labels, SETTINGS).part
    assert dict(part.weights) == {Omic.METHYLATION: 0.0, Omic.EXPRESSION: 1.0}


def test_an_omic_that_adds_to_the_best_is_given_a_weight(tables, labels):
    half = labels.effect * 0.7 + tables[Omic.METHYLATION].to_numpy() @ np.full((8, N_GENES), 0.3)
    part = FittedKernel.fit(tables, replace(labels, effect=half, background=half), SETTINGS).part
    assert all(weight > 0 for weight in part.weights.values())


def test_width_0_is_ridge_on_the_centred_profiles(tables, labels):
    profiles = {Omic.EXPRESSION: tables[Omic.EXPRESSION].astype(np.float32)}
    settings = replace(SETTINGS, penalties=(0.1,))
    part = FittedKernel.fit(profiles, labels, settings).part
    x, y = profiles[Omic.EXPRESSION].to_numpy(float), labels.effect.to_numpy()
    new = np.random.default_rng(2).normal(size=(5, 6))
    # 1 is the mean eigenvalue: the mean squared length of a line.
    penalty = 0.1 * (x**2).sum(axis=1).mean()
    ridge = KernelRidge(alpha=penalty).fit(x, y - y.mean(axis=0))
    table = pd.DataFrame(new.astype(np.float32), columns=profiles[Omic.EXPRESSION].columns)
    predicted = part.similarities({Omic.EXPRESSION: table}) @ part.coefficients + part.intercept
    np.testing.assert_allclose(predicted, ridge.predict(new) + y.mean(axis=0), atol=1e-4)


def test_a_gaussian_is_chosen_where_only_near_lines_are_alike(labels):
    """A sine of four turns: a linear kernel sees nothing of it."""
    lines = labels.effect.index
    place = np.linspace(0, 1, N_LINES)
    table = pd.DataFrame({"x": place - 0.5}, lines)
    wave = pd.DataFrame({"G": np.sin(place * 8 * np.pi)}, lines)
    settings = replace(SETTINGS, widths=(0.0, 100.0), penalties=(0.01,))
    alone = pd.Series(lines, lines)
    fitted = FittedKernel.fit({Omic.EXPRESSION: table}, KernelLabels(wave, wave, alone), settings)
    assert fitted.part.width == 100.0


def test_patients_left_out_choose_the_penalty(tables, labels):
    noise = pd.DataFrame(
        np.random.default_rng(3).normal(size=labels.effect.shape),
        labels.effect.index,
        labels.effect.columns,
    )
    profiles = {Omic.EXPRESSION: tables[Omic.EXPRESSION]}
    of_signal = FittedKernel.fit(profiles, labels, SETTINGS).part.coefficients
    of_noise = FittedKernel.fit(
        profiles, replace(labels, effect=noise, background=noise), SETTINGS
    ).part.coefficients
    assert np.abs(of_noise).mean(axis=None) < 0.1 * np.abs(of_signal).mean(axis=None)


def test_left_out_predictions_come_from_other_patients_alone(tables, labels):
    settings = replace(SETTINGS, penalties=(0.1,), smoothing=(1.0,))
    profiles = {Omic.EXPRESSION: tables[Omic.EXPRESSION]}
    left_out = _lines_of_first_fold(labels, settings)
    effect = labels.effect.copy()
    effect.loc[left_out] = 1e6
    spoiled = replace(labels, effect=effect, background=effect)
    clean = FittedKernel.fit(profiles, labels, settings).out_of_fold
    again = FittedKernel.fit(profiles, spoiled, settings).out_of_fold
    np.testing.assert_array_equal(again.loc[left_out], clean.loc[left_out])
    assert not np.allclose(again.drop(left_out), clean.drop(left_out))


def test_no_sister_of_a_left_out_line_helps_to_smooth(tables, labels):
    """Sisters without a profile, of one fold's patients, hold sentinels."""
    settings = replace(SETTINGS, smoothing=(1.0,), penalties=(0.1,))
    profiles = {Omic.EXPRESSION: tables[Omic.EXPRESSION]}
    left_out = _lines_of_first_fold(labels, settings)
    sisters = labels.effect.loc[left_out].set_axis([f"{line}-SISTER" for line in left_out])
    patients = labels.patient_id[left_out].set_axis(sisters.index)
    with_gaps = labels.effect.mask(np.random.default_rng(4).random(labels.effect.shape) < 0.1)
    known = replace(
        labels,
        background=pd.concat([with_gaps, sisters]),
        patient_id=pd.concat([labels.patient_id, patients]),
    )
    signs = np.random.default_rng(5).choice([-1, 1], sisters.shape)
    spoiled = replace(known, background=pd.concat([with_gaps, (sisters * 0 + 1e6) * signs]))
    clean = FittedKernel.fit(profiles, known, settings).out_of_fold
    again = FittedKernel.fit(profiles, spoiled, settings).out_of_fold
    np.testing.assert_array_equal(again.loc[left_out], clean.loc[left_out])
    assert not np.allclose(again.drop(left_out), clean.drop(left_out))


def test_genes_that_are_not_predicted_help_to_smooth(tables):
    """Of 60 genes that follow one programme, one is predicted; its labels are mostly noise."""
    rng = np.random.default_rng(5)
    lines = tables[Omic.EXPRESSION].index
    programme = tables[Omic.EXPRESSION]["F0"].to_numpy()
    background = pd.DataFrame(
        programme[:, None] + rng.normal(scale=0.5, size=(N_LINES, 60)), lines, range(60)
    )
    background[0] = programme + rng.normal(scale=2.0, size=N_LINES)
    labels = KernelLabels(background[[0]], background, pd.Series(lines, lines))

    def r(smoothing):
        settings = replace(SETTINGS, smoothing=(smoothing,))
        out_of_fold = FittedKernel.fit(tables, labels, settings).out_of_fold
        return np.corrcoef(out_of_fold[0], programme)[0, 1]

    assert r(1.0) > r(0.0) + 0.05


def _lines_of_first_fold(labels, settings):
    groups = labels.patient_id[labels.effect.index]
    _, held_out = next(GroupKFold(settings.n_folds).split(groups, groups=groups))
    return labels.effect.index[held_out]


N_LINES_PROFILES = 30


@pytest.fixture
def linear():
    """30 lines, two omics; the five features of copy number are linear in those of expression."""
    rng = np.random.default_rng(0)
    lines = pd.Index([f"L{k}" for k in range(N_LINES_PROFILES)])
    map_of = rng.normal(size=(4, 5))
    expression = pd.DataFrame(rng.normal(size=(N_LINES_PROFILES, 4)), lines, list("ABCD"))
    expression -= expression.mean()
    copy_number = pd.DataFrame(expression.to_numpy() @ map_of, lines, list("VWXYZ"))
    tables = {Omic.EXPRESSION: expression, Omic.COPY_NUMBER: copy_number}
    return {omic: table.astype(np.float32) for omic, table in tables.items()}


@pytest.fixture
def reference(linear):
    return Reference.of(linear, linear[Omic.EXPRESSION].index, fill_penalty=1e-5)


def test_samples_with_every_omic_stay_as_they_are(linear, reference):
    samples = pd.Index(["L7", "L2"])
    tables = {omic: table.loc[["L2", "L7"]] for omic, table in linear.items()}
    full = reference.complete(tables, samples)
    for omic, table in linear.items():
        pd.testing.assert_frame_equal(full[omic], table.loc[samples])


def test_an_omic_that_is_linear_in_another_is_filled_nearly_exactly(linear):
    lines = linear[Omic.EXPRESSION].index
    lacking = lines[:6]
    known = linear | {Omic.COPY_NUMBER: linear[Omic.COPY_NUMBER].drop(lacking)}
    reference = Reference.of(known, lines, fill_penalty=1e-5)
    filled = reference.profiles[Omic.COPY_NUMBER].loc[lacking]
    np.testing.assert_allclose(filled, linear[Omic.COPY_NUMBER].loc[lacking], atol=1e-2)
    assert not reference.measured[Omic.COPY_NUMBER][lacking].any()
    assert reference.measured[Omic.COPY_NUMBER].drop(lacking).all()


def test_an_omic_that_a_tumor_lacks_is_filled(linear, reference):
    line = linear[Omic.EXPRESSION].loc[["L3"]]
    tumor = {Omic.EXPRESSION: (line * 2).set_axis(["T"])}
    full = reference.complete(tumor, pd.Index(["T"]))
    expected = 2 * linear[Omic.COPY_NUMBER].loc["L3"]
    np.testing.assert_allclose(full[Omic.COPY_NUMBER].loc["T"], expected, atol=1e-2)


def test_more_penalty_fills_with_less(linear):
    lines = linear[Omic.EXPRESSION].index
    tumor = {Omic.EXPRESSION: linear[Omic.EXPRESSION].iloc[:1].set_axis(["T"])}
    sizes = [
        np.linalg.norm(
            Reference.of(linear, lines, penalty).complete(tumor, pd.Index(["T"]))[Omic.COPY_NUMBER]
        )
        for penalty in (1e-3, 1.0, 1e3)
    ]
    assert sizes[0] > 1.1 * sizes[1] > 10 * sizes[2]


def test_a_sample_without_any_omic_is_the_mean(linear, reference):
    tables = {omic: table.iloc[:1] for omic, table in linear.items()}
    full = reference.complete(tables, pd.Index(["NOTHING", "L0"]))
    for omic, table in full.items():
        assert (table.loc["NOTHING"] == 0).all()
        assert (table.loc["L0"] == linear[omic].loc["L0"]).all()
    alone = reference.complete({}, pd.Index(["NOTHING"]))
    assert all((table == 0).all(axis=None) for table in alone.values())


def test_what_was_not_measured_within_a_table_counts_as_average(linear, reference):
    gap = linear[Omic.EXPRESSION].iloc[:1].copy()
    gap.iloc[0, 1] = np.nan
    tables = {Omic.EXPRESSION: gap, Omic.COPY_NUMBER: linear[Omic.COPY_NUMBER].iloc[:1]}
    full = reference.complete(tables, gap.index)[Omic.EXPRESSION]
    pd.testing.assert_frame_equal(full, gap.fillna(0))


def test_lines_without_the_omics_that_a_sample_has_cannot_fill(linear):
    """No line has both omics."""
    apart = {
        Omic.EXPRESSION: linear[Omic.EXPRESSION].iloc[:15],
        Omic.COPY_NUMBER: linear[Omic.COPY_NUMBER].iloc[15:],
    }
    reference = Reference.of(apart, linear[Omic.EXPRESSION].index, fill_penalty=1.0)
    assert (reference.profiles[Omic.COPY_NUMBER].iloc[:15] == 0).all(axis=None)
    pd.testing.assert_frame_equal(
        reference.profiles[Omic.COPY_NUMBER].iloc[15:], apart[Omic.COPY_NUMBER]
    )


@pytest.fixture
def truth():
    """40 lines whose 200 genes all follow one hidden programme."""
    rng = np.random.default_rng(0)
    return np.outer(rng.normal(size=40), rng.choice([-1.0, 1.0], 200))


def products(table):
    return label_products(pd.DataFrame(table))


def test_strength_0_returns_the_labels(truth):
    np.testing.assert_allclose(smooth_labels(truth, products(truth), 0.0), truth)


def test_a_label_that_was_not_measured_counts_as_the_mean_of_its_gene():
    labels = np.array([[1.0], [3.0], [np.nan]])
    smoothed = smooth_labels(labels, np.eye(3), 0.0)
    np.testing.assert_allclose(smoothed[:, 0], [1, 3, 2])


def test_a_label_that_the_other_genes_contradict_is_drawn_towards_them(truth):
    labels = truth.copy()
    line = int(np.abs(truth[:, 0]).argmax())
    labels[line, 0] *= -1
    drawn = smooth_labels(labels[:, :1], products(labels), 1.0)
    wrong, right = labels[line, 0], truth[line, 0]
    assert 0.6 < (drawn[line, 0] - wrong) / (right - wrong) < 1


def test_smoothing_brings_noisy_labels_nearer_to_the_truth(truth):
    noisy = truth + np.random.default_rng(1).normal(size=truth.shape)
    drawn = smooth_labels(noisy, products(noisy), 1.0)
    assert ((drawn - truth) ** 2).mean() < 0.5 * ((noisy - truth) ** 2).mean()


def test_lines_that_never_differ_keep_their_labels():
    labels = np.array([[1.0], [2.0]])
    np.testing.assert_allclose(smooth_labels(labels, np.zeros((2, 2)), 1.0), labels)
