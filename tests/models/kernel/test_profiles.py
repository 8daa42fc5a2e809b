import numpy as np
import pandas as pd
import pytest

from deepdep.domain.omics import Omic
from deepdep.models.kernel.profiles import build_reference, complete

N_LINES = 30


@pytest.fixture
def linear():
    """30 lines, two omics; the five features of copy number are linear in those of expression."""
    rng = np.random.default_rng(0)
    lines = pd.Index([f"L{k}" for k in range(N_LINES)])
    map_of = rng.normal(size=(4, 5))
    expression = pd.DataFrame(rng.normal(size=(N_LINES, 4)), lines, list("ABCD"))
    expression -= expression.mean()
    copy_number = pd.DataFrame(expression.to_numpy() @ map_of, lines, list("VWXYZ"))
    tables = {Omic.EXPRESSION: expression, Omic.COPY_NUMBER: copy_number}
    return {omic: table.astype(np.float32) for omic, table in tables.items()}


@pytest.fixture
def reference(linear):
    return build_reference(linear, linear[Omic.EXPRESSION].index, fill_penalty=1e-5)


def test_samples_with_every_omic_stay_as_they_are(linear, reference):
    samples = pd.Index(["L7", "L2"])
    tables = {omic: table.loc[["L2", "L7"]] for omic, table in linear.items()}
    full = complete(tables, samples, reference)
    for omic, table in linear.items():
        pd.testing.assert_frame_equal(full[omic], table.loc[samples])


def test_an_omic_that_is_linear_in_another_is_filled_nearly_exactly(linear):
    lines = linear[Omic.EXPRESSION].index
    lacking = lines[:6]
    known = linear | {Omic.COPY_NUMBER: linear[Omic.COPY_NUMBER].drop(lacking)}
    reference = build_reference(known, lines, fill_penalty=1e-5)
    filled = reference.profiles[Omic.COPY_NUMBER].loc[lacking]
    np.testing.assert_allclose(filled, linear[Omic.COPY_NUMBER].loc[lacking], atol=1e-2)
    assert not reference.measured[Omic.COPY_NUMBER][lacking].any()
    assert reference.measured[Omic.COPY_NUMBER].drop(lacking).all()


def test_an_omic_that_a_tumor_lacks_is_filled(linear, reference):
    line = linear[Omic.EXPRESSION].loc[["L3"]]
    tumor = {Omic.EXPRESSION: (line * 2).set_axis(["T"])}
    full = complete(tumor, pd.Index(["T"]), reference)
    expected = 2 * linear[Omic.COPY_NUMBER].loc["L3"]
    np.testing.assert_allclose(full[Omic.COPY_NUMBER].loc["T"], expected, atol=1e-2)


def test_more_penalty_fills_with_less(linear):
    lines = linear[Omic.EXPRESSION].index
    tumor = {Omic.EXPRESSION: linear[Omic.EXPRESSION].iloc[:1].set_axis(["T"])}
    sizes = [
        np.linalg.norm(
            complete(tumor, pd.Index(["T"]), build_reference(linear, lines, penalty))[
                Omic.COPY_NUMBER
            ]
        )
        for penalty in (1e-3, 1.0, 1e3)
    ]
    assert sizes[0] > 1.1 * sizes[1] > 10 * sizes[2]


def test_a_sample_without_any_omic_is_the_mean(linear, reference):
    tables = {omic: table.iloc[:1] for omic, table in linear.items()}
    full = complete(tables, pd.Index(["NOTHING", "L0"]), reference)
    for omic, table in full.items():
        assert (table.loc["NOTHING"] == 0).all()
        assert (table.loc["L0"] == linear[omic].loc["L0"]).all()
    alone = complete({}, pd.Index(["NOTHING"]), reference)
    assert all((table == 0).all(axis=None) for table in alone.values())


def test_what_was_not_measured_within_a_table_counts_as_average(linear, reference):
    gap = linear[Omic.EXPRESSION].iloc[:1].copy()
    gap.iloc[0, 1] = np.nan
    tables = {Omic.EXPRESSION: gap, Omic.COPY_NUMBER: linear[Omic.COPY_NUMBER].iloc[:1]}
    full = complete(tables, gap.index, reference)[Omic.EXPRESSION]
    pd.testing.assert_frame_equal(full, gap.fillna(0))


def test_lines_without_the_omics_that_a_sample_has_cannot_fill(linear):
    """No line has both omics."""
    apart = {
        Omic.EXPRESSION: linear[Omic.EXPRESSION].iloc[:15],
        Omic.COPY_NUMBER: linear[Omic.COPY_NUMBER].iloc[15:],
    }
    reference = build_reference(apart, linear[Omic.EXPRESSION].index, fill_penalty=1.0)
    assert (reference.profiles[Omic.COPY_NUMBER].iloc[:15] == 0).all(axis=None)
    pd.testing.assert_frame_equal(
        reference.profiles[Omic.COPY_NUMBER].iloc[15:], apart[Omic.COPY_NUMBER]
    )
