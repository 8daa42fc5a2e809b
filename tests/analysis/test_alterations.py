import pandas as pd
import pytest

from deepdep.analysis.alterations import (
    Alterations,
    AlterationSettings,
    alterations_of,
    names_alterations,
)
from deepdep.domain.cohort import OmicTable

SETTINGS = AlterationSettings(deletion=-1.5, amplification=1.0, min_carriers=2)
LINES = pd.Index(["A", "B", "C", "D"])


def table(values, unit):
    return OmicTable(pd.DataFrame({"GENE": values, "RARE": [values[0], 0, 0, 0]}, LINES), unit)


@pytest.mark.parametrize(
    ("unit", "values", "event", "carriers", "value"),
    [
        ("0/1", [1, 1, 0, 0], "mutation", "AB", 1.0),
        ("log2(CN/2)", [-1.5, -3.5, -1.4, 0.9], "deletion", "AB", -2.5),
        ("log2(CN/2)", [1.0, 3.0, 0.9, -1.4], "amplification", "AB", 2.0),
        ("call", [-2, -2, -1, 1], "deletion", "AB", -2.0),
        ("call", [2, 2, 1, -1], "amplification", "AB", 2.0),
    ],
)
def test_who_carries_what_hangs_on_the_unit(unit, values, event, carriers, value):
    found = Alterations.of("some", table(values, unit), SETTINGS)
    name = f"GENE {event}"
    assert list(found.carried) == [name]  # too few carry the other
    assert list(found.carried.index[found.carried[name]]) == list(carriers)
    assert found.described.loc[name].to_dict() == {
        "table": "some", "feature": "GENE", "event": event, "value": value
    }  # fmt: skip


def test_omics_without_alterations_have_none_and_only_the_named_samples_count():
    tables = {
        "expression": table([9, 9, 9, 9], "log2(TPM+1)"),
        "mutation": table([1, 1, 0, 0], "0/1"),
    }
    assert list(alterations_of(tables, SETTINGS, LINES)) == ["mutation"]
    assert alterations_of(tables, SETTINGS, LINES[1:]) == {}


def test_of_alterations_that_the_same_lines_carry_one_stands_for_all():
    values = pd.DataFrame(
        {
            "MIEN1": [2, 2, 0, 0],
            "ERBB2": [2, 2, 0, 1],
            "GRB7": [2, 2, 2, 0],
            "PGAP3": [2, 2, 0, -2],
        },
        LINES,
    )
    found = Alterations.of("copy_number", OmicTable(values, "call"), SETTINGS)
    one = found.distinct(LINES, {"ERBB2"})
    assert list(one.carried) == ["ERBB2 amplification", "GRB7 amplification"]
    assert one.described["alike"].tolist() == ["MIEN1 PGAP3", ""]
    assert next(iter(found.distinct(LINES, ()).carried)) == "MIEN1 amplification"
    # GRB7 differs in C alone.
    assert list(found.distinct(LINES.drop("C"), {"ERBB2"}).carried) == ["ERBB2 amplification"]


def test_tables_of_genes_that_may_be_altered_name_alterations():
    assert names_alterations(table([1, 0, 0, 0], "0/1"))
    assert names_alterations(table([1, 0, 0, 0], "call"))
    assert not names_alterations(table([1, 0, 0, 0], "beta"))
    bins = table([1, 0, 0, 0], "log2(CN/2)").table.add_prefix("chr1:")
    assert not names_alterations(OmicTable(bins, "log2(CN/2)"))
