import csv
from dataclasses import replace

import anndata
import numpy as np
import pandas as pd
import pytest

from deepdep.data.standardized import StandardizedSamples
from deepdep.data.translation import fit_translation
from deepdep.domain.cohort import Samples, Supplement
from deepdep.domain.gene_effect import GeneEffectKind
from deepdep.domain.omics import Omic
from deepdep.errors import BadFileError
from deepdep.models.predicted import (
    Predicted,
    check_writable,
    genes_file,
)

SAMPLES, GENES = ["ACH-000001", "=cmd()"], ["TP53", "@SUM(A1)", "NA"]
EFFECT = pd.DataFrame([[-1.5, 0.25, 0.0], [1 / 3, -2.0, 1e-9]], SAMPLES, GENES)
OBS = pd.DataFrame({"lineage": ["Lung", "Skin"], "source": "cell_line"}, index=SAMPLES)
ABOUT_GENES = pd.DataFrame(
    {"mean": [-1.0, 0.0, 0.5], "screened": [True, False, True]},
    index=pd.Index(GENES, name="gene"),
)


WIDTHS = ABOUT_GENES.assign(half_width=[0.5, 1.0, 0.25], trusted=[True, False, False])


def write(target, genes=ABOUT_GENES):
    Predicted(EFFECT, OBS, genes, GeneEffectKind.CLASS).write(target)
    return target


def test_h5ad_keeps_what_is_known_of_samples_and_genes(tmp_path):
    matrix = anndata.read_h5ad(write(tmp_path / "p.h5ad"))
    assert list(matrix.obs_names) == SAMPLES
    assert list(matrix.var_names) == GENES
    np.testing.assert_allclose(matrix.X, EFFECT, rtol=1e-6)
    assert matrix.obs["lineage"].tolist() == ["Lung", "Skin"]
    assert matrix.var["screened"].tolist() == [True, False, True]
    assert matrix.uns["kind"] == "class"


def test_h5ad_holds_intervals_as_a_number_per_gene(tmp_path):
    turned = WIDTHS.iloc[::-1]  # aligned by name
    matrix = anndata.read_h5ad(write(tmp_path / "p.h5ad", turned))
    assert matrix.var["half_width"].tolist() == [0.5, 1.0, 0.25]
    assert not matrix.layers


def test_a_sample_that_lacks_something_has_wider_intervals_and_is_counted(tmp_path):
    obs = OBS.assign(interval_factor=[1.0, 1.5])
    predicted = Predicted(EFFECT, obs, WIDTHS.assign(q=0.01, n_gene_sets=1), GeneEffectKind.CLASS)
    width = predicted.interval.high - predicted.interval.low
    np.testing.assert_allclose(width, [[1.0, 2.0, 0.5], [1.5, 3.0, 0.75]])
    lacking = "intervals of 1 sample are up to 1.50 times as wide, for what they lack"
    assert predicted.notes[-1] == lacking
    predicted.write(tmp_path / "p.h5ad")
    matrix = anndata.read_h5ad(tmp_path / "p.h5ad")
    assert matrix.obs["interval_factor"].tolist() == [1.0, 1.5]
    widths = np.outer(matrix.obs["interval_factor"], matrix.var["half_width"])
    np.testing.assert_allclose(matrix.X + widths, predicted.interval.high, rtol=1e-6)
    assert {"obs.interval_factor", "var.q"} <= {*matrix.uns["definitions"]}
    assert {"obs.interval_factor", "var.q"} <= {*matrix.uns["units"]}


def test_without_widths_there_are_no_layers(tmp_path):
    assert not anndata.read_h5ad(write(tmp_path / "p.h5ad")).layers
    assert [path.name for path in tmp_path.iterdir()] == ["p.h5ad"]


def test_parquet_keeps_names_and_numbers_as_they_are(tmp_path):
    table = pd.read_parquet(write(tmp_path / "p.parquet"))
    pd.testing.assert_frame_equal(table, EFFECT.rename_axis("sample"))


@pytest.mark.parametrize(("ending", "delimiter"), [("csv", ","), ("tsv", "\t")])
def test_text_holds_no_cell_that_a_spreadsheet_would_run(tmp_path, ending, delimiter):
    text = write(tmp_path / f"p.{ending}").read_text()
    header, first, second = csv.reader(text.splitlines(), delimiter=delimiter)
    assert header == ["sample", "TP53", "'@SUM(A1)", "NA"]
    assert first == ["ACH-000001", "-1.5", "0.25", "0"]
    assert second == ["'=cmd()", "0.333333", "-2", "1e-09"]


@pytest.mark.parametrize("ending", ["csv", "tsv"])
def test_what_is_known_of_genes_is_a_second_table(tmp_path, ending):
    delimiter = {"csv": ",", "tsv": "\t"}[ending]
    write(tmp_path / f"p.{ending}", WIDTHS.iloc[::-1])
    text = (tmp_path / f"p.genes.{ending}").read_text()
    assert list(csv.reader(text.splitlines(), delimiter=delimiter)) == [
        ["gene", "mean", "screened", "half_width", "trusted"],
        ["TP53", "-1", "True", "0.5", "True"],
        ["'@SUM(A1)", "0", "False", "1", "False"],
        ["NA", "0.5", "True", "0.25", "False"],
    ]


def test_parquet_has_a_second_table_too(tmp_path):
    write(tmp_path / "p.parquet", WIDTHS.iloc[::-1])
    pd.testing.assert_frame_equal(pd.read_parquet(tmp_path / "p.genes.parquet"), WIDTHS)


def test_the_file_of_genes_is_named_after_the_predictions(tmp_path):
    assert genes_file(tmp_path / "of.mine.csv") == tmp_path / "of.mine.genes.csv"
    assert genes_file(tmp_path / "p.h5ad") is None


def test_there_are_both_tables_or_none(tmp_path):
    (tmp_path / "p.csv").mkdir()  # effects cannot be put there
    with pytest.raises(BadFileError, match="cannot be written"):
        write(tmp_path / "p.csv")
    assert [path.name for path in tmp_path.iterdir()] == ["p.csv"]


@pytest.mark.parametrize(
    ("name", "shown"),
    [
        ("=1", "'=1"),
        ("+1", "'+1"),
        ("-1", "'-1"),
        ("@A1", "'@A1"),
        ("\t=1", "'\t=1"),
        (" =1", "' =1"),
        ("\r=1", "' =1"),
        ("A\r\n=1", "A =1"),
        ("A=1", "A=1"),
    ],
)
def test_every_start_of_a_formula_is_made_text(tmp_path, name, shown):
    effect, obs = (table.rename(index={"=cmd()": name}) for table in (EFFECT, OBS))
    predicted = Predicted(effect, obs, ABOUT_GENES, GeneEffectKind.CLASS)
    predicted.write(tmp_path / "p.csv")
    with (tmp_path / "p.csv").open(newline="") as text:
        assert [row[0] for row in csv.reader(text)] == ["sample", "ACH-000001", shown]


def test_genes_are_described_by_name(tmp_path):
    turned = ABOUT_GENES.iloc[::-1]
    write(tmp_path / "p.h5ad", turned)
    assert anndata.read_h5ad(tmp_path / "p.h5ad").var["mean"].tolist() == [-1.0, 0.0, 0.5]


@pytest.mark.parametrize("name", ["p.xlsx", "p", "p.csv.gz", "p.CSV"])
def test_an_ending_that_names_no_format_is_refused(tmp_path, name):
    with pytest.raises(BadFileError, match=r"names no format. Use .h5ad, .parquet, .csv, .tsv"):
        check_writable(tmp_path / name)
    with pytest.raises(BadFileError):
        write(tmp_path / name)
    assert not (tmp_path / name).exists()


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
    return predictor.predict(samples)


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


def about(genes):
    """A prediction of nothing, of these genes."""
    return Predicted(pd.DataFrame(), pd.DataFrame(), genes, GeneEffectKind.GENE_EFFECT)


def test_genes_that_no_screen_taught_are_counted_and_those_in_no_set_named():
    genes = pd.DataFrame(
        {"screened": [True, False, False], "n_gene_sets": [3, 2, 0]}, index=["A", "B", "C"]
    )
    assert list(about(genes).notes) == [
        "2 genes never screened; predicted by gene sets alone",
        "no gene set of the model holds 'C'; predicted as an average gene",
    ]
    assert list(about(genes[:1]).notes) == []


def test_trust_is_summed_up_over_screened_genes():
    genes = pd.DataFrame({"screened": [True, True, False], "trusted": [True, False, False]})
    assert about(genes).trust_note == (
        "1 of 2 screened genes can be trusted: cross-validated r above 0 with 95 % confidence; "
        "it is not known of 1 unscreened gene"
    )
    assert about(genes[:2]).trust_note.endswith("95 % confidence")


@pytest.mark.parametrize(
    ("genes", "why"),
    [
        (pd.DataFrame({"screened": [True]}), "the model was not cross-validated"),
        (pd.DataFrame({"screened": [False], "trusted": [False]}), "none of them was screened"),
    ],
)
def test_where_trust_is_not_known_it_is_said_why(genes, why):
    assert about(genes).trust_note == f"how far to trust the genes is not known; {why}"


def test_profiles_from_an_assay_are_the_translation_of_what_was_measured(lines, of_expression):
    """The same samples by hand: standardised, times the weights, plus the intercept."""
    names = list(lines.obs.index)
    theirs = measured_by_ccle(lines, names)
    samples = of_expression.standardize(theirs)
    translation = of_expression.translations[CCLE]
    space = translation.space.table
    table = theirs.supplements[CCLE].table[space.index]
    standardised = (table - space["center_cell_line"]) / space["scale_cell_line"]
    by_hand = standardised.clip(-8, 8).fillna(0) @ translation.weights + translation.intercept
    np.testing.assert_allclose(samples.profiles[Omic.EXPRESSION], by_hand, atol=1e-3)
    genes = list(of_expression.gene_scale.screened.index)
    expected = of_expression.predict(
        StandardizedSamples.named({Omic.EXPRESSION: by_hand}, names), genes
    ).effect
    np.testing.assert_allclose(predict(theirs, of_expression).effect, expected, atol=1e-3)
