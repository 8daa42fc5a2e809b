import pytest

from deepdep.domain.omics import Omic
from deepdep.validation.identifiers import Name, are_places, identifier_summary, kind_of, told

NAMES = {
    Name.SYMBOL: ["TP53", "HLA-A", "C1orf112", "NKX2-1", "RP11-34P13.7", "7SK", "T", "SIM00001"],
    Name.ENSEMBL: ["ENSG00000141510", "ENSG00000141510.18", "ENSMUSG00000059552"],
    Name.ENTREZ: ["7157", "100130426"],
    Name.COMPOUND: ["TP53 (7157)", "TP53|7157", "TP53 (ENSG00000141510)"],
    Name.MOUSE: ["Trp53", "Kras", "1700001C19Rik"],
    Name.PROBE: ["cg00000292", "ch.1.1024R", "rs10033147", "cg00000029_TC21"],
    Name.PLACE: [
        "chr7_5473to5474_10k",
        "hg38:chr7:55000000-56000000",
        "SKI_1_2159133_2160133",
        "chrX:100-200",
    ],
    Name.SAMPLE: ["ACH-000001", "TCGA-02-0001", "TCGA-02-0001-01A-11R"],
    Name.OTHER: ["<script>alert(1)</script>", "=cmd()", "a b", "a\nb", ""],
}


def shares(features: list[str], omic: Omic | None, samples: tuple[str, ...] = ()):
    return identifier_summary(features, omic, samples, 0.5).set_index("kind")


@pytest.mark.parametrize(
    ("kind", "name"), [(kind, name) for kind, names in NAMES.items() for name in names]
)
def test_a_name_is_known_by_its_looks(kind, name):
    assert kind_of(name) is kind


def test_the_share_of_foreign_names_is_counted_with_an_example_and_a_remedy():
    found = shares(["TP53", "ENSG00000141510", "ENSG00000133703", "7157"], Omic.EXPRESSION)
    ensembl = found.loc[Name.ENSEMBL]
    assert ensembl["foreign_share"] == ensembl["odd_share"] == 0.5
    assert ensembl["example"] == ", such as 'ENSG00000141510'"
    assert "--genes-table" in ensembl["remedy"]
    assert found.loc[Name.ENTREZ, "foreign_share"] == 0.25
    assert found.loc[Name.MOUSE, "foreign_share"] == 0


def test_names_that_are_refused_are_not_noted_as_well():
    mouse = shares(["Trp53", "Kras", "TP53"], None).loc[Name.MOUSE]
    assert mouse["foreign_share"] == pytest.approx(2 / 3)
    assert mouse["odd_share"] == 0


@pytest.mark.parametrize(
    ("omic", "usual"),
    [
        (Omic.METHYLATION, [Name.PROBE, Name.PLACE]),
        (Omic.COPY_NUMBER, [Name.SYMBOL, Name.PLACE]),
        (Omic.MUTATION, [Name.SYMBOL]),
        (None, [Name.SYMBOL]),
    ],
)
def test_each_omic_has_its_usual_names(omic, usual):
    found = shares([name for kind in usual for name in NAMES[kind]], omic)
    assert found["odd_share"].eq(0).all()
    assert not set(usual) & set(found.index)


def test_what_is_odd_but_harmless_is_only_noted():
    found = shares(["TP53"], Omic.METHYLATION).loc[Name.SYMBOL]
    assert found["foreign_share"] == 0
    assert found["odd_share"] == 1
    assert found["remedy"] == "Make sure that they are probes or places in the genome"


def test_samples_among_the_features_are_counted_and_not_named():
    found = shares(["ACH-000001", "patient seven"], Omic.EXPRESSION, ("patient seven",))
    assert found.loc[Name.SAMPLE, "foreign_share"] == 1
    assert "seven" not in found.to_csv()
    assert "ACH" not in found.to_csv()


def test_a_feature_is_told_unless_it_is_named_like_a_sample():
    assert told("a\nb", ()) == r"'a\nb'"
    assert told("ACH-000001", ()) == told("S1", {"S1"}) == "(named like a sample)"


def test_bins_are_places_and_genes_are_not():
    assert are_places([*NAMES[Name.PLACE], "TP53"])
    assert not are_places(["TP53", "KRAS", "chrX:100-200"])
    assert not are_places([])
