import numpy as np
import pandas as pd
import pytest

from deepdep.analysis.codes import alignment_score, embed_codes


@pytest.fixture
def two_groups() -> np.ndarray:
    """Two clouds of 20 samples, far apart in a space of 30 dimensions."""
    rng = np.random.default_rng(0)
    return np.repeat([[0.0], [50.0]], 20, axis=0) + rng.normal(0, 1, (40, 30))


def codes(*places: float, prefix: str) -> pd.DataFrame:
    return pd.DataFrame({0: places, 1: 0.0}, index=[f"{prefix}{i}" for i in range(len(places))])


def named(table: pd.DataFrame, *lineages: str) -> pd.Series:
    return pd.Series(lineages, index=table.index)


def test_samples_that_are_near_stay_near(two_groups):
    plane = embed_codes(two_groups, seed=1)
    assert plane.shape == (40, 2)
    centers = plane[:20].mean(axis=0), plane[20:].mean(axis=0)
    own = np.linalg.norm(plane[:20] - centers[0], axis=1)
    other = np.linalg.norm(plane[:20] - centers[1], axis=1)
    assert (own < other).all()


def test_the_same_codes_and_seed_give_the_same_plane(two_groups):
    assert np.array_equal(embed_codes(two_groups, seed=1), embed_codes(two_groups, seed=1))


@pytest.mark.parametrize("n_samples", [0, 1, 2, 3, 5])
def test_few_samples_are_still_placed(two_groups, n_samples):
    plane = embed_codes(two_groups[:n_samples], seed=1)
    assert plane.shape == (n_samples, 2)
    assert np.isfinite(plane).all()


def test_equal_codes_fall_on_one_place():
    plane = embed_codes(np.ones((6, 4)), seed=1)
    assert np.isfinite(plane).all()
    assert np.ptp(plane, axis=0).max() < 1e-6


def test_lines_are_aligned_when_most_of_their_nearest_tumours_are_of_their_lineage():
    tumors = codes(0.0, 0.1, 0.2, 9.0, 9.1, 9.2, prefix="t")
    lines = codes(0.05, 9.05, 8.9, prefix="l")
    found = alignment_score(
        lines,
        named(lines, "Skin", "Lung", "Skin"),
        tumors,
        named(tumors, "Skin", "Skin", "Lung", "Lung", "Lung", "Lung"),
        n_neighbors=3,
    )
    assert found.share == pytest.approx(2 / 3)
    assert found.by_lineage.loc["Skin"].to_dict() == {"n_lines": 2, "share": 0.5}
    # One of three lines is placed in Skin and two are of it; two in Lung and one of it.
    assert found.chance == pytest.approx(1 / 3 * 2 / 3 + 2 / 3 * 1 / 3)


def test_the_nearer_tumour_decides_between_equally_common_lineages():
    tumors = codes(0.0, 1.0, prefix="t")
    lines = codes(0.4, prefix="l")
    found = alignment_score(
        lines, named(lines, "Skin"), tumors, named(tumors, "Skin", "Bowel"), n_neighbors=2
    )
    assert found.share == 1.0


def test_lineages_that_no_tumour_has_and_unknown_ones_are_left_out():
    tumors = codes(0.0, 1.0, prefix="t")
    lines = codes(0.0, 0.0, 0.0, prefix="l")
    found = alignment_score(
        lines,
        named(lines, "Skin", "unknown", "Bone"),
        tumors,
        named(tumors, "Skin", "unknown"),
        n_neighbors=5,
    )
    assert found.by_lineage["n_lines"].to_dict() == {"Skin": 1}


def test_without_a_shared_lineage_there_is_no_score():
    tumors, lines = codes(0.0, prefix="t"), codes(0.0, prefix="l")
    unshared = alignment_score(
        lines, named(lines, "Skin"), tumors, named(tumors, "BRCA"), n_neighbors=1
    )
    assert unshared is None


def test_codes_and_lineages_are_aligned_by_name():
    tumors, lines = codes(0.0, 9.0, prefix="t"), codes(0.0, 9.0, prefix="l")
    of_lines, of_tumors = named(lines, "Skin", "Lung"), named(tumors, "Skin", "Lung")
    found = alignment_score(lines, of_lines[::-1], tumors, of_tumors[::-1], n_neighbors=1)
    assert found.share == 1.0
