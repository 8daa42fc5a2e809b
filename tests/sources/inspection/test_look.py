import gzip

import numpy as np
import pytest

from deepdep.errors import BadFileError
from deepdep.sources.inspection import look
from deepdep.sources.inspection.look import require_whole, values_of


def test_values_are_summed_up_without_what_is_missing_or_infinite():
    values = values_of(np.array([[1.0, np.nan, 3.0], [-2.5, np.inf, 4.0]]))
    assert (values.minimum, values.median, values.maximum) == (-2.5, 2.0, 4.0)
    assert values.missing_share == pytest.approx(1 / 6)


def test_a_table_in_pieces_has_the_same_range(monkeypatch):
    numbers = np.random.default_rng(0).normal(size=(50, 7))
    monkeypatch.setattr(look, "AT_ONCE", 10)
    values = values_of(numbers)
    assert values.minimum == pytest.approx(numbers.min(), rel=1e-5)
    assert values.maximum == pytest.approx(numbers.max(), rel=1e-5)


@pytest.mark.parametrize("numbers", [np.full((2, 2), np.nan), np.empty((3, 0)), np.empty(0)])
def test_no_value_is_none(numbers):
    assert values_of(numbers) is None


def test_only_a_whole_gzip_file_passes(tmp_path):
    path = tmp_path / "a.csv.gz"
    path.write_bytes(gzip.compress(b"id,TP53\n" * 1000))
    require_whole(path)
    path.write_bytes(path.read_bytes()[:-9])
    with pytest.raises(BadFileError, match="truncated"):
        require_whole(path)
