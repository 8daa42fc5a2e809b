"""A study in one process, kept in an SQLite file so that it can be gone on with."""

import time
from pathlib import Path

import optuna
from optuna.trial import TrialState

from deepdep.errors import BadFileError, BusyError
from deepdep.io.files import locked, require_file
from deepdep.tracking.store import causes, without_statement
from deepdep.tuning.results import is_wanting, progress_of
from deepdep.tuning.sampling import new_pruner, new_sampler
from deepdep.tuning.settings import TuneSettings
from deepdep.tuning.trial import Task, TrialInfo, state_name

PARENT_RUN = "parent_run"  # attribute of a study: id of the run that its trials' are below


def run_embedded(task: Task, file: Path, name: str) -> optuna.Study:
    """Run what is left of a study; a finished one is only read.

    The file holds finished trials only, each written at once: after an interruption the study
    goes on as if the trial that was cut off had never begun.

    Raises
    ------
    BusyError
        When another process is at it.
    """
    settings = task.settings
    file.parent.mkdir(parents=True, exist_ok=True)
    busy = (
        f"{file}: another process is tuning. Wait for it; several work together on "
        "PostgreSQL only, see docs/tuning.md."
    )
    with locked(file.with_name(f"{file.name}.lock"), busy=busy):
        stored = _stored(file, name, settings)
        # Hyperband deals trials to brackets by the study's name; the stored one holds a hash of
        # the code, and no comment in it should change what is found.
        study = optuna.create_study(
            study_name=str(settings.group),
            directions=settings.directions,
            sampler=new_sampler(settings),
            pruner=new_pruner(settings),
        )
        study.add_trials(stored.get_trials())
        stored.set_user_attr(PARENT_RUN, task.watch.below(stored.user_attrs.get(PARENT_RUN)))
        task.watch.settle({trial.number: state_name(trial) for trial in study.get_trials()}, {})
        task.begin(study)
        finished = (TrialState.COMPLETE, TrialState.PRUNED)
        until = time.monotonic() + 3600 * (settings.max_hours or float("inf"))
        while (
            is_wanting(study.get_trials(deepcopy=False, states=finished), settings)
            and time.monotonic() < until
        ):
            trial = study.ask()
            settings.suggest(trial)
            task.run(study, trial, TrialInfo.of(study.get_trials()[-1], settings))
            stored.add_trial(study.get_trials()[-1])
            task.print_message(f"trial {trial.number}: {progress_of(study.get_trials(), settings)}")
        return study


def read_embedded(file: Path, name: str, settings: TuneSettings) -> optuna.Study:
    """Read a study as it stands."""
    require_file(file, "Run `deepdep tune` first")
    return _stored(file, name, settings)


def _stored(file: Path, name: str, settings: TuneSettings) -> optuna.Study:
    optuna.logging.set_verbosity(optuna.logging.ERROR)
    try:
        study = optuna.create_study(
            storage=f"sqlite:///{file.resolve()}",
            study_name=name,
            directions=settings.directions,
            load_if_exists=True,
        )
        settings.describe(study)
        return study
    except Exception as error:  # of SQLAlchemy or Alembic, whatever is wrong with the file
        *_, origin = causes(error)
        if "is locked" in str(origin):
            busy = f"{file}: another process holds its lock. Wait for it, or name another file."
            raise BusyError(busy) from error
        problem = f"holds no studies ({without_statement(origin)})"
        raise BadFileError(file, problem, "Delete it, or name another") from error
