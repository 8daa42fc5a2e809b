import numpy as np
import pandas as pd

from deepdep.models.baselines import PenaltyScope
from deepdep.models.baselines.penalties import best_penalties, patient_folds

ERRORS = np.array([[1.0, 9.0, 5.0], [2.0, 3.0, 6.0]])  # (penalty, gene)


def test_a_common_penalty_has_the_least_error_over_all_genes():
    assert best_penalties(ERRORS, PenaltyScope.COMMON).tolist() == [1, 1, 1]


def test_a_gene_may_have_its_own_penalty():
    assert best_penalties(ERRORS, PenaltyScope.PER_GENE).tolist() == [0, 1, 0]


def test_every_line_is_left_out_once_together_with_its_patient():
    patient_id = pd.Series(list("aabbcddd"))
    held_out = []
    for fitted, judged in patient_folds(patient_id, 3):
        assert not set(patient_id[fitted]) & set(patient_id[judged])
        held_out += judged.tolist()
    assert sorted(held_out) == list(range(8))
