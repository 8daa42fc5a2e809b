"""What validation knows of the features of each table, and what they must satisfy."""

from collections.abc import Collection, Sequence

import numpy as np
import pandas as pd

from deepdep.domain.gene_effect import GeneEffectKind
from deepdep.domain.identifiers import NO_NAME, NameKind, date_pattern
from deepdep.domain.omics import UNITS, Omic, Unit
from deepdep.validation import expectations as expect
from deepdep.validation.expectations import Expectation, ValidateSettings

FEATURES_AT_A_TIME = 256  # keeps a block and what is made of it in the processor's cache

WHOLE_UNITS = ("0/1", "call")

# Chronos and CERES lie between -6 and 5; counts and percentages do not.
GENE_EFFECT_RANGE = {GeneEffectKind.GENE_EFFECT: (-20.0, 20.0), GeneEffectKind.CLASS: (-2.0, 0.0)}

# Why features may have the same values, and what to do.
_COPIED = "Make sure that none was copied under another name, or filled in"
_SAME_VALUES = {
    Omic.MUTATION: "Nothing needs to be done where mutations are rare: they coincide by nature",
    Omic.COPY_NUMBER: "Nothing needs to be done where they are neighbours on a chromosome",
}
_SAME_EFFECTS = {
    GeneEffectKind.GENE_EFFECT: _COPIED,
    GeneEffectKind.CLASS: "Nothing needs to be done where dependencies are rare: they coincide "
    "by nature",
}

# Every release has a few genes without a symbol.
NOTEWORTHY_SHARE = 0.01

# What the features of a table may be called: proteins by antibodies too, and metabolites at will,
# but for samples; gene effects are named by symbol.
_USUAL: dict[Omic | None, tuple[NameKind, ...]] = {
    Omic.MUTATION: (NameKind.SYMBOL,),
    Omic.EXPRESSION: (NameKind.SYMBOL,),
    Omic.METHYLATION: (NameKind.PROBE, NameKind.PLACE),
    Omic.COPY_NUMBER: (NameKind.SYMBOL, NameKind.PLACE),
    Omic.PROTEIN: tuple(kind for kind in NameKind if kind is not NameKind.SAMPLE),
    Omic.METABOLITE: tuple(kind for kind in NameKind if kind is not NameKind.SAMPLE),
    None: (NameKind.SYMBOL,),
}

# Names that meet neither gene sets nor the features of other tables, and what to do.
_TO_SYMBOLS = "Import the table with --genes-table, which gives ids their symbols"
_FOREIGN = {
    NameKind.SAMPLE: "Transpose the table: samples in rows, features in columns",
    NameKind.ENSEMBL: _TO_SYMBOLS,
    NameKind.ENTREZ: _TO_SYMBOLS,
    NameKind.COMPOUND: "Import the table with `deepdep import`, which keeps the symbol",
    NameKind.MOUSE: "Bring human genes, or map them to human orthologs first",
    NameKind.LOWER: "Write symbols as HGNC does, TP53 and not tp53",
}


def feature_summary(table: pd.DataFrame) -> pd.DataFrame:
    """Describe each feature of a table (sample, feature).

    Returns
    -------
    One row per feature, in order: ``feature``, ``n`` (finite values), ``n_infinite``,
    ``n_fractional`` (values that are not whole), ``missing_share``, ``minimum``, ``maximum``,
    ``mean`` and ``sd`` of the finite values (NaN where there are too few), ``constant``, and
    ``n_twins``, how many other features have the same values in all samples (0 for constants,
    which have a column of their own).
    """
    starts = range(0, max(table.shape[1], 1), FEATURES_AT_A_TIME)
    blocks = [table.iloc[:, start : start + FEATURES_AT_A_TIME].to_numpy() for start in starts]
    described = [_describe(_features_in_rows(block)) for block in blocks]
    columns = {name: np.concatenate([of[name] for of in described]) for name in described[0]}
    profile = pd.Series(columns.pop("profile"))
    of_profile = profile.groupby(profile).transform("size")
    summary = pd.DataFrame({"feature": table.columns.astype(str), **columns})
    tells = ~summary["constant"] & (summary["n"] > 0)
    return summary.assign(n_twins=(of_profile - 1).where(tells, 0))


def guessed_unit(table: str, unit: Unit) -> list[Expectation]:
    """Ask about a unit that import took where neither file, values nor user told it."""
    title = "the unit is known"
    problem = f"its unit was taken for {unit.name}, which its values do not tell"
    remedy = f"Is it right? If not, import the table again with --unit {table}=UNIT"
    wanted = "what its file or the user says"
    return [expect.throughout("is_stated", 1, title, problem, wanted, remedy).as_note()]


def omic_features(
    names: Sequence[str], unit: Unit, settings: ValidateSettings
) -> list[Expectation]:
    """List what the summary of the features ``names`` of an omic in ``unit`` must satisfy."""
    others = [name for name, other in UNITS.items() if other.omic is unit.omic and other != unit]
    remedy = f"Convert the table to {unit.name}"
    if others:
        remedy += f", or set uns['unit'] if it holds {' or '.join(others)}"
    limits, whole = (unit.minimum, unit.maximum), unit.name in WHOLE_UNITS
    expected = _names("feature", names, settings.min_features)
    expected += _values("feature", limits, unit.name, remedy, whole=whole)
    if unit.name == "log2(CN/2)":
        expected.append(
            expect.reaches_below(
                "minimum",
                0,
                "lowest value of all features",
                f"the lowest value of all features is {{observed}} ({unit.name})",
                "below 0, as a loss is negative",
                "Convert the table to log2(CN/2): it looks like a ratio, or log2(x+1)",
            )
        )
    same_values = _SAME_VALUES.get(unit.omic, _COPIED)
    return expected + _information("feature", settings.max_missing_share, same_values)


def gene_effect_features(
    genes: Sequence[str], kind: GeneEffectKind, settings: ValidateSettings
) -> list[Expectation]:
    """List what the feature summary of ``genes`` with effects of ``kind`` must satisfy."""
    is_class = kind is GeneEffectKind.CLASS
    remedy = "Bring Chronos or CERES gene effects, as in CRISPRGeneEffect.csv"
    if is_class:
        remedy = "Recode the classes: 0 is weak, -1 a dependency, -2 a strong one"
    return [
        *_names("gene", genes, settings.min_features),
        *_values("gene", GENE_EFFECT_RANGE[kind], f"kind {kind}", remedy, whole=is_class),
        expect.reaches_below(
            "minimum",
            0,
            "lowest value of all genes",
            "the lowest value of all genes is {observed}",
            "below 0, as negative means dependent",
            "Bring gene effects, not dependency probabilities, and turn the sign if it is reversed",
        ),
        *_information("gene", settings.max_missing_share_gene_effect, _SAME_EFFECTS[kind]),
    ]


def genes_of_sets(genes: Sequence[str]) -> list[Expectation]:
    """List what the names of the genes in gene sets must satisfy."""
    return _names("gene", genes, 1)


def quote_feature(name: str, samples: Collection[str]) -> str:
    """Quote the name of a feature, unless it is a sample's: a table may stand on its side."""
    is_sample = name in samples or NameKind.of(name) is NameKind.SAMPLE
    return "(named like a sample)" if is_sample else repr(name)


def identifier_summary(
    features: Sequence[str], omic: Omic | None, samples: Collection[str], max_foreign_share: float
) -> pd.DataFrame:
    """Count the features of an omic (None for gene effects) that are not named as usual.

    ``samples`` are the names of samples, which no feature should have.

    Returns
    -------
    One row per unusual kind of name: ``kind``, ``foreign_share`` of the features (0 where the kind
    is harmless), ``odd_share`` (0 where ``foreign_share`` is too high already), ``example`` and
    ``remedy``.
    """
    usual = _USUAL[omic]
    kinds = [NameKind.SAMPLE if name in samples else NameKind.of(name) for name in features]
    rows = []
    for kind in (kind for kind in NameKind if kind not in usual):
        share = kinds.count(kind) / max(len(kinds), 1)
        foreign_share = share if kind in _FOREIGN else 0.0
        example = ""
        if share > 0 and kind is not NameKind.SAMPLE:
            example = f", such as {features[kinds.index(kind)]!r}"
        rows.append(
            {
                "kind": str(kind),
                "foreign_share": foreign_share,
                "odd_share": share if foreign_share <= max_foreign_share else 0.0,
                "example": example,
                "remedy": _FOREIGN.get(kind, f"Make sure that they are {' or '.join(usual)}"),
            }
        )
    return pd.DataFrame(rows)


def identifiers(noun: str, settings: ValidateSettings) -> list[Expectation]:
    """List what the identifier summary of a table must satisfy."""
    found = f"{{share}} of its {noun}s are {{kind}}{{example}}"
    few = f"share of {noun}s with an unusual name"
    return [
        expect.at_most(
            "foreign_share",
            settings.max_foreign_share,
            f"share of {noun}s named by ids, as mouse genes or as samples",
            found,
            "{remedy}",
        ),
        expect.at_most("odd_share", NOTEWORTHY_SHARE, few, found, "{remedy}").as_note(),
    ]


def _features_in_rows(values: np.ndarray) -> np.ndarray:
    """Return a block (feature, sample) in which equal numbers have equal bits."""
    numbers = values if np.issubdtype(values.dtype, np.floating) else values.astype(np.float32)
    block = np.ascontiguousarray(numbers.T) + 0  # which also makes 0 of -0
    missing = np.isnan(block)
    if missing.any():
        block[missing] = np.nan  # one of many bit patterns
    return block


def _describe(block: np.ndarray) -> dict[str, np.ndarray]:
    n_samples = block.shape[1]
    finite = np.isfinite(block)
    n = finite.sum(axis=1)
    n_missing = 0 * n if finite.all() else np.isnan(block).sum(axis=1)
    low, high, zeroed = block, block, block
    if not finite.all():
        low, high, zeroed = (np.where(finite, block, other) for other in (np.inf, -np.inf, 0))
    with np.errstate(divide="ignore", invalid="ignore"):
        mean = zeroed.sum(axis=1, dtype=np.float64) / n
        deviation = zeroed - mean[:, None].astype(block.dtype)
        deviation *= finite
        squares = np.square(deviation, out=deviation).sum(axis=1, dtype=np.float64)
        sd = np.sqrt(squares / np.where(n > 1, n - 1, np.nan))
        missing_share = n_missing / n_samples
    minimum = low.min(axis=1, initial=np.inf)
    maximum = high.max(axis=1, initial=-np.inf)
    return {
        "n": n,
        "n_infinite": n_samples - n - n_missing,
        "n_fractional": (finite & (zeroed != np.rint(zeroed))).sum(axis=1),
        "missing_share": missing_share,
        "minimum": np.where(n > 0, minimum, np.nan).astype(np.float64),
        "maximum": np.where(n > 0, maximum, np.nan).astype(np.float64),
        "mean": mean,
        "sd": np.where(minimum == maximum, 0 * sd, sd),
        "constant": minimum == maximum,
        "profile": np.array([hash(feature.tobytes()) for feature in block], dtype=np.int64),
    }


def _names(noun: str, names: Sequence[str], min_features: int) -> list[Expectation]:
    has = f"{noun} {{feature}}{{others}}"
    named, nameless = f"every {noun} has a name", f"{has} has no name"
    date = f"{has} is a date that a spreadsheet made of a gene symbol"
    symbol = "a symbol such as MARCHF1 or SEPTIN2"
    export = "Export the table without opening it in a spreadsheet"
    twice = f"{noun} {{feature}} occurs more than once"
    each, give = f"a name for every {noun}", "Name it or leave it out"
    fuller = "Bring a fuller table, and check that rows are samples"
    pattern = date_pattern(names)
    return [
        expect.rows(min_features, f"{noun}s", fuller),
        expect.no_match("feature", NO_NAME, named, nameless, each, give),
        expect.no_match("feature", pattern, "no name is a date", date, symbol, export),
        expect.unique("feature", "no name occurs twice", twice, "unique names", "Keep one of them"),
    ]


def _values(
    noun: str, limits: tuple[float, float], unit: str, remedy: str, *, whole: bool
) -> list[Expectation]:
    has = f"{noun} {{feature}}{{others}} has"
    infinite = f"{has} {{observed}} infinite values"
    by_gap = "Replace infinite values by missing ones"
    empty = f"{has} {{observed}} values"
    unmeasured = f"Leave {noun}s out that were never measured"
    low = f"{has} a minimum of {{observed}} ({unit})"
    high = f"{has} a maximum of {{observed}} ({unit})"
    expected = [
        expect.none("n_infinite", f"infinite values of a {noun}", infinite, "none", by_gap),
        expect.at_least("n", 1, f"values of a {noun}", empty, unmeasured),
        expect.at_least("minimum", limits[0], f"lowest value of a {noun}", low, remedy),
        expect.at_most("maximum", limits[1], f"highest value of a {noun}", high, remedy),
    ]
    if whole:
        title = f"values of a {noun} that are not whole"
        problem = f"{has} {{observed}} values that are not whole ({unit})"
        expected.append(expect.none("n_fractional", title, problem, "none", remedy))
    return expected


def _information(noun: str, max_missing_share: float, same_values: str) -> list[Expectation]:
    has = f"{noun} {{feature}}{{others}}"
    share, varies = f"share of a {noun}'s values that are missing", f"every {noun} varies"
    lacks = f"{has} lacks a share of {{observed}} of its values"
    raise_it = f"Leave such {noun}s out, or raise the limit in params.yaml, group validate"
    constant, differ = f"{has} has the same value in all samples", "values that differ"
    useless = "Nothing needs to be done; it cannot tell samples apart"
    others = f"other {noun}s with the values of a {noun}"
    twins, differing = f"{has} has the same values as another {noun}", "values of its own"
    return [
        expect.at_most("missing_share", max_missing_share, share, lacks, raise_it),
        expect.throughout("constant", False, varies, constant, differ, useless).as_note(),
        expect.none("n_twins", others, twins, differing, same_values).as_note(),
    ]
