import os
from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from threadpoolctl import ThreadpoolController, threadpool_limits

from deepdep.data.splits import patient_fold_of_line
from deepdep.domain.omics import Omic
from deepdep.models.closed_form import MANY_LABELS, ClosedForm, _threads
from deepdep.models.gene_scale import GeneScale
from deepdep.models.kernel_fit import KernelLabels
from deepdep.statistics.metrics import pearson_per_gene

N_LINES = 60
GENES = [f"G{k}" for k in range(12)]
GENE_SETS = {
    "FAMILY": (*GENES[:6], "SISTER"),
    "OTHERS": (*GENES[6:], "STRANGER"),
    "ODD": (*GENES[1::2], "SISTER"),
}


@pytest.fixture(scope="module")
def tables():
    """60 lines of 40 patients; ten lines lack mutations."""
    rng = np.random.default_rng(0)
    lines = pd.Index([f"L{k:02d}" for k in range(N_LINES)])
    expression = pd.DataFrame(rng.normal(size=(N_LINES, 8)), lines, [f"E{k}" for k in range(8)])
    mutation = (rng.random((50, 10)) < 0.3).astype(float)
    mutation = pd.DataFrame(mutation - 0.3, lines[:50], [f"M{k}" for k in range(10)])
    tables = {Omic.MUTATION: mutation, Omic.EXPRESSION: expression}
    return {omic: table.astype(np.float32) for omic, table in tables.items()}


@pytest.fixture(scope="module")
def labels(tables):
    """The first six genes follow one measure of expression, the others another; G8 a mutation."""
    rng = np.random.default_rng(1)
    expression = tables[Omic.EXPRESSION]
    effect = pd.DataFrame(rng.normal(scale=0.2, size=(N_LINES, 12)), expression.index, GENES)
    effect.iloc[:, :6] -= expression[["E0"]].to_numpy()
    effect.iloc[:, 6:] += expression[["E1"]].to_numpy()
    effect["G8"] -= 1.5 * tables[Omic.MUTATION]["M4"].reindex(effect.index).fillna(0)
    effect.iloc[[3, 30], [2, 7]] = np.nan
    patients = pd.Series([f"P{min(k, 2 * N_LINES // 3 - k % 20):02d}" for k in range(N_LINES)])
    return KernelLabels(effect, patients.set_axis(expression.index))


@pytest.fixture(scope="module")
def closed_form(tables, labels, closed_form_settings):
    return ClosedForm.fit(tables, labels, GENE_SETS, closed_form_settings)


@pytest.fixture(scope="module")
def fold_of_line(labels):
    return patient_fold_of_line(labels.patient_id, 3)


def predict(closed_form, tables, labels, genes, samples=None):
    scale = GeneScale.fit(labels.effect, GENE_SETS)
    index = list(labels.effect.index if samples is None else samples)
    effects = closed_form.effects(tables, index, genes, scale, GENE_SETS)
    return pd.DataFrame(effects, index, genes)


def test_lines_left_out_are_predicted(tables, labels, closed_form_settings, fold_of_line):
    done = []
    (predicted,) = ClosedForm.cross_fit(
        tables,
        labels,
        closed_form_settings,
        fold_of_line,
        progress=lambda *numbers: done.append(numbers),
    )
    n_folds = fold_of_line.nunique()
    assert done == [(n, n_folds) for n in range(1, n_folds + 1)]
    assert predicted.shape == labels.effect.shape
    assert pearson_per_gene(labels.effect, predicted).min() > 0.8


def test_lines_that_lack_something_are_predicted_beside(
    tables, labels, closed_form_settings, fold_of_line
):
    some = labels.effect.index[:5]
    masked = {
        "mutation": tables["mutation"].loc[some],
        "expression": tables["expression"].loc[some].assign(E0=np.float32(np.nan)),
    }
    alone = {"mutation": tables["mutation"].loc[some]}
    data = (closed_form_settings, fold_of_line)
    whole, few, without = ClosedForm.cross_fit(tables, labels, *data, [masked, alone])
    (expected,) = ClosedForm.cross_fit(tables, labels, *data)
    pd.testing.assert_frame_equal(whole, expected, check_exact=True)
    for lacking in (few, without):
        assert sorted(lacking.index) == sorted(some)
        assert list(lacking.columns) == list(labels.effect.columns)
    of_whole = whole.loc[some]
    assert np.abs(without.loc[some] - of_whole).mean(axis=None) > 0.1
    assert (few.loc[some] - of_whole).abs().to_numpy().max() > 0


def test_a_mutation_of_one_gene_is_found_beside_the_profile(closed_form):
    weights = closed_form.single_features.weights
    strongest = weights.loc[weights["weight"].abs().idxmax()]
    assert strongest[["gene", "omic", "feature"]].tolist() == ["G8", "mutation", "M4"]


def test_a_gene_that_was_never_screened_follows_its_family(tables, labels, closed_form):
    predicted = predict(closed_form, tables, labels, ["SISTER", "STRANGER", "NOWHERE"])
    assert predicted["SISTER"].corr(labels.effect["G0"]) > 0.9
    assert predicted["STRANGER"].corr(labels.effect["G6"]) > 0.9
    # No set tells anything of it: the average gene's mean, for every line.
    assert predicted["NOWHERE"].std() < 1e-6


def test_in_a_line_that_was_learned_from_labels_of_genes_alike_count(tables, labels, closed_form):
    """Under another name the line is as any other with its profile."""
    renamed = {omic: table.add_suffix("-B", axis=0) for omic, table in tables.items()}
    samples = labels.effect.index + "-B"
    genes = ["G0", "SISTER"]
    as_learned = predict(closed_form, tables, labels, genes)
    as_new = predict(closed_form, renamed, labels, genes, samples).set_axis(as_learned.index)
    np.testing.assert_allclose(as_new["G0"], as_learned["G0"], atol=1e-5)
    family = labels.effect[GENES[:6]].mean(axis=1)
    assert as_learned["SISTER"].corr(family) >= as_new["SISTER"].corr(family)
    of_lines = closed_form.unscreened.of_lines
    assert np.allclose(as_new["SISTER"], as_learned["SISTER"]) == (not of_lines.to_numpy().any())


def test_folds_are_of_patients(labels, fold_of_line):
    assert fold_of_line.groupby(labels.patient_id).nunique().max() == 1
    assert sorted(fold_of_line.unique()) == [0, 1, 2]


@pytest.mark.parametrize("fold", [0, 2])
def test_labels_of_a_fold_do_not_change_its_predictions(
    tables, labels, closed_form_settings, fold_of_line, fold
):
    """Nor do those of its patients' other lines, which have no profile."""
    left_out = fold_of_line.index[fold_of_line == fold]
    sisters = labels.effect.loc[left_out].add_suffix("-SISTER", axis=0)
    patients = labels.patient_id[left_out].set_axis(sisters.index)
    known = replace(
        labels,
        effect=pd.concat([labels.effect, sisters]),
        patient_id=pd.concat([labels.patient_id, patients]),
    )
    effect = known.effect.copy()
    effect.loc[left_out] = 1e6
    effect.loc[sisters.index] = -1e6
    spoiled = replace(known, effect=effect)
    clean, again = (
        ClosedForm.cross_fit(tables, each, closed_form_settings, fold_of_line)[0]
        for each in (known, spoiled)
    )
    pd.testing.assert_frame_equal(again.loc[left_out], clean.loc[left_out], check_exact=True)
    assert not np.allclose(again.drop(left_out), clean.drop(left_out))


def test_profiles_of_lines_without_labels_change_nothing(
    tables, labels, closed_form, closed_form_settings
):
    more = {
        omic: pd.concat([table, table.iloc[:3].add_suffix("-OTHER", axis=0) * 0 + 1e6])
        for omic, table in tables.items()
    }
    again = ClosedForm.fit(more, labels, GENE_SETS, closed_form_settings)
    pd.testing.assert_frame_equal(again.kernel.coefficients, closed_form.kernel.coefficients)
    pd.testing.assert_frame_equal(again.unscreened.by_gene, closed_form.unscreened.by_gene)
    pd.testing.assert_frame_equal(
        again.single_features.weights, closed_form.single_features.weights
    )


def test_it_survives_its_files_bit_by_bit(tables, labels, closed_form, tmp_path):
    assert ClosedForm.read(tmp_path) is None
    closed_form.write(tmp_path)
    read = ClosedForm.read(tmp_path)
    genes = ["G8", "SISTER", "G0", "NOWHERE"]
    some = {Omic.EXPRESSION: tables[Omic.EXPRESSION], Omic.MUTATION: tables[Omic.MUTATION][:20]}
    pd.testing.assert_frame_equal(
        predict(read, some, labels, genes),
        predict(closed_form, some, labels, genes),
        check_exact=True,
    )
    pd.testing.assert_frame_equal(
        read.single_features.weights, closed_form.single_features.weights, check_exact=True
    )
    again = tmp_path / "again"
    again.mkdir()
    read.write(again)
    for file in again.iterdir():
        assert file.read_bytes() == (tmp_path / file.name).read_bytes(), file.name


def test_without_single_features_it_survives_its_files_too(tables, labels, closed_form, tmp_path):
    none = replace(
        closed_form.single_features, weights=closed_form.single_features.weights.iloc[:0]
    )
    bare = replace(closed_form, single_features=none)
    bare.write(tmp_path)
    read = ClosedForm.read(tmp_path)
    pd.testing.assert_frame_equal(
        predict(read, tables, labels, GENES), predict(bare, tables, labels, GENES), check_exact=True
    )


def test_the_order_of_lines_features_genes_and_sets_does_not_matter(
    tables, labels, closed_form, closed_form_settings
):
    def mixed(table, axis, seed):
        return table.sample(frac=1, axis=axis, random_state=seed)

    turned = {o: mixed(mixed(t, 0, 1), 1, 2) for o, t in tables.items()}
    effect = mixed(mixed(labels.effect, 0, 3), 1, 4)
    others = KernelLabels(effect, mixed(labels.patient_id, 0, 6))
    sets = dict(reversed(GENE_SETS.items()))
    again = ClosedForm.fit(turned, others, sets, closed_form_settings)
    genes = [*GENES, "SISTER"]
    pd.testing.assert_frame_equal(
        predict(again, turned, labels, genes),
        predict(closed_form, tables, labels, genes),
        atol=2e-3,
    )


def test_samples_are_predicted_alike_in_blocks(tables, labels, closed_form, monkeypatch):
    whole = predict(closed_form, tables, labels, GENES)
    monkeypatch.setattr("deepdep.models.closed_form.SAMPLES_PER_BLOCK", 7)
    pd.testing.assert_frame_equal(predict(closed_form, tables, labels, GENES), whole, atol=1e-4)
    assert predict(closed_form, tables, labels, GENES, []).shape == (0, 12)


def test_the_number_of_threads_changes_no_bit(labels, closed_form_settings):
    """On a cluster each worker has another number than the machine that asks."""
    rng = np.random.default_rng(2)
    names = [f"E{k}" for k in range(200)]
    lines = pd.DataFrame(rng.normal(size=(N_LINES, 200)), labels.effect.index, names)
    samples = pd.DataFrame(rng.normal(size=(600, 200)), [f"S{k}" for k in range(600)], names)
    of_lines, of_samples = (
        {Omic.EXPRESSION: table.astype(np.float32)} for table in (lines, samples)
    )
    closed_form = ClosedForm.fit(of_lines, labels, GENE_SETS, closed_form_settings)
    tables = []
    for n_threads in (1, 2):
        with threadpool_limits(n_threads, user_api="blas"):
            tables.append(predict(closed_form, of_samples, labels, GENES, samples.index))
    one, two = tables
    pd.testing.assert_frame_equal(one, two, check_exact=True)


def test_many_labels_are_multiplied_by_every_core_that_is_ours(monkeypatch):
    def n_threads(n_labels):
        with _threads(n_labels):
            pools = ThreadpoolController().select(user_api="blas").info()
        return {pool["num_threads"] for pool in pools}

    monkeypatch.delenv("OMP_NUM_THREADS", raising=False)
    assert n_threads(MANY_LABELS) == {os.cpu_count()}
    assert n_threads(MANY_LABELS - 1) == {1}
    monkeypatch.setenv("OMP_NUM_THREADS", "1")
    assert n_threads(MANY_LABELS) == {1}
