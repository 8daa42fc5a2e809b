"""What names are of: samples, genes under whatever name, probes, places; and what spoils them."""

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum

# As regular expressions for a whole name.
MODEL_ID = r"ACH-\d{6}"  # DepMap's cell lines
TCGA_PATIENT = r"TCGA-\w{2}-\w{4}"  # the beginning of a barcode
SIMULATED_TUMOR = r"SIM-S\d+-\d{4}(?:-\d{2})?"  # as `deepdep simulate` names them
ENSEMBL_GENE = r"ENS[A-Z]*G\d{11}"  # without its version
CPG_PROBE = (
    r"(?:cg\d+|ch\.\w+\.\d+[FR]?)(?:_\w+)?"  # of Illumina's arrays, SNPs and controls left out
)
ARM = r"(?:\d{1,2}|[XY])[pq]"  # of a chromosome
# Rows in which HTSeq and STAR count the reads of no gene, changed by R or not.
COUNTER = r"X?__\w+|N_(?:unmapped|multimapping|noFeature|ambiguous)"
MOUSE_SYMBOL = r"[A-Z][a-z][a-z0-9-]*"  # Trp53; a human gene is TP53 or C1orf43


class NameKind(StrEnum):
    """What a name looks like."""

    SAMPLE = "named like samples"
    ENSEMBL = "Ensembl ids"
    ENTREZ = "numbers, as Entrez ids are"
    COMPOUND = "a symbol and an id together"
    PROBE = "probes"
    PLACE = "places in the genome"
    MOUSE = "mouse symbols"
    LOWER = "in lower case"
    SYMBOL = "gene symbols"
    OTHER = "no known kind of name"

    @classmethod
    def of(cls, name: str) -> "NameKind":
        """Tell what a name looks like."""
        found = _ANY.fullmatch(name)
        return cls[str(found.lastgroup)] if found else cls.OTHER


# The first that fits a whole name counts. R makes dots of what it takes for no part of a name.
_PATTERNS = {
    NameKind.SAMPLE: rf"ACH[-.]\d{{6}}|TCGA[-.]\w{{2}}[-.]\w{{4}}(?:[-.].*)?|{SIMULATED_TUMOR}",
    NameKind.ENSEMBL: r"ENS[A-Z]{0,4}[EGPT]\d{11}(?:\.\d+)?",
    NameKind.ENTREZ: r"\d+",
    NameKind.COMPOUND: r"\S+(?: \(|\.\.)(?:\d+|ENS\w+(?:\.\d+)?)[).]|[^|\s]+\|\d+",
    NameKind.PROBE: r"(?:cg|rs|nv|ctl|ch\.[\dXY]+\.)[\w.-]*\d[\w.-]*",
    NameKind.PLACE: r"(?:hg\d\d:|\S+_)?(?:chr)?(?:\d{1,2}|[XYM]|MT)[_:]\d+(?:_|-|to)\d+(?:_\w+)?",
    NameKind.MOUSE: rf"{MOUSE_SYMBOL}|\d+[A-Z]\d+Rik",
    NameKind.LOWER: r"[a-z][a-z0-9-]*",
    NameKind.SYMBOL: r"[A-Z0-9][A-Za-z0-9.@_-]*",
    NameKind.OTHER: r"(?s:.*)",
}
_SAMPLE = re.compile(_PATTERNS[NameKind.SAMPLE])
_ANY = re.compile("|".join(f"(?P<{kind.name}>{regex})" for kind, regex in _PATTERNS.items()))

# What programs write where there is no name, in lower case.
NO_NAMES = frozenset({"", "na", "n/a", "#n/a", "nan", "none", "null", "#name?"})
NO_NAME = rf"(?i)^\s*(?:{'|'.join(map(re.escape, sorted(NO_NAMES)))}|unnamed: ?\d+)\s*$"
_NO_NAME = re.compile(NO_NAME)

# Excel takes SEPT2, MARCH1 and DEC1, and what other languages call AGO2, MAR1 or SET1, for dates,
# and writes them as the user's language does: 2-Sep, 2-Sept, 02. Sep, 1-Mrz, Mar-01, 1-mars.
_ENGLISH_AND_GERMAN = (
    "jan(?:uary|uar)?|jän(?:ner)?|feb(?:ruary|ruar)?|mar(?:ch)?|mrz|märz?|apr(?:il)?|may|mai|"
    "june?|juni|july?|juli|aug(?:ust)?|sept?(?:ember)?|o[ck]t(?:ober)?|nov(?:ember)?|"
    "de[cz](?:ember)?"
)
_OTHER_LANGUAGES = (  # French, Spanish, Italian, Portuguese, Dutch
    "janv|févr?|fév|mars|avr(?:il)?|juin|juil(?:let)?|août|déc|ene|abr|ago|dic|gen|mag|giu|lug|"
    "set|ott|fev|out|mrt|mei"
)
_YEAR = r"\d{1,4}"
_DATES = (
    rf"\d{{1,2}}(?:\. ?|[-/ ])(?:{_ENGLISH_AND_GERMAN}|{_OTHER_LANGUAGES})\.?(?:[-./ ] ?{_YEAR})?",
    rf"(?:{_ENGLISH_AND_GERMAN})(?:-|\.? ){_YEAR}",
    *(rf"{_YEAR}{mark}\d{{1,2}}{mark}{_YEAR}(?: 00:00:00)?" for mark in ("-", "/", r"\.")),
)
# Days since 1900: May 1990 to November 2036. No human gene has an Entrez id among them.
_DAYS = r"3[3-9]\d{3}|4\d{4}"

# A symbol and an id, as DepMap, TCGA and others join them. R makes dots of what stands between; a
# few digits after a single dot are the version of a clone, as in RP11-34P13.7.
_SYMBOL_AND_ID = re.compile(
    r"([A-Za-z][A-Za-z0-9-]*)(?:(?:\.\.|[^\w.-]+|_)\d+|\.\d{3,}|[^\w-]+ENSG\d{11}(?:\.\d+)?)\W?"
)


def is_sample(name: str) -> bool:
    """Whether a name is a DepMap model id or a TCGA barcode, of whatever length."""
    return _SAMPLE.fullmatch(name) is not None


def is_no_name(name: str) -> bool:
    """Whether a program wrote this where there was no name, such as ``NaN``."""
    return _NO_NAME.match(name) is not None


def are_places(features: Iterable[str]) -> bool:
    """Tell whether most features are places in the genome, which need an assembly."""
    are = [NameKind.of(feature) is NameKind.PLACE for feature in features]
    return 2 * sum(are) > len(are)


def r_name(name: str) -> str:
    """Return the name that R gives a column: ``X22RV1`` for 22RV1, ``NCI.H1299`` for NCI-H1299.

    As ``make.names`` does: what is no letter, digit, dot or underscore becomes a dot, and X goes
    before a name that begins with neither a letter nor a dot, or with a dot and a digit.
    """
    dotted = re.sub(r"[^A-Za-z0-9._]", ".", name)
    return dotted if re.match(r"[A-Za-z]|\.(?!\d)", dotted) else f"X{dotted}"


def same_in_r(names: Iterable[str]) -> list[tuple[str, ...]]:
    """Return those of the names that R does not tell apart, or that differ in case alone.

    One of them may have gone through R: 22RV1 and X22RV1 are one cell line. Sorted, each group
    once.
    """
    groups: dict[str, set[str]] = {}
    for name in names:
        groups.setdefault(r_name(name).upper(), set()).add(name)
    return sorted(tuple(sorted(group)) for group in groups.values() if len(group) > 1)


def symbol_within(name: str) -> str:
    """Return the symbol in a gene's name, in capitals, however it is written; to look a gene up.

    ``TP53 (7157)``, ``TP53..7157.``, ``TP53|7157``, ``tp53`` and ``TP53`` hold TP53.
    """
    found = _SYMBOL_AND_ID.fullmatch(name.strip())
    return (found[1] if found else name.strip()).upper()


def date_pattern(names: Sequence[str]) -> str:
    """Return a regular expression for those of the names that a spreadsheet made of gene names.

    Where most names are numbers, they are Entrez ids; else a number of five digits may be a day.
    """
    are_ids = 2 * sum(map(str.isdecimal, names)) > len(names)
    return rf"(?i)^(?:{'|'.join(_DATES if are_ids else (*_DATES, _DAYS))})$"


def dates_among(names: Sequence[str]) -> list[str]:
    """Return those of the names that a spreadsheet made of gene names."""
    is_date = re.compile(date_pattern(names)).match
    return [name for name in names if is_date(name)]


@dataclass(frozen=True)
class GeneTable:
    """Current symbols, and the current symbol by other names of a gene.

    Attributes
    ----------
    symbols
        All current symbols; empty where no table was given.
    by_entrez, by_ensembl
        By NCBI gene id, and by Ensembl gene id without its version.
    by_previous
        By former symbols, those only that led to one gene and are no gene's current symbol.
    """

    symbols: frozenset[str]
    by_entrez: Mapping[str, str]
    by_ensembl: Mapping[str, str]
    by_previous: Mapping[str, str]

    def __bool__(self) -> bool:
        """Whether a table was given."""
        return bool(self.symbols)


NO_GENE_TABLE = GeneTable(frozenset(), {}, {}, {})
