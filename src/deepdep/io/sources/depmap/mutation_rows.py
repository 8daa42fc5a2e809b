"""DepMap's table of somatic mutations, one per row, turned to genes that have any or none."""

from pathlib import Path

import numpy as np
import pandas as pd

from deepdep.domain.errors import BadFileError, shown
from deepdep.domain.gene_table import GeneTable
from deepdep.domain.mutations import is_nonsilent, unknown_consequences
from deepdep.io.columns import Choice, header_of, read_columns
from deepdep.io.gene_labels import NO_NAMES, current_symbols
from deepdep.io.noted import Noted, counted
from deepdep.io.sources.depmap.layout import CONSEQUENCES, IS_DEFAULT, first_position
from deepdep.io.sources.depmap.matrix import AS_PUBLISHED, default_entries

# Columns that are read, by what they hold; the first that is there.
_COLUMNS = {
    "model": ("ModelID",),
    "symbol": ("HugoSymbol",),
    "consequence": CONSEQUENCES,
    "other_consequence": CONSEQUENCES[1:],
    "entrez": ("EntrezGeneID",),
    "is_default": IS_DEFAULT,
}

_NO_GENE = "?"


def read_mutation_rows(source: Path, genes: GeneTable) -> Noted[pd.DataFrame]:
    """Read 0 and 1, shape (model, gene): 1 where any mutation of the gene changes its protein.

    Lines are those that have any row: one without is not in the table, whether nothing was found
    in it or nothing was looked for. Genes are those in which a mutation counts in some line. Which
    consequences count is in ``domain.mutations``; ``VariantInfo`` has it, ``MolecularConsequence``
    where that is empty.
    """
    rows = _read(source)
    default = default_entries(rows["model"], rows.get("is_default"), source)
    kept = rows[default.value]
    symbols = _symbols(kept, genes, source)
    changing = _changing(kept["consequence"], source)
    table = _table(kept["model"], symbols.value, changing.value)
    absent = "lines without any row are absent: they may not have been sequenced"
    return Noted(table, (*default.notes, *symbols.notes, *changing.notes, absent))


def _read(source: Path) -> pd.DataFrame:
    """Read ``model``, ``label`` of the gene, ``consequence`` and perhaps ``is_default``."""
    header = header_of(source)
    found = {name: first_position(header, columns) for name, columns in _COLUMNS.items()}
    for name in ("model", "symbol", "consequence"):
        if found[name] is None:
            raise BadFileError(
                source,
                f"lacks the column {' or '.join(map(repr, _COLUMNS[name]))}",
                AS_PUBLISHED,
                where="line 1",
            )
    positions = {name: position for name, position in found.items() if position is not None}
    texts = read_columns(source, lambda _: Choice(list(positions.values()), [])).texts
    rows = texts.set_axis(list(positions), axis=1)
    consequence = rows["consequence"]
    if "other_consequence" in rows:
        consequence = consequence.where(consequence != "", rows["other_consequence"])
    return rows.assign(
        model=rows["model"].str.strip(), label=_labels(rows), consequence=consequence
    )


def _labels(rows: pd.DataFrame) -> pd.Series:
    """Write genes as ``TP53|7157``, ``TP53``, ``?|7157`` or ``?``."""
    symbol = rows["symbol"].str.strip()
    symbol = symbol.mask(symbol.isin(list(NO_NAMES)), _NO_GENE)
    if "entrez" not in rows:
        return symbol
    ids = {text: text.strip().removesuffix(".0") for text in rows["entrez"].unique()}
    suffix = {text: f"|{number}" if number.isdecimal() else "" for text, number in ids.items()}
    return symbol + rows["entrez"].map(suffix)


def _symbols(rows: pd.DataFrame, genes: GeneTable, source: Path) -> Noted[pd.Series]:
    """Find the current symbol of each row's gene; missing where it has none."""
    named = rows["label"][rows["label"] != _NO_GENE]
    labels = list(named.unique())
    if not labels:
        raise BadFileError(source, "names no gene in any row", AS_PUBLISHED)
    matched = current_symbols(labels, genes, source)
    symbols = named.map(dict(zip(labels, matched.value, strict=True)))
    n_unnamed = len(rows) - len(named)
    notes = (f"{counted(n_unnamed, 'mutation')} left out, of no named gene",) if n_unnamed else ()
    return Noted(symbols.mask(symbols == "").reindex(rows.index), (*matched.notes, *notes))


def _changing(consequences: pd.Series, source: Path) -> Noted[pd.Series]:
    """Tell which mutations change a protein."""
    terms = list(consequences.unique())
    changing = consequences.map({term: is_nonsilent(term) for term in terms})
    if not changing.any():
        raise BadFileError(
            source,
            f"no mutation changes a protein; their consequences are {shown(terms)}",
            AS_PUBLISHED,
        )
    strange = unknown_consequences(terms)
    note = f"consequences that are not known count as silent: {shown(strange)}"
    n_silent = counted(int((~changing).sum()), "silent mutation")
    return Noted(changing, (f"{n_silent} left out", *((note,) if strange else ())))


def _table(models: pd.Series, symbols: pd.Series, changing: pd.Series) -> pd.DataFrame:
    lines = pd.Index(sorted(models.unique()), dtype=object)
    events = changing & symbols.notna()
    genes = pd.Index(sorted(symbols[events].unique()), dtype=object)
    mutated = np.zeros((len(lines), len(genes)), dtype=np.uint8)
    rows, columns = (
        labels.get_indexer(pd.Index(named[events]))
        for labels, named in ((lines, models), (genes, symbols))
    )
    mutated[rows, columns] = 1
    return pd.DataFrame(mutated, lines, genes)
