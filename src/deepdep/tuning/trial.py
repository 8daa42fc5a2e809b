"""One trial: what it is, the run that follows it, and how it ends."""

import gc
import math
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, contextmanager, nullcontext, suppress
from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol, Self

import optuna
from optuna.trial import FrozenTrial, Trial, TrialState

from deepdep.stage import under_way
from deepdep.tracking import Run
from deepdep.training.settings import VALIDATION_R
from deepdep.tuning.settings import N_WEIGHTS, Suggested, TuneSettings

if TYPE_CHECKING:
    import keras

RUN_ID, SEED, N_EPOCHS = "run_id", "seed", "n_epochs"  # attributes of a trial, beside its weights
HISTORY = "retry_history"  # Optuna's own name; numbers of failed trials, the original first
STUDY, TRIAL, OUTCOME = "deepdep.study", "deepdep.trial", "deepdep.outcome"  # tags of a run
ENDED = ("complete", "pruned")  # as was meant
RETRY_OF, RETRY_OF_RUN = "deepdep.retry_of", "deepdep.retry_of_run"


@dataclass(frozen=True)
class Scored:
    """What a trial is judged by."""

    r: float  # mean per-gene r on validation patients
    n_weights: int


@dataclass(frozen=True)
class TrialInfo:
    """A trial as those see it who know nothing of Optuna."""

    number: int
    repeats: tuple[int, ...]  # numbers of the failed trials that it stands in for, the first first
    values: Suggested

    @property
    def original(self) -> int:
        """The number that seeds it: of the first trial that it repeats, else its own."""
        return next(iter(self.repeats), self.number)

    @property
    def retry_of(self) -> int | None:
        """Number of the failed trial that it stands in for."""
        return next(reversed(self.repeats), None)

    @classmethod
    def of(cls, trial: FrozenTrial, settings: TuneSettings) -> Self:
        """Describe a trial of Optuna's."""
        values = settings.decoded(trial.params)
        return cls(trial.number, tuple(retry_history(trial)), values)


@dataclass(frozen=True)
class Watched:
    """How a trial is followed."""

    callbacks: Sequence["keras.callbacks.Callback"]
    log: Callable[[Mapping[str, float]], None]  # of the figures at the end
    run_id: str = ""  # of MLflow's run, if any


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

    def settle(self, states: Mapping[int, str], repeats: Mapping[int, Sequence[int]]) -> None:
        """End what is still followed though its trial is not running.

        States, and the failed trials that each stands in for, are given by number.
        """


class Unwatched:
    """Follows nothing."""

    def below(self, run_id: str | None) -> str:
        """Have no run of its own."""
        return run_id or ""

    def trial(self, info: TrialInfo) -> AbstractContextManager[Watched]:  # noqa: ARG002
        """Add no callback."""
        return nullcontext(Watched([], lambda _: None))

    def settle(self, states: Mapping[int, str], repeats: Mapping[int, Sequence[int]]) -> None:
        """Have nothing to end."""


class TrackedTrials:
    """Gives each trial of a study an MLflow run below ``run``; a pruned one is FINISHED too."""

    def __init__(self, run: Run, study: str) -> None:
        self._run = run
        self._study = study

    def below(self, run_id: str | None) -> str:
        """Go on below the run that the study began with, unless it was deleted."""
        self._run = (run_id and self._run.other(run_id)) or self._run
        return self._run.run_id

    @contextmanager
    def trial(self, info: TrialInfo) -> Iterator[Watched]:
        """Follow a trial with a run of its own, which points to the run that it repeats."""
        identity, tags = self._tags(info.number), self._tags_of_retry(info.repeats)
        if not info.repeats:
            # In one process a trial that was cut off is done again under its own number.
            for run in self._run.children(identity, status="KILLED"):
                tags[RETRY_OF_RUN] = run.info.run_id
        shown = {"model": "trial", **info.values}
        with self._run.child(f"trial-{info.number:03d}", shown, identity, tags) as run:
            try:
                yield Watched(run.keras_callbacks(), run.metrics, run.run_id)
            except BaseException as error:
                if isinstance(error, TrialLostError):
                    run.ends_as("KILLED")
                if isinstance(error, optuna.TrialPruned):
                    run.ends_as("FINISHED")  # as it was meant to: MLflow shows others as failures
                    run.tag(OUTCOME, "pruned")
                else:
                    run.tag(OUTCOME, "fail" if isinstance(error, Exception) else "interrupted")
                raise
            run.tag(OUTCOME, "complete")

    def settle(self, states: Mapping[int, str], repeats: Mapping[int, Sequence[int]]) -> None:
        """End the runs of trials that are not running, however their processes ended.

        A trial that died before it had a run gets one, so that each can be found.
        """
        tracked = set()
        for run in self._run.children({STUDY: self._study}):
            number = int(run.data.tags[TRIAL])
            tracked.add(number)
            state = states.get(number, "fail")
            if run.info.status == "RUNNING" and state != "running":
                self._run.end_child(run.info.run_id, "FINISHED" if state in ENDED else "KILLED")
        for number, state in states.items():
            if state == "fail" and number not in tracked:
                self._killed((*repeats.get(number, ()), number))

    def _tags_of_retry(self, repeats: Sequence[int]) -> dict[str, str]:
        if not repeats:
            return {}
        return {RETRY_OF: str(repeats[-1]), RETRY_OF_RUN: self._killed(repeats)}

    def _killed(self, chain: Sequence[int]) -> str:
        """Return the ended run of the last of these trials, each of which repeats the one before.

        It is made where the trial's worker died before it had one.
        """
        *before, number = chain
        found = self._run.children(self._tags(number))
        for run in found:
            if run.info.status == "RUNNING":
                self._run.end_child(run.info.run_id, "KILLED")
        if found:
            return str(found[-1].info.run_id)
        tags = self._tags(number) | self._tags_of_retry(before)
        return self._run.add_ended_child(f"trial-{number:03d}", tags, "KILLED")

    def _tags(self, number: int) -> dict[str, str]:
        return {STUDY: self._study, TRIAL: str(number)}


@dataclass(frozen=True)
class Task:
    """All that a study needs to know of what it tunes."""

    score: Score
    settings: TuneSettings
    start: Suggested  # values of the first trial, where the space contains them
    watch: Watch
    print_message: Callable[[str], None]  # of progress

    def begin(self, study: optuna.Study) -> None:
        """Have a new study try the values to start from first."""
        if not study.get_trials(deepcopy=False):
            study.enqueue_trial(self.settings.encoded(self.start))

    def run(self, study: optuna.Study, trial: Trial, info: TrialInfo) -> None:
        """Train with a trial's values, and store in the study how that ended.

        An error, an interrupt among them, leaves the trial FAIL and is raised on.

        Raises
        ------
        TrialLostError
            When the study has given the trial up meanwhile.
        """
        from keras.callbacks import LambdaCallback
        from optuna_integration import KerasPruningCallback  # imports Keras

        settings, epochs = self.settings, list[int]()
        counting = LambdaCallback(on_epoch_end=lambda epoch, logs: epochs.append(epoch))  # noqa: ARG005
        try:
            with self.watch.trial(info) as watched, _lost_if_finished(info.number):
                pruning = [KerasPruningCallback(trial, VALIDATION_R)] if settings.is_pruned else []
                trial.set_user_attr(RUN_ID, watched.run_id)
                trial.set_user_attr(SEED, settings.seed + info.original)
                scored = self.scored(info, [counting, *pruning, *watched.callbacks])
                if not math.isfinite(scored.r):
                    raise optuna.TrialPruned("no gene has a correlation")
                trial.set_user_attr(N_WEIGHTS, scored.n_weights)
                trial.set_user_attr(N_EPOCHS, len(epochs))
                watched.log({"objective": scored.r, N_WEIGHTS: scored.n_weights})
                values = [scored.r] if settings.is_pruned else [scored.r, float(scored.n_weights)]
                _end(study, trial, TrialState.COMPLETE, values)
        except optuna.TrialPruned:
            with _lost_if_finished(info.number):
                trial.set_user_attr(N_EPOCHS, len(epochs))
            _end(study, trial, TrialState.PRUNED)
        except TrialLostError:
            raise
        except BaseException:
            _end(study, trial, TrialState.FAIL)
            raise

    def scored(
        self, info: TrialInfo, callbacks: Sequence["keras.callbacks.Callback"] = ()
    ) -> Scored:
        """Train with a trial's values; the result follows from seed, original number and values."""
        from deepdep.training.session import start_session

        start_session(self.settings.seed + info.original, self.settings.finetune.precision)
        gc.freeze()  # what outlives a trial is looked through at each collection
        with under_way(f"trial {info.number}"):
            return self.score(info.values, callbacks)


class TrialLostError(Exception):
    """Others took a trial for dead, and it is done again."""


def retry_history(trial: FrozenTrial) -> list[int]:
    """Return the numbers of the trials that a trial repeats, the original first."""
    return list(trial.system_attrs.get(HISTORY, []))


def original_number(trial: FrozenTrial) -> int:
    """Return the number that seeds a trial: a retry gives what its original would have given."""
    return next(iter(retry_history(trial)), trial.number)


def retry_of(trial: FrozenTrial) -> int | None:
    """Return the number of the failed trial that this one stands in for."""
    return next(reversed(retry_history(trial)), None)


def state_name(trial: FrozenTrial) -> str:
    """Return complete, pruned, fail, running or waiting."""
    return str(trial.state.name).lower()


@contextmanager
def _lost_if_finished(number: int) -> Iterator[None]:
    try:
        yield
    except optuna.exceptions.UpdateFinishedTrialError:
        raise TrialLostError(f"trial {number} was given up by others") from None


def _end(
    study: optuna.Study, trial: Trial, state: TrialState, values: Sequence[float] | None = None
) -> None:
    # The connection may have been lost after the state was stored: it is stored once more.
    with suppress(optuna.exceptions.UpdateFinishedTrialError):
        study.tell(trial, values, state, skip_if_finished=True)
    if study.get_trials(deepcopy=False)[trial.number].state is not state:
        raise TrialLostError(f"trial {trial.number} was given up by others")
