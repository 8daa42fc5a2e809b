import pytest

from deepdep.domain.identifiers import (
    NO_NAMES,
    NameKind,
    are_places,
    dates_among,
    is_no_name,
    is_sample,
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
    NameKind.COMPOUND: ["TP53 (7157)", "TP53|7157", "TP53 (ENSG00000141510)"],
    NameKind.MOUSE: ["Trp53", "Kras", "1700001C19Rik"],
    NameKind.PROBE: ["cg00000292", "ch.1.1024R", "rs10033147", "cg00000029_TC21"],
    NameKind.PLACE: [
        "chr7_5473to5474_10k",
        "hg38:chr7:55000000-56000000",
        "SKI_1_2159133_2160133",
        "chrX:100-200",
    ],
    NameKind.SAMPLE: ["ACH-000001", "TCGA-02-0001", "TCGA-02-0001-01A-11R"],
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
