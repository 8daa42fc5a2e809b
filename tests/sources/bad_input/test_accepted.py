"""What is unusual but right, and is taken: with a note wherever something was changed."""

import gzip

import numpy as np
import pandas as pd
import pytest

from deepdep.data.cohort import read_cohort
from deepdep.domain.omics import Omic

EXPRESSION = "cell_lines/expression.csv"
HGNC = (
    "symbol\tprev_symbol\tentrez_id\tensembl_gene_id\nSEPTIN9\tSEPT9|MSF\t10801\tENSG00000184640\n"
)


@pytest.fixture
def imported(deepdep, tables, tmp_path):
    """Import the tables; return the cohort and what was told."""

    def run(*options):
        target = tmp_path / "data"
        done = deepdep(
            "import", "tables", tables.path, "--gene-effect", "effects", "--to", target, *options
        )
        assert done.code == 0, done.stderr
        return read_cohort(target), done.stdout

    return run


def test_good_tables_are_taken_as_they_are(imported, tables):
    cohort, _ = imported()
    for omic, table in cohort.cell_lines.omics.items():
        given = tables.table(f"cell_lines/{omic}.csv").loc[table.index, table.columns]
        np.testing.assert_allclose(table.to_numpy(float), given.to_numpy(), rtol=1e-6)


@pytest.mark.parametrize(
    "change",
    [
        lambda good: b"\xef\xbb\xbf" + good,
        lambda good: good.replace(b"\n", b"\r\n"),
        lambda good: good + b"\n\n",
        lambda good: good.rstrip(b"\n"),
        lambda good: good.replace(b",", b"\t"),
        lambda good: b'"id"' + good[good.index(b",") :],
    ],
    ids=["byte-order mark", "CRLF", "blank lines at the end", "no last line end", "tabs", "quotes"],
)
def test_other_ways_to_write_the_same_table_are_taken(imported, tables, change):
    expected = tables.table(EXPRESSION)
    tables.write(EXPRESSION, change((tables.path / EXPRESSION).read_bytes()))
    table = imported()[0].cell_lines.omics[Omic.EXPRESSION]
    np.testing.assert_allclose(table.loc[expected.index, expected.columns], expected, rtol=1e-6)


def test_a_gzipped_table_is_taken(imported, tables):
    good = (tables.path / EXPRESSION).read_bytes()
    (tables.path / EXPRESSION).unlink()
    tables.write(f"{EXPRESSION}.gz", gzip.compress(good))
    assert imported()[0].cell_lines.omics[Omic.EXPRESSION].shape == (12, 40)


def test_two_mutated_copies_are_one_mutation_and_said_so(imported, tables):
    table = tables.table("cell_lines/mutation.csv")
    table.iloc[1, 2] = 2
    tables.put("cell_lines/mutation.csv", table)
    cohort, told = imported()
    assert cohort.cell_lines.omics[Omic.MUTATION].loc[table.index[1], table.columns[2]] == 1
    assert "mutation.csv: 1 value of 2 taken as 1" in told


def test_a_former_symbol_is_kept_or_mapped_where_a_table_is_given(imported, tables, tmp_path):
    table = tables.table(EXPRESSION)
    tables.put(EXPRESSION, table.rename(columns={table.columns[0]: "SEPT9"}))
    assert "SEPT9" in imported()[0].cell_lines.omics[Omic.EXPRESSION]
    (tmp_path / "hgnc.tsv").write_text(HGNC)
    cohort, told = imported("--genes-table", tmp_path / "hgnc.tsv")
    assert "SEPTIN9" in cohort.cell_lines.omics[Omic.EXPRESSION]
    assert "SEPT9 is SEPTIN9" in told


def test_entrez_ids_are_mapped_where_a_table_is_given(imported, tables, tmp_path):
    table = tables.table("gene_effect/effects.csv").iloc[:, :1]
    tables.put("gene_effect/effects.csv", table.set_axis(["10801"], axis=1))
    (tmp_path / "hgnc.tsv").write_text(HGNC)
    cohort, _ = imported("--genes-table", tmp_path / "hgnc.tsv")
    assert list(cohort.gene_effect.table) == ["SEPTIN9"]


def test_names_of_lines_that_model_csv_knows_become_model_ids(imported, tables):
    table = tables.table(EXPRESSION)
    tables.put(EXPRESSION, table.set_axis([f"LINE{k}" for k in range(len(table))]))
    lines = pd.read_csv(tables.path / "cell_lines/Model.csv").set_index("StrippedCellLineName")
    expected = set(lines.loc[[f"LINE{k}" for k in range(len(table))], "ModelID"])
    assert set(imported()[0].cell_lines.omics[Omic.EXPRESSION].index) == expected


def test_constant_genes_are_reported(imported, tables):
    table = tables.table(EXPRESSION)
    tables.put(EXPRESSION, table.assign(**dict.fromkeys(table.columns[:3], 1.5)))
    assert "expression.csv: 3 features with one value in all samples" in imported()[1]


def test_names_that_a_spreadsheet_or_browser_would_run_are_names(imported, tables):
    table = tables.table(EXPRESSION)
    names = ["=cmd()", "<script>alert(1)</script>"]
    tables.put(EXPRESSION, table.rename(columns=dict(zip(table.columns[:2], names, strict=True))))
    assert set(names) <= set(imported()[0].cell_lines.omics[Omic.EXPRESSION])


@pytest.mark.parametrize("prefix", ["chr", "Chr", ""])
def test_chromosomes_are_known_by_either_name_and_x_is_23(deepdep, example, tmp_path, prefix):
    rows = [row.split("\t") for row in example.read("cna.txt").splitlines()]
    for row in rows[1:]:
        row[1] = prefix + ("23" if row[1] == "X" and not prefix else row[1])
    example.write("cna.txt", "".join("\t".join(row) + "\n" for row in rows))
    done = deepdep("import", "prep4deepdep", example.path, "--to", tmp_path / "data")
    assert done.code == 0, done.stderr
    table = read_cohort(tmp_path / "data").cell_lines.omics[Omic.COPY_NUMBER]
    on_x = table.filter(like="chrX:5000000").iloc[0]
    assert np.isclose(on_x.dropna().to_numpy(), -0.9, atol=1e-4).all()
    assert len(on_x.dropna())
