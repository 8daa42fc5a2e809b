"""What a study found: the best values, every trial, and which settings mattered."""

import warnings
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC
from pathlib import Path
from typing import Any, Self

import optuna
import pandas as pd
import yaml
from optuna.trial import FrozenTrial, TrialState

from deepdep.errors import DeepDEPError
from deepdep.io.documents import IMPORTANCES, TIMES, TRIALS, csv_text
from deepdep.io.files import new_paths
from deepdep.settings import overridden
from deepdep.statistics.metrics import position_of_best
from deepdep.tuning.settings import N_WEIGHTS, Suggested, TuneSettings
from deepdep.tuning.trial import N_EPOCHS, retry_of, state_name

FEWEST_FOR_IMPORTANCE = 4  # complete trials
MOST_PER_COMPLETE = 10  # trials, for each that n_trials wants
MOST_RETRIES = 5  # of one trial


@dataclass(frozen=True)
class Tuned:
    """The best values found, none when tuning is off, and what they were chosen from.

    Attributes
    ----------
    best
        Value by dotted path.
    trials
        One row per trial: ``number``, ``state`` (complete, pruned, fail), ``value``, with two
        objectives ``n_weights``, ``retry_of`` (the failed trial that it repeats, if any),
        ``n_epochs`` of fine-tuning, and the value of each setting, choices as JSON.
    importances
        Columns ``setting`` and ``importance``, the largest first; no row where too few trials
        came to their end to tell.
    times
        One row per trial: ``number``, ``started`` (UTC), ``seconds`` from start to end.
    """

    best: Suggested
    trials: pd.DataFrame
    importances: pd.DataFrame
    times: pd.DataFrame

    @classmethod
    def of(cls, study: optuna.Study | None, settings: TuneSettings) -> Self:
        """Collect the results; of a study that is None, tuning being off, there are none."""
        sizes = [] if settings.is_pruned else [N_WEIGHTS]
        names = [*TRIALS, *sizes, "retry_of", N_EPOCHS, *settings.searched]
        if study is None:
            return cls({}, pd.DataFrame(columns=names), _importances(None), _times(()))
        trials = study.get_trials()
        best = best_trial(trials)
        if best is None:
            raise DeepDEPError(
                "tune: no trial came to its end; raise tune.min_epochs or tune.max_hours in "
                "params.yaml"
            )
        rows = [
            {
                "number": trial.number,
                "state": state_name(trial),
                "value": trial.values[0] if trial.values else None,
                N_WEIGHTS: int(trial.values[1]) if len(trial.values or []) > 1 else None,
                "retry_of": retry_of(trial),
                N_EPOCHS: trial.user_attrs.get(N_EPOCHS),
                **settings.texts(trial.params),
            }
            for trial in trials
        ]
        kinds = {"retry_of": "Int64", N_EPOCHS: "Int64"} | dict.fromkeys(sizes, "Int64")
        table = pd.DataFrame(rows, columns=names).astype(kinds)
        return cls(settings.decoded(best.params), table, _importances(study), _times(trials))

    def settings(self, omics: Iterable[str]) -> dict[str, Any]:
        """Nest the best values as params.yaml does, a ``*`` spelled out for every omic."""
        empty: dict[str, Any] = {"pretrain": {str(omic): {} for omic in omics}}
        return overridden(empty, self.best) if self.best else {}

    def write(self, omics: Iterable[str], *files: Path) -> None:
        """Write best values, trials and importances, in this order, or none.

        The times go to a file beside the trials: no two runs have the same, so that they are no
        output of a stage.
        """
        best = yaml.safe_dump(self.settings(omics), sort_keys=True)
        tables = (self.trials, self.importances, self.times)
        texts = (best, *map(csv_text, tables))
        with new_paths(*files, files[1].with_name("times.csv")) as paths:
            for text, path in zip(texts, paths, strict=True):
                path.write_text(text, encoding="utf-8")


def _times(trials: Sequence[FrozenTrial]) -> pd.DataFrame:
    rows = [
        (
            trial.number,
            trial.datetime_start
            and trial.datetime_start.astimezone(UTC).isoformat(timespec="seconds"),
            trial.duration and round(trial.duration.total_seconds(), 1),
        )
        for trial in trials
    ]
    return pd.DataFrame(rows, columns=list(TIMES))


def best_trial(trials: Sequence[FrozenTrial]) -> FrozenTrial | None:
    """Return the most accurate trial that came to its end; of equals, the smallest, the first."""
    complete = [trial for trial in trials if trial.state is TrialState.COMPLETE]
    if not complete:
        return None
    # With one objective no size is stored.
    r, *sizes = zip(*(trial.values for trial in complete), strict=True)
    return complete[position_of_best(r, sizes[0] if sizes else [0] * len(r))]


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
            f"{settings.n_trials} are wanted; raise tune.min_epochs or narrow tune.space in "
            "params.yaml."
        )
    return True


def progress_of(trials: Sequence[FrozenTrial], settings: TuneSettings) -> str:
    """Say in one line how far a study has come."""
    n_complete = sum(trial.state is TrialState.COMPLETE for trial in trials)
    best = best_trial(trials)
    so_far = "" if best is None else f", best r {best.values[0]:.4f} (trial {best.number})"
    return f"{n_complete} of {settings.n_trials} trials complete{so_far}"


def _importances(study: optuna.Study | None) -> pd.DataFrame:
    if study is None:
        return pd.DataFrame(columns=list(IMPORTANCES))
    complete = study.get_trials(deepcopy=False, states=(TrialState.COMPLETE,))
    first = [trial.values[0] for trial in complete]
    if len(complete) < FEWEST_FOR_IMPORTANCE or len(set(first)) == 1:
        return pd.DataFrame(columns=list(IMPORTANCES))
    # With a target Optuna looks for what matters for low figures.
    target = (lambda trial: -trial.values[0]) if len(study.directions) > 1 else None
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", UserWarning)  # which warns of it
        found = optuna.importance.get_param_importances(study, target=target)
    ordered = sorted((-share, name) for name, share in found.items())
    return pd.DataFrame([(name, -share) for share, name in ordered], columns=list(IMPORTANCES))
