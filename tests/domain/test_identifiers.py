import pytest

from deepdep.domain.identifiers import (
    NO_NAMES,
    NameKind,
    are_places,
    dates_among,
    is_no_name,
    is_sample,
    r_name,
    same_in_r,
    symbol_within,
)

NAMES = {
    NameKind.SYMBOL: [
        "TP53",
        "HLA-A",
        "C1orf112",
        "NKX2-1",
        "RP11-34P13.7",
        "7SK",
        "T",
        "SIM00001",
    ],
    NameKind.ENSEMBL: ["ENSG00000141510", "ENSG00000141510.18", "ENSMUSG00000059552"],
    NameKind.ENTREZ: ["7157", "100130426"],
    NameKind.COMPOUND: [
        *("TP53 (7157)", "TP53|7157", "TP53 (ENSG00000141510)"),
        *("TP53..7157.", "HLA.A..3105.", "TP53..ENSG00000141510.18."),
    ],
    NameKind.LOWER: ["tp53", "c1orf112", "hla-a", "t"],
    NameKind.MOUSE: ["Trp53", "Kras", "1700001C19Rik"],
    NameKind.PROBE: ["cg00000292", "ch.1.1024R", "rs10033147", "cg00000029_TC21"],
    NameKind.PLACE: [
        "chr7_5473to5474_10k",
        "hg38:chr7:55000000-56000000",
        "SKI_1_2159133_2160133",
        "chrX:100-200",
    ],
    NameKind.SAMPLE: [
        *("ACH-000001", "TCGA-02-0001", "TCGA-02-0001-01A-11R"),
        *("ACH.000001", "TCGA.02.0001.01"),
    ],
    NameKind.OTHER: ["<script>alert(1)</script>", "=cmd()", "a b", "a\nb", ""],
}


@pytest.mark.parametrize(
    ("kind", "name"), [(kind, name) for kind, names in NAMES.items() for name in names]
)
def test_a_name_is_known_by_its_looks(kind, name):
    assert NameKind.of(name) is kind


def test_bins_are_places_and_genes_are_not():
    assert are_places([*NAMES[NameKind.PLACE], "TP53"])
    assert not are_places(["TP53", "KRAS", "chrX:100-200"])
    assert not are_places([])


DATES = [
    *("2-Sep", "2-Sept", "02-Sep-2010", "Sep-02", "2020-09-02", "2020-09-02 00:00:00", "9/2/10"),
    *("1-Mrz", "1-Mär", "02. Sep", "1. Dez", "Mrz-01", "2.9.2010", "1-March", "1-mars", "02-ago"),
    *("1-set.", "36526", "43891", "47850"),
]
GENES = [
    *("SEPT2", "MARCH1", "DEC1", "AGO2", "SET", "MARS1", "OCT4", "NKX2-1", "HLA-A", "7SK", "T"),
    *("RP11-34P13.7", "AC004.1", "5-HT1A", "AGO-2", "7157", "30851", "50484", "123456"),
]


@pytest.mark.parametrize("name", DATES)
def test_what_a_spreadsheet_made_of_a_gene_is_a_date(name):
    assert dates_among(["TP53", "KRAS", name]) == [name]


def test_names_of_genes_are_no_dates():
    assert dates_among(["TP53", "KRAS", "EGFR", *GENES]) == []


def test_where_most_names_are_numbers_they_are_ids():
    assert dates_among(["7157", "43891"]) == []
    assert dates_among(["TP53", "43891"]) == ["43891"]
    assert dates_among(["7157", "43891", "2-Sep"]) == ["2-Sep"]


def test_a_sample_is_known_by_its_id():
    assert is_sample("ACH-000001")
    assert is_sample("TCGA-02-0001-01A-11R")
    assert not is_sample("TCGA-02")
    assert not is_sample("TP53")


@pytest.mark.parametrize("name", [*sorted(NO_NAMES), "NaN", "N/A", "Unnamed: 3", "  "])
def test_what_programs_write_for_no_name_is_none(name):
    assert is_no_name(name)


def test_a_name_that_holds_such_a_word_is_one():
    assert not any(map(is_no_name, ["NANOG", "NAT1", "NULL1"]))


@pytest.mark.parametrize(
    ("name", "in_r"),
    [
        ("22RV1", "X22RV1"),
        ("NCI-H1299", "NCI.H1299"),
        ("Hs 578T", "Hs.578T"),
        ("HLA-A (3105)", "HLA.A..3105."),
        ("_x", "X_x"),
        (".5", "X.5"),
        (".x", ".x"),
        ("A549", "A549"),
        ("SK_MEL.2", "SK_MEL.2"),
    ],
)
def test_names_are_changed_as_r_changes_them(name, in_r):
    assert r_name(name) == in_r
    assert r_name(in_r) == in_r


def test_names_that_r_does_not_tell_apart_are_found_and_no_others():
    names = ["22RV1", "X22RV1", "NCI-H1299", "NCI.H1299", "nci-h1299", "TT", "T.T", "KMH2", "KM-H2"]
    assert same_in_r(names) == [("22RV1", "X22RV1"), ("NCI-H1299", "NCI.H1299", "nci-h1299")]
    assert same_in_r(["TT", "TT"]) == []


@pytest.mark.parametrize(
    "name",
    [
        *("RPL3", "rpl3", " RPL3 ", "RPL3 (6122)", "RPL3..6122.", "rpl3..6122.", "RPL3|6122"),
        *("RPL3.6122", "RPL3_6122", "RPL3:6122", "RPL3 (ENSG00000100316)"),
        *("RPL3..ENSG00000100316.", "RPL3|ENSG00000100316.16"),
    ],
)
def test_a_symbol_is_found_however_the_gene_is_written(name):
    assert symbol_within(name) == "RPL3"


@pytest.mark.parametrize("name", ["NKX2-1", "HLA-A", "RP11-34P13.7", "ENSG00000100316", "6122"])
def test_what_holds_no_symbol_and_id_is_taken_whole(name):
    assert symbol_within(name) == name
