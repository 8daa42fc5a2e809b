"""Seeded small changes of a text file, and what a reading of the changed file may differ in.

A change is decidable where the file, split at its delimiters and line ends and nothing else, says
what it holds. As many lines and fields as before, with a few cells that differ, are another legal
file: its reading may differ in the rows or columns of those cells alone. Anything else is a broken
file: its reading must be the same, or carry a note that the good file's did not, or be refused.
Left out are changes after which nothing can tell: a line or column that is gone without a trace.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass

import numpy as np
import pandas as pd

from deepdep.domain.cohort import CohortPart
from deepdep.domain.notes import Notes, Size

MOST_CELLS = 3  # differ in a file that is legal, and another

ODD = ('"', "'", " ", "\t", ",", ";", "\r", "|", "#", ".", "-", "X", "x", "é", "\N{NO-BREAK SPACE}")


@dataclass(frozen=True)
class Mutation:
    """What was done, and the text that came of it."""

    name: str
    text: str


def mutate(text: str, rng: np.random.Generator) -> Mutation:
    """Change a text in one way, somewhere."""
    names = list(MUTATIONS)
    name = names[rng.integers(len(names))]
    return Mutation(name, MUTATIONS[name](text, rng))


def _rows(text: str) -> list[list[str]]:
    delimiter = delimiter_of(text)
    return [line.split(delimiter) for line in text.split("\n")]


def delimiter_of(text: str) -> str:
    """What separates the fields of a text."""
    lines = (line for line in text.split("\n") if not line.startswith("#"))
    return "\t" if "\t" in next(lines, "") else ","


def _joined(rows: list[list[str]], text: str) -> str:
    return "\n".join(delimiter_of(text).join(row) for row in rows)


def _place(text: str, rng: np.random.Generator) -> int:
    return int(rng.integers(len(text)))


def _cell(rows: list[list[str]], rng: np.random.Generator, *, label: bool) -> tuple[int, int]:
    """Some cell; of a header or a first column where it is to be a label."""
    filled = [n for n, row in enumerate(rows) if row != [""]]
    row = filled[rng.integers(len(filled))]
    column = int(rng.integers(len(rows[row])))
    if label and row != filled[0]:
        column = 0
    return row, column


def _replace_byte(text: str, rng: np.random.Generator) -> str:
    at = _place(text, rng)
    return text[:at] + ODD[rng.integers(len(ODD))] + text[at + 1 :]


def _insert_byte(text: str, rng: np.random.Generator) -> str:
    at = _place(text, rng)
    return text[:at] + ODD[rng.integers(len(ODD))] + text[at:]


def _drop_byte(text: str, rng: np.random.Generator) -> str:
    at = _place(text, rng)
    return text[:at] + text[at + 1 :]


def _quotes(n: int, *, at_ends: bool) -> Callable[[str, np.random.Generator], str]:
    def quote(text: str, rng: np.random.Generator) -> str:
        rows = _rows(text)
        for _ in range(n):
            row, column = _cell(rows, rng, label=False)
            cell = rows[row][column]
            at = 0 if at_ends else int(rng.integers(len(cell) + 1))
            rows[row][column] = f'{cell[:at]}"{cell[at:]}'
        return _joined(rows, text)

    return quote


def _quote_field(text: str, rng: np.random.Generator) -> str:
    rows = _rows(text)
    row, column = _cell(rows, rng, label=False)
    rows[row][column] = f'"{rows[row][column]}"'
    return _joined(rows, text)


def _quote_labels(text: str, rng: np.random.Generator) -> str:
    """Quote every header and first field, as R does."""
    rows = _rows(text)
    quoted = [
        [f'"{cell}"' if n == 0 or k == 0 else cell for k, cell in enumerate(row)]
        for n, row in enumerate(rows)
    ]
    return _joined([row if row != ['""'] else [""] for row in quoted], text)


def _change_line_ends(text: str, rng: np.random.Generator) -> str:
    return text.replace("\n", "\r\n")


def _change_a_line_end(text: str, rng: np.random.Generator) -> str:
    ends = [k for k, letter in enumerate(text) if letter == "\n"]
    at = ends[rng.integers(len(ends))]
    return text[:at] + ("\r\n", "", "\n\n", "\r", " \n", "\t\n")[rng.integers(6)] + text[at + 1 :]


def _drop_field(text: str, rng: np.random.Generator) -> str:
    rows = _rows(text)
    row, column = _cell(rows, rng, label=False)
    del rows[row][column]
    return _joined(rows, text)


def _repeat_field(text: str, rng: np.random.Generator) -> str:
    rows = _rows(text)
    row, column = _cell(rows, rng, label=False)
    rows[row].insert(column, rows[row][column])
    return _joined(rows, text)


def _repeat_column(text: str, rng: np.random.Generator) -> str:
    rows = _rows(text)
    column = _cell(rows, rng, label=False)[1]
    return _joined([row[: column + 1] + row[column:] for row in rows], text)


def _repeat_line(text: str, rng: np.random.Generator) -> str:
    rows = _rows(text)
    row = _cell(rows, rng, label=False)[0]
    return _joined([*rows[: row + 1], *rows[row:]], text)


def _change_name(text: str, rng: np.random.Generator) -> str:
    rows = _rows(text)
    row, column = _cell(rows, rng, label=True)
    cell = rows[row][column]
    others = (
        cell.lower(),
        cell.swapcase(),
        f"X{cell}",
        f" {cell} ",
        cell.replace("-", "."),
        cell.replace(" (", "..").replace(")", "."),
        "",
        "1-Mar",
        "43891",
        "NA",
        cell + cell,
    )
    rows[row][column] = others[rng.integers(len(others))]
    return _joined(rows, text)


def _repeat_name(text: str, rng: np.random.Generator) -> str:
    rows = _rows(text)
    (row, column), (other_row, other) = (_cell(rows, rng, label=True) for _ in range(2))
    rows[row][column] = rows[other_row][other]
    return _joined(rows, text)


MUTATIONS: Mapping[str, Callable[[str, np.random.Generator], str]] = {
    "replace a byte": _replace_byte,
    "insert a byte": _insert_byte,
    "drop a byte": _drop_byte,
    "one quote": _quotes(1, at_ends=False),
    "a quote before a field": _quotes(1, at_ends=True),
    "quotes before two fields": _quotes(2, at_ends=True),
    "quote a field": _quote_field,
    "quote the labels": _quote_labels,
    "change line ends": _change_line_ends,
    "change a line end": _change_a_line_end,
    "drop a field": _drop_field,
    "repeat a field": _repeat_field,
    "repeat a column": _repeat_column,
    "repeat a line": _repeat_line,
    "change a name": _change_name,
    "repeat a name": _repeat_name,
}


def changed_cells(before: str, after: str, *, of_any_length: bool) -> int | None:
    """How many cells differ, of the same number of lines and fields; None where these differ.

    Of lines ``of_any_length``, as a GMT file has, it is how many differ.
    """
    if delimiter_of(before) != delimiter_of(after):
        return None
    old, new = (_rows(text.replace("\r\n", "\n").rstrip("\n")) for text in (before, after))
    if of_any_length and len(old) == len(new):
        return sum(x != y for x, y in zip(old, new, strict=True))
    if [len(row) for row in old] != [len(row) for row in new]:
        return None
    return sum(a != b for x, y in zip(old, new, strict=True) for a, b in zip(x, y, strict=True))


@dataclass(frozen=True)
class Reading:
    """What was read, as labelled tables, with what else it says and the notes but for sizes."""

    tables: Mapping[str, pd.DataFrame]
    facts: Mapping[str, object]
    notes: frozenset[str]

    @classmethod
    def of(cls, part: CohortPart, notes: Notes) -> "Reading":
        """Sum up what an import returns."""
        tables: dict[str, pd.DataFrame] = {}
        facts: dict[str, object] = {}
        for name, samples in (("cell_lines", part.cell_lines), ("tumors", part.tumors)):
            if samples is not None:
                tables[f"{name}/obs"] = samples.obs
                facts[name] = (samples.assembly, samples.release)
                for table, known in samples.tables.items():
                    tables[f"{name}/{table}"] = known.table
                    facts[f"{name}/{table}"] = known.unit
        if part.gene_effect is not None:
            tables["gene_effect"] = part.gene_effect.table
            facts["gene_effect"] = part.gene_effect.kind
        if part.gene_sets is not None:
            members = {name: dict.fromkeys(genes, 1) for name, genes in part.gene_sets.items()}
            tables["gene_sets"] = pd.DataFrame.from_dict(members, orient="index").fillna(0)
        said = frozenset(str(note) for note in notes if not isinstance(note.decision, Size))
        return cls(tables, facts, said)

    def silent_difference(self, good: "Reading", n_cells: int | None, *, of_facts: bool) -> str:
        """Say how this differs from the reading of the good file without a note; '' if not.

        Parameters
        ----------
        n_cells
            As ``changed_cells`` returns it.
        of_facts
            Whether a row of the file is a fact about a sample or gene that others speak of too.
        """
        if self.notes - good.notes:
            return ""
        if self.facts != good.facts:
            return f"{dict(self.facts)} where the good file has {dict(good.facts)}"
        few = 0 if n_cells is None or n_cells > MOST_CELLS else n_cells
        differences = (
            _difference(table, good.tables[name], few, of_facts=of_facts or name.endswith("/obs"))
            for name, table in self.tables.items()
        )
        return "; ".join(
            f"{name}: {what}" for name, what in zip(self.tables, differences, strict=True) if what
        )


def _difference(table: pd.DataFrame, good: pd.DataFrame, few: int, *, of_facts: bool) -> str:
    """Say how a table differs in more than ``few`` rows or columns; '' if it does not."""
    labels = [
        (good.index.difference(table.index), table.index.difference(good.index)),
        (good.columns.difference(table.columns), table.columns.difference(good.columns)),
    ]
    for lost, new in labels:
        most = 2 * few if of_facts else few  # a tab within a name makes two of it
        if max(len(lost), len(new)) > most or (len(lost) > len(new) and not of_facts):
            return f"lacks {list(lost)[:3]}, has {list(new)[:3]}"
    rows, columns = good.index.intersection(table.index), good.columns.intersection(table.columns)
    ours, theirs = (
        t.loc[rows, columns].astype(object).where(lambda x: x.notna(), None) for t in (table, good)
    )
    differs = (ours != theirs).to_numpy() & ~(ours.isna() & theirs.isna()).to_numpy()
    n = min(differs.any(axis=1).sum(), differs.any(axis=0).sum())
    return f"values of {n} rows or columns" if n > few else ""
