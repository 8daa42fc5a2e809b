"""A study that many workers share: who takes which trial, and what becomes of those that die."""

import copy
import threading
import time
import warnings
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from functools import partial

import optuna
from optuna.storages import RetryHeartbeatStaleTrialCallback
from optuna.trial import FrozenTrial, Trial, TrialState

from deepdep.errors import DeepDEPError
from deepdep.tracking import is_database_away, retry_while_away
from deepdep.tuning.embedded import PARENT_RUN
from deepdep.tuning.results import MOST_RETRIES, is_wanting, progress_of
from deepdep.tuning.sampling import new_pruner, new_sampler
from deepdep.tuning.settings import TuneSettings
from deepdep.tuning.storage import HEARTBEAT_SECONDS, SharedStorage
from deepdep.tuning.trial import (
    Task,
    TrialInfo,
    TrialLostError,
    retry_history,
    retry_of,
    state_name,
)

SECONDS_BETWEEN_LOOKS = 1.0
CLAIMED = "claimed"  # attribute of a trial: its number, once a worker has it and its heart beats
N_TRIALS, ENDS_AT = "n_trials", "ends_at"  # attributes of a study; seconds since the epoch


class SharedStudy:
    """A study in a database.

    Trials are taken, and those of the dead given back, under one lock. Who loses the connection
    before it is released does all of it again, from what the database says then.
    """

    def __init__(self, storage: SharedStorage, name: str, settings: TuneSettings) -> None:
        self.name = name
        self._storage = storage
        self._settings = settings
        self._taken: int | None = None  # number of the last trial that was taken here
        common = {"sampler": new_sampler(settings), "pruner": new_pruner(settings)}
        self.study = optuna.load_study(study_name=name, storage=storage.retrying, **common)
        self._direct = optuna.load_study(study_name=name, storage=storage.direct, **common)

    @property
    def parent_run(self) -> str:
        """MLflow's id of the run that the trials' are below."""
        return str(self.study.user_attrs[PARENT_RUN])

    def trials(self) -> list[FrozenTrial]:
        """Return every trial as it stands."""
        return self.study.get_trials(deepcopy=False)

    def is_done(self) -> bool:
        """Tell whether nothing runs and nothing is to be run."""
        trials = self.trials()
        if any(trial.state is TrialState.RUNNING for trial in trials):
            return False
        return not self._has_work(trials)

    def recover(self) -> None:
        """Give back the trials of workers that died."""
        retry_while_away(partial(self._give_back, None), is_database_away)

    def work(self, task: Task) -> None:
        """Run trials until the study is done.

        An interrupt gives the running trial back, for another worker, before it is raised on.
        """
        try:
            while True:
                claimed = retry_while_away(self._claim, is_database_away)
                if claimed is None:
                    time.sleep(SECONDS_BETWEEN_LOOKS)
                    if self.is_done():
                        return
                    continue
                trial_id, info = claimed
                try:
                    with self._heartbeat(trial_id):
                        task.run(self.study, Trial(self.study, trial_id), info)
                    task.print_message(f"trial {info.number}: {self.progress()}")
                except TrialLostError as error:
                    task.print_message(str(error))
        except BaseException:
            retry_while_away(partial(self._give_back, self._taken), is_database_away)
            raise

    def follow(self, print_message: Callable[[str], None], check: Callable[[], None]) -> None:
        """Wait for others to do the study, and print how far they are; ``check`` looks at them."""
        shown, is_done = "", False
        while not is_done:
            time.sleep(SECONDS_BETWEEN_LOOKS)
            self.recover()
            check()
            is_done = self.is_done()  # asked before the progress, so that the last is printed
            if (progress := self.progress()) != shown:
                print_message(progress)
                shown = progress

    def states(self) -> dict[int, str]:
        """Return the state of each trial by number."""
        return {trial.number: state_name(trial) for trial in self.trials()}

    def repeats(self) -> dict[int, list[int]]:
        """Return the failed trials that each trial stands in for, by its number."""
        return {trial.number: retry_history(trial) for trial in self.trials()}

    def progress(self) -> str:
        """Say in one line how far it has come."""
        return progress_of(self.trials(), self._current_settings())

    def _claim(self) -> tuple[int, TrialInfo] | None:
        """Take a trial, a retry before a new one; None when others are at all that is left.

        Returns
        -------
        Its id in the database, and what it is.
        """
        with self._storage.lock(self.name):
            self._requeue_lost()
            trials = self._direct.get_trials(deepcopy=False)
            if not self._has_work(trials):
                return None
            with warnings.catch_warnings():
                warnings.simplefilter("ignore", UserWarning)  # heartbeats are this module's
                taken = self._direct.ask()
            self._taken = taken.number
            self._settings.suggest(taken)
            trial_id = self._storage.trial_id(self.name, taken.number)
            self._storage.record_heartbeat(trial_id)
            taken.set_user_attr(CLAIMED, taken.number)
            stored = self._direct.get_trials(deepcopy=False)[taken.number]
        return trial_id, TrialInfo.of(stored, self._settings)

    def _give_back(self, number: int | None) -> None:
        """Give back the trial that this worker is at, if any, and those of the dead."""
        with self._storage.lock(self.name):
            if number is not None:
                taken = self._direct.get_trials(deepcopy=False)[number]
                if taken.state is TrialState.RUNNING:
                    self._direct.tell(taken.number, state=TrialState.FAIL)
            self._requeue_lost()

    def _requeue_lost(self) -> None:
        """See that every trial of the dead is FAIL, and every FAIL has one retry."""
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", optuna.exceptions.ExperimentalWarning)
            optuna.storages.fail_stale_trials(self._direct)
        trials = self._direct.get_trials(deepcopy=False)
        for trial in trials:
            # Whoever took it died before its heart beat: whoever lives holds the lock meanwhile.
            if trial.state is TrialState.RUNNING and trial.user_attrs.get(CLAIMED) != trial.number:
                self._direct.tell(trial.number, state=TrialState.FAIL)
        trials = self._direct.get_trials(deepcopy=False)
        retried = {retry_of(trial) for trial in trials}
        for trial in trials:
            if trial.state is TrialState.FAIL and trial.number not in retried:
                with warnings.catch_warnings():
                    warnings.simplefilter("ignore", optuna.exceptions.ExperimentalWarning)
                    RetryHeartbeatStaleTrialCallback()(self._direct, copy.deepcopy(trial))

    @contextmanager
    def _heartbeat(self, trial_id: int) -> Iterator[None]:
        stop = threading.Event()

        def beat() -> None:
            while not stop.wait(HEARTBEAT_SECONDS):
                try:
                    self._storage.record_heartbeat(trial_id)
                except Exception as error:
                    if not is_database_away(error):  # while it is, the next beat will do
                        raise

        thread = threading.Thread(target=beat, daemon=True)
        thread.start()
        try:
            yield
        finally:
            stop.set()
            thread.join(timeout=1)

    def _current_settings(self) -> TuneSettings:
        return replace(self._settings, n_trials=int(self.study.user_attrs[N_TRIALS]))

    def _has_work(self, trials: list[FrozenTrial]) -> bool:
        """Whether a trial waits to be run, or a further one is to be drawn, and there is time.

        Raises
        ------
        DeepDEPError
            When a trial has failed too often to be tried again.
        """
        ends_at = self.study.user_attrs[ENDS_AT]
        if ends_at is not None and time.time() > ends_at:
            return False
        waiting = [trial for trial in trials if trial.state is TrialState.WAITING]
        for history in map(retry_history, waiting):
            if len(history) >= MOST_RETRIES:
                raise DeepDEPError(
                    f"tune: trial {history[0]} failed {len(history)} times, as trials "
                    f"{', '.join(map(str, history))}; look at their runs in MLflow. Perhaps memory "
                    "does not suffice for such a network: narrow tune.space in params.yaml."
                )
        return bool(waiting) or is_wanting(trials, self._current_settings())


def open_study(storage: SharedStorage, name: str, task: Task) -> SharedStudy:
    """Begin a study, or go on with it; the number of trials and the time are those of now."""
    settings = task.settings
    study = optuna.create_study(
        storage=storage.direct,
        study_name=name,
        directions=settings.directions,
        load_if_exists=True,
    )
    ends_at = None if settings.max_hours is None else time.time() + 3600 * settings.max_hours
    settings.describe(study)
    study.set_user_attr(N_TRIALS, settings.n_trials)
    study.set_user_attr(ENDS_AT, ends_at)
    study.set_user_attr(PARENT_RUN, task.watch.below(study.user_attrs.get(PARENT_RUN)))
    with storage.lock(name):
        task.begin(study)
    return SharedStudy(storage, name, settings)


def join_study(storage: SharedStorage, name: str, settings: TuneSettings) -> SharedStudy:
    """Open a study that was begun elsewhere."""
    try:
        study = SharedStudy(storage, name, settings)
        _ = study.parent_run  # the last that is written of a new study
    except KeyError:
        raise DeepDEPError(
            f"the database holds no study {name}. Begin it with `deepdep tune`, which names it."
        ) from None
    return study
