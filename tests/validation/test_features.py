from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from deepdep.domain.identifiers import NO_GENE_TABLE, NameKind
from deepdep.domain.notes import Notes
from deepdep.domain.omics import UNITS, Omic
from deepdep.errors import BadFileError
from deepdep.io.names import checked_features
from deepdep.settings import read_settings
from deepdep.sources.gene_names import match_genes
from deepdep.validation import ValidateSettings
from deepdep.validation.expectations import Suite
from deepdep.validation.features import (
    FEATURES_AT_A_TIME,
    feature_summary,
    identifier_summary,
    omic_features,
    quote_feature,
)
from deepdep.validation.validate import run_suites

NAN, INF = np.nan, np.inf
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


@pytest.fixture
def table() -> pd.DataFrame:
    """Three samples; each feature has one peculiarity."""
    columns = {
        "plain": [1.0, 2.0, 6.0],
        "gap": [0.5, NAN, 1.5],
        "infinite": [INF, 4.0, -INF],
        "constant": [7.0, 7.0, 7.0],
        "empty": [NAN, NAN, NAN],
    }
    return pd.DataFrame(columns, index=["secret-1", "secret-2", "secret-3"], dtype=np.float32)


def n_twins(columns: dict[str, list[float]], dtype: type = np.float32) -> dict[str, int]:
    described = feature_summary(pd.DataFrame(columns, dtype=dtype))
    return dict(zip(described["feature"], described["n_twins"], strict=True))


def test_a_feature_is_described_by_its_finite_values(table):
    described = feature_summary(table).set_index("feature")
    expected = pd.DataFrame(
        {
            "n": [3, 2, 1, 3, 0],
            "n_infinite": [0, 0, 2, 0, 0],
            "n_fractional": [0, 2, 0, 0, 0],
            "missing_share": [0, 1 / 3, 0, 0, 1],
            "minimum": [1, 0.5, 4, 7, NAN],
            "maximum": [6, 1.5, 4, 7, NAN],
            "mean": [3, 1, 4, 7, NAN],
            "sd": [7**0.5, 0.5**0.5, NAN, 0, NAN],
            "constant": [False, False, True, True, False],
            "n_twins": [0, 0, 0, 0, 0],
        },
        index=pd.Index(table.columns, name="feature"),
    )
    pd.testing.assert_frame_equal(described, expected, check_dtype=False)


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_large_numbers_keep_their_mean_and_deviation(dtype):
    values = np.array([[1e6], [1e6 + 1], [1e6 + 2]], dtype=dtype)
    (row,) = feature_summary(pd.DataFrame(values, columns=["G"])).to_dict("records")
    assert row["mean"] == pytest.approx(1e6 + 1)
    assert row["sd"] == pytest.approx(1)


def test_features_with_the_same_values_are_twins_wherever_they_stand():
    n_features = 2 * FEATURES_AT_A_TIME + 3
    values = np.random.default_rng(0).random((4, n_features))
    values[:, -1] = values[:, 0]
    values[:, 5] = values[:, 0]
    found = feature_summary(pd.DataFrame(values, columns=[f"G{i}" for i in range(n_features)]))
    assert found.index[found["n_twins"] > 0].tolist() == [0, 5, n_features - 1]
    assert found["n_twins"].max() == 2


def test_gaps_at_the_same_places_and_zeros_of_either_sign_make_twins_too():
    other_nan = np.uint32(0x7FC00001).view(np.float32)  # another bit pattern of NaN
    columns = {"A": [NAN, 0.0, 2.0], "B": [other_nan, -0.0, 2.0], "C": [1.0, 0.0, 2.0]}
    assert n_twins(columns) == {"A": 1, "B": 1, "C": 0}


def test_constant_and_empty_features_are_not_counted_twice():
    columns = {"A": [1.0, 1.0], "B": [1.0, 1.0], "C": [NAN, NAN], "D": [NAN, NAN]}
    assert set(n_twins(columns).values()) == {0}


def test_mutations_may_be_twins():
    assert n_twins({"A": [0, 1], "B": [0, 1], "C": [1, 0]}, np.uint8) == {"A": 1, "B": 1, "C": 0}


def test_features_keep_their_order_across_blocks():
    n_features = 2 * FEATURES_AT_A_TIME + 3
    values = np.arange(n_features, dtype=np.float32)
    wide = pd.DataFrame([values, values], columns=[f"G{i}" for i in range(n_features)])
    described = feature_summary(wide)
    assert described["feature"].tolist() == wide.columns.tolist()
    assert described["maximum"].tolist() == values.tolist()


def test_features_of_the_same_name_are_described_one_by_one():
    twice = pd.DataFrame([[0, 1], [0, 1]], columns=["TP53", "TP53"], dtype=np.uint8)
    assert feature_summary(twice)["maximum"].tolist() == [0, 1]


def test_a_table_without_samples_or_features_is_described_too(table):
    assert feature_summary(table.iloc[:0])["n"].tolist() == [0] * 5
    assert feature_summary(table.iloc[:, :0]).empty


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
