"""Ways to spoil a file: its bytes, its cells, or what a container holds.

An edit is a name and three numbers that say where and how, so that hypothesis can draw it, make it
smaller and print it. Places are counted in millionths, and a file of any size has them.
"""

import gzip
import io
import zlib
from pathlib import Path
from typing import NamedTuple

import h5py
import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet
from hypothesis import strategies as st

MILLIONTHS = 1_000_000

ODD_CELLS = (
    *(b"", b" ", b"NA", b"nan", b"null", b"inf", b"-Infinity", b"#N/A", b"high", b"True", b"-"),
    *(b"0", b"1", b"2", b"-1", b"0.5", b"-0.0", b"1e400", b"1e39", b"1e-400", b"1e999999999"),
    *(b"1_000", b"1,5", b"1,234.5", b"0x10", b"1.5.2", b"+3", b"26", b"8231", b"9" * 400),
    *(b"9" * 5000, b"9223372036854775808", b"-9223372036854775809", b"4294967296", b"1e18"),
    *(b'"', b'""', b'"a', b'a"b', b'"a\nb"', b'"\t"', b'","', b"'", b"\\", b"a\rb", b";", b"|"),
    *(b"\0", b"a\0b", b"\xff", b"\xc3", b"\x1b[31m", b"\x1c", b"\x85", b"\x7f", b"\xed\xa0\x80"),
    *("é\u2028\u202e\ufeff\U0001f600".encode(), "\u2028".encode(), "\u0663".encode(), "²".encode()),
    *(b"=cmd()", b"<script>", b"../../x", b"a/b", b"#x", b"_cohort", b"1-Mar", b"43891", b"NAN"),
    *(b"TP53", b"Trp53", b"tp53", b"TP53 (7157)", b"TP53|7157", b"ENSG00000141510.5", b"7157"),
    *(b"ACH-000001", b"ACH-999999", b"TCGA-AA-0001-01", b"TCGA-AA-0001-11A", b"TCGA-AA-0001"),
    *(b"Gene", b"ModelID", b"sample", b"Silent", b"chrM", b"chr1", b"X", b"27", b"Yes", b"No"),
    *(b"x" * 200_000, b"x\t" * 3000, b"1," * 3000, b"\n" * 3),
)

INSERTS = (
    *(b"\0", b"\xff\xfe", b"\xef\xbb\xbf", b"\n", b"\r", b"\r\n", b"\n\n\n", b"\t", b",", b";"),
    *(b'"', b"#", b"# x\n", b"<html>", b"PAR1", b"PK\x03\x04", b"\x1f\x8b\x08", b" ", b"\x0b\x0c"),
    *(b"N_unmapped\t\t\t1\n", b"version https://git-lfs", b"\x1a", bytes(70_000), b"a" * 300_000),
)


class Edit(NamedTuple):
    """One change: which, where, to which part of it, and into what."""

    name: str
    where: int
    part: int
    what: int


def edits(names: list[str], most: int) -> st.SearchStrategy[list[Edit]]:
    """Draw some edits of these names."""
    number = st.integers(0, MILLIONTHS - 1)
    edit = st.builds(Edit, st.sampled_from(sorted(names)), number, number, number)
    return st.lists(edit, min_size=1, max_size=most)


def edits_of(path: Path) -> list[str]:
    """Name the edits that a file can be spoiled with."""
    match path.suffix:
        case ".parquet":
            return [*OF_BYTES, *OF_PARQUET]
        case ".h5ad" | ".h5mu":
            return [*OF_BYTES, *OF_HDF5]
        case ".gz":
            return [*OF_BYTES, *OF_TEXT, *OF_ROWS, *OF_GZIP]
        case _:
            return [*OF_BYTES, *OF_TEXT, *OF_ROWS]


def spoil(path: Path, edit: Edit) -> None:
    """Change a file; what can no longer be changed so stays as it is."""
    if edit.name in OF_PARQUET:
        _spoil_parquet(path, edit)
    elif edit.name in OF_HDF5:
        _spoil_hdf5(path, edit)
    elif edit.name in OF_BYTES or edit.name in OF_GZIP:
        path.write_bytes((OF_BYTES | OF_GZIP)[edit.name](path.read_bytes(), edit))
    else:
        _spoil_text(path, edit)


def _spoil_text(path: Path, edit: Edit) -> None:
    stored = path.read_bytes()
    try:
        text = gzip.decompress(stored) if path.suffix == ".gz" else stored
    except (OSError, EOFError, zlib.error):
        return
    if edit.name in OF_ROWS:
        delimiter = b"\t" if b"\t" in text else b","
        rows = [line.split(delimiter) for line in text.split(b"\n")]
        OF_ROWS[edit.name](rows, edit)
        text = b"\n".join(delimiter.join(row) for row in rows)
    else:
        text = OF_TEXT[edit.name](text, edit)
    path.write_bytes(gzip.compress(text, mtime=0) if path.suffix == ".gz" else text)


def scaled(place: int, size: int) -> int:
    """Turn millionths into a position."""
    return place * size // MILLIONTHS


def pick(choices, place: int):
    return choices[scaled(place, len(choices))]


# Bytes of any file


def _span(content: bytes, edit: Edit) -> tuple[int, int]:
    """Somewhere, and up to a fifth of the file further on."""
    start = scaled(edit.where, len(content))
    return start, start + 1 + scaled(edit.part, len(content) // 5 + 1)


def _cut(content: bytes, edit: Edit) -> bytes:
    start, end = _span(content, edit)
    return content[:start] + content[end:]


def _repeat(content: bytes, edit: Edit) -> bytes:
    start, end = _span(content, edit)
    times = pick((2, 3, 20), edit.what)
    return content[:start] + content[start:end] * times + content[end:]


def _move(content: bytes, edit: Edit) -> bytes:
    start, end = _span(content, edit)
    rest = content[:start] + content[end:]
    to = scaled(edit.what, len(rest) + 1)
    return rest[:to] + content[start:end] + rest[to:]


def _insert(content: bytes, edit: Edit) -> bytes:
    start = scaled(edit.where, len(content) + 1)
    return content[:start] + pick(INSERTS, edit.what) + content[start:]


def _flip(content: bytes, edit: Edit) -> bytes:
    if not content:
        return content
    start = scaled(edit.where, len(content))
    flipped = content[start] ^ (1 + scaled(edit.what, 255))
    return content[:start] + bytes([flipped]) + content[start + 1 :]


def _blank(content: bytes, edit: Edit) -> bytes:
    start, end = _span(content, edit)
    return (
        content[:start]
        + pick((b"\0", b" ", b"\xff", b"9"), edit.what) * (min(end, len(content)) - start)
        + content[end:]
    )


OF_BYTES = {
    "cut bytes": _cut,
    "repeat bytes": _repeat,
    "move bytes": _move,
    "insert bytes": _insert,
    "flip a byte": _flip,
    "blank bytes": _blank,
    "truncate": lambda content, edit: content[: scaled(edit.where, len(content))],
    "behead": lambda content, edit: content[scaled(edit.where, len(content)) :],
    "write twice": lambda content, edit: content + content,
    "zip": lambda content, edit: gzip.compress(content, mtime=0),
}

OF_GZIP = {
    "unzip": lambda content, edit: content[:-20],
    "store twice": lambda content, edit: content + gzip.compress(b"x", mtime=0),
    "bomb": lambda content, edit: content + gzip.compress(bytes(30_000_000), mtime=0),
}


# Text as a whole

ENCODINGS = "utf-16", "utf-16-le", "utf-32", "cp037", "utf-7"
DELIMITERS = b"\t", b",", b";", b" ", b"|", b"\t\t"
LINE_ENDS = b"\r\n", b"\r", b"\n\r", b"\n\n", b"\0\n", b" \n", b"\t\n", b",\n", "\u2028".encode()


def _change_delimiters(text: bytes, edit: Edit) -> bytes:
    start = scaled(edit.where, len(text)) * (edit.part % 2)
    old, new = pick(DELIMITERS[:2], edit.part), pick(DELIMITERS, edit.what)
    return text[:start] + text[start:].replace(old, new)


def _change_line_ends(text: bytes, edit: Edit) -> bytes:
    start = scaled(edit.where, len(text)) * (edit.part % 2)
    return text[:start] + text[start:].replace(b"\n", pick(LINE_ENDS, edit.what))


def _encode(text: bytes, edit: Edit) -> bytes:
    return text.decode(errors="replace").encode(pick(ENCODINGS, edit.what), errors="replace")


def _change_case(text: bytes, edit: Edit) -> bytes:
    return pick((bytes.upper, bytes.lower, bytes.swapcase, bytes.title), edit.what)(text)


OF_TEXT = {
    "change delimiters": _change_delimiters,
    "change line ends": _change_line_ends,
    "encode": _encode,
    "change case": _change_case,
    "double quotes": lambda text, edit: text.replace(b'"', b'""'),
    "decimal commas": lambda text, edit: text.replace(b".", b","),
    "no signs": lambda text, edit: text.replace(b"-0.", b"0."),
    "signs": lambda text, edit: text.replace(b"0.", b"-0."),
    "larger": lambda text, edit: text.replace(b"0.", pick((b"10.", b"100000.", b"-9."), edit.what)),
}


# Rows of cells, changed in place


def _row(rows: list, place: int) -> list:
    return pick(rows, place)


def _replace_cell(rows: list, edit: Edit) -> None:
    row = pick(rows, edit.where)
    row[scaled(edit.part, len(row))] = pick(ODD_CELLS, edit.what)


def _replace_name(rows: list, edit: Edit) -> None:
    row = rows[0] if edit.where % 2 else pick(rows, edit.where)
    row[scaled(edit.part, len(row)) if edit.where % 2 else 0] = pick(ODD_CELLS, edit.what)


def _replace_column(rows: list, edit: Edit) -> None:
    column = scaled(edit.part, len(rows[0]))
    for row in rows[edit.where % 2 :]:
        row[column : column + 1] = [pick(ODD_CELLS, edit.what)]


def _replace_row(rows: list, edit: Edit) -> None:
    row = pick(rows, edit.where)
    row[edit.part % 2 :] = [pick(ODD_CELLS, edit.what)] * len(row[edit.part % 2 :])


def _drop_column(rows: list, edit: Edit) -> None:
    column = scaled(edit.part, len(rows[0]))
    for row in rows:
        del row[column : column + 1]


def _copy_column(rows: list, edit: Edit) -> None:
    column = scaled(edit.part, len(rows[0]))
    for row in rows:
        row.insert(scaled(edit.what, len(row) + 1), row[column] if column < len(row) else b"")


def _many_columns(rows: list, edit: Edit) -> None:
    for k, row in enumerate(rows):
        row += [b"0.5" if k else f"G{n}".encode() for n in range(2000)]


def _many_rows(rows: list, edit: Edit) -> None:
    row = pick(rows, edit.where)
    rows[-1:] = [[b"%s%d" % (row[0], n), *row[1:]] for n in range(2000)]


def _shuffle(cells: list, edit: Edit) -> None:
    order = np.random.default_rng(edit.what).permutation(len(cells))
    cells[:] = [cells[k] for k in order]


def _swap_rows(rows: list, edit: Edit) -> None:
    first, second = scaled(edit.where, len(rows)), scaled(edit.part, len(rows))
    rows[first], rows[second] = rows[second], rows[first]


def _transpose(rows: list, edit: Edit) -> None:
    even = [row for row in rows if len(row) == len(rows[0])]
    rows[:] = [list(column) for column in zip(*even, strict=True)]


def _keep_columns(rows: list, edit: Edit) -> None:
    for row in rows:
        del row[1 + scaled(edit.part, len(row)) :]


OF_ROWS = {
    "replace a cell": _replace_cell,
    "replace a name": _replace_name,
    "replace a column": _replace_column,
    "replace a row": _replace_row,
    "drop a column": _drop_column,
    "drop a row": lambda rows, edit: rows.pop(scaled(edit.where, len(rows))),
    "copy a column": _copy_column,
    "copy a row": lambda rows, edit: rows.append(list(pick(rows, edit.where))),
    "many columns": _many_columns,
    "many rows": _many_rows,
    "shuffle rows": _shuffle,
    "shuffle a row": lambda rows, edit: _shuffle(pick(rows, edit.where), edit),
    "swap rows": _swap_rows,
    "transpose": _transpose,
    "keep some columns": _keep_columns,
    "keep some rows": lambda rows, edit: rows.__delitem__(slice(1 + edit.where % len(rows), None)),
}


# Parquet: columns of any kind

ODD_COLUMNS = (
    lambda n: pa.nulls(n),
    lambda n: pa.array([float("inf")] * n),
    lambda n: pa.array([None] + [0.5] * (n - 1)),
    lambda n: pa.array([10**18] * n),
    lambda n: pa.array([-1.5] * n, pa.float64()),
    lambda n: pa.array(["high"] * n),
    lambda n: pa.array(["1.5"] * n),
    lambda n: pa.array(["\0\u2028\n"] * n),
    lambda n: pa.array(["x" * 100_000] * n),
    lambda n: pa.array([b"\xff"] * n),
    lambda n: pa.array([True] * n),
    lambda n: pa.array([[1, 2]] * n),
    lambda n: pa.array([{"a": 1}] * n),
    lambda n: pa.array([[("a", 1)]] * n, pa.map_(pa.string(), pa.int64())),
    lambda n: pa.array([0] * n, pa.timestamp("ns")),
    lambda n: pa.array([1] * n, pa.duration("s")),
    lambda n: pa.array([1] * n, pa.decimal128(38, 10)),
    lambda n: pa.array(["a", "b"] * n)[:n].dictionary_encode(),
    lambda n: pa.array([0.5] * n, pa.float16()),
    lambda n: pa.array([200] * n, pa.uint8()),
    lambda n: pa.array([1, None] * n, pa.int64())[:n],
)
ODD_NAMES = (
    "",
    " ",
    "NA",
    "_x",
    "2-Sep",
    "a\nb",
    "a\0b",
    "\u2028",
    "x" * 100_000,
    "__index_level_0__",
)


def _spoil_parquet(path: Path, edit: Edit) -> None:
    try:
        table = pyarrow.parquet.read_table(path)
        changed = OF_PARQUET[edit.name](table, edit)
        written = io.BytesIO()
        pyarrow.parquet.write_table(changed, written)
    except (pa.ArrowException, pa.ArrowInvalid, OSError, ValueError):
        return  # spoiled already
    path.write_bytes(written.getvalue())


def _odd_column(table: pa.Table, edit: Edit) -> pa.Table:
    column = scaled(edit.part, table.num_columns)
    odd = pick(ODD_COLUMNS, edit.what)(max(1, table.num_rows))
    return table.set_column(column, table.column_names[column], odd)


def _odd_name(table: pa.Table, edit: Edit) -> pa.Table:
    names = table.column_names
    names[scaled(edit.part, len(names))] = pick((*ODD_NAMES, names[0]), edit.what)
    return table.rename_columns(names)


def _odd_pandas(table: pa.Table, edit: Edit) -> pa.Table:
    """Give the table another index, or take its pandas away."""
    frame = table.to_pandas()
    n = len(frame)
    indices = (
        pd.RangeIndex(n),
        pd.Index([1.5] * n),
        pd.Index([None] * n, dtype=object),
        pd.date_range("2020", periods=n),
        pd.MultiIndex.from_arrays([range(n), range(n)]),
        pd.CategoricalIndex(["a"] * n),
    )
    return pa.Table.from_pandas(frame.set_axis(pick(indices, edit.what)))


OF_PARQUET = {
    "odd column": _odd_column,
    "odd column name": _odd_name,
    "odd index": _odd_pandas,
    "no metadata": lambda table, edit: table.replace_schema_metadata(None),
    "odd metadata": lambda table, edit: table.replace_schema_metadata({"pandas": "{}"}),
    "no such column": lambda table, edit: table.remove_column(scaled(edit.part, table.num_columns)),
    "fewer rows": lambda table, edit: table.slice(scaled(edit.where, table.num_rows + 1)),
    "all columns alike": lambda table, edit: table.rename_columns(["x"] * table.num_columns),
    "twice the rows": lambda table, edit: pa.concat_tables([table, table]),
}


# AnnData and MuData: datasets, groups and attributes of HDF5

ODD_VALUES = (
    *(0, -1, 1.5, np.nan, np.inf, "", "text", b"\xff", True, np.zeros(0), np.zeros((2, 2, 2))),
    *(np.array([1, 2, 3]), np.array(["a", "b"], dtype="S1"), np.array([b"\xff"] * 3), 10**18),
    *(
        np.full((6, 30), np.inf),
        np.full((6, 30), -3.0),
        np.full((6, 30), np.nan),
        np.full((6, 30), 9e9),
    ),
    *(np.arange(180).reshape(6, 30) % 2 == 0, np.full((6, 30), 3, np.uint8), np.full((6, 30), 1j)),
    *(np.array([10**6, 10**6]), np.array(["a\0b"] * 6, dtype="S3"), np.full(6, 1.5, np.float16)),
    *("categorical", "csr_matrix", "dataframe", "0.0.1", "expression", "z-score", "class", "beta"),
)


def _spoil_hdf5(path: Path, edit: Edit) -> None:
    try:
        with h5py.File(path, "r+") as file:
            names: list[str] = []
            file.visit(names.append)
            OF_HDF5[edit.name](file, pick(names, edit.where), edit)
    except (OSError, KeyError, ValueError, TypeError, RuntimeError, IndexError):
        return  # spoiled already, or HDF5 cannot hold it


def _replace_object(file: h5py.File, name: str, edit: Edit) -> None:
    attributes = dict(file[name].attrs)
    del file[name]
    file[name] = pick(ODD_VALUES, edit.what)
    if edit.part % 2:
        file[name].attrs.update(attributes)


def _change_values(file: h5py.File, name: str, edit: Edit) -> None:
    if not isinstance(file[name], h5py.Dataset) or not file[name].shape:
        return
    values = file[name][()]
    place = scaled(edit.part, values.size)
    values.flat[place] = pick(
        (0, -1, 3, np.nan, np.inf, 1e30) if values.dtype.kind in "iuf" else ODD_CELLS, edit.what
    )
    file[name][()] = values


def _resize(file: h5py.File, name: str, edit: Edit) -> None:
    attributes = dict(file[name].attrs)
    values = file[name][()]
    del file[name]
    file[name] = np.repeat(values, pick((0, 2), edit.what), axis=0)
    file[name].attrs.update(attributes)


def _replace_attribute(file: h5py.File, name: str, edit: Edit) -> None:
    attributes = file[name].attrs
    key = pick(sorted(attributes) or ["encoding-type"], edit.part)
    attributes[key] = pick(ODD_VALUES, edit.what)


def _drop_attribute(file: h5py.File, name: str, edit: Edit) -> None:
    attributes = file[name].attrs
    del attributes[pick(sorted(attributes), edit.part)]


def _link(file: h5py.File, name: str, edit: Edit) -> None:
    names: list[str] = []
    file.visit(names.append)
    del file[name]
    file[name] = h5py.SoftLink(f"/{pick(names, edit.part)}")


OF_HDF5 = {
    "drop an object": lambda file, name, edit: file.__delitem__(name),
    "replace an object": _replace_object,
    "change a value": _change_values,
    "resize an array": _resize,
    "replace an attribute": _replace_attribute,
    "drop an attribute": _drop_attribute,
    "link an object": _link,
    "rename an object": lambda file, name, edit: file.move(name, f"{name}x"),
}
