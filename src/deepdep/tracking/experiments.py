"""Our experiments in MLflow (decision 0003), and the questions that their pages answer."""

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

DESCRIPTION = "mlflow.note.content"
SHARED_VIEW = "mlflow.sharedViewState."  # MLflow's own prefix of such tags
MODELS = "params.model LIKE '%'"
# Of the tables that most cohorts have: a plot leaves out a run that lacks one of its axes.
LATENT_SIZES = tuple(
    f"latent_size.{omic}" for omic in ("mutation", "expression", "methylation", "copy_number")
)
# What opens MLflow's pages for machine learning, with the registry; else they are those for agents.
WORKFLOW = "workflowType=machine_learning"
SAVED = 1767225600000  # ms since 1970 of 2026-01-01: a view is the same whenever it is written
PIPELINE, BENCHMARK = "deepdep-pipeline", "deepdep-benchmark"
TEST_R, VALIDATION_R = "test_mean_gene_r", "val_mean_gene_r"
TRIAL_R = "objective"  # of a trial as a whole; its curve is VALIDATION_R
TRIALS = "trials"  # the view of a study's trials, which is there once one was begun


@dataclass(frozen=True)
class View:
    """One page: which runs, in which order, with which columns and charts.

    Attributes
    ----------
    title
        The words of the link.
    runs
        MLflow's filter.
    metrics, params, tags
        Columns, by name; runs are ordered by the first metric, the highest first.
    group_by
        A parameter over whose values metrics are averaged.
    parallel
        Metrics and parameters that are drawn as parallel coordinates.
    """

    title: str
    runs: str
    metrics: tuple[str, ...]
    params: tuple[str, ...]
    tags: tuple[str, ...] = ()
    group_by: str | None = None
    parallel: tuple[tuple[str, ...], tuple[str, ...]] | None = None

    @property
    def state(self) -> dict[str, Any]:
        """What MLflow's page reads."""
        columns = [f"metrics.`{name}`" for name in self.metrics]
        charts = [_chart("BAR", f"bars-{metric}", metricKey=metric) for metric in self.metrics]
        if self.parallel is not None:
            metrics, params = map(list, self.parallel)
            charts.append(
                _chart(
                    "PARALLEL",
                    "parallel",
                    selectedMetrics=metrics,
                    selectedParams=params,
                    showAllRuns=True,
                )
            )
        return {
            "searchFilter": self.runs,
            "orderByKey": columns[0],
            "orderByAsc": False,
            "selectedColumns": [
                *columns,
                *(f"params.`{name}`" for name in self.params),
                *(f"tags.`{name}`" for name in self.tags),
            ],
            "groupBy": f"param.average.{self.group_by}" if self.group_by else None,
            "groupsExpanded": {},
            "runsHiddenMode": "SHOW_ALL",  # MLflow draws but ten otherwise
            "useGroupedValuesInCharts": True,
            "compareRunCharts": charts,
            "compareRunSections": [
                {"uuid": "figures", "name": self.title, "display": True, "isReordered": False}
            ],
        }

    @property
    def saved(self) -> str:
        """What the tag of an experiment holds."""
        return saved_view(self.title, json.dumps(self.state))


def view_tag(key: str) -> str:
    """Name the tag of an experiment that holds a view."""
    return f"{SHARED_VIEW}{key}"


def saved_view(title: str, state: str) -> str:
    """Put a state into the envelope of name and dates without which no menu lists it."""
    return json.dumps({"name": title, "createdAt": SAVED, "updatedAt": SAVED, "state": state})


def view_page(experiment_id: str, key: str) -> str:
    """Return the address of a view's table, below that of MLflow."""
    return f"#/experiments/{experiment_id}/runs?{WORKFLOW}&viewStateShareKey={key}"


@dataclass(frozen=True)
class Experiment:
    """What an experiment holds, and its views by the key that their address names."""

    description: str
    views: Mapping[str, View]

    def tags(self, experiment_id: str, others: Iterable[str] = ()) -> dict[str, str]:
        """Return its tags: views by key, and a description that links to them.

        ``others`` are the keys of views that it has already, to be linked to as well.
        """
        links = []
        for key in (*self.views, *others):
            page = view_page(experiment_id, key)
            links.append(f"{key}: [table]({page}), [charts]({page}&compareRunsMode=CHART)")
        tags = {view_tag(key): view.saved for key, view in self.views.items()}
        # One line: of more, the page shows none until it is asked to.
        return tags | {DESCRIPTION: f"{self.description} {'; '.join(links)}."}


EXPERIMENTS = {
    PIPELINE: Experiment(
        "One parent run per `dvc repro`; its stages below it, tuning trials below `tune`.",
        {
            "models": View(
                "Predictor, baselines and trials side by side",
                runs=MODELS,
                metrics=(TEST_R, TRIAL_R, "test_skill", "test_auroc"),
                params=("model",),
            ),
            "executions": View(
                "Executions: which omics, which latent sizes",
                runs="tags.stage = 'execution'",
                metrics=(TEST_R, "test_skill", "test_auroc"),
                params=("omics", *LATENT_SIZES),
                parallel=((TEST_R,), LATENT_SIZES),
            ),
            "autoencoders": View(
                "Autoencoders: held-out reconstruction by omic and widths",
                runs="params.omic LIKE '%'",
                metrics=("val_loss", "loss"),
                params=(
                    "omic",
                    "latent_size",
                    "pretrain.encoder.widths",
                    "pretrain.encoder.corruption",
                ),
                parallel=(("val_loss",), ("omic", "latent_size", "pretrain.learning_rate")),
            ),
        },
    ),
    BENCHMARK: Experiment(
        "One parent run per `deepdep benchmark`; below it one run per cell of the table.",
        {
            "models": View(
                "Models over all folds: which baseline, which omics, what pretraining gives",
                runs=MODELS,
                metrics=("mean_gene_r", "seconds"),
                params=("model", "mode", "seed", "fold"),
                group_by="model",
            ),
            "cells": View(
                "Every cell",
                runs=MODELS,
                metrics=("mean_gene_r", "seconds"),
                params=("model", "mode", "seed", "fold", "omics", "hide", "data"),
                parallel=(("mean_gene_r",), ("model", "seed", "fold")),
            ),
        },
    ),
}


TRIALS_TITLE = "Tuning trials: which latent size, which rates"


def trials_view(settings: Iterable[str]) -> View:
    """Return the view of trials by the settings that their study searches.

    They must be those that its trials have: MLflow draws no parallel coordinates over a parameter
    that no run has.
    """
    searched = tuple(settings)
    return View(
        TRIALS_TITLE,
        runs="params.model = 'trial'",
        metrics=(TRIAL_R, VALIDATION_R, "n_weights"),
        params=searched,
        tags=("deepdep.outcome",),
        parallel=((TRIAL_R,), searched),
    )


def _chart(kind: str, name: str, **of_kind: str | bool | Sequence[str]) -> dict[str, Any]:
    return {
        "type": kind,
        "uuid": name,
        "deleted": False,
        "isGenerated": False,
        "metricSectionId": "figures",
        "runsCountToCompare": 50,
        **of_kind,
    }
