from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from collecting import collected

from deepdep.domain.cohort import Source
from deepdep.domain.notes import Notes
from deepdep.domain.omics import Omic
from deepdep.errors import BadFileError, DeepDEPError, UnusableUnitError
from deepdep.sources.units import (
    Scale,
    StatedUnits,
    are_calls,
    in_unit,
    omic_table,
    recognise_omic,
    refuse_counts,
    scale_of_values,
    to_log2_ratio,
    units_of,
    unusable_expression,
)

FILE = Path("given.csv")


def table(*values: float) -> pd.DataFrame:
    names = [f"GENE{k}" for k in range(len(values))]
    return pd.DataFrame([values], index=["ACH-000001"], columns=names, dtype=np.float32)


@pytest.mark.parametrize(
    ("values", "scale"),
    [
        ((0.5, 1, 8.1), Scale.LINEAR),
        ((-0.1, 0, 1), Scale.LOG2),
        ((0.5, 1, 8), None),
        ((0.0, np.nan), None),
    ],
)
def test_negative_and_large_values_tell_the_scale(values, scale):
    assert scale_of_values(table(*values)) is scale


def test_linear_ratios_become_their_logarithms():
    noted = collected(to_log2_ratio, table(1, 2, 0.5, 16, np.nan), Scale.LINEAR, FILE)
    np.testing.assert_allclose(noted.value.to_numpy(), [[0, 1, -1, 4, np.nan]], atol=1e-6)
    assert noted.notes == ("linear ratios turned to log2",)


def test_the_pseudo_count_is_taken_off_first():
    values = np.log2(np.array([1, 2, 0.5, 16]) + 1)
    noted = collected(to_log2_ratio, table(*values), Scale.LOG2_PLUS_1, FILE)
    np.testing.assert_allclose(noted.value.to_numpy(), [[0, 1, -1, 4]], atol=1e-6)
    assert noted.notes == ("log2(x+1) ratios turned to log2",)


def test_log2_ratios_stay_as_they_are():
    given = table(-1, 0, 1)
    assert to_log2_ratio(given, Scale.LOG2, FILE, notes=Notes()) is given


def test_a_gene_without_copies_gets_the_lowest_value():
    noted = collected(to_log2_ratio, table(0, 1e-6, 1, 1, 1), Scale.LINEAR, FILE)
    assert noted.value.to_numpy().tolist() == [[-10, -10, 0, 0, 0]]
    assert noted.notes[1] == "2 values of hardly any copy set to -10, the lowest value"


@pytest.mark.parametrize(
    ("values", "scale", "message"),
    [
        ((1, -0.5), Scale.LINEAR, r"row 'ACH-000001', column 'GENE1': is -0.5, which linear of a"),
        ((1, -0.5), Scale.LOG2_PLUS_1, r"column 'GENE1': is -0.5, which log2\(x\+1\) of a ratio"),
        ((1, 40), Scale.LOG2_PLUS_1, r"column 'GENE1': is 40, which log2\(x\+1\) of a ratio"),
        ((2, 2, 3), Scale.LINEAR, "centres on 2: copies, not ratios to the sample's ploidy"),
    ],
)
def test_refuses_what_a_scale_cannot_hold(values, scale, message):
    with pytest.raises(BadFileError, match=message):
        to_log2_ratio(table(*values), scale, FILE, notes=Notes())


FILE_OF_OMIC = Path("given.csv")


def table_of_omic(*rows: list[float]) -> pd.DataFrame:
    return pd.DataFrame(
        np.array(rows, dtype=np.float32),
        index=[f"S{i}" for i in range(len(rows))],
        columns=[f"G{i}" for i in range(len(rows[0]))],
    )


STANDARDISED = table_of_omic([-1, 1, -1, 1], [1, 1, -1, -1])


@pytest.mark.parametrize(
    ("omic", "source", "values", "unit"),
    [
        (Omic.EXPRESSION, Source.CELL_LINE, table_of_omic([0, 5.5], [12, 1]), "log2(TPM+1)"),
        (Omic.EXPRESSION, Source.TUMOR, table_of_omic([0, 5.5], [12, 1]), "log2(norm_count+1)"),
        (Omic.EXPRESSION, Source.CELL_LINE, STANDARDISED, "z-score"),
        (Omic.EXPRESSION, Source.TUMOR, STANDARDISED, "z-score"),
        (Omic.METHYLATION, Source.TUMOR, table_of_omic([0, 1], [np.nan, 0.5]), "beta"),
        (Omic.COPY_NUMBER, Source.CELL_LINE, table_of_omic([-1, 0], [np.nan, 1]), "call"),
        (Omic.COPY_NUMBER, Source.CELL_LINE, table_of_omic([-1.2, 0], [0.1, 2]), "log2(CN/2)"),
        (Omic.MUTATION, Source.CELL_LINE, table_of_omic([0, 1], [1, 1]), "0/1"),
        (Omic.PROTEIN, Source.CELL_LINE, table_of_omic([-2.5, 0], [np.nan, 4]), "log2(signal)"),
        (Omic.PROTEIN, Source.TUMOR, table_of_omic([14, 21.5], [30, 9]), "log2(signal)"),
        (Omic.METABOLITE, Source.CELL_LINE, table_of_omic([5.5, 6], [4, 7]), "log10(abundance)"),
    ],
)
def test_tells_the_unit_from_the_values(omic, source, values, unit):
    known = recognise_omic(values, omic, source, FILE_OF_OMIC, notes=Notes())
    assert known.unit == unit
    pd.testing.assert_frame_equal(known.table, values, check_dtype=False)


@pytest.mark.parametrize(
    ("omic", "values", "message"),
    [
        (Omic.EXPRESSION, table_of_omic([1, 2], [3, 26]), "row 'S1', column 'G1': is 26, and log2"),
        (
            Omic.EXPRESSION,
            table_of_omic([1, -2], [3, 4]),
            "row 'S0': has negative values but is not stand",
        ),
        (Omic.METHYLATION, table_of_omic([0, 1.2]), "column 'G1': is 1.2, and beta lies in 0 to 1"),
        (Omic.METHYLATION, table_of_omic([-3.1, 1]), "M-values"),
        (Omic.COPY_NUMBER, table_of_omic([0.9, 1.1], [1, 3]), "a linear ratio"),
        (Omic.COPY_NUMBER, table_of_omic([-1.5, 40]), "is 40, and log2"),
        (
            Omic.MUTATION,
            table_of_omic([0, 1], [0.5, 1]),
            "row 'S1', column 'G0': is 0.5, neither 0 nor 1",
        ),
        (Omic.PROTEIN, table_of_omic([3, 900]), "is 900, and log2.signal. lies in .* log2 of them"),
        (Omic.METABOLITE, table_of_omic([3, 9e5]), "Raw areas or abundances"),
        (Omic.MUTATION, table_of_omic([0, -1]), "neither 0 nor 1"),
        (Omic.MUTATION, table_of_omic([np.nan, np.nan]), "no sample with a value left"),
    ],
)
def test_refuses_values_in_no_known_unit(omic, values, message):
    with pytest.raises(BadFileError, match=message) as error:
        recognise_omic(values, omic, Source.CELL_LINE, FILE_OF_OMIC, notes=Notes())
    assert str(error.value).startswith("given.csv: ")


def test_two_mutated_copies_are_one_mutation():
    noted = collected(
        recognise_omic, table_of_omic([0, 2], [1, 2]), Omic.MUTATION, Source.CELL_LINE, FILE_OF_OMIC
    )
    assert noted.value.table.to_numpy().tolist() == [[0, 1], [1, 1]]
    assert noted.value.table.dtypes.eq(np.uint8).all()
    assert "2 values of 2 taken as 1" in noted.notes


def test_a_mutation_that_was_not_assessed_is_refused():
    with pytest.raises(BadFileError, match=r"row 'S1', column 'G1': is missing"):
        recognise_omic(
            table_of_omic([0, 1], [1, np.nan]),
            Omic.MUTATION,
            Source.CELL_LINE,
            FILE_OF_OMIC,
            notes=Notes(),
        )


def test_what_was_never_measured_is_dropped_and_the_constant_reported():
    nan = np.nan
    values = table_of_omic([1, nan, 2, 7], [nan, nan, nan, nan], [3, nan, nan, 7])
    noted = collected(recognise_omic, values, Omic.EXPRESSION, Source.CELL_LINE, FILE_OF_OMIC)
    assert noted.value.table.index.tolist() == ["S0", "S2"]
    assert noted.value.table.columns.tolist() == ["G0", "G2", "G3"]
    assert noted.notes == (
        "2 samples x 3 features, log2(TPM+1)",
        "1 sample without any value left out",
        "1 feature without any value left out",
        "2 features with one value in all samples",
    )


def test_a_table_whose_unit_is_known_is_not_taken_for_another():
    values = table_of_omic([0, 5.5], [2, np.nan], [4, 1])
    noted = collected(in_unit, values, "log2(TPM+1)", FILE_OF_OMIC)
    assert noted.value.unit == "log2(TPM+1)"
    pd.testing.assert_frame_equal(noted.value.table, values)
    assert noted.notes == ("3 samples x 2 features, log2(TPM+1)",)
    with pytest.raises(
        BadFileError, match=r"column 'G0': is -1, and log2\(TPM\+1\) lies in 0 to 25"
    ):
        in_unit(STANDARDISED, "log2(TPM+1)", FILE_OF_OMIC, notes=Notes())
    assert (
        in_unit(table_of_omic([0, 1], [1, 2]), "log2(CN/2)", FILE_OF_OMIC, notes=Notes()).unit
        == "log2(CN/2)"
    )


@pytest.mark.parametrize(
    ("unit", "given", "stored", "held"),
    [
        ("log2(TPM+1)", 3.0, "log2(TPM+1)", 3.0),
        ("log2(norm_count+1)", 3.0, "log2(norm_count+1)", 3.0),
        ("TPM", 7.0, "log2(TPM+1)", 3.0),
        ("ln(TPM+1)", np.log(8), "log2(TPM+1)", 3.0),
        ("norm_count", 7.0, "log2(norm_count+1)", 3.0),
        ("ln(norm_count+1)", np.log(8), "log2(norm_count+1)", 3.0),
        ("linear", 0.5, "log2(CN/2)", -1.0),
        ("log2(x+1)", np.log2(1.5), "log2(CN/2)", -1.0),
        ("log2(CN/2)", -1.0, "log2(CN/2)", -1.0),
        ("call", 2.0, "call", 2.0),
        ("beta", 0.25, "beta", 0.25),
        ("M-value", np.log2(0.25 / 0.75), "beta", 0.25),
    ],
)
def test_what_the_user_says_is_turned_to_a_unit_that_is_stored(unit, given, stored, held):
    (omic,) = (omic for omic in Omic if unit in units_of(omic))
    read = collected(omic_table, table(given), omic, unit, Source.TUMOR, FILE)
    assert read.value.unit == stored
    assert read.value.table.iloc[0, 0] == pytest.approx(held, abs=1e-6)
    assert not any("is it?" in note for note in read.notes)


@pytest.mark.parametrize(
    ("unit", "given"),
    [("log2(TPM+1)", 60), ("TPM", -1), ("call", 0.5), ("beta", 7), ("linear", -1), ("z-score", 9)],
)
def test_values_that_cannot_be_in_the_unit_that_was_said_are_refused(unit, given):
    (omic,) = (omic for omic in Omic if unit in units_of(omic))
    with pytest.raises(BadFileError, match=r"given\.csv: row 'ACH-000001'"):
        omic_table(table(given), omic, unit, Source.TUMOR, FILE, Notes())


@pytest.mark.parametrize("source", Source)
def test_expression_whose_values_do_not_tell_the_unit_is_asked_about(source):
    read = collected(omic_table, table(0, 1, 5.5), "expression_ccle", None, source, FILE)
    (asked,) = (note for note in read.notes if "is it?" in note)
    assert read.value.unit in asked
    assert "--unit 'expression_ccle=" in asked


def test_units_are_said_by_table_in_any_spelling_of_theirs():
    said = StatedUnits.read(["expression = log2(tpm + 1)", "tumors/expression=TPM"])
    assert said.of("expression", Source.CELL_LINE) == "log2(TPM+1)"
    assert said.of("expression", Source.TUMOR) == "TPM"
    assert said.of("methylation", Source.TUMOR) is None


@pytest.mark.parametrize(
    ("texts", "problem"),
    [
        (["log2(TPM+1)"], "is no omic. Say one of mutation, expression,"),
        (["rnaseq=log2(TPM+1)"], "'rnaseq' is no omic"),
        (["lines/expression=TPM"], "'lines/expression' is no omic"),
        (["expression=FPKM"], "'FPKM' is no unit of expression that import reads. Say one of log2"),
        (["methylation=call"], "'call' is no unit of methylation"),
        (["expression=TPM", "expression=log2(TPM+1)"], "Say one of them"),
    ],
)
def test_a_unit_that_makes_no_sense_is_refused(texts, problem):
    with pytest.raises(DeepDEPError) as refused:
        StatedUnits.read(texts)
    assert problem in str(refused.value)


MOSTLY_CALLS = np.tile([-2, -1, 0, 1, 2, 1, -1, 0], (8, 5)).astype(np.float32)


def with_cell(value: float) -> pd.DataFrame:
    values = MOSTLY_CALLS.copy()
    values[2, 3] = value
    return table_of_omic(*values)


def test_a_deletion_of_part_of_a_gene_is_a_call():
    noted = collected(recognise_omic, with_cell(-1.5), Omic.COPY_NUMBER, Source.TUMOR, FILE_OF_OMIC)
    assert noted.value.unit == "call"
    assert noted.value.table.loc["S2", "G3"] == -2
    assert "1 call of -1.5, a deletion of part of a gene, taken as -2" in noted.notes


@pytest.mark.parametrize("stray", [0.5, -0.5, 1.5, 0.37, 3, -3])
def test_a_stray_among_calls_is_named(stray):
    with pytest.raises(BadFileError, match=rf"row 'S2', column 'G3': is {stray}, among calls"):
        recognise_omic(
            with_cell(stray), Omic.COPY_NUMBER, Source.TUMOR, FILE_OF_OMIC, notes=Notes()
        )


def test_logarithms_of_whole_copies_are_no_calls():
    ratios = np.log2(np.tile([1, 2, 4, 4, 1, 1, 1, 1, 1, 8, 3], (8, 3)) / 2)
    assert not are_calls(ratios.astype(np.float32))
    assert are_calls(MOSTLY_CALLS)
    assert not are_calls(np.random.default_rng(0).normal(0, 0.4, (8, 40)).astype(np.float32))


def test_copies_become_ratios_to_the_mean_of_the_sample():
    noted = collected(to_log2_ratio, table(2, 4, 1, 2, 1, np.nan), Scale.COPIES, FILE)
    np.testing.assert_allclose(noted.value.to_numpy(), [[0, 1, -1, 0, -1, np.nan]], atol=1e-6)
    assert noted.notes == ("copies turned to log2 of their ratio to the sample's mean",)
    with pytest.raises(BadFileError, match="is 0, as are all of the sample's"):
        to_log2_ratio(table(0, 0, np.nan), Scale.COPIES, FILE, notes=Notes())
    with pytest.raises(BadFileError, match="is -1, which copies cannot be"):
        to_log2_ratio(table(2, -1), Scale.COPIES, FILE, notes=Notes())


def logs(kind: str, n_samples: int = 10, n_genes: int = 60) -> np.ndarray:
    """log2(x+1), shape (sample, gene), of a lognormal abundance, in one kind of unit."""
    rng = np.random.default_rng(0)
    abundance = np.exp(rng.normal(2, 1.5, n_genes) + rng.normal(0, 0.5, (n_samples, n_genes)))
    deep = np.where(np.arange(n_samples) % 2, 8, 1)[:, None]
    given = {
        "normalised": abundance,
        "two-fold": abundance * np.where(np.arange(n_samples) % 2, 2, 1)[:, None],
        "whole": np.round(abundance),
        "eight-fold": abundance * deep,
        "whole, eight-fold": np.round(abundance * deep),
        "of few samples, eight-fold": (abundance * deep)[:3],
    }[kind]
    return np.log2(given + 1).round(4).astype(np.float32)


@pytest.mark.parametrize("kind", ["normalised", "two-fold", "of few samples, eight-fold"])
def test_normalised_expression_is_taken(kind):
    refuse_counts(logs(kind), FILE)


@pytest.mark.parametrize(
    ("kind", "problem"),
    [
        ("whole", "whole numbers: raw counts"),
        ("whole, eight-fold", "whole numbers: raw counts"),
        ("eight-fold", "not normalised: libraries differ [78]-fold"),
    ],
)
def test_raw_counts_are_told_by_their_values(kind, problem):
    with pytest.raises(UnusableUnitError, match=problem):
        refuse_counts(logs(kind), FILE)
    lines = table_of_omic(*logs(kind))
    for source in Source:
        with pytest.raises(UnusableUnitError, match=problem):
            recognise_omic(lines, Omic.EXPRESSION, source, FILE, notes=Notes())


def test_probes_of_epic_v2_lose_their_suffix_and_replicates_are_averaged():
    names = ["cg01_BC11", "cg02_TC21", "cg01_BC12", "ch.1.2R_TO11", "cg03", "cg04_mine"]
    betas = pd.DataFrame([[0.2, 0.5, 0.4, 0.1, 1, 0], [np.nan, 0.5, 0.4, 0.1, 1, 0]], columns=names)
    noted = collected(recognise_omic, betas, Omic.METHYLATION, Source.TUMOR, FILE)
    assert list(noted.value.table.columns) == ["cg01", "cg02", "ch.1.2R", "cg03", "cg04_mine"]
    np.testing.assert_allclose(noted.value.table["cg01"], [0.3, 0.4], rtol=1e-6)
    assert "1 probe averaged over replicates: 'cg01'" in noted.notes
    assert list(in_unit(betas, "beta", FILE, notes=Notes()).table)[:2] == ["cg01", "cg02"]


@pytest.mark.parametrize(
    ("name", "unit"),
    [
        ("TCGA-BRCA.star_counts.tsv", "raw counts"),
        ("TCGA-BRCA.htseq_counts.tsv.gz", "raw counts"),
        ("tcga_gene_expected_count.gz", "raw counts"),
        ("RSEM_expected_count.tsv", "raw counts"),
        ("data_mrna_seq_read_counts.txt", "raw counts"),
        ("raw_counts.tsv", "raw counts"),
        ("TCGA-BRCA.htseq_fpkm-uq.tsv.gz", "FPKM"),
        ("data_mrna_seq_fpkm.txt", "FPKM"),
        ("data_rna_seq_mrna_rpkm.txt", "RPKM"),
        ("data_mrna_seq_cpm.txt", "CPM"),
        ("expression_logCPM.tsv", "CPM"),
        ("TCGA-BRCA.star_tpm.tsv", None),
        ("tcga_RSEM_Hugo_norm_count", None),
        ("BRCA.rnaseqv2__RSEM_genes_normalized__data.data.txt", None),
        ("normalized_gene_counts.tsv", None),
        ("counts_of_normal_tissue.tsv", "raw counts"),
        ("data_mrna_seq_v2_rsem.txt", None),
        ("HiSeqV2", None),
        ("country.tsv", None),
    ],
)
def test_names_speak_of_units_that_cannot_be_used(name, unit):
    assert unusable_expression(name) == unit
