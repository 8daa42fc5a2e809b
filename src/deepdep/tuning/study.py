"""Studies of this project, from params.yaml to tuning/best.yaml."""

import time
from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager, closing
from dataclasses import dataclass, replace
from pathlib import Path

from optuna.trial import FrozenTrial, TrialState

from deepdep.data.prepared import Prepared, read_omics, read_prepared
from deepdep.errors import DeepDEPError
from deepdep.settings import read_settings
from deepdep.tracking import Run, existing_run
from deepdep.tuning.embedded import read_embedded, run_embedded
from deepdep.tuning.results import Tuned, results_of, write_tuned
from deepdep.tuning.settings import Group, TuneSettings
from deepdep.tuning.shared import SECONDS_BETWEEN_LOOKS, SharedStudy, join_study, open_study
from deepdep.tuning.storage import SharedStorage, is_sqlite, refuse_sqlite, sqlite_file
from deepdep.tuning.training_trial import (
    TrackedTrials,
    best_settings,
    known_values,
    score_on,
    study_name,
)
from deepdep.tuning.trial import Task, Unwatched, Watch, describe, scored_trial

FILES = ("best.yaml", "trials.csv", "importances.csv")  # of the folder tuning
EMBEDDED = Path(".checkpoints") / "tune.db"  # in the project's folder; never a stage's output

# Has workers work on the study of a name while the body runs; what it yields raises their errors.
Workers = Callable[[str], AbstractContextManager[Callable[[], None]]]
Say = Callable[[str], None]


@dataclass(frozen=True)
class Definition:
    """All that makes a study: settings and data."""

    name: str
    settings: TuneSettings
    cohort: Prepared

    def task(self, watch: Watch, say: Say) -> Task:
        """Return what its trials do; a space of settings that are none is refused."""
        return Task(
            score=score_on(self.cohort, self.settings),
            settings=self.settings,
            known=known_values(self.cohort, self.settings),
            watch=watch,
            say=say,
        )

    def tracked(self, run: Run) -> TrackedTrials:
        """Return what gives each trial a run below ``run``, where MLflow's page compares them."""
        if self.settings.n_trials:
            run.show_trials(self.settings.searched)
        return TrackedTrials(run, self.name)

    def write(self, tuned: Tuned, *files: Path) -> None:
        """Write the results: best values, trials and importances."""
        best = best_settings(self.cohort, tuned.best)
        write_tuned(best, tuned.trials, tuned.importances, *files)


def define_study(prepared: Path, params: Path, group: Group | None = None) -> Definition:
    """Read what makes a study; ``group`` goes over that of params.yaml."""
    settings = read_settings(params, "tune", TuneSettings)
    if group is not None:
        try:
            settings = replace(settings, group=group)
        except ValueError as error:
            raise DeepDEPError(f"--group {group}: {error}. Add one to {params}.") from None
    omics = read_omics(params)
    cohort = read_prepared(prepared, omics)
    return Definition(study_name(settings, omics, prepared), settings, cohort)


def tune_here(study: Definition, run: Run, say: Say, file: Path = EMBEDDED) -> Tuned:
    """Run a study in this process, or what is left of it."""
    task = study.task(study.tracked(run), say)
    if study.settings.n_trials == 0:
        return results_of(None, study.settings)
    return results_of(run_embedded(task, file, study.name), study.settings)


def tune_at(
    address: str | None, study: Definition, run: Run, say: Say, workers: Workers | None = None
) -> Tuned:
    """Run a study, or what is left of it, wherever it is kept.

    Parameters
    ----------
    address
        Of a database; None is the project's own file.
    workers
        Has others work, which takes a database that they share.
    """
    if address is None:
        return tune_here(study, run, say)
    if is_sqlite(address):
        return tune_here(study, run, say, sqlite_file(address))
    return tune_shared(study, run, say, address, workers)


def tune_shared(
    study: Definition, run: Run, say: Say, address: str, workers: Workers | None
) -> Tuned:
    """Begin a study that many workers share, or go on with it, until it is done.

    Parameters
    ----------
    workers
        Has them work; None works in this process.
    """
    task = study.task(study.tracked(run), say)
    if study.settings.n_trials == 0:
        return results_of(None, study.settings)
    with closing(SharedStorage(address)) as storage:
        shared = open_study(storage, study.name, task)
        if workers is None:
            shared.work(task)
        else:
            with workers(study.name) as check:
                _look_on(shared, say, check)
        task.watch.settle(shared.states())
        return results_of(shared.study, study.settings)


def work_on(name: str, prepared: Path, params: Path, address: str, say: Say) -> None:
    """Join a study as a worker, from wherever the database and the prepared data are seen.

    Raises
    ------
    DeepDEPError
        When settings, data, code or libraries here are not those that it was begun with.
    """
    refuse_sqlite(address)
    group = next((group for group in Group if name.startswith(f"{group}-")), None)
    study = define_study(prepared, params, group)
    with closing(SharedStorage(address)) as storage:
        shared = join_study(storage, name, study.settings)
        if study.name != name:
            raise DeepDEPError(
                f"--study {name}: was begun with other settings, data, code or libraries; here "
                f"they make {study.name}. Bring the same params.yaml, prepared folder and release."
            )
        with existing_run(shared.parent_run) as run:
            shared.work(study.task(TrackedTrials(run, name), say))


def replayed(study: Definition, address: str | None, number: int) -> str:
    """Train once more with a trial's values.

    Returns
    -------
    One line with both results, when they are the same.

    Raises
    ------
    ReplayDiffersError
        When they are not.
    """
    trial = _complete_trial(_stored_trials(study, address), number)
    task = study.task(Unwatched(), lambda _: None)
    again = scored_trial(describe(trial, study.settings), task)
    line = f"trial {number}: stored r {trial.values[0]!r}, recomputed {again.r!r}"
    if again.r != trial.values[0]:
        raise ReplayDiffersError(
            f"{line}. Replay it with the libraries and on the kind of machine that it ran on."
        )
    return line


def _stored_trials(study: Definition, address: str | None) -> list[FrozenTrial]:
    if address is None or is_sqlite(address):
        file = EMBEDDED if address is None else sqlite_file(address)
        return read_embedded(file, study.name, study.settings).get_trials()
    with closing(SharedStorage(address)) as storage:
        return join_study(storage, study.name, study.settings).trials()


class ReplayDiffersError(DeepDEPError):
    """A trial gave another result than before."""

    exit_code = 1


def _look_on(shared: SharedStudy, say: Say, check: Callable[[], None]) -> None:
    """Wait for others to do a study, and tell how far they are."""
    told = ""
    while not shared.is_done():
        time.sleep(SECONDS_BETWEEN_LOOKS)
        shared.tend()
        check()
        if (progress := shared.progress()) != told:
            say(progress)
            told = progress


def _complete_trial(trials: Sequence[FrozenTrial], number: int) -> FrozenTrial:
    complete = [trial.number for trial in trials if trial.state is TrialState.COMPLETE]
    if number not in complete:
        raise DeepDEPError(
            f"--replay {number}: is no trial that came to its end. "
            f"Those that did: {', '.join(map(str, complete)) or 'none'}."
        )
    return trials[number]
