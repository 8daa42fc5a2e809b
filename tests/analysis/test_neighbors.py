from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from deepdep.analysis.neighbors import Neighbors, patients_of, rank_among, similarities


@pytest.fixture(scope="module")
def lines(prepared_cohort):
    return prepared_cohort.samples(prepared_cohort.cell_lines.index)


@pytest.mark.parametrize("share", [0.5, 1.0])
def test_a_line_that_was_learned_from_is_most_like_itself(predictor, lines, share):
    model = replace(predictor, network_share=share)
    alike = similarities(model, lines, lines)
    assert list(alike.index) == list(lines.names)
    assert alike.to_numpy().min() >= -1 - 1e-6
    assert alike.to_numpy().max() <= 1 + 1e-6
    nearest = alike.idxmax(axis=1)[alike.columns]
    assert (nearest == alike.columns).mean() > 0.9
    np.testing.assert_allclose(np.diag(alike.loc[alike.columns]), 1, atol=1e-4)


def test_kernels_compare_with_the_lines_that_were_learned_from(predictor, lines):
    alike = similarities(predictor, lines, lines)
    assert set(alike.columns) == set(predictor.closed_form.kernel.lines)


def test_the_order_of_samples_does_not_matter(predictor, lines):
    turned = replace(lines, obs=lines.obs[::-1])
    first, second = (similarities(predictor, samples, lines) for samples in (lines, turned))
    np.testing.assert_allclose(second.loc[first.index], first, atol=1e-5)


def test_neighbors_are_of_other_patients_and_the_nearest_come_first():
    alike = pd.DataFrame(
        [[0.1, 0.9, 0.5], [0.3, 0.2, 1.0]], index=["s", "L3"], columns=["L1", "L2", "L3"]
    )
    patient_of_line = pd.Series({"L1": "P1", "L2": "P2", "L3": "P2"})
    found = Neighbors.of(alike, pd.Series({"s": "P0", "L3": "P2"}), patient_of_line, 2)
    assert found.lines.loc["s"].tolist() == ["L2", "L3"]
    assert found.similarity.loc["s"].tolist() == [0.9, 0.5]
    assert found.lines.loc["L3"].tolist() == ["L1", None]
    assert found.similarity.loc["L3", 1] == 0.3
    assert np.isnan(found.similarity.loc["L3", 2])


def test_a_distance_is_one_minus_the_mean_similarity_of_the_nearest():
    lines = pd.DataFrame([["L1", "L2"], ["L1", None]], index=["s", "t"], columns=[1, 2])
    similarity = pd.DataFrame([[0.8, 0.4], [0.5, np.nan]], index=["s", "t"], columns=[1, 2])
    assert Neighbors(lines, similarity).distance.tolist() == pytest.approx([0.4, 0.5])


def test_a_rank_is_the_share_of_lines_that_lie_as_near_or_nearer():
    of_lines = pd.Series([0.3, 0.1, 0.2, 0.4])
    distance = pd.Series({"near": 0.05, "as_near": 0.2, "far": 0.9})
    assert rank_among(distance, of_lines).to_dict() == {"near": 0.0, "as_near": 0.5, "far": 1.0}


def test_a_sample_of_whom_nothing_is_known_is_its_own_patient():
    obs = pd.DataFrame({"patient_id": ["P1", None]}, index=["a", "b"])
    assert patients_of(obs).tolist() == ["P1", "b"]
    assert patients_of(obs[[]]).tolist() == ["a", "b"]
