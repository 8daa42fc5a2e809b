"""What names are of: samples, genes under whatever name, probes, places; and what spoils them."""

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum

# As regular expressions for a whole name.
MODEL_ID = r"ACH-\d{6}"  # DepMap's cell lines
TCGA_PATIENT = r"TCGA-\w{2}-\w{4}"  # the beginning of a barcode
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
    SYMBOL = "gene symbols"
    OTHER = "no known kind of name"

    @classmethod
    def of(cls, name: str) -> "NameKind":
        """Tell what a name looks like."""
        found = _ANY.fullmatch(name)
        return cls[str(found.lastgroup)] if found else cls.OTHER


# The first that fits a whole name counts.
_PATTERNS = {
    NameKind.SAMPLE: rf"{MODEL_ID}|{TCGA_PATIENT}(?:-.*)?",
    NameKind.ENSEMBL: r"ENS[A-Z]{0,4}[EGPT]\d{11}(?:\.\d+)?",
    NameKind.ENTREZ: r"\d+",
    NameKind.COMPOUND: r"\S+ \((?:\d+|ENS\w+)\)|[^|\s]+\|\d+",
    NameKind.PROBE: r"(?:cg|rs|nv|ctl|ch\.[\dXY]+\.)[\w.-]*\d[\w.-]*",
    NameKind.PLACE: r"(?:hg\d\d:|\S+_)?(?:chr)?(?:\d{1,2}|[XYM]|MT)[_:]\d+(?:_|-|to)\d+(?:_\w+)?",
    NameKind.MOUSE: rf"{MOUSE_SYMBOL}|\d+[A-Z]\d+Rik",
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
