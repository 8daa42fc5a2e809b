"""What ``evaluate`` writes."""

import json
from pathlib import Path

from deepdep.evaluation.judge import Judged
from deepdep.io.atomic import write_text
from deepdep.io.labelled_csv import csv_text
from deepdep.io.matrices import to_anndata, write_anndata


def write_judged(judged: Judged, metrics: Path, per_gene: Path, predictions: Path) -> None:
    """Write the metrics, the per-gene table and the test lines' predictions of every model."""
    matrix = to_anndata(
        judged.measured.table,
        obs=judged.obs,
        uns={"kind": str(judged.measured.kind)},
        layers=judged.predictions,
    )
    write_anndata(matrix, predictions)
    write_text(csv_text(judged.per_gene), per_gene)
    write_text(json.dumps(judged.metrics, indent=1) + "\n", metrics)
