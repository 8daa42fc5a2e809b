"""Rows of comma- or tab-separated text, each as long as the header."""

import csv
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import chain
from pathlib import Path

from deepdep.domain.errors import BadFileError
from deepdep.io.text_files import open_text


@dataclass(frozen=True)
class Row:
    """One row of a delimited file: its fields, and the line it ends on."""

    line: int
    fields: list[str]


def rows_of(source: Path, comment: str | None = None) -> Iterator[Row]:
    """Yield the header and then each row; raise BadFileError where one is shorter or longer.

    The header tells the delimiter: a tab if it has one, else a comma. Fields may be quoted.
    Empty lines are allowed at the end only. Lines before the header that begin with ``comment``
    are skipped.
    """
    with open_text(source) as text:
        n_skipped = 0
        first_line = text.readline()
        while comment is not None and first_line.startswith(comment):
            n_skipped += 1
            first_line = text.readline()
        delimiter = delimiter_of(first_line, source)
        reader = csv.reader(chain([first_line], text), delimiter=delimiter, strict=True)
        try:
            yield from _even_rows(
                (Row(n_skipped + reader.line_num, fields) for fields in reader), source
            )
        except csv.Error as error:
            raise BadFileError(
                source,
                f"quotes do not match ({error})",
                "Export the table again",
                where=f"line {n_skipped + reader.line_num}",
            ) from error


def _even_rows(rows: Iterator[Row], source: Path) -> Iterator[Row]:
    n_fields = 0
    empty_line = 0
    for row in rows:
        if not row.fields:
            empty_line = empty_line or row.line
            continue
        if empty_line:
            raise BadFileError(source, "is empty", "Remove it", where=f"line {empty_line}")
        n_fields = n_fields or len(row.fields)
        _require_length(row, n_fields, source)
        yield row


def delimiter_of(first_line: str, source: Path) -> str:
    """Tell the delimiter from the header; semicolons are an error."""
    if "\t" in first_line:
        return "\t"
    if ";" in first_line and first_line.count(",") < first_line.count(";"):
        raise BadFileError(
            source,
            "fields are separated by semicolons",
            "Export it with commas or tabs between the fields and decimal points",
            where="line 1",
        )
    return ","


def _require_length(row: Row, n_fields: int, source: Path) -> None:
    if len(row.fields) == n_fields:
        return
    what = "is cut short" if len(row.fields) < n_fields else "is too long"
    raise BadFileError(
        source,
        f"{what}: {len(row.fields)} fields where the header has {n_fields}",
        "Every row, and the header, needs one field per column; export the table again",
        where=f"line {row.line}, row {row.fields[0]!r}",
    )
