import json
from collections.abc import Callable, Iterable
from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from deepdep.domain.cohort import Cohort, Samples, Source, Supplement
from deepdep.domain.gene_effect import GeneEffect, GeneEffectKind
from deepdep.domain.omics import DEFAULT_UNITS, Omic
from deepdep.errors import ValidationFailedError
from deepdep.validation import ValidationResult, validate_cohort
from deepdep.validation import expectations as expect
from deepdep.validation.expectations import Suite
from deepdep.validation.validate import N_EXAMPLES, matrices_of, run_suites

ESSENTIAL = ["RPL3", "RPL4", "RPS3", "RPS6", "PSMA1", "PSMB5"]
N_FEATURES = 24
GENES = [*ESSENTIAL, *(f"GENE{i}" for i in range(N_FEATURES - len(ESSENTIAL)))]
PROBES = [f"cg{i:08d}" for i in range(N_FEATURES)]
N_SAMPLES = 16
LOW_AND_HIGH = {
    Omic.MUTATION: (0, 1),
    Omic.EXPRESSION: (0, 12),
    Omic.METHYLATION: (0, 1),
    Omic.COPY_NUMBER: (-2, 2),
}


def make_samples(source: Source, omics: Iterable[Omic], rng: np.random.Generator) -> Samples:
    """16 samples; features lie the higher the later they stand, alike in lines and tumours."""
    names = [f"secret-{source}-{i}" for i in range(N_SAMPLES)]
    tables = {}
    for omic in omics:
        low, high = LOW_AND_HIGH[omic]
        level = np.linspace(0.2, 0.8, N_FEATURES)
        share = level + rng.uniform(-0.2, 0.2, (N_SAMPLES, N_FEATURES))
        if omic is Omic.MUTATION:
            share = rng.random((N_SAMPLES, N_FEATURES)) < level
        values = low + (high - low) * share
        values[:2] = [[low], [high]]  # no feature is constant
        dtype = np.uint8 if omic is Omic.MUTATION else np.float32
        features = PROBES if omic is Omic.METHYLATION else GENES
        tables[omic] = pd.DataFrame(values.astype(dtype), index=names, columns=features)
    obs = pd.DataFrame({"patient_id": names, "lineage": "lung", "source": source}, index=names)
    return Samples(tables, obs, dict(DEFAULT_UNITS))


def make_cohort(omics: Iterable[Omic] = (Omic.EXPRESSION,)) -> Cohort:
    """16 tumours and 16 lines; the gene effects of essential genes are near -1, others near 0."""
    rng = np.random.default_rng(1)
    cell_lines = make_samples(Source.CELL_LINE, omics, rng)
    means = [-1.0 if gene in ESSENTIAL else 0.0 for gene in GENES]
    table = pd.DataFrame(
        rng.normal(means, 0.1, (N_SAMPLES, N_FEATURES)),
        index=cell_lines.obs.index,
        columns=GENES,
    )
    table.iloc[3, 2] = np.nan
    return Cohort(
        cell_lines=cell_lines,
        tumors=make_samples(Source.TUMOR, omics, rng),
        gene_effect=GeneEffect(table.astype(np.float32), GeneEffectKind.GENE_EFFECT),
        gene_sets={"SET": ("RPL3", "GENE1")},
    )


def as_classes(table: pd.DataFrame) -> GeneEffect:
    classes = (table < -0.5) * np.float32(-1.0) + (table < -1) * np.float32(-1.0)
    return GeneEffect(classes.where(table.notna()), GeneEffectKind.CLASS)


Change = Callable[[pd.DataFrame], pd.DataFrame]


def gene_effects(change: Change) -> Callable[[Cohort], Cohort]:
    def corrupt(cohort: Cohort) -> Cohort:
        table = change(cohort.gene_effect.table.copy())
        return replace(cohort, gene_effect=replace(cohort.gene_effect, table=table))

    return corrupt


def classes(change: Change) -> Callable[[Cohort], Cohort]:
    def corrupt(cohort: Cohort) -> Cohort:
        labels = as_classes(cohort.gene_effect.table)
        return replace(cohort, gene_effect=replace(labels, table=change(labels.table)))

    return corrupt


def with_value(column: str, value: float) -> Change:
    def change(table: pd.DataFrame) -> pd.DataFrame:
        table[column] = table[column].astype(np.float32)
        table.loc[table.index[4], column] = value
        return table

    return change


def renamed(feature: str) -> Change:
    return lambda table: table.rename(columns={"GENE3": feature})


def without_obs(column: str) -> Callable[[Cohort], Cohort]:
    def corrupt(cohort: Cohort) -> Cohort:
        obs = cohort.cell_lines.obs.drop(columns=column)
        return replace(cohort, cell_lines=replace(cohort.cell_lines, obs=obs))

    return corrupt


def change_tumors(cohort: Cohort, omic: Omic, change: Change) -> Cohort:
    omics = cohort.tumors.omics | {omic: change(cohort.tumors.omics[omic].copy())}
    return replace(cohort, tumors=replace(cohort.tumors, omics=omics))


@pytest.fixture
def refusal(validate_settings) -> Callable[[Cohort], str]:
    """Validate a cohort that must fail; return the line that says why."""

    def refuse(cohort: Cohort) -> str:
        result = validate_cohort(cohort, validate_settings)
        with pytest.raises(ValidationFailedError) as caught:
            result.require_success()
        line = str(caught.value)
        assert "\n" not in line
        assert "secret" not in line + result.to_json()  # no sample leaves validation by its name
        return line

    return refuse


@pytest.fixture
def complaints(validate_settings) -> Callable[[Cohort], list[str]]:
    """Return what a cohort is refused for, all of it."""
    return lambda cohort: [c.message for c in validate_cohort(cohort, validate_settings).failed]


@pytest.fixture
def notes(validate_settings) -> Callable[[Cohort], list[str]]:
    """Return what is noted of a cohort that passes."""

    def noted(cohort: Cohort) -> list[str]:
        result = validate_cohort(cohort, validate_settings)
        result.require_success()
        assert "secret" not in result.to_json()
        return [note.message for note in result.notes]

    return noted


@pytest.fixture(scope="module")
def good(validate_settings) -> ValidationResult:
    return validate_cohort(make_cohort(LOW_AND_HIGH), validate_settings)


def test_a_good_cohort_passes(good):
    assert [check.message for check in (*good.failed, *good.notes)] == []
    good.require_success()


def test_the_simulated_cohort_passes(cohort, complaints):
    assert complaints(cohort) == []


def test_classes_pass_as_well(complaints):
    assert complaints(classes(lambda table: table)(make_cohort())) == []


def test_a_cohort_without_tumours_passes(complaints):
    assert complaints(replace(make_cohort(), tumors=None)) == []


def few_essentials(sign: int) -> Change:
    """Keep four common essentials, with half of the genes needed by all lines."""

    def change(table: pd.DataFrame) -> pd.DataFrame:
        kept = table.drop(columns=ESSENTIAL[:2])
        kept.iloc[:, ::2] -= 1
        return sign * kept

    return change


def test_genes_of_sets_that_are_no_symbols_are_noted(notes):
    odd = {"SET": ("RPL3", "GENE1", "TP53,1.0", "A /// B")}
    (note,) = notes(replace(make_cohort(), gene_sets=odd))
    assert note.startswith(
        "gene_sets.gmt: 50% of its genes are no known kind of name, such as 'A /// B'"
    )


def test_it_is_noted_when_too_few_common_essentials_tell_the_sign(notes):
    (note,) = notes(gene_effects(few_essentials(1))(make_cohort()))
    assert note.startswith(
        "gene_effect.h5ad: 4 of its genes are common essentials, too few to tell the sign, "
        "expected at least 5. Make sure that negative means dependent"
    )


def test_a_sign_that_looks_reversed_is_noted_where_common_essentials_cannot_tell(notes):
    few, reversed_ = notes(gene_effects(few_essentials(-1))(make_cohort()))
    assert "too few to tell the sign" in few
    assert reversed_.startswith("gene_effect.h5ad: the sign may be reversed: genes reach ")


@pytest.mark.parametrize(
    "write",
    [
        str.lower,
        lambda gene: f"{gene} (6122)",
        lambda gene: f"{gene}..6122.",
        lambda gene: f"{gene}|6122",
        lambda gene: f"{gene}.6122",
    ],
)
def test_a_reversed_sign_is_refused_however_genes_are_written(complaints, write):
    def change(table: pd.DataFrame) -> pd.DataFrame:
        return -table.rename(columns={gene: write(gene) for gene in ESSENTIAL})

    cohort = gene_effects(change)(make_cohort())
    assert any("Turn the sign of the table" in problem for problem in complaints(cohort))


def test_lines_that_went_through_r_are_refused_where_they_are_two_patients(refusal, notes):
    cohort = make_cohort()
    obs, effects = cohort.cell_lines.obs, cohort.gene_effect
    name = obs.index[3]
    in_r = name.replace("-", ".").replace("_", "_")
    table = effects.table.rename(index={obs.index[4]: in_r})

    def with_patient(patient: str) -> Cohort:
        patients = pd.Series(table.index, table.index).replace(in_r, patient)
        return replace(cohort, gene_effect=replace(effects, table=table, patient_id=patients))

    assert refusal(with_patient("secret-other")).startswith(
        "cell_lines.h5mu: 1 cell lines of several patients have names that differ as R changes "
    )
    (note,) = notes(with_patient(name))
    assert (
        "of one patient have names that differ as R changes them (22RV1 and X22RV1), or in case"
        in note
    )


def test_every_omic_and_the_gene_effect_are_checked(good):
    tables = {check.table for check in good.checks}
    omics = {f"{file}.h5mu/{omic}" for file in ("cell_lines", "tumors") for omic in LOW_AND_HIGH}
    assert omics | {"gene_effect.h5ad", "gene_sets.gmt"} <= tables


def test_every_table_and_every_shared_omic_is_summed_up(good):
    assert [facts.table for facts in good.tables][:2] == [
        "gene_effect.h5ad",
        "cell_lines.h5mu/mutation",
    ]
    assert len(good.tables) == 1 + 2 * len(LOW_AND_HIGH)
    assert [compared.omic for compared in good.comparisons] == list(LOW_AND_HIGH)


def test_the_same_cohort_gives_the_same_text(good, validate_settings):
    again = validate_cohort(make_cohort(LOW_AND_HIGH), validate_settings).to_json()
    assert again == good.to_json()
    assert json.loads(again)["n_checks"] == len(good.checks)


M, E, B, C = Omic.MUTATION, Omic.EXPRESSION, Omic.METHYLATION, Omic.COPY_NUMBER
CORRUPTED_TABLES = {
    "beta of 1.7": (
        B,
        with_value(PROBES[3], 1.7),
        "feature 'cg00000003' has a maximum of 1.7 (beta), expected at most 1. "
        "Convert the table to beta.",
    ),
    "a mutation of 3": (
        M,
        with_value("GENE3", 3),
        "feature 'GENE3' has a maximum of 3 (0/1), expected at most 1. Convert the table to 0/1.",
    ),
    "half a mutation": (
        M,
        with_value("GENE3", 0.5),
        "feature 'GENE3' has 1 values that are not whole (0/1), expected "
        "none. Convert the table to 0/1.",
    ),
    "negative log expression": (
        E,
        with_value("GENE3", -0.25),
        "feature 'GENE3' has a minimum of -0.25 (log2(TPM+1)), expected "
        "at least 0. Convert the table to log2(TPM+1), or set uns['unit'] if it holds "
        "log2(norm_count+1) or z-score.",
    ),
    "raw counts": (
        E,
        lambda table: table + 100,
        "feature 'RPL3' (and 23 more) has a maximum of",
    ),
    "a linear copy number": (
        C,
        with_value("GENE3", 40),
        "feature 'GENE3' has a maximum of 40 (log2(CN/2)), expected at most 10.",
    ),
    "infinity": (
        E,
        with_value("GENE3", np.inf),
        "feature 'GENE3' has 1 infinite values, expected none. "
        "Replace infinite values by missing ones.",
    ),
    "a feature twice": (
        E,
        renamed("GENE4"),
        "feature 'GENE4' occurs more than once, expected unique names. Keep one of them.",
    ),
    "a date for a gene": (
        E,
        renamed("1-Mar"),
        "feature '1-Mar' is a date that a spreadsheet made of a gene "
        "symbol, expected a symbol such as MARCHF1 or SEPTIN2.",
    ),
    "a day number for a gene": (
        E,
        renamed("43891"),
        "feature '43891' is a date",
    ),
    "no name": (
        E,
        renamed(" "),
        "feature ' ' has no name, expected a name for every feature.",
    ),
    "a line break in a name": (
        E,
        lambda table: with_value("a\nb", -1)(renamed("a\nb")(table)),
        r"feature 'a\nb' has a minimum of -1",
    ),
    "a feature never measured": (
        E,
        lambda table: table.assign(GENE3=np.float32(np.nan)),
        "feature 'GENE3' has 0 values, expected at least 1. Leave "
        "features out that were never measured. (1 more failed)",
    ),
    "a feature mostly missing": (
        E,
        lambda table: table.assign(GENE3=table["GENE3"].where(lambda x: x < 2)),
        "feature 'GENE3' lacks a share of",
    ),
    "a sample never measured": (
        E,
        lambda table: table.where(table.index.to_series() != table.index[4]),
        "a sample has 0 values, expected at least 1.",
    ),
    "a sample twice": (
        E,
        lambda table: pd.concat([table, table.iloc[:1]]),
        "a sample occurs in 2 rows, expected at most 1.",
    ),
    "Ensembl ids": (
        E,
        lambda table: table.set_axis([f"ENSG{i:011d}" for i in range(N_FEATURES)], axis=1),
        "100% of its features are Ensembl ids, such as 'ENSG00000000000', expected at most 0.5. "
        "Import the table with --genes-table",
    ),
    "Entrez ids": (
        E,
        lambda table: table.set_axis(map(str, range(N_FEATURES)), axis=1),
        "100% of its features are numbers, as Entrez ids are, such as '0', expected at most 0.5.",
    ),
    "genes of the mouse": (
        E,
        lambda table: table.rename(columns=str.capitalize),
        "100% of its features are mouse symbols, such as 'Rpl3', expected at most 0.5. "
        "Bring human genes",
    ),
    "a ratio for log2(CN/2)": (
        C,
        lambda table: 2**table,
        "the lowest value of all features is 0.25 (log2(CN/2)), expected below 0, as a loss is "
        "negative. Convert the table to log2(CN/2): it looks like a ratio",
    ),
    "too few features": (
        E,
        lambda table: table.iloc[:, :9],
        "holds 9 features, expected at least 10.",
    ),
    "too few samples": (
        E,
        lambda table: table.iloc[:9],
        "holds 9 samples, expected at least 10.",
    ),
}
CORRUPTED_COHORTS = {
    "NA for a gene": (
        gene_effects(renamed("NA")),
        "gene_effect.h5ad: gene 'NA' has no name, expected a name for every gene.",
    ),
    "no shared feature": (
        lambda cohort: change_tumors(cohort, E, lambda table: table.add_suffix("_HUMAN")),
        "tumors.h5mu: tumours and cell lines share 0 features of expression, expected at "
        "least 1. Name the features alike in both, by HGNC symbol or probe.",
    ),
    "a reversed sign": (
        gene_effects(lambda table: -table),
        "gene_effect.h5ad: common essentials have a median effect of",
    ),
    "a probability": (
        gene_effects(lambda table: table.clip(-1, 0).abs()),
        "gene_effect.h5ad: the lowest value of all genes is 0, expected below 0, as negative "
        "means dependent.",
    ),
    "essentials no lower than others": (
        gene_effects(lambda table: table - 3 * ~table.columns.isin(ESSENTIAL)),
        "gene_effect.h5ad: the median effect of common essentials minus that of other genes is",
    ),
    "a gene no line was screened for": (
        gene_effects(lambda table: table.assign(GENE3=np.float32(np.nan))),
        "gene_effect.h5ad: gene 'GENE3' has 0 values, expected at least 1.",
    ),
    "a wrong class": (
        classes(with_value("GENE3", -3)),
        "gene_effect.h5ad: gene 'GENE3' has a minimum of -3 (kind class), expected at least -2. "
        "Recode the classes: 0 is weak, -1 a dependency, -2 a strong one.",
    ),
    "half a class": (
        classes(with_value("GENE3", -0.5)),
        "gene_effect.h5ad: gene 'GENE3' has 1 values that are not whole (kind class)",
    ),
    "Entrez ids in gene sets": (
        lambda cohort: replace(cohort, gene_sets={"SET": ("RPL3", "7157", "3845")}),
        "gene_sets.gmt: 67% of its genes are numbers, as Entrez ids are, such as '3845', expected "
        "at most 0.5.",
    ),
    "dates in gene sets": (
        lambda cohort: replace(cohort, gene_sets={"SET": ("RPL3", "GENE1", "1-Mar")}),
        "gene_sets.gmt: gene '1-Mar' is a date that a spreadsheet made of a gene symbol",
    ),
    "no name in a gene set": (
        lambda cohort: replace(cohort, gene_sets={"SET": ("RPL3", "GENE1", "NA")}),
        "gene_sets.gmt: gene 'NA' has no name",
    ),
    "labels of other lines": (
        gene_effects(lambda table: table.set_axis([f"line-{i}" for i in range(N_SAMPLES)])),
        "gene_effect.h5ad: 0 of its cell lines have an omic in cell_lines.h5mu, expected at "
        "least 8.",
    ),
    "gene sets of other genes": (
        lambda cohort: replace(cohort, gene_sets={"SET": ("Trp53",)}),
        "gene_sets.gmt: 0 of the screened genes are in a gene set, expected at least 1.",
    ),
    "no gene effects": (
        lambda cohort: replace(cohort, gene_effect=None),
        "gene_effect.h5ad: there is no such file in the cohort, expected one beside the others. "
        "Make it with `deepdep import",
    ),
    "no gene sets": (
        lambda cohort: replace(cohort, gene_sets=None),
        "gene_sets.gmt: there is no such file in the cohort, expected one beside the others. "
        "Copy a GMT file there",
    ),
    "no patients": (without_obs("patient_id"), "cell_lines.h5mu: a sample has no patient_id"),
    "no lineages": (without_obs("lineage"), "cell_lines.h5mu: a sample has no lineage"),
}


@pytest.mark.parametrize(
    ("omic", "change", "message"), CORRUPTED_TABLES.values(), ids=CORRUPTED_TABLES
)
def test_a_corrupted_table_is_refused_in_one_line(refusal, omic, change, message):
    line = refusal(change_tumors(make_cohort([omic]), omic, change))
    assert line.startswith(f"tumors.h5mu/{omic}: {message}")


@pytest.mark.parametrize(("corrupt", "message"), CORRUPTED_COHORTS.values(), ids=CORRUPTED_COHORTS)
def test_a_corrupted_cohort_is_refused_in_one_line(refusal, corrupt, message):
    line = refusal(corrupt(make_cohort()))
    assert line.startswith(message)


def with_supplement(change: Change, file: str = "cell_lines") -> Cohort:
    """A good cohort in which one group has its own expression again, changed, as a supplement."""
    cohort = make_cohort()
    group = getattr(cohort, file)
    table = change(group.omics[Omic.EXPRESSION] + np.float32(0.5))
    array = Supplement(Omic.EXPRESSION, table, "log2(TPM+1)")
    return replace(cohort, **{file: replace(group, supplements={"expression_array": array})})


@pytest.mark.parametrize("file", ["cell_lines", "tumors"])
def test_a_good_supplement_passes_and_is_summed_up(complaints, validate_settings, file):
    cohort = with_supplement(lambda table: table, file)
    assert complaints(cohort) == []
    result = validate_cohort(cohort, validate_settings)
    assert f"{file}.h5mu/expression_array" in [facts.table for facts in result.tables]
    assert [compared.omic for compared in result.comparisons] == [Omic.EXPRESSION]


@pytest.mark.parametrize(
    ("change", "message"),
    [case[1:] for case in CORRUPTED_TABLES.values() if case[0] is E],
    ids=[name for name, case in CORRUPTED_TABLES.items() if case[0] is E],
)
def test_a_corrupted_supplement_is_refused_by_its_name(refusal, change, message):
    line = refusal(with_supplement(change))
    assert line.startswith(f"cell_lines.h5mu/expression_array: {message}")


def test_uneven_cohorts_pass_with_notes(notes):
    def uneven(table: pd.DataFrame) -> pd.DataFrame:
        table["GENE3"] = np.float32(1)
        table.iloc[5, 1:] = np.nan
        return table.rename(columns=dict(zip(GENES[-13:], "ABCDEFGHIJKLM", strict=True)))

    cohort = change_tumors(make_cohort(), E, uneven)
    units = {E: "log2(norm_count+1)"}
    obs = cohort.tumors.obs.assign(lineage="unknown")
    found = notes(replace(cohort, tumors=replace(cohort.tumors, units=units, obs=obs)))
    assert [note.split(",")[0] for note in found] == [
        "tumors.h5mu/expression: feature 'GENE3' has the same value in all samples",
        "tumors.h5mu/expression: a sample lacks a share of 0.958333 of its values",  # 23 of 24
        "tumors.h5mu: a sample is of unknown lineage",
        "tumors.h5mu: tumours have a share of 0.458333 of the cell lines' features of expression",
        "tumors.h5mu: tumours and cell lines have expression in different units",
    ]


def test_features_with_the_same_values_are_noted_and_counted(notes):
    def copied(table: pd.DataFrame) -> pd.DataFrame:
        return table.assign(GENE3=table["GENE5"], GENE7=table["GENE5"])

    (note,) = notes(change_tumors(make_cohort([M]), M, copied))
    assert note == (
        "tumors.h5mu/mutation: feature 'GENE3' (and 2 more) has the same values as another "
        "feature, expected values of its own. Nothing needs to be done where mutations are rare: "
        "they coincide by nature."
    )


def test_lines_of_two_patients_with_one_profile_are_noted_as_a_leak(cohort, notes):
    expression = cohort.cell_lines.omics[E].copy()
    patients = cohort.cell_lines.obs["patient_id"].reindex(expression.index)
    first, second = patients.index[0], patients.index[patients != patients.iloc[0]][0]
    expression.loc[first] = expression.loc[second]
    omics = cohort.cell_lines.omics | {E: expression}
    leaking = replace(cohort, cell_lines=replace(cohort.cell_lines, omics=omics))
    (note,) = set(notes(leaking)) - set(notes(cohort))
    assert note == (
        "cell_lines.h5mu/expression: pairs of cell lines of different patients that have nearly "
        "the same profile (r of 0.999 or more): 1, expected none. Give both the same patient_id "
        "if they are one, or keep one of them: copies on both sides of the split flatter every "
        "figure."
    )


def test_tumours_in_another_unit_than_they_claim_are_noted(notes):
    (note,) = notes(change_tumors(make_cohort(), E, lambda table: table + 3.5))
    assert note.startswith("tumors.h5mu: the overall means of expression in tumours and cell lines")


def test_a_unit_that_import_had_to_guess_is_asked_about(notes):
    cohort = make_cohort()
    guessed = replace(cohort.tumors, guesses=frozenset({Omic.EXPRESSION}))
    (asked,) = set(notes(replace(cohort, tumors=guessed))) - set(notes(cohort))
    assert asked == (
        "tumors.h5mu/expression: its unit was taken for log2(TPM+1), which its values do not tell, "
        "expected what its file or the user says. Is it right? If not, import the table again with "
        "--unit expression=UNIT."
    )


def test_shuffled_features_are_noted(notes):
    (note,) = notes(
        change_tumors(make_cohort(), E, lambda table: table.set_axis(GENES[::-1], axis=1))
    )
    assert "features of expression in tumours and in cell lines correlate with r -0.9" in note


def test_gene_effects_on_another_scale_are_noted(notes):
    (note,) = notes(gene_effects(lambda table: table / 10)(make_cohort()))
    assert "common essentials have a median effect of -0.0" in note


def test_bins_of_two_assemblies_are_refused_before_anything_else_of_both(complaints):
    bins = [f"chr1_{i}to{i + 1}_10k" for i in range(N_FEATURES)]
    cohort = make_cohort([C])
    lines, tumors = (
        replace(samples, omics={C: samples.omics[C].set_axis(bins, axis=1)}, assembly=assembly)
        for samples, assembly in ((cohort.cell_lines, "hg19"), (cohort.tumors, "hg38"))
    )
    (found,) = complaints(replace(cohort, cell_lines=lines, tumors=tumors))
    assert found.startswith(
        "tumors.h5mu: tumours and cell lines have copy_number in bins of different assemblies, "
        "expected one assembly. Import both with the same --assembly"
    )


def test_a_table_on_its_side_is_refused_and_names_no_sample(refusal):
    def on_its_side(table: pd.DataFrame) -> pd.DataFrame:
        return table.T

    line = refusal(change_tumors(make_cohort(), E, on_its_side))
    assert line.startswith(
        "tumors.h5mu/expression: 100% of its features are named like samples, expected at most "
        "0.5. Transpose the table"
    )


def test_no_sample_is_named_where_a_feature_has_its_name(refusal):
    name = "secret-tumor-3"
    line = refusal(
        change_tumors(make_cohort(), E, lambda t: with_value(name, -1)(renamed(name)(t)))
    )
    assert "feature (named like a sample) has a minimum of -1" in line


def test_further_failures_are_counted(refusal):
    line = refusal(gene_effects(lambda table: -table)(make_cohort()))
    assert line.endswith("negative means dependent. (1 more failed)")


@pytest.fixture
def two_lines() -> Samples:
    """Two lines; of five features one is constant, two are the same and one lacks a value."""
    values = [[1, 0.5, 0.5, 2, np.nan], [1, 0.7, 0.7, 3, 4]]
    table = pd.DataFrame(values, index=["L1", "L2"], columns=list("ABCDE"), dtype=np.float32)
    obs = pd.DataFrame({"patient_id": ["L1", "L2"]}, index=table.index)
    unit = {Omic.EXPRESSION: "log2(TPM+1)"}
    return Samples({Omic.EXPRESSION: table}, obs, unit, "hg38", "DepMap")


def test_a_table_is_summed_up(two_lines, validate_settings):
    (matrix,) = matrices_of(Cohort(two_lines, None, None, None), validate_settings).values()
    facts = matrix.facts
    assert facts.table == "cell_lines.h5mu/expression"
    assert (facts.n_samples, facts.n_features) == (2, 5)
    assert (facts.unit, facts.assembly, facts.release) == ("log2(TPM+1)", "hg38", "DepMap")
    assert facts.missing_share == pytest.approx(0.1)
    assert (facts.n_constant, facts.n_repeated) == (2, 2)  # E has one value only


def test_a_supplement_is_described_like_a_table_of_its_omic(two_lines, validate_settings):
    calls = pd.DataFrame({"A": [0, -1], "B": [1, 1]}, index=["L1", "L2"], dtype=np.float32)
    supplements = {"copy_number_wgs": Supplement(Omic.COPY_NUMBER, calls, "call")}
    given = replace(two_lines, supplements=supplements)
    found = matrices_of(Cohort(given, None, None, None), validate_settings)
    assert list(found) == ["cell_lines.h5mu/expression", "cell_lines.h5mu/copy_number_wgs"]
    matrix = found["cell_lines.h5mu/copy_number_wgs"]
    assert (matrix.omic, matrix.unit, matrix.is_whole) == (Omic.COPY_NUMBER, "call", True)
    assert matrix.facts.n_constant == 1
    own = replace(given, omics={Omic.COPY_NUMBER: calls}, units={Omic.COPY_NUMBER: "call"})
    plain = matrices_of(Cohort(own, None, None, None), validate_settings)
    assert matrix.required == plain["cell_lines.h5mu/copy_number"].required


@pytest.mark.parametrize(
    ("kind", "is_whole"), [(GeneEffectKind.CLASS, True), (GeneEffectKind.GENE_EFFECT, False)]
)
def test_gene_effects_come_first(two_lines, validate_settings, kind, is_whole):
    effects = GeneEffect(-two_lines.omics[Omic.EXPRESSION], kind)
    cohort = Cohort(two_lines, two_lines, effects, None)
    found = matrices_of(cohort, validate_settings)
    assert list(found) == [
        "gene_effect.h5ad",
        "cell_lines.h5mu/expression",
        "tumors.h5mu/expression",
    ]
    assert found["gene_effect.h5ad"].is_whole is is_whole
    assert found["gene_effect.h5ad"].facts.unit == f"kind {kind}"


@pytest.fixture
def frame() -> pd.DataFrame:
    """Eight rows; ``size`` counts up from 0."""
    return pd.DataFrame({"feature": [f"F{i}" for i in range(8)], "size": range(8), "is_there": 1})


def check_of(frame, expectation, shown=("feature",), samples=()):
    (check,) = run_suites([Suite("file/table", frame, [expectation], shown)], samples)
    return check


def test_what_passes_tells_the_value_nearest_to_the_limit(frame):
    low = check_of(frame, expect.at_least("size", -1, "size", "{observed}", "Grow"))
    high = check_of(frame, expect.at_most("size", 9, "size", "{observed}", "Shrink"))
    assert (low.success, low.observed, low.limit) == (True, 0, "at least -1")
    assert (high.success, high.observed, high.limit) == (True, 7, "at most 9")
    assert low.message is None
    assert low.n_failing == 0


def test_what_fails_tells_the_first_value_how_many_others_and_some_of_them(frame):
    check = check_of(
        frame, expect.at_most("size", 1, "size", "{feature}{others}: {observed}", "Shrink")
    )
    assert check.message == "file/table: 'F2' (and 5 more): 2, expected at most 1. Shrink."
    assert check.n_failing == 6
    assert check.examples == ("'F2'", "'F3'", "'F4'", "'F5'", "'F6'")
    assert len(check.examples) == N_EXAMPLES


def test_one_that_fails_has_no_others(frame):
    check = check_of(frame, expect.at_most("size", 6, "size", "{feature}{others}", "Shrink"))
    assert check.problem == "'F7'"


def test_rows_without_a_name_are_never_shown(frame):
    frame["feature"] = "secret"
    check = check_of(
        frame, expect.at_most("size", 1, "size", "size {observed}", "Shrink"), shown=()
    )
    assert check.problem == "size 7"
    assert (check.n_failing, check.examples) == (None, ())
    assert "secret" not in str(check)


def test_a_feature_with_a_samples_name_is_counted_but_not_named(frame):
    expectation = expect.at_most("size", 6, "size", "{feature}{others}", "Shrink")
    check = check_of(frame, expectation, samples={"F7"})
    assert check.problem == check.examples[0] == "(named like a sample)"


def test_braces_in_a_name_are_no_place_to_fill(frame):
    frame.loc[7, "feature"] = "{observed}{x}"
    assert check_of(frame, expect.at_most("size", 6, "size", "{feature}", "Shrink")).problem == (
        "'{observed}{x}'"
    )


def test_checks_come_in_the_order_of_their_expectations(frame):
    expectations = [
        expect.throughout("is_there", 1, "there", "absent", "one", "Bring it"),
        expect.rows(2, "rows", "Bring more"),
        expect.none("size", "size", "large", "none", "Shrink").as_note(),
    ]
    checks = list(run_suites([Suite("t", frame, expectations)], ()))
    assert [check.title for check in checks] == ["there", "rows", "size"]
    assert [check.severity for check in checks] == ["error", "error", "note"]
    assert [check.is_question for check in checks] == [True, False, False]


def test_an_expectation_that_cannot_be_checked_is_our_fault(frame):
    with pytest.raises(RuntimeError, match="file/table: ExpectColumnValuesToBeBetween broke"):
        check_of(frame, expect.at_most("absent", 1, "size", "", ""))


@pytest.mark.parametrize(
    ("value", "problem", "text"),
    [
        (1.0000004, "is {observed}", "is 1.0000004"),
        (1.2345678, "is {observed}", "is 1.23457"),
        (1.004, "are {share}", "are 100.4%"),
        (1.334, "are {share}", "are 133%"),
    ],
)
def test_what_fails_is_not_shown_as_if_it_had_passed(value, problem, text):
    frame = pd.DataFrame({"size": [value]})
    check = check_of(frame, expect.at_most("size", 1, "size", problem, "Shrink"), shown=())
    assert check.problem == text
