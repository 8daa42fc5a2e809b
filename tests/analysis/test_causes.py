from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from scipy.stats import mannwhitneyu

from deepdep.analysis.causes import (
    LABELS,
    NETWORKS,
    SIMILAR_LINES,
    Causes,
    PathToSamples,
    at_average,
    causes_of_gene,
)
from deepdep.data.standardized import StandardizedSamples
from deepdep.domain.omics import Omic
from deepdep.models import load_predictor
from deepdep.models.kernel import LINEAGE, TableKernel, Weight

FORMAT_3 = Path(__file__).parents[1] / "models" / "format_3" / "predictor"
GENES = ["BRAF", "TP53", "PRMT5"]


@pytest.fixture(scope="module")
def closed_form(predictor):
    """The closed form alone."""
    return replace(predictor, network_share=0.0)


@pytest.fixture(scope="module")
def lines(prepared_cohort):
    """Lines that were learned from, others, and such as lack an omic."""
    return prepared_cohort.samples(prepared_cohort.cell_lines.index[:40])


@pytest.fixture(scope="module")
def kernel():
    """Of nine lines with four features; the last feature is the same in all of them."""
    rng = np.random.default_rng(0)
    profiles = pd.DataFrame(rng.normal(size=(9, 4)), columns=list("abcd")).astype(np.float32)
    profiles["d"] = np.float32(1.0)
    return TableKernel.of(profiles)


@pytest.mark.parametrize("share", [0.0, 0.5, 1.0])
def test_all_parts_add_up_to_the_prediction(predictor, lines, share):
    model = replace(predictor, network_share=share)
    predicted = model.predict(lines, GENES).effect
    for gene in GENES:
        found = causes_of_gene(model, lines, gene)
        np.testing.assert_allclose(found.predicted, predicted[gene], atol=2e-6)
        for sample in lines.names[:5]:
            causes = found.of(sample)
            contributions = causes.features["contribution"].sum() + causes.others.sum()
            assert causes.baseline + contributions == pytest.approx(causes.predicted)
            assert causes.by_part.sum() == pytest.approx(contributions)
            assert (NETWORKS in causes.others) == (share > 0)


def test_parts_add_up_in_tumours_and_where_omics_are_missing(closed_form, prepared_cohort):
    profiles = {
        omic: table.drop(index=prepared_cohort.tumors.index[:n], errors="ignore")
        for n, (omic, table) in enumerate(prepared_cohort.tumor_profiles.items(), start=2)
    }
    tumors = StandardizedSamples(profiles, prepared_cohort.tumors.iloc[:12])
    predicted = closed_form.predict(tumors, GENES).effect
    for gene in GENES:
        found = causes_of_gene(closed_form, tumors, gene)
        np.testing.assert_allclose(found.predicted, predicted[gene], atol=2e-6)


def test_an_omic_that_a_sample_lacks_contributes_nothing_unless_it_is_filled(closed_form, lines):
    kernel = closed_form.closed_form.kernel
    filled = kernel.filling.table
    other = next(o for o in lines.profiles if o != filled and kernel.kernels.weights[o].weight)
    sample = next(
        name
        for name in lines.names
        if all(name in lines.profiles[omic].index for omic in (filled, other))
    )

    def without(omic):
        tables = {o: t.drop(index=sample) if o == omic else t for o, t in lines.profiles.items()}
        some = StandardizedSamples(tables, lines.obs.loc[[sample]])
        return set(causes_of_gene(closed_form, some, "BRAF").of(sample).features["table"])

    assert other not in without(other)
    assert filled in without(filled)


def test_what_is_stated_of_a_lineage_is_one_part(closed_form, lines):
    kernel = closed_form.closed_form.kernel
    weights = {**kernel.kernels.weights, LINEAGE: Weight(0.5, 0.0)}
    heavy = replace(kernel, kernels=replace(kernel.kernels, weights=weights))
    model = replace(
        closed_form, closed_form=replace(closed_form.closed_form, kernel=heavy), networks=()
    )
    found = causes_of_gene(model, lines, "BRAF")
    assert found.others[LINEAGE].abs().max() > 1e-3
    assert LINEAGE not in found.differences
    np.testing.assert_allclose(
        found.predicted, model.predict(lines, ["BRAF"]).effect["BRAF"], atol=2e-6
    )


def test_a_gene_that_was_never_screened_has_the_same_sum(closed_form, prepared_cohort, lines):
    members = set().union(*closed_form.gene_sets.values())
    gene = min(members - {*closed_form.gene_scale.screened.index})
    form = closed_form.closed_form
    of_lines = form.unscreened.of_lines + 0.1  # few lines taught so little that it is 0
    taught = replace(form, unscreened=replace(form.unscreened, of_lines=of_lines))
    model = replace(closed_form, closed_form=taught)
    found = causes_of_gene(model, lines, gene)
    predicted = model.predict(lines, [gene]).effect[gene]
    np.testing.assert_allclose(found.predicted, predicted, atol=2e-6)
    learned = lines.names.isin(form.kernel.lines)
    assert (found.others.loc[~learned, LABELS] == 0).all()
    assert found.others.loc[learned, LABELS].abs().max() > 0


def test_a_kernel_of_an_older_model_is_one_part():
    model = load_predictor(FORMAT_3)
    rng = np.random.default_rng(0)
    profiles = {
        omic: pd.DataFrame(rng.normal(size=(3, len(space.table))), list("xyz"), space.table.index)
        for omic, space in model.features.items()
    }
    samples = StandardizedSamples.named(profiles, list("xyz"))
    gene = model.gene_scale.screened.index[0]
    found = causes_of_gene(model, samples, gene)
    assert found.others[SIMILAR_LINES].abs().max() > 0
    np.testing.assert_allclose(
        found.predicted, model.predict(samples, [gene]).effect[gene], atol=2e-6
    )


def test_single_features_contribute_their_weight_times_the_difference(closed_form, lines):
    weights = closed_form.closed_form.single_features.weights
    gene, omic, feature, weight = weights.iloc[0]
    found = causes_of_gene(closed_form, lines, gene)
    difference = found.differences[omic][feature]
    assert difference.abs().max() > 0
    np.testing.assert_allclose(found.by_feature[omic][feature], difference * weight)


def parted(kernel, weight, coefficients, differences):
    found = PathToSamples.of(kernel, weight, differences.to_numpy()).parts(coefficients)
    return pd.DataFrame(found, differences.index, differences.columns)


def test_a_linear_kernel_parts_by_features_exactly(kernel):
    coefficients = np.arange(9.0)
    differences = pd.DataFrame([[1.0, 0, 0, 0], [0, 2.0, 0, 3.0]], columns=list("abcd"))
    parts = parted(kernel, Weight(2.0, 1.0), coefficients, differences)
    slopes = 2 * coefficients @ (kernel.profiles - kernel.mean) / kernel.scales[0]
    np.testing.assert_allclose(parts.loc[0], [slopes["a"], 0, 0, 0])
    np.testing.assert_allclose(parts.loc[1], [0, 2 * slopes["b"], 0, 0], atol=1e-6)
    assert at_average(kernel, Weight(2.0, 1.0), coefficients) == 0


def test_a_gaussian_kernel_parts_by_its_gradient_along_the_path(kernel):
    """Against the gradient by differences at 1,000 steps of the path."""
    coefficients, weight = np.cos(np.arange(9.0)), Weight(1.5, 0.0)
    to_sample = np.array([1.0, -0.5, 2.0, 0.25])
    differences = pd.DataFrame([to_sample], columns=list("abcd"))

    def effect(profiles):
        distance = ((profiles[:, None] - kernel.profiles.to_numpy(float)) ** 2).sum(axis=2)
        gaussian = np.exp(-distance / kernel.distance)
        gaussian -= gaussian.mean(axis=1, keepdims=True)
        return 1.5 * gaussian @ coefficients / kernel.scales[1]

    steps = (np.arange(1000) + 0.5) / 1000
    path = kernel.mean + steps[:, None] * to_sample
    nudges = 1e-5 * np.eye(4)
    gradient = [(effect(path + nudge) - effect(path - nudge)).mean() / 2e-5 for nudge in nudges]
    parts = parted(kernel, weight, coefficients, differences)
    np.testing.assert_allclose(parts.loc[0], gradient * to_sample, atol=1e-6)
    ends = effect(np.stack([kernel.mean, kernel.mean + to_sample]))
    assert parts.loc[0].sum() == pytest.approx(ends[1] - ends[0], abs=1e-9)


def test_features_sum_to_gene_sets_which_are_tested_by_ranks():
    rng = np.random.default_rng(0)
    names = [f"G{k}" for k in range(30)]
    features = pd.DataFrame(
        {"table": "expression", "feature": names, "contribution": rng.normal(size=30).round(1)}
    )
    features.loc[:7, "contribution"] -= 2
    causes = Causes("s", "g", 0.0, 0.0, features, pd.Series(dtype=float))
    sets = {"LOW": (*names[:8], "ABSENT"), "REST": tuple(names[8:14]), "SMALL": tuple(names[:4])}
    found = causes.of_gene_sets(sets)
    assert list(found.index) == ["LOW", "REST"]
    assert found["n_features"].tolist() == [8, 6]
    of_all = features.set_index("feature")["contribution"]
    assert found.loc["LOW", "contribution"] == pytest.approx(of_all[:8].sum())
    for name, members in (("LOW", names[:8]), ("REST", names[8:14])):
        expected = mannwhitneyu(
            of_all[members], of_all.drop(members), method="asymptotic", use_continuity=False
        )
        assert found.loc[name, "p"] == pytest.approx(expected.pvalue)
    assert found.loc["LOW", "q"] == pytest.approx(2 * found.loc["LOW", "p"])


def test_features_come_by_the_size_of_their_contribution(closed_form, lines):
    causes = causes_of_gene(closed_form, lines, "BRAF").of(lines.names[0])
    sizes = causes.features["contribution"].abs()
    assert sizes.is_monotonic_decreasing
    assert set(causes.features["table"]) <= {str(omic) for omic in Omic}
    assert (sizes > 0).all()
