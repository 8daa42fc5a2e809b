import json

import anndata
import numpy as np
import pandas as pd
import pytest

from deepdep.domain.gene_effect import GeneEffect, GeneEffectKind
from deepdep.evaluation.files import write_judged
from deepdep.evaluation.judge import Judged
from deepdep.io.labelled_csv import read_csv

LINES, GENES = ["L1", "L2"], ["TP53", "NA"]
MEASURED = pd.DataFrame([[-1.0, np.nan], [0.5, 0.25]], LINES, GENES)
RIDGE = pd.DataFrame([[1.0, 2.0], [3.0, 4.0]], LINES, GENES)
JUDGED = Judged(
    metrics={"models": {"ridge": {"all": {"mean_gene_r": 0.3, "auroc": None}}}},
    per_gene=pd.DataFrame({"gene": ["TP53", "NA"], "model": "ridge", "r": [0.1 + 0.2, np.nan]}),
    measured=GeneEffect(MEASURED, GeneEffectKind.CLASS),
    predictions={"predictor": MEASURED.fillna(0), "ridge": RIDGE.iloc[::-1, ::-1]},
    obs=pd.DataFrame({"patient_id": ["P2", "P1"], "lineage": ["Skin", "Lung"]}, ["L2", "L1"]),
)


def write(folder):
    files = [folder / name for name in ("metrics.json", "per_gene.csv", "predictions.h5ad")]
    write_judged(JUDGED, *files)
    return files


@pytest.fixture
def files(tmp_path):
    return write(tmp_path)


def test_metrics_and_genes_read_back(files):
    metrics, per_gene, _ = files
    assert json.loads(metrics.read_text()) == JUDGED.metrics
    pd.testing.assert_frame_equal(read_csv(per_gene), JUDGED.per_gene)


def test_predictions_stand_beside_what_was_measured_by_name(files):
    matrix = anndata.read_h5ad(files[2])
    assert list(matrix.layers) == ["predictor", "ridge"]
    np.testing.assert_array_equal(matrix.X, MEASURED)
    np.testing.assert_array_equal(matrix.layers["ridge"], RIDGE)
    assert matrix.obs["patient_id"].tolist() == ["P1", "P2"]
    assert matrix.uns["kind"] == "class"


def test_the_same_content_gives_the_same_bytes(files, tmp_path):
    for one, other in zip(files, write(tmp_path / "again"), strict=True):
        assert one.read_bytes() == other.read_bytes(), one.name
