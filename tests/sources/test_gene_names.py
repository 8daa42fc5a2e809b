import gzip
from pathlib import Path

import pandas as pd
import pytest
from collecting import collected

from deepdep.domain.identifiers import NO_GENE_TABLE, GeneTable
from deepdep.domain.notes import Notes
from deepdep.errors import BadFileError
from deepdep.sources.gene_names import (
    IdKind,
    Repeated,
    by_symbol,
    current_symbols,
    id_kind,
    match_genes,
    read_gene_list,
    read_gene_table,
)

FILE = Path("given.csv")

GENES = GeneTable(
    symbols=frozenset({"TP53", "KRAS", "SEPTIN9", "PLCXD1", "MARCHF1"}),
    by_entrez={"7157": "TP53", "3845": "KRAS", "10801": "SEPTIN9", "55016": "MARCHF1"},
    by_ensembl={"ENSG00000141510": "TP53", "ENSG00000133703": "KRAS", "ENSG00000182378": "PLCXD1"},
    by_previous={"SEPT9": "SEPTIN9", "MARCH1": "MARCHF1"},
)


def symbols(*labels: str, genes: GeneTable = NO_GENE_TABLE) -> list[str]:
    return match_genes(labels, genes, FILE, notes=Notes()).symbols


@pytest.mark.parametrize(
    ("label", "symbol"),
    [
        ("TP53", "TP53"),
        (" TP53 ", "TP53"),
        ("TP53 (7157)", "TP53"),
        ("TP53 (ENSG00000141510)", "TP53"),
        ("TP53 (ENSG00000141510.18)", "TP53"),
        ("TP53 (nan)", "TP53"),
        ("TP53|7157", "TP53"),
        ("HLA-A", "HLA-A"),
        ("MT-ND1 (4535)", "MT-ND1"),
        ("AC113348.1", "AC113348.1"),
        ("C8orf44-SGK3 (100533105)", "C8orf44-SGK3"),
        ("5S_rRNA", "5S_rRNA"),
        ("SEPT9", "SEPT9"),
        ("two words", "two words"),
    ],
)
def test_without_a_table_symbols_are_taken_as_they_are(label, symbol):
    assert symbols(label) == [symbol]


@pytest.mark.parametrize(
    ("label", "symbol"),
    [
        ("TP53", "TP53"),
        ("7157", "TP53"),
        ("ENSG00000141510", "TP53"),
        ("ENSG00000141510.18", "TP53"),
        ("ENSG00000182378.15_PAR_Y", "PLCXD1"),
        ("ENSG00000182378_PAR_Y", "PLCXD1"),
        ("SEPT9", "SEPTIN9"),
        ("SEPT9 (10801)", "SEPTIN9"),
        ("?|3845", "KRAS"),
        ("OLDNAME|3845", "KRAS"),
        ("OLDNAME (ENSG00000133703.5)", "KRAS"),
        ("ENSG00000141510 (1)", "TP53"),
        ("LINC01128", "LINC01128"),
    ],
)
def test_with_a_table_ids_and_former_symbols_become_current_ones(label, symbol):
    assert symbols(label, genes=GENES) == [symbol]


def test_an_id_is_surer_than_a_symbol():
    assert symbols("KRAS (7157)", genes=GENES) == ["TP53"]


def test_says_what_was_renamed_left_out_and_kept():
    labels = ["SEPT9", "7157", "ENSG00000999999", "LINC01128", "?|8225"]
    noted = collected(match_genes, labels, GENES, FILE)
    assert noted.value.positions == [0, 1, 3]
    assert noted.value.symbols == ["SEPTIN9", "TP53", "LINC01128"]
    assert noted.notes == (
        "1 gene given the current symbol: 'SEPT9 is SEPTIN9'",
        "1 gene given the symbol of an Entrez or Ensembl id",
        "1 symbol not in the table of genes, kept as they are: 'LINC01128'",
        "2 ids of no known gene left out: 'ENSG00000999999', '?|8225'",
    )


def test_a_label_without_symbol_is_left_out_where_there_is_no_table():
    noted = collected(match_genes, ["?|8225", "TP53|7157"], NO_GENE_TABLE, FILE)
    assert noted.value.positions == [1]
    assert noted.notes == ("1 id of no known gene left out: '?|8225'",)


def test_of_two_names_of_a_gene_the_current_one_is_kept():
    noted = collected(match_genes, ["SEPT9", "TP53", "SEPTIN9"], GENES, FILE)
    assert noted.value.positions == [1, 2]
    assert "1 gene left out, of which another row or column is kept: 'SEPT9'" in noted.notes


def test_of_a_gene_on_x_and_y_the_one_on_x_is_kept():
    labels = ["ENSG00000182378.15_PAR_Y", "ENSG00000141510.18", "ENSG00000182378.15"]
    assert match_genes(labels, GENES, FILE, notes=Notes()).positions == [1, 2]


def test_a_repeated_label_is_refused_or_kept_once():
    labels = ["TP53", "KRAS", "TP53"]
    with pytest.raises(BadFileError, match=r"given\.csv: gene 'TP53': occurs more than once"):
        match_genes(labels, NO_GENE_TABLE, FILE, notes=Notes())
    noted = collected(match_genes, labels, NO_GENE_TABLE, FILE, repeated=Repeated.KEEP_FIRST)
    assert noted.value.positions == [0, 1]
    assert noted.notes == ("1 gene left out, of which another row or column is kept: 'TP53'",)


def test_in_a_long_table_every_label_has_its_symbol():
    noted = collected(current_symbols, ["SEPT9", "SEPTIN9", "TP53", "9999999"], GENES, FILE)
    assert noted.value == ["SEPTIN9", "SEPTIN9", "TP53", ""]


def test_the_columns_of_a_table_are_named_by_symbol():
    table = pd.DataFrame({"7157": [1.0], "9999999": [2.0], "SEPT9": [3.0]}, index=["ACH-000001"])
    noted = collected(by_symbol, table, GENES, FILE)
    assert noted.value.to_dict("list") == {"TP53": [1.0], "SEPTIN9": [3.0]}
    assert "1 id of no known gene left out: '9999999'" in noted.notes


@pytest.mark.parametrize(
    ("labels", "message"),
    [
        (["TP53", "1-Mar"], "gene '1-Mar': is a date that Excel made"),
        (["TP53", "2-Sep|55964"], "gene '2-Sep': is a date that Excel made"),
        (["TP53", "KRAS", "43891"], "gene '43891': is a date that Excel made"),
        (["TP53", "NA"], "gene 2: 'NA' is no gene's name"),
        (["NaN", "TP53"], "gene 1: 'NaN' is no gene's name"),
        (["TP53", " "], "gene 2: '' is no gene's name"),
        (["Trp53", "Kras", "TP63"], "genes are not human: 'Trp53', 'Kras'"),
        (["Trp53 (22059)", "Kras (16653)"], "genes are not human"),
        (["ENSMUSG00000059552.8", "ENSMUSG00000030265"], "genes are not human"),
        (["7157", "3845", "TP63"], "genes are named by Entrez id: '7157', '3845', 'TP63'. Give"),
        (["ENSG00000141510.18"], "genes are named by Ensembl id: 'ENSG00000141510.18'. Give"),
    ],
)
def test_refuses_what_names_no_human_gene(labels, message):
    with pytest.raises(BadFileError, match=message):
        match_genes(labels, NO_GENE_TABLE, FILE, notes=Notes())


def test_entrez_ids_in_the_range_of_excel_s_days_are_ids_among_ids():
    genes = GeneTable(frozenset({"A", "B"}), {"43891": "A", "7157": "B"}, {}, {})
    assert symbols("43891", "7157", genes=genes) == ["A", "B"]


@pytest.mark.parametrize(
    ("labels", "kind"),
    [
        (["TP53", "KRAS (3845)", "7157"], IdKind.SYMBOL),
        (["7157", "3845", "TP53"], IdKind.ENTREZ),
        (["ENSG00000141510", "ENSG00000133703.5", "TP53"], IdKind.ENSEMBL),
    ],
)
def test_tells_what_most_labels_are(labels, kind):
    assert id_kind(labels) is kind


HEADER = "hgnc_id\tsymbol\tname\tprev_symbol\talias_symbol\tentrez_id\tensembl_gene_id"


def hgnc(*rows: str) -> str:
    """A table of genes; in a row: symbol, former symbols, Entrez id, Ensembl id."""
    lines = [
        "\t".join([f"HGNC:{n}", symbol, '"a name, with a comma"', former, "", entrez, ensembl])
        for n, (symbol, former, entrez, ensembl) in enumerate(row.split(" ") for row in rows)
    ]
    return "\n".join([HEADER, *lines, ""])


@pytest.fixture
def read(tmp_path):
    def write_and_read(text: str):
        path = tmp_path / "hgnc_complete_set.txt"
        path.write_text(text)
        return read_gene_table(path)

    return write_and_read


def test_finds_a_gene_by_its_ids_and_former_symbols(read):
    genes = read(hgnc('SEPTIN9 "SEPT9|MSF" 10801 ENSG00000184640', "TP53  7157 ENSG00000141510"))
    assert genes
    assert genes.symbols == {"SEPTIN9", "TP53"}
    assert genes.by_previous == {"SEPT9": "SEPTIN9", "MSF": "SEPTIN9"}
    assert genes.by_entrez == {"10801": "SEPTIN9", "7157": "TP53"}
    assert genes.by_ensembl == {"ENSG00000184640": "SEPTIN9", "ENSG00000141510": "TP53"}


def test_a_former_symbol_of_two_genes_names_neither(read):
    genes = read(hgnc("MT-ND1 ND1|MTND1 4535 ENSG1", "NOPCHAP1 ND1 121053 ENSG2"))
    assert genes.by_previous == {"MTND1": "MT-ND1"}


def test_a_former_symbol_that_is_another_gene_s_current_one_stays_with_it(read):
    genes = read(hgnc("MRTFA MKL1|BSAC 57591 ENSG1", "BSAC  1 ENSG2"))
    assert genes.by_previous == {"MKL1": "MRTFA"}


def test_an_id_of_two_genes_and_an_absent_one_name_none(read):
    genes = read(hgnc("A1  1 ENSG1", "A2  2 ENSG1", "A3   "))
    assert genes.by_ensembl == {}
    assert genes.by_entrez == {"1": "A1", "2": "A2"}


def test_no_table_is_false():
    assert not NO_GENE_TABLE


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (hgnc("TP53  7157 ENSG1").replace("prev_symbol", "prev"), "lacks the column 'prev_symbol'"),
        (hgnc("TP53  1 ENSG1", "TP53  2 ENSG2"), "symbol 'TP53': occurs more than once"),
        (HEADER + "\n", "has a header and no row"),
        ("<html>Sign in</html>", "is a web page, not data"),
        (hgnc("TP53  7157 ENSG1") + "HGNC:9\tKRAS\n", "line 3, row 'HGNC:9': is cut short"),
    ],
)
def test_refuses_what_is_not_hgnc_s_table(read, text, message):
    with pytest.raises(BadFileError, match=message):
        read(text)


@pytest.mark.parametrize(
    ("text", "symbols"),
    [
        ("TP53\nMYC\n", ["TP53", "MYC"]),
        ("TP53\r\nMYC", ["TP53", "MYC"]),
        ("MYC\nTP53\nMYC\n", ["MYC", "TP53"]),  # in order, each once
        ("# mine\n\nTP53  # the guardian\n", ["TP53"]),
        ("gene,r\nTP53,0.3\n", ["TP53"]),
        ('"Symbol"\t"r"\n"TP53"\t0.3\n', ["TP53"]),
        ("\ufeffHugo_Symbol\nNA\n", ["NA"]),  # a gene may be called NA
        ("# none\n", []),
        ("", []),
    ],
)
def test_symbols_are_the_first_field_of_each_line(tmp_path, text, symbols):
    file = tmp_path / "genes.txt"
    file.write_bytes(text.encode())
    assert read_gene_list(file) == symbols


@pytest.mark.parametrize("content", [None, b"TP53\n\xff\xfe\n"])
def test_what_is_no_text_is_refused(tmp_path, content):
    file = tmp_path / "genes.txt"
    if content is not None:
        file.write_bytes(content)
    with pytest.raises(BadFileError, match=r"genes.txt: cannot be read as text"):
        read_gene_list(file)


def test_a_gzipped_list_is_read_alike(tmp_path):
    file = tmp_path / "genes.txt.gz"
    file.write_bytes(gzip.compress(b"Gene\nMYC\nTP53\n"))
    assert read_gene_list(file) == ["MYC", "TP53"]


@pytest.mark.parametrize(
    "counter",
    ["__no_feature", "__alignment_not_unique", "X__ambiguous", "N_unmapped", "N_multimapping"],
)
def test_rows_that_count_reads_of_no_gene_are_left_out(counter):
    for genes in (NO_GENE_TABLE, GENES):
        noted = collected(match_genes, ["TP53", counter, "N4BP1"], genes, FILE)
        assert noted.value.symbols == ["TP53", "N4BP1"]
        assert f"1 counter of reads of no gene left out: {counter!r}" in noted.notes


def test_refuses_chromosome_arms():
    with pytest.raises(BadFileError, match="genes are chromosome arms: '1p', '1q', 'Xp'"):
        match_genes(["1p", "1q", "Xp"], NO_GENE_TABLE, FILE, Notes())
