"""What a study found: the best values, every trial, and which settings mattered."""

import warnings
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import optuna
import pandas as pd
import yaml
from optuna.trial import FrozenTrial, TrialState

from deepdep.domain.result_columns import IMPORTANCES, TRIALS
from deepdep.errors import DeepDEPError
from deepdep.io.documents import csv_text
from deepdep.io.files import new_paths
from deepdep.tuning.sampling import retry_of
from deepdep.tuning.settings import Suggested, TuneSettings, decoded
from deepdep.tuning.trial import N_WEIGHTS

FEWEST_FOR_IMPORTANCE = 4  # complete trials
MOST_PER_COMPLETE = 10  # trials, for each that was asked for
MOST_RETRIES = 5  # of one trial


@dataclass(frozen=True)
class Tuned:
    """The best values found, none when tuning is off, and what they were chosen from."""

    best: Suggested
    trials: pd.DataFrame  # number, state, value, [n_weights,] retry_of, one column per setting
    importances: pd.DataFrame  # setting, importance; no row when few trials came to their end


def results_of(study: optuna.Study | None, settings: TuneSettings) -> Tuned:
    """Collect the results; of a study that is None, tuning being off, there are none."""
    sizes = [] if settings.is_pruned else [N_WEIGHTS]
    names = [*TRIALS, *sizes, "retry_of", *settings.searched]
    if study is None:
        return Tuned({}, pd.DataFrame(columns=names), _importances(None))
    trials = study.get_trials()
    best = best_trial(trials)
    if best is None:
        raise DeepDEPError(
            "tune: no trial came to its end; raise tune.min_epochs or tune.max_hours in params.yaml"
        )
    rows = pd.DataFrame([_row(trial) for trial in trials], columns=names)
    return Tuned(
        decoded(best.params, settings.searched),
        rows.astype({"retry_of": "Int64"} | dict.fromkeys(sizes, "Int64")),
        _importances(study),
    )


def best_trial(trials: Sequence[FrozenTrial]) -> FrozenTrial | None:
    """Return the most accurate trial that came to its end; of equals, the smallest, the first."""
    complete = [trial for trial in trials if trial.state is TrialState.COMPLETE]
    return max(
        complete, key=lambda trial: (trial.values[0], *(-x for x in trial.values[1:])), default=None
    )


def is_wanting(trials: Sequence[FrozenTrial], settings: TuneSettings) -> bool:
    """Tell whether a study needs a further trial, beside those that are running or waiting.

    Raises
    ------
    DeepDEPError
        When trials end early or fail again and again.
    """
    of_state = {state: sum(trial.state is state for trial in trials) for state in TrialState}
    n_complete = of_state[TrialState.COMPLETE]
    under_way = of_state[TrialState.RUNNING] + of_state[TrialState.WAITING]
    if n_complete + under_way >= settings.n_trials:
        return False
    if len(trials) >= MOST_PER_COMPLETE * settings.n_trials:
        raise DeepDEPError(
            f"tune: of {len(trials)} trials only {n_complete} came to their end, and "
            f"{settings.n_trials} are asked for; raise tune.min_epochs or narrow tune.space in "
            "params.yaml."
        )
    return True


def progress_of(trials: Sequence[FrozenTrial], settings: TuneSettings) -> str:
    """Say in one line how far a study has come."""
    n_complete = sum(trial.state is TrialState.COMPLETE for trial in trials)
    best = best_trial(trials)
    so_far = "" if best is None else f", best r {best.values[0]:.4f} (trial {best.number})"
    return f"{n_complete} of {settings.n_trials} trials complete{so_far}"


def state_name(trial: FrozenTrial) -> str:
    """Return complete, pruned, fail, running or waiting."""
    return str(trial.state.name).lower()


def _row(trial: FrozenTrial) -> dict[str, Any]:
    values = trial.values or [None]
    return {
        "number": trial.number,
        "state": state_name(trial),
        "value": values[0],
        N_WEIGHTS: int(values[1]) if len(values) > 1 else None,
        "retry_of": retry_of(trial),
        **trial.params,
    }


def _importances(study: optuna.Study | None) -> pd.DataFrame:
    if study is None:
        return pd.DataFrame(columns=list(IMPORTANCES))
    complete = study.get_trials(deepcopy=False, states=(TrialState.COMPLETE,))
    first = [trial.values[0] for trial in complete]
    if len(complete) < FEWEST_FOR_IMPORTANCE or len(set(first)) == 1:
        return pd.DataFrame(columns=list(IMPORTANCES))
    # Optuna asks what matters for low figures as soon as it is told which.
    target = (lambda trial: -trial.values[0]) if len(study.directions) > 1 else None
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", UserWarning)  # which says so
        found = optuna.importance.get_param_importances(study, target=target)
    ordered = sorted((-share, name) for name, share in found.items())
    return pd.DataFrame([(name, -share) for share, name in ordered], columns=list(IMPORTANCES))


def write_tuned(
    best: Mapping[str, Any], trials: pd.DataFrame, importances: pd.DataFrame, *files: Path
) -> None:
    """Write the files, in this order, or none.

    Parameters
    ----------
    best
        Nested as params.yaml is; empty when tuning is off.
    trials
        One row per trial: ``number``, ``state`` (complete, pruned, fail), ``value``, with two
        objectives ``n_weights``, ``retry_of`` (the failed trial that it repeats, if any), and the
        value of each setting, choices as JSON.
    importances
        Columns ``setting`` and ``importance``, the largest first; no row where too few trials
        came to their end to tell.
    """
    texts = (yaml.safe_dump(dict(best), sort_keys=True), csv_text(trials), csv_text(importances))
    with new_paths(*files) as paths:
        for text, path in zip(texts, paths, strict=True):
            path.write_text(text, encoding="utf-8")
