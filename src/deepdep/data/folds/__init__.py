"""Folds: what is learned from and what is judged on, drawn once and read by everyone."""

from deepdep.data.folds.draw import FoldSettings, SplitMode, draw_folds
from deepdep.data.folds.gene_groups import gene_groups
from deepdep.domain.folds import Fold, folds_hash

__all__ = ["Fold", "FoldSettings", "SplitMode", "draw_folds", "folds_hash", "gene_groups"]
