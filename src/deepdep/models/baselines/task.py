"""What every baseline is given, set to and reads, and how strongly it is held back."""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from functools import cached_property
from typing import Literal

import numpy as np
import pandas as pd
from pandas.api.types import is_numeric_dtype
from scipy.sparse import csr_array

from deepdep.data.prepared import Prepared
from deepdep.data.splits import LEARNED_FROM
from deepdep.domain.cohort import GeneSets
from deepdep.errors import DeepDEPError, shown
from deepdep.models.inputs import row_blocks
from deepdep.settings import Settings

GENES_PER_BLOCK = 128  # x 20,000 features: 20 MB per intermediate table
DECIMALS = 9  # of correlations; beyond them, the order of a sum shows
NO_COVARIATES = ("patient_id", "source", "split")  # columns of obs that are no property of a line
MAX_SD = 5.0  # from the mean; a covariate farther off counts as so far
MIN_LINES_OF_VALUE = 3  # of a covariate, among the training lines; rarer values tell nothing
MAX_SPARSE = 0.1  # share of labels that are missing, up to which a sparse product is quicker
MIN_SQUARES = 1e-9  # of deviations of standardised values; below it, a feature is constant

BaselineName = Literal[
    "gene_mean",
    "lineage_mean",
    "common_factor",
    "own_expression",
    "nearest_lines",
    "ridge_expression",
    "ridge",
    "ridge_drivers",
    "confounders",
    "elastic_net",
    "random_forest",
    "fingerprint_ridge",
    "nearest_genes",
]


class PenaltyScope(StrEnum):
    """Whether all genes share a penalty; sharing is stronger, one gene says too little."""

    COMMON = "common"
    PER_GENE = "per_gene"

    def best_penalties(self, errors: np.ndarray) -> np.ndarray:
        """Choose a penalty per gene by its position, the same one for all if they share it.

        Parameters
        ----------
        errors
            Sums of squared errors on patients left out, shape (penalty, gene).
        """
        if self is PenaltyScope.COMMON:
            errors = np.broadcast_to(errors.sum(axis=1, keepdims=True), errors.shape)
        return errors.argmin(axis=0)


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
    """The ``evaluate.baselines`` group of params.yaml."""

    models: tuple[BaselineName, ...]  # to show, in this order
    lineage_shrinkage: float  # lines a lineage needs to move half the way to its own mean
    n_nearest_lines: int
    n_nearest_genes: int
    penalties: tuple[float, ...]  # of ridge, to choose from; 1 is the features' mean squared length
    penalty: PenaltyScope  # of ridge and the elastic net
    weights: tuple[float, ...]  # of an omic or covariate beside the best, to choose from, or 0
    covariates: tuple[str, ...] | None  # columns of obs that confounders reads; None: all
    n_folds: int  # of the training patients, to choose a penalty
    elastic_net: ElasticNetSettings
    random_forest: RandomForestSettings

    @property
    def unused(self) -> list[str]:
        """Groups of settings of baselines that are not shown."""
        return [name for name in ("elastic_net", "random_forest") if name not in self.models]


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
        ``patient_id``, ``lineage`` and what else is known of the training lines and of ``lines``.
    lines, genes
        What to predict. A gene that no training line screened is unseen: only the baselines for
        unseen genes predict it, the others give NaN.
    """

    train_effect: pd.DataFrame
    omics: Mapping[str, pd.DataFrame]
    obs: pd.DataFrame
    lines: pd.Index
    genes: pd.Index
    gene_sets: GeneSets
    settings: BaselineSettings

    @classmethod
    def of_prepared(
        cls, prepared: Prepared, lines: pd.Index, genes: pd.Index, settings: BaselineSettings
    ) -> "Task":
        """Ask for the effects of some genes in some lines of a cohort.

        Baselines learn from the training and the validation lines: all that tuning and early
        stopping let the predictor see.
        """
        return cls(
            train_effect=prepared.labels(*LEARNED_FROM),
            omics=prepared.profiles,
            obs=prepared.cell_lines,
            lines=lines,
            genes=genes,
            gene_sets=prepared.gene_sets,
            settings=settings,
        )

    @cached_property
    def screened(self) -> pd.DataFrame:
        """Training effects of every gene that has any, lines in the order of their names."""
        return self.train_effect.astype(float).dropna(axis=1, how="all").sort_index()

    @cached_property
    def learnable(self) -> pd.DataFrame:
        """Training effects of those genes to predict that have any."""
        screened = self.screened
        return screened[self.genes[self.genes.isin(screened.columns)]]

    @cached_property
    def covariates(self) -> pd.DataFrame:
        """Columns of ``obs`` as numbers, columns (value, column of ``obs``), no NaN.

        A number is standardised on the training lines; not known is their mean, beside a column
        that says so. A text has a column per value that enough training lines have.

        Raises
        ------
        DeepDEPError
            When the settings name a column that is not there, or that tells no lines apart.
        """
        train = self.screened.index
        lines, named = train.union(self.lines), self.settings.covariates
        names = [name for name in self.obs.columns if name not in NO_COVARIATES]
        found: dict[tuple[str, str], pd.Series] = {}
        for name in names if named is None else named:
            if name not in self.obs.columns:
                raise _wrong_covariate(name, f"is no column of obs, which has {shown(names)}")
            column = self.obs.loc[lines, name]
            made = _numbers(column, train) if is_numeric_dtype(column) else _values(column, train)
            if not made and named is not None:
                raise _wrong_covariate(name, f"tells none of the {len(train)} training lines apart")
            found |= {(value, name): numbers for value, numbers in made.items()}
        if not found:
            return pd.DataFrame(index=lines, columns=pd.MultiIndex.from_tuples([], names=[0, 1]))
        return pd.DataFrame(found, lines)

    def features(self, *omics: str) -> pd.DataFrame:
        """Return these omics, by default all, of the training lines and of those to predict."""
        tables = {omic: self.omics[omic] for omic in omics} if omics else self.omics
        return concatenate_omics(tables, self.train_effect.index.union(self.lines))

    def around_mean(self, deviations: pd.DataFrame) -> pd.DataFrame:
        """Return the predictions that deviate so from the gene means, NaN for unseen genes."""
        return self.labelled(self.screened.mean() + deviations)

    def labelled(self, effects: pd.DataFrame) -> pd.DataFrame:
        """Return predictions with the labels asked for, NaN for unseen genes."""
        return effects.reindex(index=self.lines, columns=self.genes)


def _wrong_covariate(name: str, problem: str) -> DeepDEPError:
    return DeepDEPError(
        f"params.yaml: evaluate.baselines.covariates: {name!r}: {problem}; leave it out, or import "
        "a table that has it."
    )


def _numbers(column: pd.Series, train: pd.Index) -> dict[str, pd.Series]:
    """Standardise a column of numbers, and say where it is not known; {} where it is constant."""
    numbers = column.astype(float)
    learned = numbers[train]
    sd = learned.std(ddof=0)
    if not sd > 0:
        return {}
    standardized = ((numbers - learned.mean()) / sd).clip(-MAX_SD, MAX_SD).fillna(0)
    is_unknown = numbers.isna().astype(float)
    return {"": standardized} | ({"unknown": is_unknown} if learned.isna().any() else {})


def _values(column: pd.Series, train: pd.Index) -> dict[str, pd.Series]:
    """Say of each common value of a column where it is; {} where no value tells lines apart."""
    texts = column.astype(object).where(column.notna(), "unknown").astype(str)
    n_lines = texts[train].value_counts()
    common = n_lines.index[(n_lines >= MIN_LINES_OF_VALUE) & (n_lines < len(train))]
    return {value: (texts == value).astype(float) for value in sorted(common)}


def concatenate_omics(tables: Mapping[str, pd.DataFrame], lines: pd.Index) -> pd.DataFrame:
    """Set standardised omics side by side, columns (omic, feature), sorted.

    What was not measured is 0, the training mean; so is a whole omic that a line lacks, which
    makes that line look average there.
    """
    rows = {omic: table.reindex(lines) for omic, table in tables.items()}
    return pd.concat(rows, axis=1).fillna(0).sort_index(axis=1)


def most_correlated(features: np.ndarray, labels: np.ndarray, n: int) -> np.ndarray:
    """Choose the features that correlate most with each gene, positively or negatively.

    Parameters
    ----------
    features, labels
        Of the same lines: (line, feature) without NaN and (line, gene), NaN where not screened.

    Returns
    -------
    Positions of ``n`` features, or all if there are fewer, shape (gene, position), strongest
    first; of equals the first.
    """
    chosen = np.empty((labels.shape[1], min(n, features.shape[1])), np.int64)
    of_features = _Sums(features, features**2)
    for genes in row_blocks(labels.shape[1], GENES_PER_BLOCK):
        chosen[genes] = _strongest(np.abs(of_features.correlations(labels[:, genes])), n)
    return chosen


def _strongest(strength: np.ndarray, n: int) -> np.ndarray:
    """Positions of the ``n`` largest of each row, largest first; of equals the first."""
    n_features = strength.shape[1]
    # Whole numbers, no two alike in a row: strength counts first, then position.
    rank = np.rint(strength * 10**DECIMALS).astype(np.int64) * n_features
    rank += np.arange(n_features)[::-1]
    n = min(n, n_features)
    found = np.argpartition(-rank, n - 1, axis=1)[:, :n] if n else rank[:, :0]
    order = np.argsort(-np.take_along_axis(rank, found, axis=1), axis=1)
    return np.take_along_axis(found, order, axis=1)


@dataclass(frozen=True)
class _Sums:
    """Features of lines, (line, feature), their squares, and the sums of both over all lines."""

    features: np.ndarray
    squares: np.ndarray

    @cached_property
    def of_all(self) -> tuple[np.ndarray, np.ndarray]:
        return self.features.sum(axis=0), self.squares.sum(axis=0)

    def correlations(self, labels: np.ndarray) -> np.ndarray:
        """Pearson's r over the lines that screened the gene, (gene, feature); 0 where constant."""
        screened = ~np.isnan(labels)
        n_screened = np.maximum(screened.sum(axis=0), 1)
        mean = np.where(screened, labels, 0).sum(axis=0) / n_screened
        deviations = np.where(screened, labels - mean, 0).T  # (gene, line)
        missing = (~screened.T).astype(float)
        if missing.mean() < MAX_SPARSE:
            missing = csr_array(missing)
        sums, squares = (
            of_all - missing @ each
            for of_all, each in zip(self.of_all, (self.features, self.squares), strict=True)
        )
        squares -= sums**2 / n_screened[:, None]
        lengths = np.sqrt(squares.clip(0)) * np.linalg.norm(deviations, axis=1, keepdims=True)
        varies = (squares > MIN_SQUARES) & (lengths > 0)
        products = deviations @ self.features
        return np.divide(products, lengths, out=np.zeros_like(lengths), where=varies)
