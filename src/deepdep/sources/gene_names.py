"""Genes under whatever name a file gives them, HGNC's table of all names, and lists of genes."""

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import Self

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc

from deepdep.domain.identifiers import (
    ARM,
    COUNTER,
    ENSEMBL_GENE,
    MOUSE_SYMBOL,
    GeneTable,
    is_no_name,
)
from deepdep.domain.notes import Notes
from deepdep.errors import BadFileError, shown
from deepdep.io.columns import Choice, read_columns
from deepdep.io.names import refuse_dates, refuse_repeated
from deepdep.io.parquet import SUFFIX as PARQUET_SUFFIX
from deepdep.io.text import open_text, rows_of

NEEDED = ("symbol", "prev_symbol", "entrez_id", "ensembl_gene_id")
HEADERS = {"gene", "symbol", "hugo_symbol"}  # of a list of genes

# `TP53`, `7157` or `ENSG00000141510.18`; or two of them, `TP53 (7157)` as in DepMap's tables or
# `TP53|7157` as in TCGA's older ones, where `?|8225` has no symbol.
_LABEL = (
    rf"^(?:(?P<ensembl>{ENSEMBL_GENE})(?:\.\d+)?(?P<on_y>_PAR_Y)?"
    r"|(?P<entrez>\d+)|(?P<symbol>[^ |]+))"
    rf"(?: \((?:(?P<other_ensembl>{ENSEMBL_GENE})(?:\.\d+)?|(?P<other_entrez>\d+)|[^()]*)\)"
    r"|\|(?P<last_entrez>\d+))?$"
)
_MORE_THAN_A_SYMBOL = rf"[ |?]|^ENS|^\d+$|^(?:{COUNTER})$"


class IdKind(StrEnum):
    """What names a gene."""

    SYMBOL = "symbol"
    ENTREZ = "Entrez id"
    ENSEMBL = "Ensembl id"


class Repeated(StrEnum):
    """What to do with a gene that a file names twice."""

    REFUSE = "refuse"
    KEEP_FIRST = "keep the first"


@dataclass(frozen=True)
class MatchedGenes:
    """Which rows or columns of a table to keep, and the symbol of each."""

    positions: list[int]
    symbols: list[str]


def read_gene_table(source: Path) -> GeneTable:
    """Read ``hgnc_complete_set.txt``, tab-separated, by the names of its columns.

    A former symbol, or an id, that belongs to several genes names none of them.
    """

    def choose(header: list[str]) -> Choice:
        absent = [column for column in NEEDED if column not in header]
        if absent:
            raise BadFileError(
                source, f"lacks the column {absent[0]!r}", "Bring HGNC's hgnc_complete_set.txt"
            )
        return Choice([header.index(column) for column in NEEDED], [])

    columns = read_columns(source, choose).texts
    symbol, previous, entrez, ensembl = (list(columns[column]) for column in NEEDED)
    refuse_repeated(symbol, "symbol", source)
    current = frozenset(symbol)
    former = (
        (name.strip(), gene)
        for names, gene in zip(previous, symbol, strict=True)
        for name in names.split("|")
    )
    return GeneTable(
        symbols=current,
        by_entrez=dict(_unambiguous(zip(entrez, symbol, strict=True))),
        by_ensembl=dict(_unambiguous(zip(ensembl, symbol, strict=True))),
        by_previous=dict(_unambiguous(pair for pair in former if pair[0] not in current)),
    )


def read_gene_list(source: Path) -> list[str]:
    """Read symbols, one per line or in the first column of a CSV, in order and each once.

    ``#`` starts a comment, and a header is left out.
    """
    try:
        if source.suffix == PARQUET_SUFFIX:
            lines = [row.fields[0] for row in rows_of(source)]
        elif source.suffix == ".gz":
            with open_text(source) as text:
                lines = text.read().splitlines()
        else:
            lines = source.read_text(encoding="utf-8-sig").splitlines()
    except (OSError, UnicodeDecodeError):
        raise BadFileError(
            source, "cannot be read as text", "Give a file with one gene symbol per line"
        ) from None
    first_fields = [line.split("#")[0].replace("\t", ",").split(",")[0] for line in lines]
    symbols = [field.strip().strip('"') for field in first_fields]
    return list(dict.fromkeys(s for s in symbols if s and s.lower() not in HEADERS))


def match_genes(
    labels: Sequence[str],
    genes: GeneTable,
    source: Path,
    notes: Notes,
    repeated: Repeated = Repeated.REFUSE,
) -> MatchedGenes:
    """Find the current symbol of each label, and leave out labels without one.

    Of several labels of a gene, the one that has its current symbol is kept, else the first.
    """
    parsed = _Labels.checked(labels, genes, source)
    if repeated is Repeated.REFUSE:
        refuse_repeated(parsed.names, "gene", source)
    symbols = parsed.current(genes)
    kept = parsed.kept(symbols)
    has_symbol = (i for i, symbol in enumerate(symbols) if symbol)
    left_out = [parsed.names[i] for i in sorted({*has_symbol}.difference(kept))]
    parsed.note_changes(symbols, genes, notes)
    fate = "left out, of which another row or column is kept"
    notes.count(len(left_out), "gene", fate, left_out)
    return MatchedGenes(kept, [symbols[position] for position in kept])


def current_symbols(
    labels: Sequence[str], genes: GeneTable, source: Path, notes: Notes
) -> list[str]:
    """Find the current symbol of each label; an empty string where a label has none.

    Entrez and Ensembl ids and former symbols are looked up in ``genes``; where it is empty, a
    table named by such ids is a BadFileError, and symbols are taken as they are.
    """
    parsed = _Labels.checked(labels, genes, source)
    symbols = parsed.current(genes)
    parsed.note_changes(symbols, genes, notes)
    return symbols


def by_symbol(table: pd.DataFrame, genes: GeneTable, source: Path, notes: Notes) -> pd.DataFrame:
    """Name the columns of a table (sample, gene) by symbol, and leave out those without one."""
    matched = match_genes(list(table.columns), genes, source, notes)
    return table.iloc[:, matched.positions].set_axis(matched.symbols, axis=1)


def id_kind(labels: Sequence[str]) -> IdKind:
    """Tell what most labels are."""
    return _Labels.parse(labels).kind


@dataclass(frozen=True)
class _Labels:
    """What labels say of each gene; an empty string where they do not say it."""

    names: list[str]  # the whole label
    symbols: list[str]
    entrez: list[str]
    ensembl: list[str]
    on_y: list[str]  # not empty for the copy on Y of a gene that X and Y share

    @classmethod
    def parse(cls, labels: Sequence[str]) -> Self:
        """Take labels apart that may be more than a symbol; most are not."""
        names = [label.strip() for label in labels]
        may_be_more = pc.match_substring_regex(pa.array(names, pa.string()), _MORE_THAN_A_SYMBOL)
        positions = np.flatnonzero(may_be_more.to_numpy(zero_copy_only=False)).tolist()
        parts = pc.extract_regex(pa.array([names[i] for i in positions], pa.string()), _LABEL)
        part = {field.name: parts.field(k).to_pylist() for k, field in enumerate(parts.type)}
        unlike = parts.is_null().to_pylist()  # a name of another form is taken whole
        none = [""] * len(names)
        parsed = cls(names, [*names], [*none], [*none], [*none])
        for k, i in enumerate(positions):
            if re.fullmatch(COUNTER, names[i]):
                parsed.symbols[i] = ""
            elif not unlike[k]:
                parsed.symbols[i] = "" if part["symbol"][k] == "?" else part["symbol"][k]
            entrez = (part[group][k] for group in ("entrez", "other_entrez", "last_entrez"))
            parsed.entrez[i] = next(filter(None, entrez), "")
            parsed.ensembl[i] = part["ensembl"][k] or part["other_ensembl"][k]
            parsed.on_y[i] = part["on_y"][k]
        return parsed

    @classmethod
    def checked(cls, labels: Sequence[str], genes: GeneTable, source: Path) -> Self:
        """Take labels apart, and refuse what names no human gene."""
        parsed = cls.parse(labels)
        for number, name in enumerate(parsed.names, start=1):
            if is_no_name(name):
                remedy, where = "Restore the name, or remove the gene", f"gene {number}"
                raise BadFileError(source, f"{name!r} is no gene's name", remedy, where=where)
        pairs = zip(parsed.symbols, parsed.names, strict=True)
        refuse_dates([symbol or name for symbol, name in pairs], source, axis="gene")
        if 2 * sum(map(str.isupper, parsed.symbols)) < len(parsed.names):
            like_mouse = re.compile(MOUSE_SYMBOL).fullmatch
            mouse = [
                name
                for name, symbol, ensembl in zip(
                    parsed.names, parsed.symbols, parsed.ensembl, strict=True
                )
                if ensembl.startswith("ENSMUSG") or like_mouse(symbol)
            ]
            if 2 * len(mouse) > len(parsed.names):
                problem = f"genes are not human: {shown(mouse)}"
                raise BadFileError(source, problem, "Bring human genes, by symbol")
        n_arms = sum(re.fullmatch(ARM, name) is not None for name in parsed.names)
        if 2 * n_arms > len(parsed.names):
            problem = f"genes are chromosome arms: {shown(parsed.names)}"
            raise BadFileError(source, problem, "Bring a table by gene")
        if parsed.kind is not IdKind.SYMBOL and not genes:
            raise BadFileError(
                source,
                f"genes are named by {parsed.kind}: {shown(parsed.names)}",
                "Give HGNC's table with --genes-table, or name them by symbol",
            )
        return parsed

    @property
    def kind(self) -> IdKind:
        """What most labels are."""
        if 2 * sum(map(bool, self.symbols)) >= len(self.names):
            return IdKind.SYMBOL
        are_ensembl = 2 * sum(map(bool, self.ensembl)) >= len(self.names)
        return IdKind.ENSEMBL if are_ensembl else IdKind.ENTREZ

    def current(self, genes: GeneTable) -> list[str]:
        """Look labels up: by their ids first, which are surer than names that genes exchange."""
        if not genes:
            return self.symbols
        return [
            genes.by_entrez.get(entrez)
            or genes.by_ensembl.get(ensembl)
            or genes.by_previous.get(symbol, symbol)
            for entrez, ensembl, symbol in zip(self.entrez, self.ensembl, self.symbols, strict=True)
        ]

    def kept(self, symbols: Sequence[str]) -> list[int]:
        """Keep one position per symbol: the one that had it already, else the first, Y after X."""
        best: dict[str, tuple[bool, bool, int]] = {}
        for position, symbol in enumerate(symbols):
            if symbol:
                renamed = self.symbols[position] != symbol
                rank = (renamed, bool(self.on_y[position]), position)
                best[symbol] = min(rank, best.get(symbol, rank))
        return sorted(position for _, _, position in best.values())

    def note_changes(self, symbols: Sequence[str], genes: GeneTable, notes: Notes) -> None:
        """Note which labels gave way to a symbol, and which have none."""
        pairs = [(a, b) for a, b in zip(self.symbols, symbols, strict=True) if a != b]
        former = [f"{given} is {symbol}" for given, symbol in pairs if given]
        by_id = len(pairs) - len(former)
        strange = sorted(set(symbols) - genes.symbols - {""}) if genes else []
        unnamed = [name for name, symbol in zip(self.names, symbols, strict=True) if not symbol]
        counters = [name for name in unnamed if re.fullmatch(COUNTER, name)]
        unnamed = [name for name in unnamed if name not in counters]
        notes.count(len(former), "gene", "given the current symbol", former)
        notes.count(by_id, "gene", "given the symbol of an Entrez or Ensembl id")
        notes.count(len(strange), "symbol", "not in the table of genes, kept as they are", strange)
        notes.count(len(counters), "counter", "of reads of no gene left out", counters)
        notes.count(len(unnamed), "id", "of no known gene left out", unnamed)


def _unambiguous(pairs: Iterable[tuple[str, str]]) -> Iterator[tuple[str, str]]:
    genes: dict[str, set[str]] = {}
    for name, symbol in pairs:
        genes.setdefault(name, set()).add(symbol)
    return ((name, min(of)) for name, of in genes.items() if name and len(of) == 1)
