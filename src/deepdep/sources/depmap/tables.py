"""DepMap's tables: genes in columns, copy number by gene or in segments, mutations in rows."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from functools import reduce
from pathlib import Path

import numpy as np
import pandas as pd

from deepdep.domain.cohort import OmicTable, Source
from deepdep.domain.genome import Assembly, bin_segments
from deepdep.domain.identifiers import MODEL_ID, NO_NAMES, GeneTable
from deepdep.domain.mutations import is_nonsilent, unknown_consequences
from deepdep.domain.notes import Noted, about, counted
from deepdep.domain.omics import Omic
from deepdep.errors import BadFileError, shown
from deepdep.io.columns import Choice, header_of, read_columns
from deepdep.io.names import checked_features
from deepdep.sources.depmap.layout import (
    CONSEQUENCES,
    IS_DEFAULT,
    MatrixColumns,
    first_position,
    matrix_columns,
)
from deepdep.sources.gene_names import by_symbol, current_symbols
from deepdep.sources.options import ImportOptions
from deepdep.sources.segments import YES_AND_NO, read_segments
from deepdep.sources.units import (
    UNIT,
    Scale,
    in_unit,
    recognise_omic,
    scale_of_values,
    to_log2_ratio,
)

AS_PUBLISHED = "Bring the release's file as it was published"


def read_gene_matrix(source: Path, genes: GeneTable) -> Noted[pd.DataFrame]:
    """Read numbers, shape (model, gene); of several sequencings of a model, the default one."""
    header = header_of(source)
    columns = matrix_columns(header)
    labels = checked_features([header[i] for i in columns.genes], source)
    read = read_columns(source, lambda _: _choice(columns, source))
    models = read.texts.iloc[:, 0].str.strip()
    flags = None if columns.is_default is None else read.texts.iloc[:, 1]
    rows = default_entries(models, flags, source)
    names = models[rows.value]
    require_models_once(names, source)
    numbers = read.numbers if rows.value.all() else read.numbers[rows.value]
    table = pd.DataFrame(
        numbers, pd.Index(names.to_numpy(), dtype=object), pd.Index(labels, dtype=object)
    )
    named = by_symbol(table, genes, source)
    return Noted(named.value, (*rows.notes, *named.notes, *_others(columns.others)))


def default_entries(models: pd.Series, flags: pd.Series | None, source: Path) -> Noted[np.ndarray]:
    """Tell which rows stand for their model: all, where ``flags`` is None.

    Rows of other sequencings are noted, and so are models that have no other.
    """
    if flags is None:
        _require_model_ids(models, source)
        return Noted(np.ones(len(models), dtype=bool))
    is_default = _yes_or_no(flags, models, source)
    if not is_default.any():
        raise BadFileError(source, f"column {flags.name!r} is No in every row", AS_PUBLISHED)
    _require_model_ids(models[is_default], source)
    others = models[~is_default]
    lost = sorted(set(others) - set(models[is_default]))
    notes = []
    if len(others):
        notes.append(f"{counted(len(others), 'row')} left out, not the default entry of a model")
    if lost:
        notes.append(f"{counted(len(lost), 'model')} without default entry: {shown(lost)}")
    return Noted(is_default, tuple(notes))


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


def _choice(columns: MatrixColumns, source: Path) -> Choice:
    if columns.model_id is None:
        raise BadFileError(source, "lacks the column 'ModelID'", AS_PUBLISHED, where="line 1")
    texts = [columns.model_id]
    if columns.is_default is not None:
        texts.append(columns.is_default)
    return Choice(texts, columns.genes)


def _yes_or_no(flags: pd.Series, models: pd.Series, source: Path) -> np.ndarray:
    answers = {flag: YES_AND_NO.get(flag.strip().lower()) for flag in flags.unique()}
    unclear = flags[[answers[flag] is None for flag in flags]]
    if len(unclear):
        raise BadFileError(
            source,
            f"{unclear.iloc[0]!r} is neither Yes nor No",
            AS_PUBLISHED,
            where=f"model {models[unclear.index[0]]!r}, column {flags.name!r}",
        )
    return np.array([answers[flag] for flag in flags], dtype=bool)


def _require_model_ids(models: pd.Series, source: Path) -> None:
    strange = models[[re.fullmatch(MODEL_ID, name) is None for name in models]]
    if len(strange):
        raise BadFileError(
            source,
            "is no ModelID, such as ACH-000001",
            f"{AS_PUBLISHED}, or use `import tables`, which reads lines under other names",
            where=f"row {strange.iloc[0]!r}",
        )


def _others(names: Sequence[str]) -> tuple[str, ...]:
    if not names:
        return ()
    return (f"{counted(len(names), 'column')} left out, of no gene: {shown(names)}",)


# Up to 23Q4 OmicsCNGene held log2(x+1); since, that is in PortalOmicsCNGeneLog2.
FIRST_LINEAR = "24Q2"

# A whole release in linear ratios has values above 8: cell lines with sixteen copies of MYC, EGFR
# or ERBB2 are common. A small table may have none.
CELLS_OF_A_RELEASE = 5_000_000


@dataclass(frozen=True)
class CopyNumber:
    """Log2(CN/2), shape (model, gene or bin), and the build that bins are places in."""

    known: OmicTable
    assembly: Assembly | None


def read_copy_number(
    by_gene: Path | None, segments: Path | None, release: str | None, options: ImportOptions
) -> Noted[CopyNumber | None]:
    """Read the table by gene; bins of the segments where bins are asked for, or without it."""
    if segments is not None and (options.bins is not None or by_gene is None):
        return _without(by_gene, _read_binned(segments, options), "bins being asked for")
    if by_gene is None:
        return Noted(None)
    if options.bins is not None:
        raise BadFileError(
            by_gene,
            "is by gene, but bins were asked for",
            "Put OmicsCNSegmentsWGS.csv beside it, or ask for no bins",
        )
    return _without(segments, _read_by_gene(by_gene, release, options), f"{by_gene.name} is there")


def _without(left_out: Path | None, read: Noted[CopyNumber], why: str) -> Noted[CopyNumber]:
    if left_out is None:
        return read
    return Noted(read.value, (*read.notes, f"{left_out.name}: left out, {why}"))


def _read_binned(source: Path, options: ImportOptions) -> Noted[CopyNumber]:
    segments = read_segments(source, options.assembly)
    bins = options.bins_on(segments.value.assembly, source)
    known = in_unit(bin_segments(segments.value, bins), UNIT.name, source)
    notes = about(source.name, (*known.notes, *segments.notes))
    return Noted(CopyNumber(known.value, segments.value.assembly), notes)


def _read_by_gene(source: Path, release: str | None, options: ImportOptions) -> Noted[CopyNumber]:
    matrix = read_gene_matrix(source, options.genes)
    scale = _scale(matrix.value, source, release, options)
    ratios = to_log2_ratio(matrix.value, scale.value, source)
    known = in_unit(ratios.value, UNIT.name, source)
    notes = (*known.notes, *scale.notes, *ratios.notes, *matrix.notes)
    return Noted(CopyNumber(known.value, None), about(source.name, notes))


def _scale(
    table: pd.DataFrame, source: Path, release: str | None, options: ImportOptions
) -> Noted[Scale]:
    """Take what the user says, else what the values tell, else what name and release do."""
    if options.copy_number_unit is not None:
        return Noted(Scale(options.copy_number_unit))
    told = scale_of_values(table)
    if told is not None:
        return Noted(told)
    if source.name.startswith("Portal"):
        return Noted(Scale.LOG2_PLUS_1)
    if source.name.startswith("OmicsCNGeneWGS"):
        return Noted(Scale.LINEAR)
    if release is not None and release < FIRST_LINEAR:
        return Noted(Scale.LOG2_PLUS_1, (f"{release} has log2(x+1) here",))
    if release is None and table.size >= CELLS_OF_A_RELEASE:
        return Noted(Scale.LOG2_PLUS_1, ("no value above 8: log2(x+1), as up to 23Q4",))
    if release is None:
        before = f"of a release before {FIRST_LINEAR}, say --copy-number-unit '{Scale.LOG2_PLUS_1}'"
        return Noted(Scale.LINEAR, (f"taken for linear ratios; {before}",))
    return Noted(Scale.LINEAR, (f"{release} has linear ratios here",))


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
    symbol = symbol.mask(symbol.str.lower().isin(NO_NAMES), _NO_GENE)
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


def read_mutations(
    rows: Path | None, matrices: Sequence[Path], genes: GeneTable
) -> Noted[OmicTable | None]:
    """Read 0 and 1, shape (model, gene), from one mutation per row; from matrices without it."""
    if rows is None:
        return _read_matrices(matrices, genes) if matrices else Noted(None)
    table = read_mutation_rows(rows, genes)
    known = recognise_omic(table.value, Omic.MUTATION, Source.CELL_LINE, rows)
    notes = about(rows.name, (*known.notes, *table.notes))
    left_out = [f"{path.name}: left out, {rows.name} being there" for path in matrices]
    return Noted(known.value, (*notes, *left_out))


def _read_matrices(sources: Sequence[Path], genes: GeneTable) -> Noted[OmicTable]:
    """Join tables: a gene is mutated that is so in any, lines are those of every table."""
    notes: list[str] = []
    tables: list[pd.DataFrame] = []
    for source in sources:
        matrix = read_gene_matrix(source, genes)
        known = recognise_omic(matrix.value, Omic.MUTATION, Source.CELL_LINE, source)
        tables.append(known.value.table)
        notes += about(source.name, (*known.notes, *matrix.notes))
    lines = sorted(set.intersection(*(set(table.index) for table in tables)))
    features = sorted(set.union(*(set(table.columns) for table in tables)))
    if not lines:
        raise BadFileError(sources[-1], f"has no line of {sources[0].name}", "Keep one of them")
    every = [table.reindex(index=lines, columns=features, fill_value=0) for table in tables]
    mutated = reduce(np.maximum, [table.to_numpy() for table in every])
    names = " or ".join(source.name for source in sources)
    notes.append(f"mutation: 1 where {names} has it; mutations that neither counts are not known")
    lost = sorted({name for table in tables for name in table.index}.difference(lines))
    if lost:
        notes.append(f"mutation: {counted(len(lost), 'line')} left out, not in both: {shown(lost)}")
    return Noted(OmicTable(pd.DataFrame(mutated, lines, features), "0/1"), tuple(notes))
