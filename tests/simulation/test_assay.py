import numpy as np
import pandas as pd
import pytest

from deepdep.simulation.assay import (
    Mixture,
    draw_kept,
    read_copy_number,
    read_methylation,
    read_mutations,
    rounded,
)
from deepdep.simulation.settings import TINY


@pytest.fixture
def obs():
    """A tumour and a cell line of patients A and B."""
    return pd.DataFrame(
        {"patient_id": ["A", "B"], "lineage": "Skin", "source": ["tumor", "cell_line"]},
        index=["tumor of A", "line of B"],
    )


@pytest.fixture
def half_pure():
    """Half of the tumour's cells are normal; the line has none."""
    return Mixture(
        np.array([0.5, 1.0]),
        {"fibroblast": np.array([0.3, 0.0]), "immune": np.array([0.2, 0.0])},
    )


def test_lines_are_pure_and_tumors_are_not(obs):
    mixture = Mixture.draw(obs, np.random.default_rng(0))

    assert mixture.cancer[0] < 1 == mixture.cancer[1]
    assert mixture.cancer + sum(mixture.stroma.values()) == pytest.approx([1, 1])


def test_normal_cells_dilute_the_copy_number(obs, half_pure):
    cancer = pd.DataFrame({"ERBB2": [2.0, 2.0]}, index=["A", "B"])  # eight copies
    copy_number = read_copy_number(cancer, obs, half_pure)

    # Half the cells have eight copies and half have two: five on average, log2(5 / 2).
    assert copy_number["ERBB2"].tolist() == pytest.approx([np.log2(5 / 2), 2.0], abs=1e-3)


def test_mutations_are_bits_and_few_are_missed(obs, half_pure):
    cancer = pd.DataFrame(True, index=["A", "B"], columns=[f"G{n}" for n in range(2_000)])
    read = read_mutations(cancer, obs, half_pure, np.random.default_rng(0))

    assert read.dtypes.unique() == [np.uint8]
    assert read.loc["line of B"].mean() == 1
    assert read.loc["tumor of A"].mean() == pytest.approx(0.95, abs=0.02)  # misses 0.1 x 0.5


def test_beta_lies_between_0_and_1_with_a_few_missing(obs, half_pure):
    cancer = pd.DataFrame(np.linspace(-9, 9, 4_000)[None].repeat(2, 0), index=["A", "B"])
    beta = read_methylation(cancer, obs, half_pure, np.random.default_rng(0))

    assert beta.min().min() >= 0
    assert beta.max().max() <= 1
    assert 0.002 < beta.isna().mean().mean() < 0.01


def test_a_tenth_of_the_samples_lack_an_omic_and_none_lacks_all():
    obs = pd.DataFrame(index=[f"sample {n}" for n in range(200)])
    n_omics = draw_kept(list(TINY.n_features), obs, np.random.default_rng(0)).sum(axis=1)
    assert (n_omics < len(TINY.n_features)).sum() == 20
    assert n_omics.min() >= 1


def test_rounding_leaves_no_negative_zero():
    table = rounded(np.array([[-0.0001, 1.23456]]), pd.Index(["s"]), pd.Index(["a", "b"]))

    assert not np.signbit(table.loc["s", "a"])
    assert table.loc["s", "b"] == np.float32(1.235)
