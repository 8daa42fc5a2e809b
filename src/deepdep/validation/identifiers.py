"""Whether features are named as the omic's features are: by symbol, probe or place."""

import re
from collections.abc import Collection, Iterable, Sequence
from enum import StrEnum

import pandas as pd

from deepdep.domain.omics import Omic
from deepdep.validation.expectations import Expectation, ValidateSettings, at_most

# Every release has a few genes without a symbol.
NOTEWORTHY_SHARE = 0.01


class Name(StrEnum):
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


# The first that fits a whole name counts.
_PATTERNS = {
    Name.SAMPLE: r"ACH-\d{6}|TCGA-\w\w-\w{4}(?:-.*)?",
    Name.ENSEMBL: r"ENS[A-Z]{0,4}[EGPT]\d{11}(?:\.\d+)?",
    Name.ENTREZ: r"\d+",
    Name.COMPOUND: r"\S+ \((?:\d+|ENS\w+)\)|[^|\s]+\|\d+",
    Name.PROBE: r"(?:cg|rs|nv|ctl|ch\.[\dXY]+\.)[\w.-]*\d[\w.-]*",
    Name.PLACE: r"(?:hg\d\d:|\S+_)?(?:chr)?(?:\d{1,2}|[XYM]|MT)[_:]\d+(?:_|-|to)\d+(?:_\w+)?",
    Name.MOUSE: r"[A-Z][a-z]+[a-z0-9-]*|\d+[A-Z]\d+Rik",
    Name.SYMBOL: r"[A-Z0-9][A-Za-z0-9.@_-]*",
    Name.OTHER: r"(?s:.*)",
}
_ANY = re.compile("|".join(f"(?P<{name.name}>{regex})" for name, regex in _PATTERNS.items()))

# By what else the features of a table may be called; gene effects are named by symbol.
_USUAL: dict[Omic | None, tuple[Name, ...]] = {
    Omic.MUTATION: (Name.SYMBOL,),
    Omic.EXPRESSION: (Name.SYMBOL,),
    Omic.METHYLATION: (Name.PROBE, Name.PLACE),
    Omic.COPY_NUMBER: (Name.SYMBOL, Name.PLACE),
    None: (Name.SYMBOL,),
}

# Names that meet neither gene sets nor the features of other tables, and what to do.
_TO_SYMBOLS = "Import the table with --genes-table, which gives ids their symbols"
_FOREIGN = {
    Name.SAMPLE: "Transpose the table: samples in rows, features in columns",
    Name.ENSEMBL: _TO_SYMBOLS,
    Name.ENTREZ: _TO_SYMBOLS,
    Name.COMPOUND: "Import the table with `deepdep import`, which keeps the symbol",
    Name.MOUSE: "Bring human genes, or map them to human orthologs first",
}


def kind_of(name: str) -> Name:
    """Tell what a name looks like."""
    found = _ANY.fullmatch(name)
    return Name[str(found.lastgroup)] if found else Name.OTHER


def told(name: str, samples: Collection[str]) -> str:
    """Quote the name of a feature, unless it is a sample's: a table may stand on its side."""
    is_sample = name in samples or kind_of(name) is Name.SAMPLE
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
    kinds = [Name.SAMPLE if name in samples else kind_of(name) for name in features]
    rows = []
    for kind in (kind for kind in Name if kind not in usual):
        share = kinds.count(kind) / max(len(kinds), 1)
        foreign_share = share if kind in _FOREIGN else 0.0
        rows.append(
            {
                "kind": str(kind),
                "foreign_share": foreign_share,
                "odd_share": share if foreign_share <= max_foreign_share else 0.0,
                "example": _example(features, kinds, kind),
                "remedy": _FOREIGN.get(kind, f"Make sure that they are {' or '.join(usual)}"),
            }
        )
    return pd.DataFrame(rows)


def are_places(features: Iterable[str]) -> bool:
    """Tell whether most features are places in the genome, which need an assembly."""
    are = [kind_of(feature) is Name.PLACE for feature in features]
    return 2 * sum(are) > len(are)


def identifiers(noun: str, settings: ValidateSettings) -> list[Expectation]:
    """List what the identifier summary of a table must satisfy."""
    found = f"{{observed:.0%}} of its {noun}s are {{kind}}{{example}}"
    few = f"share of {noun}s with an unusual name"
    return [
        at_most(
            "foreign_share",
            settings.max_foreign_share,
            f"share of {noun}s named by ids, as mouse genes or as samples",
            found,
            "{remedy}",
        ),
        at_most("odd_share", NOTEWORTHY_SHARE, few, found, "{remedy}").as_note(),
    ]


def _example(features: Sequence[str], kinds: list[Name], kind: Name) -> str:
    if kind not in kinds or kind is Name.SAMPLE:
        return ""
    return f", such as {features[kinds.index(kind)]!r}"
