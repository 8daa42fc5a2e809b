import pytest

from deepdep.domain.errors import BadFileError
from deepdep.domain.gene_table import NO_GENE_TABLE
from deepdep.io.gene_table import read_gene_table

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
