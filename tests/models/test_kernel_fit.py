from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from sklearn.kernel_ridge import KernelRidge

from deepdep.models.kernel import LINEAGE, KernelPart, inverse_of
from deepdep.models.kernel_fit import (
    FittedKernel,
    KernelLabels,
    KernelSettings,
    LabelStructure,
    Smoother,
)

N_LINES, N_GENES, N_PATIENTS = 48, 30, 24
SETTINGS = KernelSettings(
    weights=(0.1, 0.5),
    linear_shares=(1.0,),
    penalties=(0.01, 0.1, 1.0, 10.0),
    further_penalty=1.0,
    n_components=30,
    fill_weights=(0.3,),
    fill_penalties=(1.0,),
    fill_noise=1.5,
    smoothing=0.0,
    n_neighbors=5,
    n_folds=4,
)


@pytest.fixture
def tables():
    """48 lines; methylation is noise of twice the spread."""
    rng = np.random.default_rng(0)
    lines = pd.Index([f"L{k:02d}" for k in range(N_LINES)])
    expression = rng.normal(size=(N_LINES, 6))
    noise = rng.normal(scale=2.0, size=(N_LINES, 8))
    return {
        "methylation": pd.DataFrame(noise, lines, [f"P{k}" for k in range(8)]),
        "expression": pd.DataFrame(expression, lines, [f"F{k}" for k in range(6)]),
    }


@pytest.fixture
def labels(tables):
    """Every gene is linear in expression, with a little noise; two lines of each patient."""
    rng = np.random.default_rng(1)
    expression = tables["expression"]
    genes = [f"G{k}" for k in range(N_GENES)]
    values = expression.to_numpy() @ rng.normal(size=(6, N_GENES)) + 3
    values += rng.normal(scale=0.1, size=values.shape)
    effect = pd.DataFrame(values, expression.index, genes)
    patients = pd.Series([f"P{k // 2:02d}" for k in range(N_LINES)], expression.index)
    return KernelLabels(effect, patients)


def predict(part, tables, samples):
    similarities, _ = part.compare(tables, pd.Index(samples))
    effects = part.intercept.to_numpy() + similarities @ part.coefficients.to_numpy(float)
    return pd.DataFrame(effects, samples, part.coefficients.columns)


def test_the_table_with_signal_counts_and_the_one_without_does_not(tables, labels):
    part = FittedKernel.fit(tables, labels, SETTINGS).part
    assert part.kernels.weights["methylation"].weight == 0.0
    assert part.kernels.weights["expression"].weight == pytest.approx(1.0)
    assert part.filling.table == "expression"


def test_a_table_that_adds_to_the_best_is_given_a_weight(tables, labels):
    rng = np.random.default_rng(7)
    half = labels.effect * 0.7 + tables["methylation"].to_numpy() @ rng.normal(size=(8, N_GENES))
    part = FittedKernel.fit(tables, replace(labels, effect=half), SETTINGS).part
    assert all(of_table.weight > 0 for of_table in part.kernels.weights.values())


def test_all_linear_it_is_ridge_on_the_centred_profiles(tables, labels):
    settings = replace(SETTINGS, penalties=(0.1,))
    profiles = {"expression": tables["expression"].astype(np.float32)}
    part = FittedKernel.fit(profiles, labels, settings).part
    x, y = profiles["expression"].to_numpy(float), labels.effect.to_numpy()
    centre = x.mean(axis=0)
    penalty = 0.1 * ((x - centre) ** 2).sum(axis=1).mean()  # 1 is the mean of the diagonal
    ridge = KernelRidge(alpha=penalty).fit(x - centre, y - y.mean(axis=0))
    new = np.random.default_rng(2).normal(size=(5, 6)).astype(np.float32)
    samples = [f"S{k}" for k in range(5)]
    table = pd.DataFrame(new, samples, profiles["expression"].columns)
    expected = ridge.predict(new - centre) + y.mean(axis=0)
    np.testing.assert_allclose(predict(part, {"expression": table}, samples), expected, atol=1e-3)


def test_the_further_penalty_is_of_what_components_do_not_hold(tables, labels):
    """With one component, a gene that goes with no other is shrunk more than the rest."""
    rng = np.random.default_rng(3)
    expression = tables["expression"]
    effect = labels.effect * 0 + expression[["F0"]].to_numpy()
    effect["G0"] = expression["F5"].to_numpy() + rng.normal(scale=0.1, size=N_LINES)

    def spread(further):
        settings = replace(SETTINGS, penalties=(0.1,), n_components=1, further_penalty=further)
        part = FittedKernel.fit(tables, replace(labels, effect=effect), settings).part
        return predict(part, tables, effect.index).std()

    shrunk = spread(300.0) / spread(1.0)
    assert shrunk["G0"] < 0.5 < 0.95 < shrunk["G1"]


def test_a_gaussian_sees_what_a_line_does_not(labels):
    """A sine of four turns: a linear kernel sees nothing of it."""
    lines = labels.effect.index
    turn = np.linspace(0, 8 * np.pi, N_LINES)
    table = pd.DataFrame({"x": np.cos(turn) * (1 + turn / 50), "y": np.sin(turn)}, lines)
    wave = pd.DataFrame({"G": np.sin(turn) ** 2, "H": np.cos(turn) ** 2}, lines)
    alone = KernelLabels(wave, pd.Series(lines, lines))

    def error(share):
        settings = replace(SETTINGS, linear_shares=(share,), penalties=(0.01,))
        fitted = FittedKernel.fit({"expression": table}, alone, settings)
        return float(((fitted.out_of_fold - wave) ** 2).mean(axis=None))

    assert error(0.0) < 0.1 * error(1.0)


def test_patients_left_out_choose_the_penalty(tables, labels):
    rng = np.random.default_rng(3)
    noise = labels.effect * 0 + rng.normal(size=labels.effect.shape)
    of_signal = FittedKernel.fit(tables, labels, SETTINGS).part
    of_noise = FittedKernel.fit(tables, replace(labels, effect=noise), SETTINGS).part
    spreads = [predict(p, tables, labels.effect.index).std().mean() for p in (of_noise, of_signal)]
    assert spreads[0] < 0.2 * spreads[1]


def test_patients_are_left_out_exactly():
    """The identity gives what a fit without the patient's lines predicts of them."""
    rng = np.random.default_rng(4)
    x, z = rng.normal(size=(12, 5)), rng.normal(size=(12, 3))
    kernel, noise = x @ x.T, np.diag(rng.uniform(1, 2, 12))
    patients = [np.array([0, 3]), np.array([5, 6, 7])]
    left_out = Smoother(inverse_of(kernel + noise), patients).left_out(z)
    for lines in (*patients, np.array([1]), np.array([11])):
        rest = np.setdiff1d(np.arange(12), lines)
        dual = np.linalg.solve((kernel + noise)[np.ix_(rest, rest)], z[rest])
        np.testing.assert_allclose(left_out[lines], kernel[np.ix_(lines, rest)] @ dual)


def test_genes_that_go_together_are_smoothed_together_and_others_are_not():
    rng = np.random.default_rng(5)
    shared = rng.normal(size=(60, 1))
    effect = pd.DataFrame(shared + rng.normal(scale=0.3, size=(60, 4))).join(
        pd.DataFrame(rng.normal(size=(60, 1)), columns=["ALONE"])
    )
    structure = LabelStructure.of(effect, replace(SETTINGS, smoothing=1.0))
    weights = structure.smoothing.toarray()
    np.testing.assert_allclose(weights.sum(axis=0), 1)
    assert (weights[:4, :4] > 0.1).all()
    assert weights[4, 4] > 0.9
    none = LabelStructure.of(effect, SETTINGS).smoothing.toarray()
    np.testing.assert_array_equal(none, np.eye(5))


def test_components_are_orthonormal_and_rebuild_what_they_hold():
    rng = np.random.default_rng(6)
    effect = pd.DataFrame(rng.normal(size=(20, 3)) @ rng.normal(size=(3, 9)))
    structure = LabelStructure.of(effect, SETTINGS)
    assert structure.components.shape == (9, 3)  # what has no variance is no component
    np.testing.assert_allclose(structure.components.T @ structure.components, np.eye(3), atol=1e-9)
    z = structure.scaled(effect)
    shared, rest = structure.times_parts([2 * np.eye(20), np.eye(20)], z, np.arange(4))
    np.testing.assert_allclose(rest, 0, atol=1e-9)
    np.testing.assert_allclose(shared, 2 * z[:, :4], atol=1e-9)


def test_a_line_without_the_best_table_is_filled_and_counts_less(tables, labels):
    """Copy number tells two of the six measures of expression."""
    lines = labels.effect.index
    copy_number = tables["expression"][["F0", "F1"]].set_axis(["C0", "C1"], axis=1)
    lacking = lines[:10]
    known = {"expression": tables["expression"].drop(lacking), "copy_number": copy_number}
    fitted = FittedKernel.fit(known, labels, SETTINGS)
    assert fitted.part.filling.table == "expression"
    _, full = fitted.part.compare(known, lacking)
    truth, guess = tables["expression"].loc[lacking], full["expression"]
    assert np.corrcoef(guess["F0"], truth["F0"])[0, 1] > 0.9
    assert guess["F5"].std() < 0.5 * truth["F5"].std()
    noise = pd.Series(fitted.noise, lines)
    assert (noise.drop(lacking) == 1).all()
    assert noise[lacking].between(1.01, 2.5).all()


def test_the_best_table_is_filled_by_tables_that_tell_it(tables, labels):
    copy_number = tables["expression"][["F0", "F1"]].set_axis(["C0", "C1"], axis=1)
    known = {**tables, "copy_number": copy_number}
    filling = FittedKernel.fit(known, labels, SETTINGS).part.filling
    counts = {name: of_table.weight for name, of_table in filling.kernels.weights.items()}
    assert counts["methylation"] < counts["copy_number"] == 1.0


def test_a_sample_of_which_nothing_is_known_gets_the_mean(tables, labels):
    part = FittedKernel.fit(tables, labels, SETTINGS).part
    effects = predict(part, {}, ["NOBODY"])
    np.testing.assert_allclose(effects.loc["NOBODY"], labels.effect.mean(), atol=1e-2)


def test_what_was_not_measured_in_a_profile_counts_as_average(tables, labels):
    part = FittedKernel.fit(tables, labels, SETTINGS).part
    one = tables["expression"].iloc[[0]].copy()
    one["F2"] = np.nan
    whole = one.fillna(tables["expression"].mean())
    pd.testing.assert_frame_equal(
        predict(part, {"expression": one}, one.index),
        predict(part, {"expression": whole}, one.index),
        atol=1e-5,
    )


def test_lines_with_labels_alone_help_to_tell_the_scale_of_genes(tables, labels):
    """They have no profile at all; the mean is over them too."""
    bare = labels.effect.iloc[:6].add_suffix("-BARE", axis=0) + 10
    patients = pd.Series(bare.index, bare.index)
    more = KernelLabels(pd.concat([labels.effect, bare]), pd.concat([labels.patient_id, patients]))
    part = FittedKernel.fit(tables, more, SETTINGS).part
    np.testing.assert_allclose(part.intercept, more.effect.mean())


def test_a_lineage_that_no_line_is_of_is_not_known(tables, labels):
    lines = labels.effect.index
    lineage = pd.DataFrame({"Lung": 1.0, "Skin": 0.0}, lines)
    lineage.iloc[::2] = [0.0, 1.0]
    part = FittedKernel.fit({**tables, LINEAGE: lineage}, labels, SETTINGS).part
    stated = pd.DataFrame({"Skin": [1.0, 0.0], "Testis": [0.0, 1.0]}, ["S1", "S2"])
    known = part.of_learned_lineage(stated)
    assert known.to_dict("index") == {"S1": {"Lung": 0.0, "Skin": 1.0}}


@pytest.mark.parametrize("missing", [0, 3])
def test_left_out_predictions_come_from_other_patients_alone(tables, labels, missing):
    """What structure all labels have moves them a little, as scale and components are of all."""
    effect = labels.effect.copy()
    effect.iloc[:missing, 0] = np.nan
    settings = replace(SETTINGS, penalties=(0.1,))
    alone = effect.index[labels.patient_id == "P05"]
    fitted = FittedKernel.fit(tables, replace(labels, effect=effect), settings)
    own = fitted.out_of_fold.loc[alone]
    others = replace(labels, effect=effect).without(alone)
    refitted = FittedKernel.fit(tables, others, settings).part
    np.testing.assert_allclose(own, predict(refitted, tables, alone), atol=0.15)
    assert effect.std().min() > 0.5


def test_it_survives_its_files(tables, labels, tmp_path):
    known = {"expression": tables["expression"].iloc[5:], "methylation": tables["methylation"]}
    part = FittedKernel.fit(known, labels, replace(SETTINGS, linear_shares=(0.3,))).part
    part.write(tmp_path)
    read = KernelPart.read(tmp_path)
    lines = labels.effect.index
    pd.testing.assert_frame_equal(
        predict(read, known, lines), predict(part, known, lines), check_exact=True
    )
    assert read.kernels.weights == part.kernels.weights
