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
    read_public_gene_sets,
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
        ("TP53,0.3\nMYC,NA\n", ["TP53", "MYC"]),
        ("Gene,role\nTP53,TSG\nMYC,ONCOGENE\n", ["TP53", "MYC"]),
        ('"Symbol"\t"r"\n"TP53"\t0.3\n', ["TP53"]),
        ("\ufeffHugo_Symbol\nNA\n", ["NA"]),  # a gene may be called NA
        ("# none\n", []),
        ("", []),
        ("KRAS,TP53,WRN\n", ["KRAS", "TP53", "WRN"]),
        ("KRAS, TP53, WRN", ["KRAS", "TP53", "WRN"]),
        ("KRAS;TP53\n", ["KRAS", "TP53"]),
        ("KRAS\tTP53\n", ["KRAS", "TP53"]),
        ("KRAS TP53 KRAS\n", ["KRAS", "TP53"]),
        ("TP53 (7157)\nHLA-A (3105)\n", ["TP53", "HLA-A"]),
        ("TP53|7157\n", ["TP53"]),
        ("tp53\nc1orf43\n", ["TP53", "C1orf43"]),
        ("TP53..7157.\nHLA.A..3105.\n", ["TP53", "HLA-A"]),
        ("NKX2-1\nC1orf43\nHLA-DRB1\n", ["NKX2-1", "C1orf43", "HLA-DRB1"]),
    ],
)
def test_a_list_names_a_gene_per_line_or_several_on_its_only_line(tmp_path, text, symbols):
    file = tmp_path / "genes.txt"
    file.write_bytes(text.encode())
    assert read_gene_list(file) == symbols


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("TP53,TSG\nMYC,ONCOGENE\n", "line 1: holds several names, 'TP53', 'TSG'"),
        ("gene\nTP53\n1-Mar\n", "line 3, gene '1-Mar': is a date that Excel made"),
        ("2-Sep\n", "line 1, gene '2-Sep': is a date"),
        ("TP53\n7157\n", "line 2: '7157' is no symbol of one gene"),
        ("7157\n3845\n", "line 1: '7157' is no symbol of one gene"),
        ("ENSG00000141510.18\n", "line 1: 'ENSG00000141510.18' is no symbol"),
        ("TP53\nA /// B\n", "line 2: holds several names"),
        ("TP53\n?\n", "line 2: '\\?' is no symbol"),
        ('TP53\n"MYC\n', "line 2, gene '\"MYC': holds a stray quotation mark"),
    ],
)
def test_what_names_no_gene_in_a_list_is_refused_with_its_line(tmp_path, text, message):
    file = tmp_path / "genes.txt"
    file.write_text(text)
    with pytest.raises(BadFileError, match=f"genes.txt: {message}"):
        read_gene_list(file)


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


R_NAMES = {
    "TP53..7157.": "TP53",  # TP53 (7157)
    "HLA.A..3105.": "HLA-A",
    "NKX2.1..7080.": "NKX2-1",
    "TP53..ENSG00000141510.": "TP53",
    "HLA.DRB1": "HLA-DRB1",
    "MT.ND1": "MT-ND1",
    "C1orf43": "C1orf43",
    "AC012345.1": "AC012345.1",  # a clone
    "RP11.34P13.7": "RP11-34P13.7",
}


@pytest.mark.parametrize(("label", "symbol"), R_NAMES.items())
def test_what_r_did_to_a_name_is_undone(label, symbol):
    assert symbols("KRAS", label) == ["KRAS", symbol]


def test_names_that_r_left_alone_stay_as_they_are():
    labels = ["HLA-A", "HLA.B", "TP53..7157."]  # a hyphen: R has not been here
    assert symbols(*labels) == labels


def test_what_r_made_of_symbols_and_ids_between_bars_is_undone():
    labels = ["TP53.7157", "HLA.A.3105", "X..100130426", "KRAS.3845"]
    assert symbols(*labels) == ["TP53", "HLA-A", "KRAS"]


def test_ids_that_r_gave_an_x_are_looked_up():
    assert symbols("X7157", "X3845", genes=GENES) == ["TP53", "KRAS"]
    with pytest.raises(BadFileError, match="genes are named by Entrez id"):
        symbols("X7157", "X3845")


def test_what_was_changed_of_names_is_said():
    noted = collected(match_genes, ["TP53..7157.", "kras", "DUX4"], NO_GENE_TABLE, FILE)
    assert noted.value.symbols == ["TP53", "KRAS", "DUX4"]
    assert noted.notes == (
        "1 gene given the name that R changed: 'TP53..7157. is TP53 (7157)'",
        "1 gene given its capital letters: 'kras is KRAS'",
    )


@pytest.mark.parametrize(
    ("label", "symbol"),
    [
        ("tp53", "TP53"),
        ("hla-a", "HLA-A"),
        ("c1orf43", "C1orf43"),
        ("C1ORF43", "C1orf43"),
        ("tp53 (7157)", "TP53"),
        ("hsa-mir-21", "hsa-mir-21"),
        ("C1orf43", "C1orf43"),
    ],
)
def test_symbols_get_the_letters_that_they_have(label, symbol):
    assert symbols("KRAS", label) == ["KRAS", symbol]


@pytest.mark.parametrize(
    ("label", "symbol"),
    [
        ("MYC|TEST", "MYC"),
        ("MYC|TEST|4609", "MYC"),
        ("DUX4|chr10", "DUX4"),
        ("ACAP3|ENSG00000131584.14", "ACAP3"),
    ],
)
def test_a_symbol_with_more_behind_it_is_that_symbol(label, symbol):
    noted = collected(match_genes, ["KRAS-X", label], NO_GENE_TABLE, FILE)
    assert noted.value.symbols == ["KRAS-X", symbol]


def test_a_stray_quote_in_a_symbol_is_refused():
    with pytest.raises(BadFileError, match="gene '\"TP53': holds a stray quotation mark"):
        symbols('"TP53', "KRAS")


@pytest.fixture
def gene_sets(tmp_path):
    """Read sets that others wrote; a line is ``NAME  description  GENE GENE``."""

    def run(*lines, genes=NO_GENE_TABLE):
        path = tmp_path / "x.gmt"
        path.write_text("".join("\t".join(line.split(" ")) + "\n" for line in lines))
        return collected(read_public_gene_sets, path, genes)

    return run


def test_weights_behind_genes_are_left_out(gene_sets):
    noted = gene_sets("A na TP53,1.0 KRAS,0.25", "B na MYC,1 BRAF,1e-3")
    assert noted.value == {"A": ("TP53", "KRAS"), "B": ("MYC", "BRAF")}
    assert noted.notes == ("4 genes rid of the weight behind its name",)


def test_genes_in_the_place_of_descriptions_are_genes(gene_sets):
    noted = gene_sets("A TP53 KRAS MYC", "B KRAS TP53 BRAF", "C MYC KRAS")
    assert noted.value == {
        "A": ("TP53", "KRAS", "MYC"),
        "B": ("KRAS", "TP53", "BRAF"),
        "C": ("MYC", "KRAS"),
    }
    assert noted.notes == ("3 sets without description, the field behind its name being a gene",)
    with pytest.raises(BadFileError, match=r"x\.gmt: line 1: 'TP53' stands where the description"):
        gene_sets("A TP53 KRAS MYC", "B RB1 EGFR BRAF")


@pytest.mark.parametrize(
    "descriptions",
    [("R-HSA-69278", "R-HSA-1640170"), ("WP183", "WP45"), ("M5890", "M5891"), ("KEGG", "BIOCARTA")],
)
def test_accessions_of_pathways_are_no_genes(gene_sets, descriptions):
    for n_sets in (1, 2):
        lines = [f"S{k} {descriptions[k]} TP53 KRAS" for k in range(n_sets)]
        assert gene_sets(*lines).value == {f"S{k}": ("TP53", "KRAS") for k in range(n_sets)}


@pytest.mark.parametrize("description", ["", "na", "https://x.org/A", "KEGG", "TP53"])
def test_descriptions_are_no_genes(gene_sets, description):
    read = gene_sets(f"A {description} TP53 KRAS", f"B {description} MYC TP53").value
    assert read == {"A": ("TP53", "KRAS"), "B": ("MYC", "TP53")}


def test_blanks_and_letters_of_genes_are_mended(gene_sets, tmp_path):
    (tmp_path / "y.gmt").write_text("A\tna\t TP53 \t \tkras\tTP53\n")
    read = read_public_gene_sets(tmp_path / "y.gmt", NO_GENE_TABLE, Notes())
    assert read == {"A": ("TP53", "KRAS")}


def test_ids_of_genes_in_sets_are_looked_up(gene_sets):
    read = gene_sets("A na 7157 3845", "B na ENSG00000141510", genes=GENES).value
    assert read == {"A": ("TP53", "KRAS"), "B": ("TP53",)}


@pytest.mark.parametrize(
    ("lines", "message"),
    [
        (["A na TP53 KRAS", "B na 1-Mar MYC"], "line 2, gene '1-Mar': is a date"),
        (["A na 7157 3845"], "line 1: '7157' is no symbol of one gene"),
        (["A na TP53 ENSG00000141510"], "line 1: 'ENSG00000141510' is no symbol"),
        (["A na TP53///KRAS"], "line 1: 'TP53///KRAS' is no symbol of one gene"),
        (["A na TP53;KRAS MYC"], "line 1: 'TP53;KRAS' is no symbol of one gene"),
        (['A na "TP53 MYC'], "line 1, gene '\"TP53': holds a stray quotation mark"),
        (['"A na TP53 MYC'], "set '\"A': holds a stray quotation mark"),
    ],
)
def test_what_is_no_gene_of_a_set_is_refused_with_its_line(gene_sets, lines, message):
    with pytest.raises(BadFileError, match=f"x.gmt: {message}"):
        gene_sets(*lines)


def test_several_genes_in_one_field_are_refused(tmp_path):
    (tmp_path / "y.gmt").write_text("A\tna\tDDR1 /// MIR4640\tTP53\n")
    with pytest.raises(BadFileError, match="line 1: 'DDR1 /// MIR4640' is no symbol of one gene"):
        read_public_gene_sets(tmp_path / "y.gmt", NO_GENE_TABLE, Notes())
