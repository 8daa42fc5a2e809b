"""A whole cohort of 1,000 lines and 1,000 tumours, as benchmarks/validate.py times it."""

import time

import numpy as np
import pytest

from deepdep.validation import validate_cohort
from genome_wide import make_cohort

pytestmark = pytest.mark.slow


def test_a_whole_cohort_is_checked_within_ten_seconds(validate_settings):
    cohort = make_cohort(np.random.default_rng(0))
    start = time.process_time()  # others may use the machine
    result = validate_cohort(cohort, validate_settings)
    assert time.process_time() - start < 10  # 4 s alone
    assert result.success
    assert len(result.tables) == 9
