from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from deepdep.domain.folds import Fold, folds_hash
from deepdep.domain.gene_effect import GeneEffect, GeneEffectKind
from deepdep.errors import BadFileError
from deepdep.evaluation import Cell
from deepdep.experiments.cells import CellStamp, ModeFolder
from deepdep.io.matrices import write_matrix
from deepdep.statistics.conformal import EffectInterval

GENES = pd.Index(["NA", "TP53"])


@pytest.fixture
def folds():
    names = [pd.Index([name]) for name in ("L1", "L2", "L3")]
    return [Fold("CNS/Brain", *names, train_genes=GENES, test_genes=GENES)]


@pytest.fixture
def cell():
    """One test line, two genes; 0.25 either side of what is predicted."""
    predicted = pd.DataFrame([[-1.0, 0.5]], index=["L3"], columns=GENES)
    genes = pd.DataFrame(
        {"training_mean": [-0.5, 0.0], "dependent_share": [0.5, 0.0], "sd": [0.1, 0.2]}, GENES
    )
    interval = EffectInterval(predicted - 0.25, predicted + 0.25)
    return Cell("predictor", "lineage", 1, "CNS/Brain", predicted, interval, genes)


def stamp(folds):
    return CellStamp(folds_hash(folds), "made of this", 2.5)


def tables_of(cell):
    ends = () if cell.interval is None else (cell.interval.low, cell.interval.high)
    return [cell.predicted, *ends, cell.genes]


def require_equal(one, other):
    named = ("model", "mode", "seed", "fold")
    assert [getattr(one, n) for n in named] == [getattr(other, n) for n in named]
    assert (one.interval is None) is (other.interval is None)
    for a, b in zip(tables_of(one), tables_of(other), strict=True):
        pd.testing.assert_frame_equal(a, b, check_dtype=False)


def test_cells_come_back_as_they_were(tmp_path, cell, folds):
    ModeFolder(tmp_path).keep_folds(folds, 1)
    bare = replace(cell, model="gene_mean", interval=None)
    for one in (cell, bare):
        ModeFolder(tmp_path).write_cell(one, stamp(folds))
    found = ModeFolder(tmp_path).cells()
    assert [one.model for one in found] == ["gene_mean", "predictor"]
    require_equal(found[0], bare)
    require_equal(found[1], cell)


def test_a_cell_says_what_it_was_made_from(tmp_path, cell, folds):
    ModeFolder(tmp_path).write_cell(cell, stamp(folds))
    assert ModeFolder(tmp_path).stamp("predictor", 1, "CNS/Brain") == stamp(folds)


def test_what_was_measured_comes_back_as_it_was(tmp_path):
    lines = pd.DataFrame({"patient_id": ["1", "2"], "lineage": ["Lung", "NA"]}, ["L1", "L2"])
    table = pd.DataFrame([[0.0, np.nan], [-1.0, 0.5]], lines.index, GENES, dtype=np.float32)
    ModeFolder(tmp_path).write_measured(GeneEffect(table, GeneEffectKind.GENE_EFFECT), lines)
    found = ModeFolder(tmp_path).measured()
    pd.testing.assert_frame_equal(found.gene_effect.table, table)
    pd.testing.assert_frame_equal(found.lines, lines, check_names=False)


def test_other_folds_than_those_that_are_there_are_refused(tmp_path, folds):
    ModeFolder(tmp_path).keep_folds(folds, 1)
    ModeFolder(tmp_path).keep_folds(folds, 1)
    other = [replace(folds[0], test=pd.Index(["L4"]))]
    with pytest.raises(BadFileError, match=r"1\.csv: holds other folds"):
        ModeFolder(tmp_path).keep_folds(other, 1)


def test_a_cell_of_other_folds_is_refused(tmp_path, cell, folds):
    ModeFolder(tmp_path).keep_folds(folds, 1)
    ModeFolder(tmp_path).write_cell(cell, replace(stamp(folds), folds_hash="other"))
    with pytest.raises(BadFileError, match="is of other folds"):
        ModeFolder(tmp_path).cells()


def test_another_file_is_no_cell(tmp_path, cell):
    file = ModeFolder(tmp_path).cell_path("predictor", 1, "1")
    file.parent.mkdir(parents=True)
    write_matrix(cell.predicted, file)
    with pytest.raises(BadFileError, match="is not a cell of a benchmark: lacks model"):
        ModeFolder(tmp_path).cells()


def test_what_a_killed_run_left_is_no_cell(tmp_path, cell, folds):
    ModeFolder(tmp_path).write_cell(cell, stamp(folds))
    ModeFolder(tmp_path).keep_folds(folds, 1)
    scratch = tmp_path / "cells" / "predictor" / ".1-2.h5ad.xyz"
    scratch.mkdir()
    (scratch / "1-2.h5ad").write_bytes(b"half a file")
    assert len(ModeFolder(tmp_path).cells()) == 1
