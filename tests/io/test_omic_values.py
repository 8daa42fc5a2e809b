from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from deepdep.domain.cohort import Source
from deepdep.domain.errors import BadFileError
from deepdep.domain.omics import Omic
from deepdep.io.omic_values import in_unit, recognise_omic

FILE = Path("given.csv")


def table(*rows: list[float]) -> pd.DataFrame:
    return pd.DataFrame(
        np.array(rows, dtype=np.float32),
        index=[f"S{i}" for i in range(len(rows))],
        columns=[f"G{i}" for i in range(len(rows[0]))],
    )


STANDARDISED = table([-1, 1, -1, 1], [1, 1, -1, -1])


@pytest.mark.parametrize(
    ("omic", "source", "values", "unit"),
    [
        (Omic.EXPRESSION, Source.CELL_LINE, table([0, 5.5], [12, 1]), "log2(TPM+1)"),
        (Omic.EXPRESSION, Source.TUMOR, table([0, 5.5], [12, 1]), "log2(norm_count+1)"),
        (Omic.EXPRESSION, Source.CELL_LINE, STANDARDISED, "z-score"),
        (Omic.EXPRESSION, Source.TUMOR, STANDARDISED, "z-score"),
        (Omic.METHYLATION, Source.TUMOR, table([0, 1], [np.nan, 0.5]), "beta"),
        (Omic.COPY_NUMBER, Source.CELL_LINE, table([-1, 0], [np.nan, 1]), "call"),
        (Omic.COPY_NUMBER, Source.CELL_LINE, table([-1.2, 0], [0.1, 2]), "log2(CN/2)"),
        (Omic.MUTATION, Source.CELL_LINE, table([0, 1], [1, 1]), "0/1"),
    ],
)
def test_tells_the_unit_from_the_values(omic, source, values, unit):
    known = recognise_omic(values, omic, source, FILE).value
    assert known.unit == unit
    pd.testing.assert_frame_equal(known.table, values, check_dtype=False)


@pytest.mark.parametrize(
    ("omic", "values", "message"),
    [
        (Omic.EXPRESSION, table([1, 2], [3, 26]), "row 'S1', column 'G1': is 26, and log2"),
        (Omic.EXPRESSION, table([1, -2], [3, 4]), "row 'S0': has negative values but is not stand"),
        (Omic.METHYLATION, table([0, 1.2]), "column 'G1': is 1.2, and beta lies in 0 to 1"),
        (Omic.METHYLATION, table([-3.1, 1]), "M-values"),
        (Omic.COPY_NUMBER, table([0.9, 1.1], [1, 3]), "a linear ratio"),
        (Omic.COPY_NUMBER, table([-1.5, 40]), "is 40, and log2"),
        (Omic.MUTATION, table([0, 1], [0.5, 1]), "row 'S1', column 'G0': is 0.5, neither 0 nor 1"),
        (Omic.MUTATION, table([0, -1]), "neither 0 nor 1"),
        (Omic.MUTATION, table([np.nan, np.nan]), "no sample with a value left"),
    ],
)
def test_refuses_values_in_no_known_unit(omic, values, message):
    with pytest.raises(BadFileError, match=message) as error:
        recognise_omic(values, omic, Source.CELL_LINE, FILE)
    assert str(error.value).startswith("given.csv: ")


def test_two_mutated_copies_are_one_mutation():
    noted = recognise_omic(table([0, 2], [1, 2]), Omic.MUTATION, Source.CELL_LINE, FILE)
    assert noted.value.table.to_numpy().tolist() == [[0, 1], [1, 1]]
    assert noted.value.table.dtypes.eq(np.uint8).all()
    assert "2 values of 2 taken as 1" in noted.notes


def test_a_mutation_that_was_not_assessed_is_refused():
    with pytest.raises(BadFileError, match=r"row 'S1', column 'G1': is missing"):
        recognise_omic(table([0, 1], [1, np.nan]), Omic.MUTATION, Source.CELL_LINE, FILE)


def test_what_was_never_measured_is_dropped_and_the_constant_reported():
    nan = np.nan
    values = table([1, nan, 2, 7], [nan, nan, nan, nan], [3, nan, nan, 7])
    noted = recognise_omic(values, Omic.EXPRESSION, Source.CELL_LINE, FILE)
    assert noted.value.table.index.tolist() == ["S0", "S2"]
    assert noted.value.table.columns.tolist() == ["G0", "G2", "G3"]
    assert noted.notes == (
        "2 samples x 3 features, log2(TPM+1)",
        "1 sample without any value left out",
        "1 feature without any value left out",
        "2 features with one value in all samples",
    )


def test_a_table_whose_unit_is_known_is_not_taken_for_another():
    values = table([0, 5.5], [2, np.nan], [4, 1])
    noted = in_unit(values, "log2(TPM+1)", FILE)
    assert noted.value.unit == "log2(TPM+1)"
    pd.testing.assert_frame_equal(noted.value.table, values)
    assert noted.notes == ("3 samples x 2 features, log2(TPM+1)",)
    with pytest.raises(
        BadFileError, match=r"column 'G0': is -1, and log2\(TPM\+1\) lies in 0 to 25"
    ):
        in_unit(STANDARDISED, "log2(TPM+1)", FILE)
    assert in_unit(table([0, 1], [1, 2]), "log2(CN/2)", FILE).value.unit == "log2(CN/2)"
