"""Our experiments in MLflow (decision 0003), and the questions that their pages answer."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from deepdep.domain.omics import Omic
from deepdep.mlflow_views import MODELS, View

PIPELINE, BENCHMARK = "deepdep-pipeline", "deepdep-benchmark"
TEST_R, VALIDATION_R = "test_mean_gene_r", "val_mean_gene_r"
TRIAL_R = "objective"  # of a trial as a whole; its curve is VALIDATION_R
TRIALS = "trials"  # the view of a study's trials, which is there once one was begun


@dataclass(frozen=True)
class Experiment:
    """What an experiment holds, and its views by the key that their address names."""

    description: str
    views: Mapping[str, View]


EXPERIMENTS = {
    PIPELINE: Experiment(
        "One parent run per `dvc repro`; its stages below it, tuning trials below `tune`.",
        {
            "models": View(
                "Predictor, baselines and trials side by side",
                runs=MODELS,
                metrics=(TEST_R, TRIAL_R, "test_mean_gene_r_low", "test_mean_gene_r_high"),
                params=("model",),
            ),
            "executions": View(
                "Executions: which omics, which latent sizes",
                runs="tags.stage = 'execution'",
                metrics=(TEST_R, "test_mean_gene_r_low", "test_mean_gene_r_high"),
                params=("omics", *(f"latent_size.{omic}" for omic in Omic)),
                parallel=((TEST_R,), tuple(f"latent_size.{omic}" for omic in Omic)),
            ),
            "autoencoders": View(
                "Autoencoders: held-out reconstruction by omic and widths",
                runs="params.omic LIKE '%'",
                metrics=("val_loss", "loss"),
                params=("omic", "latent_size", "pretrain.widths", "pretrain.corruption"),
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


def trials_view(settings: Iterable[str]) -> View:
    """Return the view of trials by the settings that their study searches.

    They must be those that its trials have: MLflow draws no parallel coordinates over a parameter
    that no run has.
    """
    searched = tuple(settings)
    return View(
        "Tuning trials: which latent size, which rates",
        runs="params.model = 'trial'",
        metrics=(TRIAL_R, VALIDATION_R, "n_weights"),
        params=searched,
        parallel=((TRIAL_R,), searched),
    )
