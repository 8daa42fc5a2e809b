"""Whether features are named as the omic's features are: by symbol, probe or place."""

from collections.abc import Collection, Sequence

import pandas as pd

from deepdep.domain.identifiers import NameKind, kind_of_name
from deepdep.domain.omics import Omic
from deepdep.validation import expectations as expect
from deepdep.validation.expectations import Expectation, ValidateSettings

# Every release has a few genes without a symbol.
NOTEWORTHY_SHARE = 0.01

# By what else the features of a table may be called; gene effects are named by symbol.
_USUAL: dict[Omic | None, tuple[NameKind, ...]] = {
    Omic.MUTATION: (NameKind.SYMBOL,),
    Omic.EXPRESSION: (NameKind.SYMBOL,),
    Omic.METHYLATION: (NameKind.PROBE, NameKind.PLACE),
    Omic.COPY_NUMBER: (NameKind.SYMBOL, NameKind.PLACE),
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
}


def quote_feature(name: str, samples: Collection[str]) -> str:
    """Quote the name of a feature, unless it is a sample's: a table may stand on its side."""
    is_sample = name in samples or kind_of_name(name) is NameKind.SAMPLE
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
    kinds = [NameKind.SAMPLE if name in samples else kind_of_name(name) for name in features]
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
    found = f"{{observed:.0%}} of its {noun}s are {{kind}}{{example}}"
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
