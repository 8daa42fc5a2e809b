from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from deepdep.models.baselines.fingerprint_ridge import fingerprint_ridge


@pytest.fixture
def unseen(task):
    """Genes of set ``a`` are needed by every line, those of ``b`` by none."""
    effect = task.train_effect * 0.01
    effect[list(task.genes[:5])] -= 1
    sets = {"a": (*task.genes[:5], "new_a"), "b": (*task.genes[5:], "new_b")}
    genes = pd.Index(["new_a", "new_b", "in_no_set"])
    return replace(task, train_effect=effect, gene_sets=sets, genes=genes)


def test_an_unseen_gene_is_as_needed_as_those_of_its_sets(unseen):
    predicted = fingerprint_ridge(unseen)
    assert predicted["new_a"].mean() == pytest.approx(-1, abs=0.1)
    assert predicted["new_b"].mean() == pytest.approx(0, abs=0.1)
    assert predicted["in_no_set"].mean() == pytest.approx(-0.5, abs=0.1)


def test_it_ranks_no_line_above_another(unseen):
    predicted = fingerprint_ridge(unseen)
    assert (predicted == predicted.iloc[0]).all(axis=None)
    assert predicted.index.equals(unseen.lines)


def test_a_screened_gene_gets_its_measured_mean(unseen):
    predicted = fingerprint_ridge(replace(unseen, genes=pd.Index(["g0", "new_a"])))
    assert predicted["g0"].tolist() == pytest.approx([unseen.train_effect["g0"].mean()] * 40)


def test_a_gene_that_no_line_screened_is_unseen(unseen):
    effect = unseen.train_effect.assign(new_a=np.nan)
    pd.testing.assert_frame_equal(
        fingerprint_ridge(replace(unseen, train_effect=effect)), fingerprint_ridge(unseen)
    )
