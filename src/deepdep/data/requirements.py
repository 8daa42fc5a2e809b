"""What each table of a cohort must satisfy, and what to do when it does not."""

from dataclasses import dataclass

from deepdep.data.expectations import (
    Expectation,
    at_least,
    at_most,
    below,
    no_match,
    rows,
    throughout,
)
from deepdep.domain.gene_effect import GeneEffectKind
from deepdep.domain.omics import UNITS, Unit
from deepdep.domain.settings import Settings


@dataclass(frozen=True)
class ValidateSettings(Settings):
    """The ``validate`` group of params.yaml."""

    min_samples: int  # of every table
    min_features: int  # of every table
    min_labelled_lines: int  # screened cell lines with at least one omic
    min_shared_share: float  # of the cell lines' features in the tumours; below it, a note
    max_missing_share: float  # of a feature of an omic; of a sample, a note
    max_missing_share_gene_effect: float  # of a gene; libraries differ, so screens have gaps


# Excel makes 1-Mar of MARCH1, 2-Sep of SEPT2 and 1-Dec of DEC1, and numbers days since 1900:
# 36526 to 47899 are the years 2000 to 2031.
_MONTH = "(?:jan|feb|mar|apr|may|jun|jul|aug|sept?|oct|nov|dec|mrz|mai|okt|dez)"
EXCEL_DATE = (
    rf"(?i)^(?:\d{{1,2}}[-. ]+{_MONTH}(?:[-. ]+\d{{2,4}})?|{_MONTH}-\d{{1,4}}"
    r"|\d{4}-\d\d-\d\d(?: 00:00:00)?|\d{1,2}/\d{1,2}/\d{2,4}"
    r"|36(?:5[3-9]|[6-9]\d)\d|3[7-9]\d{3}|4[0-6]\d{3}|47[0-8]\d\d)$"
)
NO_NAME = r"(?i)^\s*(?:nan|na|none|null|#n/a|#name\?|unnamed: ?\d+)?\s*$"

WHOLE_UNITS = ("0/1", "call")

# Chronos and CERES lie between -6 and 5; counts and percentages do not.
GENE_EFFECT_RANGE = {GeneEffectKind.GENE_EFFECT: (-20.0, 20.0), GeneEffectKind.CLASS: (-2.0, 0.0)}

# Fewer common essentials say nothing about the sign of a screen.
MIN_ESSENTIAL_GENES = 5


def omic_features(unit: Unit, settings: ValidateSettings) -> list[Expectation]:
    """List what the feature summary of an omic in ``unit`` must satisfy."""
    others = [name for name, known in UNITS.items() if known.omic is unit.omic and known != unit]
    remedy = f"Convert the table to {unit.name}"
    if others:
        remedy += f", or set uns['unit'] if it holds {' or '.join(others)}"
    return [
        *_names("feature", settings.min_features),
        *_values("feature", (unit.minimum, unit.maximum), unit.name, remedy),
        *(_whole("feature", unit.name, remedy) if unit.name in WHOLE_UNITS else ()),
        *_information("feature", settings.max_missing_share),
    ]


def gene_effect_features(kind: GeneEffectKind, settings: ValidateSettings) -> list[Expectation]:
    """List what the feature summary of gene effects of ``kind`` must satisfy."""
    if kind is GeneEffectKind.CLASS:
        remedy = "Recode the classes: 0 is weak, -1 a dependency, -2 a strong one"
    else:
        remedy = "Bring Chronos or CERES gene effects, as in CRISPRGeneEffect.csv"
    unit = f"kind {kind}"
    return [
        *_names("gene", settings.min_features),
        *_values("gene", GENE_EFFECT_RANGE[kind], unit, remedy),
        *(_whole("gene", unit, remedy) if kind is GeneEffectKind.CLASS else ()),
        Expectation(
            "ExpectColumnMinToBeBetween",
            {"column": "minimum", "max_value": 0, "strict_max": True},
            "the lowest value of all genes is {observed:g}",
            "below 0, as negative means dependent",
            "Bring gene effects, not dependency probabilities, and turn the sign if it is reversed",
        ),
        *_information("gene", settings.max_missing_share_gene_effect),
    ]


def essentials() -> list[Expectation]:
    """List what tells the sign of a screen, when it covers enough common essentials."""
    remedy = "Turn the sign of the table: negative means dependent"
    effect = "common essentials have a median effect of {observed:g}"
    above = "the median effect of common essentials minus that of other genes is {observed:g}"
    return [
        below("median_essential", 0, effect, remedy),
        below("median_difference", 0, above, remedy),
    ]


def table_samples(settings: ValidateSettings) -> list[Expectation]:
    """List what the sample summary of any table must satisfy."""
    twice = "a sample occurs in {observed:g} rows"
    empty = "a sample has {observed:g} values"
    lacks = "a sample lacks a share of {observed:g} of its values"
    return [
        rows(settings.min_samples, "samples", "Bring more samples, or leave the table out"),
        at_most("n_rows", 1, twice, "Keep one row per sample"),
        at_least("n_measured", 1, empty, "Leave samples out of a table that has no value of them"),
        at_most("missing_share", settings.max_missing_share, lacks, "Judge it with care").as_note(),
    ]


def metadata() -> list[Expectation]:
    """List what the metadata summary must satisfy."""
    no_patient, no_lineage = "a sample has no patient_id", "a sample has no lineage"
    unknown = "a sample is of unknown lineage"
    expected, remedy = "one for every sample", "Fill the column of obs for every sample"
    return [
        throughout("patient_id", 1, no_patient, expected, remedy),
        throughout("lineage", 1, no_lineage, expected, remedy),
        throughout("known_lineage", 1, unknown, expected, remedy).as_note(),
    ]


def overlap(settings: ValidateSettings) -> list[Expectation]:
    """List what tumours and cell lines must have in common, per omic."""
    shared = "tumours and cell lines share {observed:g} features of {feature}"
    rename = "Name the features alike in both, by HGNC symbol or probe"
    share = "tumours have a share of {observed:g} of the cell lines' features of {feature}"
    more = "Bring tumours with more of the features"
    unit = "tumours and cell lines have {feature} in different units"
    standardise = "Standardise it within each sample"
    return [
        at_least("n_shared", 1, shared, rename),
        at_least("shared_share", settings.min_shared_share, share, more).as_note(),
        throughout("same_unit", 1, unit, "one unit", standardise).as_note(),
    ]


def labels(settings: ValidateSettings) -> list[Expectation]:
    """List what a predictor needs to learn from."""
    few = "{observed:g} of its cell lines have an omic in cell_lines.h5mu"
    remedy = "Bring more lines, named alike in both files, by ModelID (ACH-...)"
    return [at_least("n_labelled_lines", settings.min_labelled_lines, few, remedy)]


def gene_sets() -> list[Expectation]:
    """List what gene sets must cover."""
    none = "{observed:g} of the screened genes are in a gene set"
    remedy = "Bring gene sets that name genes as gene_effect.h5ad does, by HGNC symbol"
    return [at_least("n_described_genes", 1, none, remedy)]


def presence(remedy: str) -> list[Expectation]:
    """Expect that a file of the cohort is there."""
    absent = "there is no such file in the cohort"
    return [throughout("is_there", 1, absent, "it beside the others", remedy)]


def _names(noun: str, min_features: int) -> list[Expectation]:
    nameless = f"{noun} {{feature}}{{others}} has no name"
    date = f"{noun} {{feature}}{{others}} is a date that a spreadsheet made of a gene symbol"
    symbol = "a symbol such as MARCHF1 or SEPTIN2"
    twice = f"{noun} {{feature}} occurs more than once"
    unique = "ExpectColumnValuesToBeUnique"
    return [
        no_match(NO_NAME, nameless, f"a name for every {noun}", "Name it or leave it out"),
        no_match(EXCEL_DATE, date, symbol, "Export the table without opening it in a spreadsheet"),
        Expectation(unique, {"column": "feature"}, twice, "unique names", "Keep one of them"),
        rows(min_features, f"{noun}s", "Bring a fuller table, and check that rows are samples"),
    ]


def _values(noun: str, limits: tuple[float, float], unit: str, remedy: str) -> list[Expectation]:
    has = f"{noun} {{feature}}{{others}} has"
    infinite = f"{has} {{observed:g}} infinite values"
    empty = f"{has} {{observed:g}} values"
    low = f"{has} a minimum of {{observed:g}} ({unit})"
    high = f"{has} a maximum of {{observed:g}} ({unit})"
    minimum, maximum = limits
    return [
        at_most("n_infinite", 0, infinite, "Replace infinite values by missing ones"),
        at_least("n", 1, empty, f"Leave {noun}s out that were never measured"),
        at_least("minimum", minimum, low, remedy),
        at_most("maximum", maximum, high, remedy),
    ]


def _whole(noun: str, unit: str, remedy: str) -> list[Expectation]:
    problem = f"{noun} {{feature}}{{others}} has {{observed:g}} values that are not whole ({unit})"
    return [at_most("n_fractional", 0, problem, remedy)]


def _information(noun: str, max_missing_share: float) -> list[Expectation]:
    lacks = f"{noun} {{feature}}{{others}} lacks a share of {{observed:g}} of its values"
    remedy = f"Leave such {noun}s out, or raise the limit in params.yaml, group validate"
    constant = f"{noun} {{feature}}{{others}} has the same value in all samples"
    useless = "Nothing needs to be done; it cannot tell samples apart"
    return [
        at_most("missing_share", max_missing_share, lacks, remedy),
        throughout("constant", False, constant, "values that differ", useless).as_note(),
    ]
