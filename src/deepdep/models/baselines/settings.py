"""What the baselines are set to; each reads its own part."""

from dataclasses import dataclass
from enum import StrEnum
from typing import Literal

from deepdep.domain.settings import Settings

BaselineName = Literal[
    "gene_mean",
    "lineage_mean",
    "common_factor",
    "own_expression",
    "nearest_lines",
    "ridge_expression",
    "ridge",
    "elastic_net",
    "random_forest",
    "fingerprint_ridge",
    "nearest_genes",
]


class PenaltyScope(StrEnum):
    """Whether all genes share a penalty; sharing is stronger, one gene says too little."""

    COMMON = "common"
    PER_GENE = "per_gene"


@dataclass(frozen=True)
class ElasticNetSettings(Settings):
    """The ``elastic_net`` group of the baselines."""

    n_features: int  # of each gene, those most correlated with it on the lines it is fitted on
    l1_share: float  # of the penalty; 1 is the lasso, 0 is ridge
    penalties: tuple[float, ...]  # to choose from, for effects scaled to SD 1


@dataclass(frozen=True)
class RandomForestSettings(Settings):
    """The ``random_forest`` group of the baselines."""

    n_features: int  # of each gene, those most correlated with it, besides its own
    n_trees: int
    features_per_split: float  # share of the features that a split chooses from
    lines_per_leaf: int  # at least
    seed: int


@dataclass(frozen=True)
class BaselineSettings(Settings):
    """The ``baselines`` group of params.yaml."""

    models: tuple[BaselineName, ...]  # to show, in this order
    lineage_shrinkage: float  # lines a lineage needs to move half the way to its own mean
    n_nearest_lines: int
    n_nearest_genes: int
    penalties: tuple[float, ...]  # of ridge, to choose from; 1 is the features' mean squared length
    penalty: PenaltyScope  # of ridge and the elastic net
    n_folds: int  # of the training patients, to choose a penalty
    elastic_net: ElasticNetSettings
    random_forest: RandomForestSettings
