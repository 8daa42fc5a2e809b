import numpy as np
import pandas as pd
import pytest

from deepdep.domain.errors import DeepDEPError
from deepdep.promotion.lead import JudgedLines, resampled_lead

LINES, GENES = [f"L{i}" for i in range(40)], [f"G{i}" for i in range(10)]


def judged(noise, *, lines=LINES, genes=GENES, patients=None):
    """Predictions that differ from what was measured by this much noise."""
    rng = np.random.default_rng(0)
    measured = pd.DataFrame(rng.normal(size=(len(LINES), len(GENES))), LINES, GENES)
    added = noise * np.random.default_rng(1).normal(size=measured.shape)
    patient_id = pd.Series(patients or LINES, index=LINES)
    return JudgedLines(
        measured.loc[lines, genes], (measured + added).loc[lines, genes], patient_id[lines]
    )


def lead(one, other):
    return resampled_lead(one, other, n_bootstrap=200, seed=1)


def test_a_model_has_no_lead_over_itself():
    of_itself = lead(judged(1.0), judged(1.0))
    assert (of_itself.difference, of_itself.low, of_itself.high) == (0, 0, 0)


def test_the_lead_is_the_difference_of_mean_r_and_changes_sign_with_the_order():
    ahead, behind = lead(judged(0.5), judged(2.0)), lead(judged(2.0), judged(0.5))
    r = {noise: mean_r(judged(noise)) for noise in (0.5, 2.0)}
    assert ahead.difference == pytest.approx(r[0.5] - r[2.0])
    assert 0 < ahead.low < ahead.difference < ahead.high
    assert behind.high < 0


def test_lines_and_genes_are_aligned_by_name():
    turned = judged(2.0, lines=LINES[::-1], genes=GENES[::-1])
    assert lead(judged(0.5), turned).difference == pytest.approx(
        lead(judged(0.5), judged(2.0)).difference
    )


def test_models_are_compared_over_the_genes_that_both_predict():
    assert lead(judged(0.5), judged(2.0, genes=GENES[3:])).n_genes == 7


def test_lines_of_one_patient_are_drawn_together():
    paired = [f"P{i // 4}" for i in range(len(LINES))]
    alone, together = (lead(judged(0.5, patients=p), judged(2.0)) for p in (None, paired))
    assert together.high - together.low != alone.high - alone.low


def test_other_lines_or_other_labels_do_not_compare():
    with pytest.raises(DeepDEPError, match="other labels"):
        lead(judged(0.5), judged(0.5, lines=LINES[1:]))
    other = judged(0.5)
    with pytest.raises(DeepDEPError, match="other labels"):
        lead(judged(0.5), JudgedLines(other.measured + 1, other.predicted, other.patient_id))


def mean_r(of):
    return np.mean([np.corrcoef(of.measured[g], of.predicted[g])[0, 1] for g in GENES])
