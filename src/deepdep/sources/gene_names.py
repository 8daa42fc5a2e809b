"""Genes under whatever name a file gives them, HGNC's table of all names, and lists of genes."""

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from enum import StrEnum
from pathlib import Path
from typing import Self

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc

from deepdep.domain.cohort import GeneSets
from deepdep.domain.identifiers import (
    ARM,
    COUNTER,
    CPG_PROBE,
    ENSEMBL_GENE,
    MOUSE_SYMBOL,
    GeneTable,
    is_no_name,
)
from deepdep.domain.notes import Notes
from deepdep.errors import BadFileError, shown
from deepdep.io.columns import Choice, read_columns
from deepdep.io.gene_sets import GeneSetRow, gene_set_rows
from deepdep.io.names import refuse_dates, refuse_quotes, refuse_repeated
from deepdep.io.parquet import SUFFIX as PARQUET_SUFFIX
from deepdep.io.text import open_text, rows_of, unquoted

NEEDED = ("symbol", "prev_symbol", "entrez_id", "ensembl_gene_id")

# Of a list of genes, in lower case.
HEADERS = {"gene", "genes", "symbol", "symbols", "hugo_symbol", "gene_symbol", "gene symbol"}
SYMBOL = re.compile(r"[A-Za-z0-9][A-Za-z0-9.@_-]*")

_PARENTHESES = re.compile(r"\S \(")  # TP53 (7157)
_NUMBER = re.compile(r"[-+]?(\d+\.?\d*|\.\d+)(e[-+]?\d+)?|na|nan", re.IGNORECASE)

# No accession of a pathway, R-HSA-69278, WP183 or M5890.
_LIKE_A_GENE = re.compile(r"(?!R-|WP\d|.*\d{4})(?:[A-Z][A-Z-]*\d[A-Z0-9-]*|C\d+orf\d+)")

# Enrichr writes one behind every gene.
_WEIGHT = re.compile(r",-?\d+(\.\d+)?(e-?\d+)?$", re.IGNORECASE)

# `TP53`, `7157` or `ENSG00000141510.18`; or two of them, `TP53 (7157)` as in DepMap's tables or
# `TP53|7157` as in TCGA's older ones, where `?|8225` has no symbol. GISTIC tells the places of a
# gene apart by what it writes behind it, `DUX4|chr10` or `ACAP3|ENSG00000131584.14`.
_LABEL = (
    rf"^(?:(?P<ensembl>{ENSEMBL_GENE})(?:\.\d+)?(?P<on_y>_PAR_Y)?"
    r"|(?P<entrez>\d+)|(?P<symbol>[^ |]+))"
    rf"(?: \((?:(?P<other_ensembl>{ENSEMBL_GENE})(?:\.\d+)?|(?P<other_entrez>\d+)|[^()]*)\)"
    rf"|\|(?P<last_ensembl>{ENSEMBL_GENE})(?:\.\d+)?|\|(?P<more>[^|]*[^|\d][^|]*))?"
    r"(?:\|(?P<last_entrez>\d+))?$"
)
_MORE_THAN_A_SYMBOL = rf"[ |?]|^ENS|^\d+$|^(?:{COUNTER})$"

# R's make.names leaves letters, digits, points and lines, and puts an X before a digit: `HLA.A`,
# `TP53..7157.` for `TP53 (7157)`, `TP53.7157` for `TP53|7157`, `X7157`. Clones have points of their
# own, behind the hyphen if there is one: `AC012345.1`, `RP11-34P13.7`.
_LEFT_BY_R = re.compile(r"[A-Za-z0-9._]+")
_R_PARENTHESES = re.compile(rf"(.+?)\.\.(\d+|{ENSEMBL_GENE}(?:\.\d+)?)\.")
_R_BAR = re.compile(r"(.+)\.(\d{3,})")
_R_ENTREZ = re.compile(r"X(\d+)")
_CLONE = re.compile(rf"[A-Z]{{1,2}}\d{{5,8}}\.\d+|{ENSEMBL_GENE}\.\d+(_PAR_Y)?|{CPG_PROBE}")
_R_CLONE = re.compile(r"((?:RP|CT[A-D]|KB|XX|GS|LA|LL)\w*)\.(\w+\.\d+)")

# But for hsa-mir-21, probes and chromosomes.
_LOWER_CASE = re.compile(r"(?!hsa-|cg\d{4}|rs\d{4}|chr[\dxy])[a-z][a-z0-9]*(?:-[a-z0-9]+)*")
_OPEN_READING_FRAME = re.compile(r"C(\d+|X|Y)ORF(\d+)")  # C1orf43 is written so


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
    refuse_quotes((*symbol, *previous, *entrez, *ensembl), "gene", source)
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
    """Read symbols, one per line or in the first column of a table, in order and each once.

    ``#`` starts a comment. A first line that begins with ``gene``, ``symbol`` or the like is a
    header and left out; without one, several names on one line are genes if there is no other
    line. Dates, numbers and what else is no symbol are BadFileErrors, with their line.
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
    rows: dict[int, list[str]] = {}  # by the number of the line
    for number, line in enumerate(lines, start=1):
        fields = [unquoted(field.strip()) for field in re.split(r"[\t,;]", line.split("#")[0])]
        if len(fields) == 1 and not _PARENTHESES.search(fields[0]):
            fields = fields[0].split()
        if any(fields):
            rows[number] = fields
    first = next(iter(rows), 0)
    has_header = bool(rows) and rows[first][0].lower() in HEADERS
    if has_header:
        del rows[first]
    genes: dict[str, int] = {}
    for number, (gene, *others) in rows.items():
        names = [name for name in others if name and not _NUMBER.fullmatch(name)]
        if names and not has_header and len(rows) > 1:
            raise BadFileError(
                source,
                f"holds several names, {shown([gene, *names])}",
                "Write one gene per line, or a header that begins with gene",
                where=f"line {number}",
            )
        for name in (gene, *([] if has_header else names)):
            genes.setdefault(name, number)
    for number in dict.fromkeys(genes.values()):
        _refuse_no_symbols([g for g, at in genes.items() if at == number], source, number)
    symbols = _Labels.parse(list(genes)).symbols
    return list(dict.fromkeys(symbols))


def read_public_gene_sets(source: Path, genes: GeneTable, notes: Notes) -> GeneSets:
    """Read a GMT file that others wrote: genes by current symbol, without weights.

    A file without descriptions is told by genes in their place. Several genes in one field,
    dates, numbers and the like are BadFileErrors, with their line.
    """
    rows = with_descriptions(gene_set_rows(source), source, notes)
    refuse_quotes([row.name for row in rows], "set", source)
    members = {row.name: [_WEIGHT.sub("", gene.strip()) for gene in row.genes] for row in rows}
    for row in rows:
        named = [gene for gene in members[row.name] if gene]
        are_ids = all(gene.isdecimal() or gene.startswith("ENS") for gene in named)
        if not (genes and are_ids):
            _refuse_no_symbols(named, source, row.line)
    n_weights = sum(_WEIGHT.search(gene) is not None for row in rows for gene in row.genes)
    notes.count(n_weights, "gene", "rid of the weight behind its name")
    labels = sorted({gene for genes_of_set in members.values() for gene in genes_of_set if gene})
    symbols = dict(zip(labels, current_symbols(labels, genes, source, notes), strict=True))
    gene_sets: GeneSets = {}
    for row in rows:
        kept = dict.fromkeys(symbols[gene] for gene in members[row.name] if gene)
        kept.pop("", None)
        if not kept:
            problem = f"set {row.name!r} holds no known gene"
            raise BadFileError(source, problem, "Remove it", where=f"line {row.line}")
        gene_sets[row.name] = tuple(kept)
    return gene_sets


def with_descriptions(
    rows: Sequence[GeneSetRow], source: Path, notes: Notes
) -> Sequence[GeneSetRow]:
    """Put the field behind a set's name among its genes where it is one of them in all sets.

    It is one where most of these fields are genes of some set. Where they look like symbols, a
    different one for each set, but are in no set, that remains open: a BadFileError.
    """
    second = [row.description.strip() for row in rows]
    genes = {_WEIGHT.sub("", gene.strip()) for row in rows for gene in row.genes}
    bare = [_WEIGHT.sub("", field) for field in second]
    n_genes = sum(field in genes for field in bare)
    if 2 * n_genes > len(rows) and len(set(bare)) > len(rows) / 2:
        what = "without description, the field behind its name being a gene"
        notes.count(len(rows), "set", what)
        return [replace(row, genes=(row.description, *row.genes)) for row in rows]
    letters = {field.rstrip("0123456789") for field in bare}  # a database has few
    like_genes = [_LIKE_A_GENE.fullmatch(field) is not None for field in bare]
    if all(like_genes) and len(set(bare)) == len(rows) and (len(rows) == 1 or len(letters) > 1):
        raise BadFileError(
            source,
            f"{second[0]!r} stands where the description is due, and may be a gene",
            "A GMT line is: name, description, gene, gene ...; write na for the description",
            where=f"line {rows[0].line}",
        )
    return rows


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
    if matched.symbols == list(table.columns):
        return table  # a copy of a large one is costly
    return table.iloc[:, matched.positions].set_axis(matched.symbols, axis=1)


def before_r(labels: list[str]) -> list[str]:
    """Undo what R's make.names did to labels of genes; those of a table that R left alone stay.

    A gene that R or pandas numbered because it was there twice, ``TP53.1``, stays, too.
    """
    if not all(map(_LEFT_BY_R.fullmatch, labels)):
        return labels
    there = set(labels)

    def original(symbol: str) -> str:
        base, _, number = symbol.rpartition(".")
        if _R_CLONE.fullmatch(symbol):
            return _R_CLONE.sub(r"\1-\2", symbol)
        if _CLONE.fullmatch(symbol) or (number.isdecimal() and base in there):
            return symbol
        return symbol.strip(".").replace(".", "-")

    others = [label for label in labels if not _CLONE.fullmatch(label)]
    if 2 * sum(map(bool, map(_R_ENTREZ.fullmatch, others))) > len(labels):
        return [_R_ENTREZ.sub(r"\1", label) for label in labels]
    are_barred = 2 * sum(map(bool, map(_R_BAR.fullmatch, others))) > len(labels)
    names = []
    for label in labels:
        pair = _R_PARENTHESES.fullmatch(label)
        barred = _R_BAR.fullmatch(label) if are_barred else None
        if pair:
            names.append(f"{original(pair[1])} ({pair[2]})")
        elif barred:
            names.append(f"{'?' if barred[1] == 'X.' else original(barred[1])}|{barred[2]}")
        else:
            names.append(original(label))
    return names


def in_case(symbol: str) -> str:
    """Return a symbol in capital letters, where it has none and should; the others as they are."""
    capital = symbol.upper() if _LOWER_CASE.fullmatch(symbol) else symbol
    return _OPEN_READING_FRAME.sub(r"C\1orf\2", capital)


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
    from_r: list[str]  # what was changed of labels: `HLA.A is HLA-A`
    from_case: list[str]
    from_two: list[str]  # `DUX4|chr10 is DUX4`

    @classmethod
    def parse(cls, labels: Sequence[str]) -> Self:
        """Take labels apart that may be more than a symbol; most are not."""
        given = [label.strip() for label in labels]
        names = before_r(given)
        may_be_more = pc.match_substring_regex(pa.array(names, pa.string()), _MORE_THAN_A_SYMBOL)
        positions = np.flatnonzero(may_be_more.to_numpy(zero_copy_only=False)).tolist()
        parts = pc.extract_regex(pa.array([names[i] for i in positions], pa.string()), _LABEL)
        part = {field.name: parts.field(k).to_pylist() for k, field in enumerate(parts.type)}
        unlike = parts.is_null().to_pylist()  # a name of another form is taken whole
        none = [""] * len(names)
        from_r = [f"{r} is {name}" for r, name in zip(given, names, strict=True) if r != name]
        parsed = cls(names, [*names], [*none], [*none], [*none], from_r, [], [])
        for k, i in enumerate(positions):
            if re.fullmatch(COUNTER, names[i]):
                parsed.symbols[i] = ""
            elif not unlike[k]:
                parsed.symbols[i] = "" if part["symbol"][k] == "?" else part["symbol"][k]
            entrez = (part[group][k] for group in ("entrez", "other_entrez", "last_entrez"))
            parsed.entrez[i] = next(filter(None, entrez), "")
            ensembl = (part[group][k] for group in ("ensembl", "other_ensembl", "last_ensembl"))
            parsed.ensembl[i] = next(filter(None, ensembl), "")
            parsed.on_y[i] = part["on_y"][k]
            if part["more"][k]:
                parsed.from_two.append(f"{names[i]} is {parsed.symbols[i]}")
        for i, symbol in enumerate(parsed.symbols):
            cased = in_case(symbol)
            if cased != symbol:
                parsed.symbols[i] = cased
                parsed.from_case.append(f"{symbol} is {cased}")
        return parsed

    @classmethod
    def checked(cls, labels: Sequence[str], genes: GeneTable, source: Path) -> Self:
        """Take labels apart, and refuse what names no human gene."""
        parsed = cls.parse(labels)
        refuse_quotes(parsed.names, "gene", source)
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
        notes.count(len(self.from_r), "gene", "given the name that R changed", self.from_r)
        notes.count(len(self.from_case), "gene", "given its capital letters", self.from_case)
        notes.count(len(self.from_two), "gene", "named by the first of its names", self.from_two)
        notes.count(len(former), "gene", "given the current symbol", former)
        notes.count(by_id, "gene", "given the symbol of an Entrez or Ensembl id")
        notes.count(len(strange), "symbol", "not in the table of genes, kept as they are", strange)
        notes.count(len(counters), "counter", "of reads of no gene left out", counters)
        notes.count(len(unnamed), "id", "of no known gene left out", unnamed)


def _refuse_no_symbols(names: Sequence[str], source: Path, line: int) -> None:
    """Raise BadFileError for a name on a line that is that of no one gene."""
    refuse_quotes(names, f"line {line}, gene", source)
    refuse_dates(names, source, axis=f"line {line}, gene")
    for name, symbol in zip(names, _Labels.parse(names).symbols, strict=True):
        if not SYMBOL.fullmatch(symbol):
            problem = f"{name!r} is no symbol of one gene"
            raise BadFileError(source, problem, "Write symbols, such as TP53", where=f"line {line}")


def _unambiguous(pairs: Iterable[tuple[str, str]]) -> Iterator[tuple[str, str]]:
    genes: dict[str, set[str]] = {}
    for name, symbol in pairs:
        genes.setdefault(name, set()).add(symbol)
    return ((name, min(of)) for name, of in genes.items() if name and len(of) == 1)
