from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from deepdep.data.translation import fit_translation
from deepdep.domain.cohort import Samples, Supplement
from deepdep.domain.omics import Omic
from deepdep.models.prediction import predict_effects, predict_samples
from deepdep.models.prediction_notes import gene_notes, trust_note
from deepdep.models.sample_profiles import standardize_samples

UNIT = "log2(TPM+1)"
CCLE = "expression_ccle"


def expression_alone(samples, names) -> Samples:
    """Some samples with expression and nothing else."""
    table = samples.omics[Omic.EXPRESSION]
    return Samples(
        {Omic.EXPRESSION: table.loc[table.index.isin(names)]},
        samples.obs.loc[list(names)],
        {Omic.EXPRESSION: UNIT},
    )


def measured_by_ccle(samples: Samples, names) -> Samples:
    """The expression of some of them, but by another assay, which reads a third lower."""
    table = samples.omics[Omic.EXPRESSION]
    theirs = table.index.isin(names)
    return replace(
        samples,
        omics={Omic.EXPRESSION: table.loc[~theirs]},
        supplements={CCLE: Supplement(Omic.EXPRESSION, table.loc[theirs] * 2 / 3, UNIT)},
    )


@pytest.fixture(scope="module")
def of_expression(predictor, prepared_cohort, cohort):
    """The predictor of expression alone, which has learned to read another assay of it."""
    table = cohort.cell_lines.omics[Omic.EXPRESSION]
    translation = fit_translation(
        table * 2 / 3,
        prepared_cohort.omics[Omic.EXPRESSION].cell_lines,
        Omic.EXPRESSION,
        UNIT,
        within_sample=False,
        table_name=CCLE,
    )
    return replace(predictor, translations={CCLE: translation})


@pytest.fixture(scope="module")
def lines(cohort):
    """Six cell lines, by their expression alone."""
    names = cohort.cell_lines.omics[Omic.EXPRESSION].index[:6]
    return expression_alone(cohort.cell_lines, names)


def predict(samples, predictor):
    return predict_samples(samples, predictor, None, file_name="mine")


def notes_of_expression(predicted):
    return [note for note in predicted.notes if "expression" in note]


def test_samples_with_a_supplementary_assay_alone_are_predicted_and_told_of(lines, of_expression):
    names = list(lines.obs.index)
    predicted = predict(measured_by_ccle(lines, names), of_expression)
    assert list(predicted.effect.index) == names
    assert notes_of_expression(predicted) == [
        f"6 of 6 samples have no expression; it was read from {CCLE}"
    ]
    whole = predict(lines, of_expression).effect
    # What the assay tells is nearly what expression tells: lines differ in the same way.
    apart = [(effect - effect.mean()).to_numpy().ravel() for effect in (predicted.effect, whole)]
    assert np.corrcoef(*apart)[0, 1] > 0.8


def test_an_omic_read_from_a_supplement_is_told_from_one_that_is_missing(lines, of_expression):
    names = list(lines.obs.index)
    some = measured_by_ccle(lines, names[:2])
    mutated = pd.DataFrame(
        0, names, of_expression.features[Omic.MUTATION].table.index, dtype=np.uint8
    )
    more = replace(
        some,
        omics={Omic.MUTATION: mutated, Omic.EXPRESSION: some.omics[Omic.EXPRESSION].loc[names[3:]]},
        units={**some.units, Omic.MUTATION: "0/1"},
    )
    assert notes_of_expression(predict(more, of_expression)) == [
        f"2 of 6 samples have no expression; it was read from {CCLE}",
        "1 of 6 samples have no expression; predicted without it",
    ]


def test_a_supplement_of_samples_that_have_the_omic_is_not_read(lines, of_expression):
    both = replace(lines, supplements=measured_by_ccle(lines, lines.obs.index).supplements)
    predicted = predict(both, of_expression)
    assert notes_of_expression(predicted) == []
    pd.testing.assert_frame_equal(predicted.effect, predict(lines, of_expression).effect)


def test_tumors_read_the_assay_too(cohort, of_expression):
    names = cohort.tumors.omics[Omic.EXPRESSION].index[:3]
    tumors = expression_alone(cohort.tumors, names)
    predicted = predict(measured_by_ccle(tumors, names), of_expression)
    assert notes_of_expression(predicted) == [
        f"3 of 3 samples have no expression; it was read from {CCLE}"
    ]


def test_an_assay_that_the_model_cannot_read_is_told_of(lines, predictor):
    some = measured_by_ccle(lines, lines.obs.index[:2])
    predicted = predict(some, predictor)
    assert list(predicted.effect.index) == list(lines.obs.index[2:])
    assert notes_of_expression(predicted) == [
        f"{CCLE} left out; the model has not learned to read it"
    ]
    assert "2 samples without any of the model's omics; left out" in predicted.notes


def test_genes_that_no_screen_taught_are_counted_and_those_in_no_set_named():
    genes = pd.DataFrame(
        {"screened": [True, False, False], "n_gene_sets": [3, 2, 0]}, index=["A", "B", "C"]
    )
    assert list(gene_notes(genes)) == [
        "2 genes never screened; predicted by gene sets alone",
        "no gene set of the model holds 'C'; predicted as an average gene",
    ]
    assert list(gene_notes(genes[:1])) == []


def test_trust_is_summed_up_over_screened_genes():
    genes = pd.DataFrame({"screened": [True, True, False], "trusted": [True, False, False]})
    assert trust_note(genes) == (
        "1 of 2 screened genes can be trusted: cross-validated r above 0 with 95 % confidence; "
        "it is not known of 1 unscreened gene"
    )
    assert trust_note(genes[:2]).endswith("95 % confidence")


@pytest.mark.parametrize(
    ("genes", "why"),
    [
        (pd.DataFrame({"screened": [True]}), "the model was not cross-validated"),
        (pd.DataFrame({"screened": [False], "trusted": [False]}), "none of them was screened"),
    ],
)
def test_where_trust_is_not_known_it_is_said_why(genes, why):
    assert trust_note(genes) == f"how far to trust the genes is not known; {why}"


def test_profiles_from_an_assay_are_the_translation_of_what_was_measured(lines, of_expression):
    """The same samples by hand: standardised, times the weights, plus the intercept."""
    names = list(lines.obs.index)
    theirs = measured_by_ccle(lines, names)
    profiles = standardize_samples(theirs, of_expression, file_name="mine")
    translation = of_expression.translations[CCLE]
    space = translation.space.table
    table = theirs.supplements[CCLE].table[space.index]
    standardised = (table - space["center_cell_line"]) / space["scale_cell_line"]
    by_hand = standardised.clip(-8, 8).fillna(0) @ translation.weights + translation.intercept
    np.testing.assert_allclose(profiles[Omic.EXPRESSION], by_hand, atol=1e-3)
    genes = list(of_expression.gene_scale.screened.index)
    expected = predict_effects({Omic.EXPRESSION: by_hand}, names, genes, of_expression)
    np.testing.assert_allclose(predict(theirs, of_expression).effect, expected, atol=1e-3)
