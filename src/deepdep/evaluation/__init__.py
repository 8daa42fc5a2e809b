"""How well models predict unseen pairs; ``judge`` is apart, for it needs TensorFlow."""

from deepdep.evaluation.comparison import (
    PREDICTOR,
    Comparison,
    EvaluateSettings,
    Evaluation,
    evaluate,
)
from deepdep.evaluation.fold import UNSEEN_GENES, Cell, gene_statistics
from deepdep.evaluation.markdown import markdown_table, markdown_tables

__all__ = [
    "PREDICTOR",
    "UNSEEN_GENES",
    "Cell",
    "Comparison",
    "EvaluateSettings",
    "Evaluation",
    "evaluate",
    "gene_statistics",
    "markdown_table",
    "markdown_tables",
]
