"""DepMap's tables: genes in columns, copy number by gene or in segments, mutations in rows."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from functools import reduce
from pathlib import Path

import numpy as np
import pandas as pd

from deepdep.domain.cohort import OmicTable, Source
from deepdep.domain.genome import Assembly
from deepdep.domain.identifiers import MODEL_ID, NO_NAMES, GeneTable
from deepdep.domain.mutations import is_nonsilent, mutation_table, unknown_consequences
from deepdep.domain.notes import Count, Notes, UnitGuess
from deepdep.domain.omics import Omic
from deepdep.errors import BadFileError, shown
from deepdep.io.columns import Choice, header_of, read_columns
from deepdep.io.names import checked_features
from deepdep.sources.depmap.layout import (
    CONSEQUENCES,
    IS_DEFAULT,
    SYMBOL,
    first_position,
    matrix_columns,
)
from deepdep.sources.depmap.layout import MODEL_ID as MODEL_ID_COLUMNS
from deepdep.sources.gene_names import by_symbol, current_symbols
from deepdep.sources.importing import ImportOptions
from deepdep.sources.segments import YES_AND_NO, read_segments
from deepdep.sources.units import (
    UNIT,
    Scale,
    in_unit,
    recognise_omic,
    scale_of_values,
    turned,
)

AS_PUBLISHED = "Bring the release's file as it was published"


def read_gene_matrix(source: Path, genes: GeneTable, notes: Notes) -> pd.DataFrame:
    """Read numbers, shape (model, gene); of several sequencings of a model, the default one."""
    header = header_of(source)
    columns = matrix_columns(header)
    labels = checked_features([header[i] for i in columns.genes], source)
    if columns.model_id is None:
        raise BadFileError(source, "lacks the column 'ModelID'", AS_PUBLISHED, where="line 1")
    texts = [p for p in (columns.model_id, columns.is_default) if p is not None]
    read = read_columns(source, lambda _: Choice(texts, columns.genes))
    models = read.texts.iloc[:, 0].str.strip()
    flags = None if columns.is_default is None else read.texts.iloc[:, 1]
    rows = default_entries(models, flags, source, notes)
    names = models[rows]
    require_models_once(names, source)
    numbers = read.numbers if rows.all() else read.numbers[rows]
    table = pd.DataFrame(
        numbers, pd.Index(names.to_numpy(), dtype=object), pd.Index(labels, dtype=object)
    )
    named = by_symbol(table, genes, source, notes)
    notes.count(len(columns.others), "column", "left out, of no gene", columns.others)
    return named


def default_entries(
    models: pd.Series, flags: pd.Series | None, source: Path, notes: Notes
) -> np.ndarray:
    """Tell which rows stand for their model: all, where ``flags`` is None.

    Rows of other sequencings are noted, and so are models that have no other.
    """
    if flags is None:
        _require_model_ids(models, source)
        return np.ones(len(models), dtype=bool)
    answers = {flag: YES_AND_NO.get(flag.strip().lower()) for flag in flags.unique()}
    unclear = flags[[answers[flag] is None for flag in flags]]
    if len(unclear):
        raise BadFileError(
            source,
            f"{unclear.iloc[0]!r} is neither Yes nor No",
            AS_PUBLISHED,
            where=f"model {models[unclear.index[0]]!r}, column {flags.name!r}",
        )
    is_default = np.array([answers[flag] for flag in flags], dtype=bool)
    if not is_default.any():
        raise BadFileError(source, f"column {flags.name!r} is No in every row", AS_PUBLISHED)
    _require_model_ids(models[is_default], source)
    others = models[~is_default]
    lost = sorted(set(others) - set(models[is_default]))
    notes.count(len(others), "row", "left out, not the default entry of a model")
    notes.count(len(lost), "model", "without default entry", lost)
    return is_default


def require_models_once(models: pd.Series, source: Path) -> None:
    """Raise BadFileError where a model has two rows left."""
    twice = models[models.duplicated()]
    if len(twice):
        raise BadFileError(
            source,
            "has two rows, or two default entries",
            "Keep one of them",
            where=f"model {twice.iloc[0]!r}",
        )


def _require_model_ids(models: pd.Series, source: Path) -> None:
    strange = models[[re.fullmatch(MODEL_ID, name) is None for name in models]]
    if len(strange):
        raise BadFileError(
            source,
            "is no ModelID, such as ACH-000001",
            f"{AS_PUBLISHED}, or use `import tables`, which reads lines under other names",
            where=f"row {strange.iloc[0]!r}",
        )


# Up to 23Q4 OmicsCNGene held log2(x+1); since, that is in PortalOmicsCNGeneLog2.
FIRST_LINEAR = "24Q2"

# A whole release in linear ratios has values above 8: cell lines with sixteen copies of MYC, EGFR
# or ERBB2 are common. A small table may have none.
CELLS_OF_A_RELEASE = 5_000_000


@dataclass(frozen=True)
class CopyNumber:
    """Log2(CN/2), shape (model, gene or bin), and the build that bins are places in."""

    omic_table: OmicTable
    assembly: Assembly | None


def read_copy_number(
    by_gene: Path | None,
    segments: Path | None,
    release: str | None,
    options: ImportOptions,
    notes: Notes,
) -> CopyNumber | None:
    """Read the table by gene; bins of the segments where bins are asked for, or without it."""
    if segments is not None and (options.bins is not None or by_gene is None):
        of_file = notes.about(segments.name)
        first = of_file.place()
        read = read_segments(segments, options.assembly, of_file)
        binned = read.binned(options.bins_on(read.assembly, segments))
        if by_gene is not None:
            notes.about(by_gene.name).add("left out, bins being asked for")
        return CopyNumber(in_unit(binned, UNIT.name, segments, first), read.assembly)
    if by_gene is None:
        return None
    if options.bins is not None:
        raise BadFileError(
            by_gene,
            "is by gene, but bins were asked for",
            "Put OmicsCNSegmentsWGS.csv beside it, or ask for no bins",
        )
    of_file = notes.about(by_gene.name)
    first, of_scale = of_file.place(), of_file.place()
    matrix = read_gene_matrix(by_gene, options.genes, of_file)
    unit = options.units.of(Omic.COPY_NUMBER, Source.CELL_LINE) or _scale(
        matrix, by_gene, release, of_scale
    )
    ratios = turned(matrix, unit, by_gene, of_scale)
    if segments is not None:
        notes.about(segments.name).add(f"left out, {by_gene.name} is there")
    return CopyNumber(in_unit(ratios.table, ratios.unit, by_gene, first), None)


def _scale(table: pd.DataFrame, source: Path, release: str | None, notes: Notes) -> Scale:
    """Take what the values tell, else what name and release do."""
    by_values = scale_of_values(table)
    if by_values is not None:
        return by_values
    if source.name.startswith(("Portal", "CCLE_gene_cn")):
        return Scale.LOG2_PLUS_1
    if source.name.startswith("OmicsCNGeneWGS"):
        return Scale.LINEAR
    if release is not None:
        is_linear = release >= FIRST_LINEAR
        notes.add(f"{release} has {'linear ratios' if is_linear else 'log2(x+1)'} here")
        return Scale.LINEAR if is_linear else Scale.LOG2_PLUS_1
    if table.size >= CELLS_OF_A_RELEASE:
        notes.add("no value above 8: log2(x+1), as up to 23Q4")
        return Scale.LOG2_PLUS_1
    notes.add(UnitGuess(Omic.COPY_NUMBER, str(Scale.LINEAR), (str(Scale.LOG2_PLUS_1),)))
    return Scale.LINEAR


# Columns that are read, by what they hold; the first that is there.
_COLUMNS = {
    "model": MODEL_ID_COLUMNS,
    "symbol": SYMBOL,
    "consequence": CONSEQUENCES,
    "other_consequence": CONSEQUENCES[1:],
    "entrez": ("EntrezGeneID", "Entrez_Gene_Id"),
    "is_default": IS_DEFAULT,
}

_NO_GENE = "?"


def read_mutation_rows(source: Path, genes: GeneTable, notes: Notes) -> pd.DataFrame:
    """Read 0 and 1, shape (model, gene): 1 where any mutation of the gene changes its protein.

    Lines are those that have any row: one without is not in the table, whether nothing was found
    in it or nothing was looked for. Genes are those in which a mutation counts in some line. Which
    consequences count is in ``domain.mutations``; ``VariantInfo`` has it, ``MolecularConsequence``
    where that is empty.
    """
    rows = _read(source)
    notes.count(len(rows), "mutation", "read")
    kept = rows[default_entries(rows["model"], rows.get("is_default"), source, notes)]
    symbols = _symbols(kept, genes, source, notes)
    changing = _changing(kept["consequence"], source, notes)
    notes.add("lines without any row are absent: they may not have been sequenced")
    events = changing & symbols.notna()
    mutations = pd.DataFrame({"sample": kept["model"][events], "gene": symbols[events]})
    return mutation_table(sorted(kept["model"].unique()), mutations)


def _read(source: Path) -> pd.DataFrame:
    """Read ``model``, ``label`` of the gene, ``consequence`` and perhaps ``is_default``.

    Genes are labelled ``TP53|7157``, ``TP53``, ``?|7157`` or ``?``.
    """
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
    symbol = rows["symbol"].str.strip()
    label = symbol.mask(symbol.str.lower().isin(NO_NAMES), _NO_GENE)
    if "entrez" in rows:
        ids = {text: text.strip().removesuffix(".0") for text in rows["entrez"].unique()}
        suffix = {text: f"|{number}" if number.isdecimal() else "" for text, number in ids.items()}
        label = label + rows["entrez"].map(suffix)
    return rows.assign(model=rows["model"].str.strip(), label=label, consequence=consequence)


def _symbols(rows: pd.DataFrame, genes: GeneTable, source: Path, notes: Notes) -> pd.Series:
    """Find the current symbol of each row's gene; missing where it has none."""
    named = rows["label"][rows["label"] != _NO_GENE]
    labels = list(named.unique())
    if not labels:
        raise BadFileError(source, "names no gene in any row", AS_PUBLISHED)
    current = current_symbols(labels, genes, source, notes)
    symbols = named.map(dict(zip(labels, current, strict=True)))
    notes.count(len(rows) - len(named), "mutation", "left out, of no named gene")
    return symbols.mask(symbols == "").reindex(rows.index)


def _changing(consequences: pd.Series, source: Path, notes: Notes) -> pd.Series:
    """Tell which mutations change a protein."""
    terms = list(consequences.unique())
    changing = consequences.map({term: is_nonsilent(term) for term in terms})
    if not changing.any():
        raise BadFileError(
            source,
            f"no mutation changes a protein; their consequences are {shown(terms)}",
            AS_PUBLISHED,
        )
    notes.add(Count(int((~changing).sum()), "silent mutation", "left out"))
    unknown = unknown_consequences(terms)
    if unknown:
        notes.add(f"consequences that are not known count as silent: {shown(unknown)}")
    return changing


def read_mutations(
    rows: Path | None, matrices: Sequence[Path], genes: GeneTable, notes: Notes
) -> OmicTable | None:
    """Read 0 and 1, shape (model, gene), from one mutation per row; from matrices without it."""
    if rows is None:
        return _read_matrices(matrices, genes, notes) if matrices else None
    of_rows = notes.about(rows.name)
    first = of_rows.place()
    table = read_mutation_rows(rows, genes, of_rows)
    recognised = recognise_omic(table, Omic.MUTATION, Source.CELL_LINE, rows, first)
    for path in matrices:
        notes.about(path.name).add(f"left out, {rows.name} being there")
    return recognised


def _read_matrices(sources: Sequence[Path], genes: GeneTable, notes: Notes) -> OmicTable:
    """Join tables: a gene is mutated that is so in any, lines are those of every table."""
    tables: list[pd.DataFrame] = []
    for source in sources:
        of_file = notes.about(source.name)
        first = of_file.place()
        matrix = read_gene_matrix(source, genes, of_file)
        recognised = recognise_omic(matrix, Omic.MUTATION, Source.CELL_LINE, source, first)
        tables.append(recognised.table)
    lines = sorted(set.intersection(*(set(table.index) for table in tables)))
    features = sorted(set.union(*(set(table.columns) for table in tables)))
    if not lines:
        raise BadFileError(sources[-1], f"has no line of {sources[0].name}", "Keep one of them")
    every = [table.reindex(index=lines, columns=features, fill_value=0) for table in tables]
    mutated = reduce(np.maximum, [table.to_numpy() for table in every])
    names = " or ".join(source.name for source in sources)
    joined = notes.about(Omic.MUTATION)
    joined.add(f"1 where {names} has it; mutations that neither counts are not known")
    lost = sorted({name for table in tables for name in table.index}.difference(lines))
    joined.count(len(lost), "line", "left out, not in both", lost)
    return OmicTable(pd.DataFrame(mutated, lines, features), "0/1")
