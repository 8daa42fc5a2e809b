"""What a network must beat: predictors that need no network, learned from training lines only."""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum

import numpy as np
import pandas as pd

from deepdep.domain.omics import Omic
from deepdep.domain.settings import Settings
from deepdep.models.ridge import cross_validated_errors, decompose, predict


class PenaltyScope(StrEnum):
    """Whether all genes share ridge's penalty; sharing is stronger, one gene says too little."""

    COMMON = "common"
    PER_GENE = "per_gene"


@dataclass(frozen=True)
class BaselineSettings(Settings):
    """The ``baselines`` group of params.yaml."""

    lineage_shrinkage: float  # lines a lineage needs to move half the way to its own mean
    penalties: tuple[float, ...]  # to choose from; 1 is the mean squared length of the features
    penalty: PenaltyScope
    n_folds: int  # of the training patients, to choose the penalty


def predict_baselines(
    train_effect: pd.DataFrame,
    omics: Mapping[Omic, pd.DataFrame],
    obs: pd.DataFrame,
    lines: pd.Index,
    settings: BaselineSettings,
) -> dict[str, pd.DataFrame]:
    """Predict lines with every baseline.

    Parameters
    ----------
    train_effect
        Gene effects of the training lines.
    omics
        Standardised tables (cell line, feature), learned from training lines only.
    obs
        ``patient_id`` and ``lineage`` of the training lines and of ``lines``.

    Returns
    -------
    A table (cell line, gene) per baseline. ``ridge`` sees all omics; ``ridge_expression`` is
    there when expression is one of several.
    """
    ridge_inputs = {"ridge": omics}
    if Omic.EXPRESSION in omics and len(omics) > 1:
        ridge_inputs["ridge_expression"] = {Omic.EXPRESSION: omics[Omic.EXPRESSION]}
    train = train_effect.index
    lineage = obs["lineage"]
    both = train.union(lines)
    return {
        "gene_mean": gene_mean(train_effect, lines),
        "lineage_mean": lineage_mean(
            train_effect, lineage[train], lineage[lines], settings.lineage_shrinkage
        ),
    } | {
        name: ridge(
            train_effect, concatenate_omics(tables, both), obs["patient_id"], lines, settings
        )
        for name, tables in ridge_inputs.items()
    }


def gene_mean(train_effect: pd.DataFrame, lines: pd.Index) -> pd.DataFrame:
    """Predict every line by the mean of the training lines: it ranks no line above another."""
    return _same_for_all(train_effect.astype(float).mean(), lines)


def lineage_mean(
    train_effect: pd.DataFrame,
    train_lineage: pd.Series,
    new_lineage: pd.Series,
    shrinkage: float,
) -> pd.DataFrame:
    """Predict a line by its lineage's mean, drawn towards the gene's mean.

    With n lines of the lineage that screened the gene, the lineage's own mean counts
    n / (n + ``shrinkage``). A lineage that was not trained on gets the gene's mean.

    Parameters
    ----------
    train_lineage, new_lineage
        Lineage by cell line; the lines of the second are predicted.
    """
    mean = train_effect.astype(float).mean()
    by_lineage = (train_effect - mean).groupby(train_lineage[train_effect.index])
    shift = by_lineage.sum() / (by_lineage.count() + shrinkage)
    moved = shift.reindex(new_lineage).fillna(0).set_axis(new_lineage.index)
    return mean + moved


def ridge(
    train_effect: pd.DataFrame,
    features: pd.DataFrame,
    patient_id: pd.Series,
    lines: pd.Index,
    settings: BaselineSettings,
) -> pd.DataFrame:
    """Predict each gene by a linear model of all features, its size penalised.

    The penalty has the smallest squared error on training patients left out: summed over genes,
    or gene by gene.

    Parameters
    ----------
    train_effect
        Gene effects of the training lines; each gene is fitted on the lines that screened it.
    features
        Standardised, no NaN, shape (cell line, feature): the training lines and ``lines``.
    patient_id
        By cell line, at least of the training lines.
    """
    train = train_effect.index
    values = features.loc[[*train, *lines]].to_numpy(float)
    kernel = values @ values[: len(train)].T
    labels = train_effect.to_numpy(float)
    errors = cross_validated_errors(
        kernel[: len(train)], labels, patient_id[train], settings.penalties, settings.n_folds
    )
    if settings.penalty is PenaltyScope.COMMON:
        errors = np.broadcast_to(errors.sum(axis=1, keepdims=True), errors.shape)
    penalties = np.take(settings.penalties, errors.argmin(axis=0))  # (gene,)
    basis = decompose(kernel, np.arange(len(train)), np.arange(len(train), len(kernel)))
    predicted = np.empty((len(lines), labels.shape[1]))
    for penalty in np.unique(penalties):
        chosen = penalties == penalty
        predicted[:, chosen] = predict(basis, labels[:, chosen], float(penalty))
    return pd.DataFrame(predicted, index=lines, columns=train_effect.columns)


def concatenate_omics(tables: Mapping[Omic, pd.DataFrame], lines: pd.Index) -> pd.DataFrame:
    """Set standardised omics side by side, columns (omic, feature).

    What was not measured is 0, the training mean; so is a whole omic that a line lacks, which
    makes that line look average there.
    """
    rows = {omic: table.reindex(lines) for omic, table in tables.items()}
    return pd.concat(rows, axis=1).fillna(0)


def _same_for_all(per_gene: pd.Series, lines: pd.Index) -> pd.DataFrame:
    rows = np.tile(per_gene.to_numpy(), (len(lines), 1))
    return pd.DataFrame(rows, index=lines, columns=per_gene.index)
