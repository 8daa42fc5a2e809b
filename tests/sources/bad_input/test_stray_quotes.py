"""A stray quote hides no row from any reader: the same is read, or it is said where it is."""

import gzip
from contextlib import suppress

import pandas as pd
import pytest
from good_files import READERS, asked

from deepdep.domain.cohort import CohortPart
from deepdep.domain.notes import Notes
from deepdep.errors import BadFileError

DELIMITED = (".csv", ".tsv", ".txt", ".xena", ".maf", ".seg", ".gmt", ".gz")
IMPORTS = {name: r for name, r in READERS.items() if r.takes and name not in ("h5ad", "h5mu")}


def text_of(path):
    content = path.read_bytes()
    return (gzip.decompress(content) if path.suffix == ".gz" else content).decode()


def put(path, text):
    content = text.encode()
    path.write_bytes(gzip.compress(content) if path.suffix == ".gz" else content)


def delimiter_of(lines):
    return "\t" if any("\t" in line for line in lines[:8]) else ","


def rows_to_spoil(lines):
    """Positions of two lines of data, not next to one another where there are many."""
    data = [k for k, line in enumerate(lines) if k and line and not line.startswith("#")]
    return (data[0], data[-1]) if len(data) < 4 else (data[1], data[3])


def with_quote(line, delimiter, column, place):
    fields = line.split(delimiter)
    field = fields[column]
    at = {"begin": 0, "middle": (len(field) + 1) // 2, "end": len(field)}[place]
    fields[column] = f'{field[:at]}"{field[at:]}'
    return delimiter.join(fields)


def everything_quoted(lines, delimiter):
    def quoted(line):
        is_comment = not line or line.startswith("#")
        fields = [f if f.startswith('"') else f'"{f}"' for f in line.split(delimiter)]
        return line if is_comment else delimiter.join(fields)

    return [*map(quoted, lines)]


def read(reader, folder):
    notes = Notes()
    return asked(reader.command, folder).read(notes), notes.lines()


def require_same(part: CohortPart, expected: CohortPart):
    for name in ("cell_lines", "tumors"):
        samples, given = getattr(part, name), getattr(expected, name)
        assert (samples is None) == (given is None)
        if samples is not None:
            pd.testing.assert_frame_equal(samples.obs, given.obs)
            assert samples.tables.keys() == given.tables.keys()
            for table in samples.tables:
                pd.testing.assert_frame_equal(
                    samples.tables[table].table, given.tables[table].table
                )
    assert (part.gene_effect is None) == (expected.gene_effect is None)
    if part.gene_effect is not None:
        pd.testing.assert_frame_equal(part.gene_effect.table, expected.gene_effect.table)
    assert part.gene_sets == expected.gene_sets


@pytest.fixture(params=IMPORTS)
def reader(request, cohort, tmp_path):
    """A reader, and a folder of good files for it, of which some are delimited text."""
    known, folder = IMPORTS[request.param], tmp_path / "good"
    folder.mkdir()
    known.write(cohort, folder)
    return known, folder


def files_of(reader):
    known, folder = reader
    return [f for f in sorted(folder.glob(known.spoiled)) if f.name.endswith(DELIMITED)]


# Which column gets a quote, where in its field, and whether in two rows or one.
EDITS = ((0, "begin", 2), (1, "begin", 2), (-1, "end", 2), (0, "middle", 1), (-1, "begin", 1))


def test_stray_quotes_hide_nothing(reader):
    known, folder = reader
    expected, notes = read(known, folder)
    for path in files_of(reader):
        good = text_of(path)
        lines = good.split("\n")
        delimiter, rows = delimiter_of(lines), rows_to_spoil(lines)
        n_columns = len(lines[rows[0]].split(delimiter))
        for column, place, n_rows in EDITS:
            changed = [*lines]
            for row in rows[:n_rows]:
                changed[row] = with_quote(lines[row], delimiter, column % n_columns, place)
            put(path, "\n".join(changed))
            try:
                part, now = read(known, folder)
            except BadFileError as refused:
                said = str(refused)
                assert any(file.name in said for file in files_of(reader))
                assert "\n" not in said
                continue
            if not any('"' in note for note in now if note not in notes):
                require_same(part, expected)
        put(path, good)


def test_what_is_said_of_a_file_tells_how_many_rows_were_read(reader):
    known, folder = reader
    _, notes = read(known, folder)
    for path in files_of(reader):
        good = text_of(path)
        put(path, good.rstrip("\n").rpartition("\n")[0] + "\n")
        with suppress(BadFileError):  # of tables of several samples, one lacks a gene
            assert read(known, folder)[1] != notes, path.name
        put(path, good)


def test_quotes_around_every_field_are_no_part_of_it(reader):
    known, folder = reader
    expected, _ = read(known, folder)
    for path in files_of(reader):
        lines = text_of(path).split("\n")
        put(path, "\n".join(everything_quoted(lines, delimiter_of(lines))))
    require_same(read(known, folder)[0], expected)
