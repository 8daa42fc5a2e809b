"""What no import takes: exit code 2, one line that names file and place, nothing written."""

import gzip
import json
import re
import shutil
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace

import pytest

LIMIT_S = 5  # in which the command must have ended
AT_A_TIME = 2  # processes, each of which needs 2 s

EXPRESSION = "cell_lines/expression.csv"
MUTATION = "cell_lines/mutation.csv"
METHYLATION = "cell_lines/methylation.csv"
COPY_NUMBER = "cell_lines/copy_number.csv"
TUMORS = "tumors/expression.csv"
EFFECTS = "gene_effect/effects.csv"
SETS = "gene_sets/sets.gmt"
MODELS = "cell_lines/Model.csv"


def content(name, new):
    """Put other bytes into a file; a function is given the good ones."""

    def edit(folder):
        good = (folder.path / name).read_bytes()
        folder.write(name, new(good) if callable(new) else new)

    return edit


def zipped(name, new):
    """Put a ``.gz`` in the place of a file."""

    def edit(folder):
        good = (folder.path / name).read_bytes()
        (folder.path / name).unlink()
        folder.write(f"{name}.gz", new(good))

    return edit


def changed(name, change):
    """Put another table into a file."""

    def edit(folder):
        folder.put(name, change(folder.table(name)))

    return edit


def cell(name, value, row=1, column=2):
    """Put another value into one cell, counted from zero."""

    def change(table):
        table = table.astype(object)
        table.iloc[row, column] = value
        return table

    return changed(name, change)


def feature(name, new, column=2):
    """Give a feature another name."""
    return changed(name, lambda t: t.rename(columns={t.columns[column]: new}))


def features(name, rename):
    """Give all features other names, by their number."""
    return changed(
        name, lambda t: t.set_axis([rename(k, c) for k, c in enumerate(t.columns)], axis=1)
    )


def samples(name, rename):
    """Give all samples other names, by their number."""
    return changed(name, lambda t: t.set_axis([rename(k, c) for k, c in enumerate(t.index)]))


def line(name, number, change):
    """Change one line of text, counted from one."""

    def edit(folder):
        lines = folder.read(name).splitlines(keepends=True)
        lines[number - 1] = change(lines[number - 1])
        folder.write(name, "".join(lines))

    return edit


def without_models(edit):
    """Take Model.csv away too."""

    def both(folder):
        (folder.path / MODELS).unlink()
        edit(folder)

    return both


def essentials_with_effect(value):
    names = ["RPL3", "RPL4", "RPS3", "RPS6", "PSMA1", "PSMB1", "POLR2A"]

    def change(table):
        return table.assign(**dict.fromkeys(names, value))

    return change


def bomb(good):
    """A header, and 100 MB of zeros in a hundred kilobytes."""
    return gzip.compress(good.splitlines()[0] + b"\n" + b"0" * 100_000_000, compresslevel=9)


TABLES = {
    # the file
    "empty": (content(EXPRESSION, ""), "expression.csv: is empty"),
    "blank lines only": (content(EXPRESSION, "\n\n\n"), "expression.csv: is empty"),
    "header only": (
        content(EXPRESSION, lambda good: good.splitlines(keepends=True)[0]),
        "expression.csv: has a header and no row",
    ),
    "truncated gzip": (
        zipped(EXPRESSION, lambda good: gzip.compress(good)[:-40]),
        r"expression.csv.gz: is a truncated",
    ),
    "damaged gzip": (
        zipped(EXPRESSION, lambda good: gzip.compress(good)[:60] + b"\0" * 60),
        r"expression.csv.gz: is a truncated or damaged",
    ),
    "truncated CSV": (
        content(EXPRESSION, lambda good: good[:-90]),
        r"line 13, row 'ACH-\d+': is cut short",
    ),
    "text named .gz": (zipped(EXPRESSION, lambda good: good), "is not gzipped"),
    "gzip without .gz": (content(EXPRESSION, gzip.compress), "is gzipped"),
    "UTF-16": (
        content(EXPRESSION, lambda good: good.decode().encode("utf-16")),
        "is UTF-16 text",
    ),
    "UTF-16 without its mark": (
        content(EXPRESSION, lambda good: good.decode().encode("utf-16-le")),
        "is binary, or UTF-16",
    ),
    "latin-1": (
        content(EXPRESSION, lambda good: good.replace(b"ACH-000003", b"ACH-\xfc00003", 1)),
        r"line \d+: is not UTF-8",
    ),
    "login page": (
        content(EXPRESSION, "\n<!DOCTYPE html><html><body>Sign in</body></html>\n"),
        "is a web page",
    ),
    "git-lfs pointer": (
        content(EXPRESSION, "version https://git-lfs.github.com/spec/v1\noid sha256:0\nsize 1\n"),
        "is a git-lfs pointer.*git lfs pull",
    ),
    "DVC pointer": (
        content(EXPRESSION, "outs:\n- md5: 00\n  size: 1\n  path: expression.csv\n"),
        "is a DVC pointer.*dvc pull",
    ),
    "zip bomb": (zipped(EXPRESSION, bomb), "unzips to more than .* MB"),
    "Excel workbook": (content(EXPRESSION, b"PK\x03\x04" + bytes(40)), "is an Excel workbook"),
    "old Excel workbook": (
        content(EXPRESSION, b"\xd0\xcf\x11\xe0" + bytes(40)),
        "is an Excel workbook",
    ),
    "Parquet under another name": (content(EXPRESSION, b"PAR1" + bytes(40)), "is a Parquet file"),
    "damaged Parquet": (
        lambda folder: (
            (folder.path / EXPRESSION).unlink(),
            folder.write("cell_lines/expression.parquet", b"PAR1" + bytes(40)),
        ),
        "expression.parquet: is not a complete Parquet file",
    ),
    "binary": (content(EXPRESSION, bytes(range(200))), "is binary"),
    "not a table": (content(EXPRESSION, json.dumps({"a": 1})), "one column only|no row"),
    # the shape
    "transposed": (changed(EXPRESSION, lambda t: t.T), "columns are samples, such as 'ACH-"),
    "a gene twice": (
        changed(EXPRESSION, lambda t: t.set_axis([*t.columns[:-1], t.columns[0]], axis=1)),
        "column 'ABL1': occurs more than once",
    ),
    "a sample twice": (
        changed(EXPRESSION, lambda t: t.set_axis([*t.index[:-1], t.index[0]])),
        r"row 'ACH-\d+': occurs more than once",
    ),
    "a field too many": (
        line(EXPRESSION, 4, lambda text: text.rstrip() + ",1.5\n"),
        r"line 4, row 'ACH-\d+': is too long",
    ),
    "a field too few": (
        line(EXPRESSION, 4, lambda text: text.rpartition(",")[0] + "\n"),
        r"line 4, row 'ACH-\d+': is cut short",
    ),
    "a blank line within": (line(EXPRESSION, 4, lambda text: "\n" + text), "line 4: is empty"),
    "semicolons": (
        content(EXPRESSION, lambda good: good.replace(b",", b";")),
        "line 1: fields are separated by semicolons",
    ),
    "decimal commas": (
        content(EXPRESSION, lambda good: good.replace(b",", b"\t").replace(b".", b",")),
        r"line 2, row 'ACH-\d+', column '\w+': '\d+,\d+' has a decimal comma",
    ),
    "thousands separators": (
        cell(EXPRESSION, "1,234.5"),
        r"line 3, row 'ACH-\d+', column '\w+': '1,234.5' has .* thousands separator",
    ),
    "quotes that do not match": (
        line(EXPRESSION, 3, lambda text: '"' + text),
        r"expression.csv: line \d+: quotes do not match",
    ),
    "nothing measured of a gene": (
        changed(EXPRESSION, lambda t: t.assign(**{t.columns[3]: None})),
        "column 'ALK': has no value",
    ),
    "nothing measured of a sample": (
        changed(EXPRESSION, lambda t: t.drop(t.index[2]).reindex(t.index)),
        r"row 'ACH-\d+': has no value",
    ),
    "a gene without a name": (feature(EXPRESSION, " "), "column 4: has no name"),
    "a sample without a name": (
        samples(EXPRESSION, lambda k, name: "" if k == 2 else name),
        "row 4: has no name",
    ),
    "no such kind of table": (
        lambda folder: (
            (folder.path / EXPRESSION).unlink(),
            folder.write("cell_lines/expression.xlsb", "x"),
        ),
        "expression.xlsb: is not a known kind of table",
    ),
    "one omic in two tables": (
        lambda folder: folder.write("cell_lines/expression.tsv", folder.read(EXPRESSION)),
        "expression.tsv: is a second table of expression",
    ),
    # identifiers
    "1-Mar": (feature(EXPRESSION, "1-Mar"), "column '1-Mar': is a date"),
    "2-Sep": (feature(MUTATION, "2-Sep"), "column '2-Sep': is a date"),
    "43891": (feature(EFFECTS, "43891"), "column '43891': is a date"),
    "a gene called NA": (feature(EXPRESSION, "NA"), "'NA' is no gene's name"),
    "a gene called NAN": (feature(EFFECTS, "NAN"), "'NAN' is no gene's name"),
    "Ensembl ids": (
        features(EXPRESSION, lambda k, _: f"ENSG{k:011d}"),
        "genes are named by Ensembl id: .*--genes-table",
    ),
    "Entrez ids": (
        features(EXPRESSION, lambda k, _: str(7157 + k)),
        "genes are named by Entrez id: .*--genes-table",
    ),
    "Entrez ids of gene effects": (
        features(EFFECTS, lambda k, _: str(7157 + k)),
        "genes are named by Entrez id: .*--genes-table",
    ),
    "mouse genes": (
        features(EXPRESSION, lambda _, name: name.capitalize()),
        "genes are not human: 'Abl1'",
    ),
    "CCLE names where ModelIDs are expected": (
        without_models(samples(EFFECTS, lambda k, _: f"LINE{k}_LUNG")),
        "none of its lines has an omic: 'LINE0_LUNG'.*by ModelID",
    ),
    "barcodes of mixed lengths": (
        samples(TUMORS, lambda k, name: name[:12] if k % 2 else name),
        "tumors/expression.csv: .*barcodes .*length",
    ),
    "normal tissue among tumours": (
        samples(TUMORS, lambda k, name: name[:13] + "11" if k == 3 else name),
        r"tumors/expression.csv: row 'TCGA-\w\w-\w{4}-11': is normal tissue",
    ),
    # values
    "a mutation that is missing": (
        cell(MUTATION, None),
        r"row 'ACH-\d+', column '\w+': is missing",
    ),
    "an infinite value": (cell(EXPRESSION, "inf"), r"row 'ACH-\d+', column 'ADM': is infinite"),
    "a value beyond float32": (cell(EXPRESSION, "1e39"), "column 'ADM': is infinite"),
    "text in a cell": (
        cell(EXPRESSION, "high"),
        r"line 3, row 'ACH-\d+', column 'ADM': 'high' is not a number",
    ),
    "an Excel error in a cell": (cell(EXPRESSION, "#N/A"), "'#N/A' is not a number"),
    "underscores in a number": (cell(EXPRESSION, "1_000"), "'1_000' is not a number"),
    "negative log-expression": (
        cell(EXPRESSION, -0.5),
        r"row 'ACH-\d+': has negative values but is not standardised",
    ),
    "raw counts given as log": (
        cell(EXPRESSION, 8231),
        r"row 'ACH-\d+', column 'ADM': is 8231, .*Raw TPM or counts",
    ),
    "raw TPM of tumours": (
        changed(TUMORS, lambda t: 2**t - 1),
        r"tumors/expression.csv: row 'TCGA.*Raw TPM",
    ),
    "beta above 1": (
        cell(METHYLATION, 1.2),
        r"methylation.csv: row 'ACH-\d+', column 'cg\d+': is 1.2, and beta lies in 0 to 1",
    ),
    "M-values": (changed(METHYLATION, lambda t: 8 * t - 4), "M-values or per cent"),
    "methylation in per cent": (changed(METHYLATION, lambda t: 100 * t), "M-values or per cent"),
    "a third kind of mutation": (cell(MUTATION, 3), "column 'APC': is 3, neither 0 nor 1"),
    "half a mutation": (cell(MUTATION, 0.5), "column 'APC': is 0.5, neither 0 nor 1"),
    "linear copy number": (
        changed(COPY_NUMBER, lambda t: 2**t),
        "copy_number.csv: has no negative value and centres on 1",
    ),
    "copies": (
        changed(COPY_NUMBER, lambda t: 2 * 2**t),
        "copy_number.csv: has no negative value",
    ),
    "a probability of dependency": (
        changed(EFFECTS, lambda t: (t - t.min()) / (t.max() - t.min())),
        "effects.csv: holds values from 0 to 1 only: a probability",
    ),
    "the sign reversed": (
        changed(EFFECTS, essentials_with_effect(1.1)),
        "effects.csv: has the sign reversed",
    ),
    # what belongs to a cohort
    "no omic": (
        lambda folder: [p.unlink() for p in (folder.path / "cell_lines").glob("[!M]*")],
        "cell_lines: holds no table of an omic",
    ),
    "a model table without patients": (
        line(MODELS, 1, lambda text: text.replace("PatientID", "Patient")),
        "Model.csv: lacks the column 'PatientID'",
    ),
    "a model twice": (
        line(MODELS, 3, lambda text: text.replace("ACH-000002", "ACH-000001")),
        "ModelID 'ACH-000001': occurs more than once",
    ),
    "a gene set without genes": (
        line(SETS, 2, lambda text: text.split("\t")[0] + "\tno gene\n"),
        r"sets.gmt: line 2: set '\w+' has fewer than three",
    ),
    "a gene set twice": (
        line(SETS, 3, lambda text: text + text),
        r"sets.gmt: line 4: set '\w+' occurs more than once",
    ),
}


@pytest.mark.parametrize("case", TABLES)
def test_tables_are_refused(deepdep, tables, tmp_path, case):
    spoil, says = TABLES[case]
    spoil(tables)
    before = sorted(tmp_path.rglob("*"))
    done = deepdep(
        "import", "tables", tables.path, "--gene-effect", "effects", "--to", tmp_path / "data"
    )
    require_refusal(done, says, tables.path)
    assert sorted(tmp_path.rglob("*")) == before


def segment(number, **fields):
    """Change fields of one segment of the first line; rows are counted from zero."""

    def edit(folder):
        rows = [row.split("\t") for row in folder.read("cna.txt").splitlines()]
        names = rows[0]
        for name, value in fields.items():
            rows[1 + number][names.index(name)] = str(value)
        folder.write("cna.txt", "".join("\t".join(row) + "\n" for row in rows))

    return edit


def ratios(folder):
    rows = [row.split("\t") for row in folder.read("cna.txt").splitlines()]
    text = [rows[0], *([*row[:-1], str(2 ** float(row[-1]))] for row in rows[1:])]
    folder.write("cna.txt", "".join("\t".join(row) + "\n" for row in text))


EXAMPLE = {
    "a segment beyond its chromosome": (
        segment(2, End=200_000_000),
        r"cna.txt: line 4.*(beyond|end).*chromosome.*",
    ),
    "start after end": (segment(0, Start=2_000_000, End=1_500_000), "cna.txt: line 2.*start"),
    "overlapping segments": (segment(1, Start=500_000), "cna.txt: line 3.*overlap"),
    "linear ratio given as log2": (ratios, "cna.txt: .*linear|ratio"),
    "text in a segment": (segment(0, Segment_Mean="gain"), "line 2.*'gain' is not a number"),
    "a chromosome that is none": (segment(0, Chromosome="27"), "cna.txt: line 2.*'27'"),
    "z-scores given as TPM": (
        changed("exp.txt", lambda t: (t - t.mean()) / t.std()),
        "exp.txt: .*negative",
    ),
    "negative log-expression": (cell("exp.txt", -0.5, 3, 1), "exp.txt: .*negative"),
    "beta above 1": (cell("meth.txt", 1.2, 3, 1), "meth.txt: .*beta lies in 0 to 1"),
    "a line twice": (
        line(
            "exp.txt",
            1,
            lambda text: "\t".join([*text.split("\t")[:3], text.split("\t")[2]]) + "\n",
        ),
        "exp.txt: column 'ACH.*occurs more than once",
    ),
    "an unknown table": (
        line("exp.txt", 1, lambda text: text.replace("Gene", "Thing")),
        "exp.txt",
    ),
}


@pytest.mark.parametrize("case", EXAMPLE)
def test_tables_of_prep4deepdep_are_refused(deepdep, example, tmp_path, case):
    spoil, says = EXAMPLE[case]
    spoil(example)
    before = sorted(tmp_path.rglob("*"))
    done = deepdep("import", "prep4deepdep", example.path, "--to", tmp_path / "data")
    require_refusal(done, says, example.path)
    assert sorted(tmp_path.rglob("*")) == before


@pytest.mark.slow
def test_a_process_of_its_own_refuses_each_in_time(deepdep_process, tables, example, tmp_path):
    good = {"tables": tables, "prep4deepdep": example}
    cases = [*(("tables", name) for name in TABLES), *(("prep4deepdep", name) for name in EXAMPLE)]

    def refuse(source, name):
        spoil, says = (TABLES if source == "tables" else EXAMPLE)[name]
        scratch = tmp_path / f"{source} {cases.index((source, name))}"
        folder = replace(good[source], path=shutil.copytree(good[source].path, scratch / "files"))
        spoil(folder)
        before = sorted(scratch.rglob("*"))
        options = ("--gene-effect", "effects") if source == "tables" else ()
        done = deepdep_process("import", source, folder.path, "--to", scratch / "data", *options)
        require_refusal(done, says, folder.path)
        assert sorted(scratch.rglob("*")) == before

    with ThreadPoolExecutor(AT_A_TIME) as pool:
        ended = {case: pool.submit(refuse, *case) for case in cases}
    assert {case: error for case, run in ended.items() if (error := run.exception())} == {}


def require_refusal(done, says, folder):
    assert done.code == 2
    assert done.stdout == ""
    (said,) = done.stderr.splitlines()
    assert said.startswith(f"error: {folder}")
    assert re.search(says, said), said
    assert done.seconds < LIMIT_S
