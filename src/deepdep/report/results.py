"""What the stages of one run wrote, read back together for its report."""

import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from deepdep.analysis.cohort_map import CODE, MAP
from deepdep.data.prepared import Prepared, read_prepared
from deepdep.domain.cohort import CohortIdentity
from deepdep.domain.omics import in_order, table_omic
from deepdep.errors import BadFileError
from deepdep.evaluation.judge import UnseenLines
from deepdep.io.documents import (
    CROSS_VALIDATED,
    IMPORTANCES,
    LEARNING_CURVE,
    PER_GENE,
    TRIALS,
    TUNING_GAIN,
    read_csv,
    read_json,
    read_numbered_csv,
)
from deepdep.io.matrices import read_anndata, to_frame
from deepdep.models.artifacts import Composition
from deepdep.settings import read_yaml


@dataclass(frozen=True)
class Predictions:
    """Predicted gene effects of tumours, or of all cell lines.

    Attributes
    ----------
    effect
        Shape (sample, gene); negative means dependent.
    obs
        Columns ``patient_id``, ``lineage`` and, for cell lines, ``split``.
    genes
        Columns ``mean`` and ``sd`` of the lines learned from, ``test_r`` of unseen patients, and
        those of ``CROSS_VALIDATED``, NaN where the predictor was not cross-validated.
    codes
        Where the cell tower places the samples, shape (sample, width).
    plane
        The codes on a map of tumours and cell lines together, shape (sample, 2).
    """

    effect: pd.DataFrame
    obs: pd.DataFrame
    genes: pd.DataFrame
    codes: pd.DataFrame
    plane: np.ndarray


@dataclass(frozen=True)
class Results:
    """All that a report shows."""

    prepared: Prepared
    pretraining: dict[str, pd.DataFrame]  # epoch, loss, val_loss; no row when untrained
    finetuning: pd.DataFrame  # epoch, loss, val_loss, val_mean_gene_r, network
    makeup: Composition
    best_values: Mapping[str, Any]  # empty when tuning was off
    trials: pd.DataFrame  # number, state, value, ...; no row when tuning was off
    importances: pd.DataFrame  # setting, importance; no row when trials were too few
    tuning_gain: pd.DataFrame | None  # split, settings, mean_gene_r, low, high, ...
    metrics: Mapping[str, Any]  # without a model where no line was kept to judge by
    per_gene: pd.DataFrame  # gene, model, r, n_lines, selective, ...
    unseen: UnseenLines
    cell_lines: Predictions
    tumors: Predictions | None
    learning_curve: pd.DataFrame | None  # n_lines, model, mean_gene_r, low, high
    pretraining_gain: pd.DataFrame | None  # the same columns, of a difference
    cohort: CohortIdentity | None  # None where validation did not look at it
    validation_notes: list[str]  # what validation let pass but a person should know
    registration: Mapping[str, str]  # sha256 of the manifest, by registered model
    params: Mapping[str, Any]
    pages: str  # where the pipeline's other pages lie from the report: nothing, or a folder with /


def read_results(
    prepared: Path,
    models: Path,
    reports: Path,
    predictions: Path,
    tuning: Path,
    params: Path,
    study: Path | None = None,
) -> Results:
    """Read the folders that the stages wrote; what a cohort lacks may be absent.

    ``study`` holds what was asked for beside the pipeline: a learning curve, what tuning gained.
    """
    curve, gain, of_tuning = (
        None if study is None else study / f"{name}.csv"
        for name in ("learning_curve", "pretraining_gain", "tuning_gain")
    )
    folders = prepared.iterdir() if prepared.is_dir() else ()
    omics = in_order(f.name for f in folders if f.is_dir() and table_omic(f.name))
    histories = {omic: models / "autoencoders" / omic / "history.csv" for omic in omics}
    return Results(
        prepared=read_prepared(prepared, omics),
        pretraining={o: read_numbered_csv(file) for o, file in histories.items() if file.exists()},
        finetuning=read_numbered_csv(models / "judged" / "history.csv"),
        makeup=Composition.read(models / "judged"),
        best_values=read_yaml(tuning / "best.yaml", "Run `dvc repro`"),
        trials=_read_trials(tuning / "trials.csv"),
        importances=read_csv(tuning / "importances.csv", IMPORTANCES),
        tuning_gain=_read_tuning_gain(of_tuning),
        metrics=read_metrics(reports / "metrics.json"),
        per_gene=read_csv(reports / "per_gene.csv", PER_GENE),
        unseen=UnseenLines.read(reports / "test_predictions.h5ad"),
        cell_lines=_read_predictions(predictions / "cell_lines.h5ad"),
        tumors=_read_tumors(predictions / "tumors.h5ad"),
        learning_curve=_read_learning_curve(curve),
        pretraining_gain=_read_learning_curve(gain),
        cohort=read_identity(reports / "validation.json"),
        validation_notes=_notes(_read_if_there(reports / "validation.json")),
        registration=_read_if_there(reports / "registration.json"),
        params=read_yaml(params, "Run `dvc repro`"),
        pages="" if study is None else f"{Path(os.path.relpath(reports, study)).as_posix()}/",
    )


def read_metrics(source: Path) -> dict[str, Any]:
    """Read what ``evaluate`` measured; the predictor must be in it, where anything was judged."""
    metrics = read_json(source)
    models = metrics.get("models")
    if models is None or (models and "predictor" not in models):
        raise BadFileError(source, "has no figures of the predictor", "Run `dvc repro evaluate`")
    return metrics


def read_identity(validation: Path) -> CohortIdentity | None:
    """Read of which cohort a validation is; None where there is none, or it does not say."""
    stated = _read_if_there(validation).get("cohort")
    return None if stated is None else CohortIdentity(**stated)


def _read_tumors(source: Path) -> Predictions | None:
    if not source.exists():
        return None
    tumors = _read_predictions(source)
    return tumors if len(tumors.effect) else None


def _read_predictions(source: Path) -> Predictions:
    matrix = read_anndata(source)
    genes = pd.DataFrame(matrix.var)
    missing = [name for name in ("mean", "sd", "test_r") if name not in genes.columns]
    missing += [name for name in (CODE, MAP) if name not in matrix.obsm]
    if missing:
        raise BadFileError(source, f"lacks {missing[0]!r}", "Run the stage predict again")
    shown = ["mean", "sd", "test_r", *CROSS_VALIDATED]
    return Predictions(
        effect=to_frame(matrix),
        obs=pd.DataFrame(matrix.obs).astype(str),
        genes=genes.reindex(columns=shown).astype(float),
        codes=pd.DataFrame(np.asarray(matrix.obsm[CODE]), index=matrix.obs_names),
        plane=np.asarray(matrix.obsm[MAP]),
    )


def _read_learning_curve(source: Path | None) -> pd.DataFrame | None:
    return read_numbered_csv(source, LEARNING_CURVE) if source and source.exists() else None


def _read_trials(source: Path) -> pd.DataFrame:
    """Read trials in which ``null`` is a choice like others."""
    return read_csv(source, TRIALS).astype({"number": int})


def _read_tuning_gain(source: Path | None) -> pd.DataFrame | None:
    return read_csv(source, TUNING_GAIN) if source and source.exists() else None


def _notes(validation: Mapping[str, Any]) -> list[str]:
    return [check["message"] for check in validation.get("checks", []) if not check["success"]]


def _read_if_there(source: Path) -> dict[str, Any]:
    return read_json(source) if source.exists() else {}
