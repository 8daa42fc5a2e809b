"""What every baseline is given: training labels, omics, and which lines and genes to predict."""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property

import pandas as pd

from deepdep.domain.cohort import GeneSets
from deepdep.domain.omics import Omic
from deepdep.models.baselines.settings import BaselineSettings


@dataclass(frozen=True)
class Task:
    """One fold, without its answers.

    Attributes
    ----------
    train_effect
        Gene effects of the training lines, NaN where not screened.
    omics
        Standardised tables (cell line, feature), learned from training lines only; NaN where not
        measured. A line that lacks an omic may be a row of NaN or absent.
    obs
        ``patient_id`` and ``lineage`` of the training lines and of ``lines``.
    lines, genes
        What to predict. A gene that no training line screened is unseen: only the baselines for
        unseen genes predict it, the others give NaN.
    """

    train_effect: pd.DataFrame
    omics: Mapping[Omic, pd.DataFrame]
    obs: pd.DataFrame
    lines: pd.Index
    genes: pd.Index
    gene_sets: GeneSets
    settings: BaselineSettings

    @cached_property
    def screened(self) -> pd.DataFrame:
        """Training effects of every gene that has any, lines in the order of their names."""
        return self.train_effect.astype(float).dropna(axis=1, how="all").sort_index()

    @cached_property
    def asked(self) -> pd.DataFrame:
        """Training effects of those genes to predict that have any."""
        screened = self.screened
        return screened[self.genes[self.genes.isin(screened.columns)]]

    def around_mean(self, deviations: pd.DataFrame) -> pd.DataFrame:
        """Return the predictions that deviate so from the gene means, NaN for unseen genes."""
        return self.labelled(self.screened.mean() + deviations)

    def labelled(self, effects: pd.DataFrame) -> pd.DataFrame:
        """Return predictions with the labels asked for, NaN for unseen genes."""
        return effects.reindex(index=self.lines, columns=self.genes)
