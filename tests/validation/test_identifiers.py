from pathlib import Path

import pandas as pd
import pytest

from deepdep.domain.identifiers import NO_GENE_TABLE, NameKind
from deepdep.domain.notes import Notes
from deepdep.domain.omics import UNITS, Omic
from deepdep.errors import BadFileError
from deepdep.io.names import checked_features
from deepdep.settings import read_settings
from deepdep.sources.gene_names import match_genes
from deepdep.validation.checks import run_suites
from deepdep.validation.expectations import Suite, ValidateSettings
from deepdep.validation.features import omic_features
from deepdep.validation.identifiers import identifier_summary, quote_feature

SETTINGS = read_settings(Path(__file__).parents[2] / "params.yaml", "validate", ValidateSettings)

NAMES = {
    NameKind.SYMBOL: ["TP53", "HLA-A", "C1orf112", "NKX2-1", "RP11-34P13.7", "7SK", "T"],
    NameKind.PROBE: ["cg00000292", "ch.1.1024R", "rs10033147", "cg00000029_TC21"],
    NameKind.PLACE: ["chr7_5473to5474_10k", "hg38:chr7:55000000-56000000", "chrX:100-200"],
}

DATES = {
    **dict.fromkeys(["2-Sep", "2-Sept", "Sep-02", "1-Mrz", "02. Sep", "1-March", "02-ago"], True),
    **dict.fromkeys(["2.9.2010", "2020-09-02", "9/2/2010", "36526", "43891", "47850"], True),
    **dict.fromkeys(["SEPT2", "MARCH1", "DEC1", "NKX2-1", "HLA-A", "RP11-34P13.7", "7157"], False),
}


def refuses(read, *arguments) -> bool:
    try:
        read(*arguments)
    except BadFileError as error:
        return "is a date" in str(error)
    return False


def validation_refuses(names: list[str]) -> bool:
    expectations = omic_features(names, UNITS["log2(TPM+1)"], SETTINGS)
    date = [one for one in expectations if one.title == "no name is a date"]
    frame = pd.DataFrame({"feature": names})
    (check,) = run_suites([Suite("cell_lines.h5mu/expression", frame, date, ("feature",))], ())
    return not check.success


@pytest.mark.parametrize(("name", "is_date"), DATES.items())
def test_import_and_validation_refuse_the_same_dates(name, is_date):
    names, file = ["TP53", "KRAS", "EGFR", name], Path("table.csv")
    assert refuses(checked_features, names, file) is is_date
    assert refuses(match_genes, names, NO_GENE_TABLE, file, Notes()) is is_date
    assert validation_refuses(names) is is_date


def test_import_and_validation_take_numbers_for_ids_where_most_names_are():
    names = ["7157", "43891", "TP53"]
    assert not refuses(checked_features, names, Path("table.csv"))
    assert not validation_refuses(names)


def shares(features: list[str], omic: Omic | None, samples: tuple[str, ...] = ()):
    return identifier_summary(features, omic, samples, 0.5).set_index("kind")


def test_the_share_of_foreign_names_is_counted_with_an_example_and_a_remedy():
    found = shares(["TP53", "ENSG00000141510", "ENSG00000133703", "7157"], Omic.EXPRESSION)
    ensembl = found.loc[NameKind.ENSEMBL]
    assert ensembl["foreign_share"] == ensembl["odd_share"] == 0.5
    assert ensembl["example"] == ", such as 'ENSG00000141510'"
    assert "--genes-table" in ensembl["remedy"]
    assert found.loc[NameKind.ENTREZ, "foreign_share"] == 0.25
    assert found.loc[NameKind.MOUSE, "foreign_share"] == 0


def test_names_that_are_refused_are_not_noted_as_well():
    mouse = shares(["Trp53", "Kras", "TP53"], None).loc[NameKind.MOUSE]
    assert mouse["foreign_share"] == pytest.approx(2 / 3)
    assert mouse["odd_share"] == 0


@pytest.mark.parametrize(
    ("omic", "usual"),
    [
        (Omic.METHYLATION, [NameKind.PROBE, NameKind.PLACE]),
        (Omic.COPY_NUMBER, [NameKind.SYMBOL, NameKind.PLACE]),
        (Omic.MUTATION, [NameKind.SYMBOL]),
        (None, [NameKind.SYMBOL]),
    ],
)
def test_each_omic_has_its_usual_names(omic, usual):
    found = shares([name for kind in usual for name in NAMES[kind]], omic)
    assert found["odd_share"].eq(0).all()
    assert not set(usual) & set(found.index)


def test_what_is_odd_but_harmless_is_only_noted():
    found = shares(["TP53"], Omic.METHYLATION).loc[NameKind.SYMBOL]
    assert found["foreign_share"] == 0
    assert found["odd_share"] == 1
    assert found["remedy"] == "Make sure that they are probes or places in the genome"


def test_samples_among_the_features_are_counted_and_not_named():
    found = shares(["ACH-000001", "patient seven"], Omic.EXPRESSION, ("patient seven",))
    assert found.loc[NameKind.SAMPLE, "foreign_share"] == 1
    assert "seven" not in found.to_csv()
    assert "ACH" not in found.to_csv()


def test_a_feature_is_quoted_unless_it_is_named_like_a_sample():
    assert quote_feature("a\nb", ()) == r"'a\nb'"
    assert quote_feature("ACH-000001", ()) == quote_feature("S1", {"S1"}) == "(named like a sample)"
