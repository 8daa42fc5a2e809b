import gzip

import pytest

HGNC = (
    "hgnc_id\tsymbol\tname\tprev_symbol\talias_symbol\tentrez_id\tensembl_gene_id\n"
    "HGNC:1\tSEPTIN9\tseptin\tSEPT9|MSF\t\t10801\tENSG00000184640\n"
    "HGNC:2\tTP53\ttumour protein\t\tP53\t7157\tENSG00000141510\n"
)


@pytest.mark.parametrize(
    ("header", "row", "content"),
    [
        ("Gene,Mean", "TP53,2.5", "feature list of expression"),
        ("Gene,Median", "TP53,0", "feature list of mutation"),
        ("Probe,Mean", "cg00000029,0.5", "feature list of methylation"),
        ("CNA,Chr,Start,End", "chr7_1to2_10k,7,1,2", "feature list of copy_number"),
    ],
)
def test_a_list_of_features_is_told_by_its_columns(inspect, tmp_path, header, row, content):
    (tmp_path / "list.csv").write_text(f"{header}\n{row}\n")
    found = inspect(tmp_path / "list.csv")
    assert (found.content, found.problems) == (content, ())
    assert found.tables[0].features.n == 1
    assert "--feature-lists FOLDER" in found.plans[0].command


def test_a_list_with_a_wrong_value_has_that_problem(inspect, tmp_path):
    (tmp_path / "list.csv").write_text("Probe,Mean\ncg00000029,1.5\n")
    assert "is 1.5, and beta lies in 0 to 1" in inspect(tmp_path / "list.csv").problems[0]


def test_the_table_of_genes_is_what_genes_table_takes(inspect, tmp_path):
    (tmp_path / "hgnc.txt").write_text(HGNC)
    found = inspect(tmp_path / "hgnc.txt")
    assert (found.source, found.content) == ("HGNC", "table of genes")
    assert f"--genes-table {tmp_path}/hgnc.txt" in found.plans[0].command
    assert "2 genes, 2 Entrez ids, 2 former symbols" in found.plans[0].says


def test_gene_sets_are_told_by_the_name_of_the_file(inspect, tmp_path):
    path = tmp_path / "c2.gmt.gz"
    path.write_bytes(gzip.compress(b"A\tx\tTP53\tMYC\nB\t\tTP53\tKRAS\tABL1\nC\tx\tMYC\n"))
    found = inspect(path)
    assert (found.content, found.tables[0].n_rows) == ("gene_sets", 3)
    assert found.tables[0].features.n == 4
    assert found.remarks == ("sets of 1 to 3 genes, median 2",)


def test_text_without_columns_is_perhaps_a_list_of_genes(inspect, tmp_path):
    (tmp_path / "mine.txt").write_text("TP53\nMYC\n")
    found = inspect(tmp_path / "mine.txt")
    assert (found.content, found.plans) == ("text of one column", ())
    assert found.tables[0].features.n == 2
