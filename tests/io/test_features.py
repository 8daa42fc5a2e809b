import pandas as pd
import pytest

from deepdep.domain.cohort import Source
from deepdep.domain.features import FeatureSpace
from deepdep.io.features import read_feature_space, write_feature_space

UNITS = {Source.TUMOR: "log2(norm_count+1)", Source.CELL_LINE: "log2(TPM+1)"}


@pytest.fixture
def table():
    """Names and numbers that a careless reader would change."""
    return pd.DataFrame(
        {
            "in_tumors": [True, False, True],
            "center_cell_line": [1 / 3, 0.1 + 0.2, -1e-17],
            "scale_cell_line": [1.0, 2.0, 3.0],
            "center_tumor": [0.0, 0.0, 0.0],
            "scale_tumor": [1.0, 1.0, 1.0],
        },
        index=pd.Index(["NA", "1e5", "cg0, with a comma"], name="feature"),
    )


@pytest.mark.parametrize(
    ("within_sample", "units"), [(True, UNITS), (False, {Source.CELL_LINE: "beta"})]
)
def test_a_space_reads_back_to_the_last_digit(tmp_path, table, within_sample, units):
    space = FeatureSpace(table, within_sample, units)
    write_feature_space(space, tmp_path / "features")
    read = read_feature_space(tmp_path / "features")
    pd.testing.assert_frame_equal(read.table, table, check_exact=True)
    assert read.within_sample is within_sample
    assert read.units == units


def test_the_same_space_gives_the_same_bytes(tmp_path, table):
    for name, units in (("one", UNITS), ("two", dict(reversed(UNITS.items())))):
        write_feature_space(FeatureSpace(table, True, units), tmp_path / name)
    for ending in (".csv", ".json"):
        one, two = (tmp_path / f"{name}{ending}" for name in ("one", "two"))
        assert one.read_bytes() == two.read_bytes()
