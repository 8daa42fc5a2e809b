"""The limits that a cohort is held against."""

from dataclasses import dataclass

from deepdep.domain.settings import Settings


@dataclass(frozen=True)
class ValidateSettings(Settings):
    """The ``validate`` group of params.yaml."""

    min_samples: int  # of every table
    min_features: int  # of every table
    min_labelled_lines: int  # screened cell lines with at least one omic
    min_shared_share: float  # of the cell lines' features in the tumours; below it, a note
    max_missing_share: float  # of a feature of an omic; of a sample, a note
    max_missing_share_gene_effect: float  # of a gene; libraries differ, so screens have gaps
    max_foreign_share: float  # of the features named by ids or as mouse genes
    min_mean_r: float  # of tumours' with cell lines' feature means; below it, a note
    max_mean_shift: float  # SD between the two overall means; above it, a note
    shift: float  # SD between two means of a feature from which on it counts as shifted
    max_shifted_share: float  # of the features; above it, a note
    twin_r: float  # of two samples' standardised profiles; from it on they are alike, a note
    twin_features: int  # that samples are compared on, the most variable
