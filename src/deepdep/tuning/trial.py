"""One trial: what it is, what follows it, and how it ends."""

import gc
import math
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, contextmanager, nullcontext, suppress
from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

import optuna
from optuna.trial import FrozenTrial, Trial, TrialState

from deepdep.training.finetune import VALIDATION_R
from deepdep.training.session import start_session
from deepdep.tuning.sampling import original_number, retry_of
from deepdep.tuning.settings import Suggested, TuneSettings, decoded

if TYPE_CHECKING:
    import keras

N_WEIGHTS = "n_weights"


@dataclass(frozen=True)
class Scored:
    """What a trial is judged by."""

    r: float  # mean per-gene r on validation patients
    n_weights: int


@dataclass(frozen=True)
class TrialInfo:
    """A trial as those see it who know nothing of Optuna."""

    number: int
    original: int  # number of the first trial that it repeats, else its own; it is seeded by this
    retry_of: int | None  # number of the failed trial that it stands in for
    values: Suggested


@dataclass(frozen=True)
class Watched:
    """How a trial is followed."""

    callbacks: Sequence["keras.callbacks.Callback"]
    log: Callable[[Mapping[str, float]], None]  # of the figures at the end


Score = Callable[[Suggested, Sequence["keras.callbacks.Callback"]], Scored]


class Watch(Protocol):
    """What follows the trials of a study."""

    def below(self, run_id: str | None) -> str:
        """Put what follows the trials below the run that the study began with, if it is there.

        Returns
        -------
        Id of the run that they are below.
        """

    def trial(self, info: TrialInfo) -> AbstractContextManager[Watched]:
        """Follow a trial while the body runs."""

    def settle(self, states: Mapping[int, str]) -> None:
        """End what is still followed though its trial is not running; states by number."""


class Unwatched:
    """Follows nothing."""

    def below(self, run_id: str | None) -> str:
        """Have no run of its own."""
        return run_id or ""

    def trial(self, info: TrialInfo) -> AbstractContextManager[Watched]:  # noqa: ARG002
        """Add no callback."""
        return nullcontext(Watched([], lambda _: None))

    def settle(self, states: Mapping[int, str]) -> None:
        """Have nothing to end."""


@dataclass(frozen=True)
class Task:
    """All that a study needs to know of what it tunes."""

    score: Score
    settings: TuneSettings
    known: Suggested  # values to begin with, where the space contains them
    watch: Watch
    say: Callable[[str], None]  # of progress


class TrialLostError(Exception):
    """Others took a trial for dead, and it is done again."""


def describe(trial: FrozenTrial, settings: TuneSettings) -> TrialInfo:
    """Return a trial without Optuna."""
    return TrialInfo(
        trial.number,
        original_number(trial),
        retry_of(trial),
        decoded(trial.params, settings.searched),
    )


def run_trial(study: optuna.Study, trial: Trial, info: TrialInfo, task: Task) -> None:
    """Train with a trial's values, and tell the study how that ended.

    An error, an interrupt among them, leaves the trial FAIL and is raised on.

    Raises
    ------
    TrialLostError
        When the study has given the trial up meanwhile.
    """
    from optuna_integration import KerasPruningCallback  # imports Keras

    settings = task.settings
    try:
        with task.watch.trial(info) as watched, _lost_if_finished(info.number):
            pruning = [KerasPruningCallback(trial, VALIDATION_R)] if settings.is_pruned else []
            scored = scored_trial(info, task, [*pruning, *watched.callbacks])
            if not math.isfinite(scored.r):
                raise optuna.TrialPruned("no gene has a correlation")
            watched.log({"objective": scored.r, N_WEIGHTS: scored.n_weights})
            values = [scored.r] if settings.is_pruned else [scored.r, float(scored.n_weights)]
            _tell(study, trial, TrialState.COMPLETE, values)
    except optuna.TrialPruned:
        _tell(study, trial, TrialState.PRUNED)
    except TrialLostError:
        raise
    except BaseException:
        _tell(study, trial, TrialState.FAIL)
        raise


@contextmanager
def _lost_if_finished(number: int) -> Iterator[None]:
    try:
        yield
    except optuna.exceptions.UpdateFinishedTrialError:
        raise TrialLostError(f"trial {number} was given up by others") from None


def scored_trial(
    info: TrialInfo, task: Task, callbacks: Sequence["keras.callbacks.Callback"] = ()
) -> Scored:
    """Train with a trial's values; the result follows from seed, original number and values."""
    settings = task.settings
    start_session(settings.seed + info.original, settings.finetune.precision)
    gc.freeze()  # what outlived a trial is the process's own, and looked through at each collection
    return task.score(info.values, callbacks)


def is_pruned(error: BaseException | None) -> bool:
    """Tell whether an error only means that a trial was stopped early."""
    return isinstance(error, optuna.TrialPruned)


def _tell(
    study: optuna.Study, trial: Trial, state: TrialState, values: Sequence[float] | None = None
) -> None:
    # Where the answer is lost with the connection, what was told is told once more.
    with suppress(optuna.exceptions.UpdateFinishedTrialError):
        study.tell(trial, values, state, skip_if_finished=True)
    if study.get_trials(deepcopy=False)[trial.number].state is not state:
        raise TrialLostError(f"trial {trial.number} was given up by others")
