import numpy as np
import pytest

from deepdep.report.document import Bar, interval, number, percent, plural

MINUS, DASH = "\N{MINUS SIGN}", "\N{EN DASH}"


@pytest.mark.parametrize(
    ("value", "text"),
    [(0.12345, "0.123"), (-0.5, f"{MINUS}0.500"), (1234.0, "1,234.000"), (-0.0001, "0.000")],
)
def test_numbers_read_with_a_true_minus_and_no_negative_zero(value, text):
    assert number(value) == text


@pytest.mark.parametrize("value", [None, float("nan"), float("inf"), "text"])
def test_what_is_no_number_reads_as_a_dash(value):
    assert number(value) == DASH
    assert percent(value) == DASH


def test_numbers_of_numpy_are_numbers():
    assert number(np.float32(0.5)) == "0.500"
    assert number(np.int64(3), 0) == "3"


def test_signs_are_written_where_asked_for():
    assert number(0.104, sign=True) == "+0.104"
    assert interval(-0.2, 0.3, 1) == f"{MINUS}0.2 to 0.3"


def test_counts_agree_with_their_noun():
    assert plural(1, "gene") == "1 gene"
    assert plural(1200, "gene") == "1,200 genes"


def test_a_bar_stays_in_its_cell():
    assert Bar("x", 1.7).percent == "100.0%"
    assert Bar("x", -1.0).percent == "0.0%"
