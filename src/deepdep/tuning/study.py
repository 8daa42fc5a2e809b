"""Studies of this project, from params.yaml to tuning/best.yaml."""

from collections.abc import Callable, Mapping, Sequence
from contextlib import AbstractContextManager, closing
from dataclasses import asdict, dataclass, replace
from functools import reduce
from pathlib import Path
from typing import TYPE_CHECKING, Any, Self

import numpy as np
from optuna.trial import TrialState
from pydantic import TypeAdapter, ValidationError

import deepdep.tuning
from deepdep.data.prepared import Prepared, read_omics, read_prepared
from deepdep.data.splits import validation_folds
from deepdep.domain.omics import Omic, TableName, in_order
from deepdep.errors import DeepDEPError
from deepdep.io.files import file_sha256, is_litter
from deepdep.settings import overridden, read_settings
from deepdep.tracking import Run, existing_run
from deepdep.training.identity import identity_of
from deepdep.training.settings import VALIDATION_R, FinetuneSettings, PretrainSettings
from deepdep.tuning.embedded import read_embedded, run_embedded
from deepdep.tuning.results import Tuned
from deepdep.tuning.settings import Group, Suggested, TuneSettings
from deepdep.tuning.shared import join_study, open_study
from deepdep.tuning.storage import SharedStorage, is_sqlite, refuse_sqlite, sqlite_file
from deepdep.tuning.trial import Score, Scored, Task, TrackedTrials, TrialInfo, Unwatched, Watch

if TYPE_CHECKING:
    import keras

NO_TRIAL = "no trial: tune.n_trials is 0"
FILES = ("best.yaml", "trials.csv", "importances.csv")  # of the folder tuning
EMBEDDED = Path(".checkpoints") / "tune.db"  # in the project's folder; never a stage's output

# Has workers work on the study of a name while the body runs; what it yields raises their errors.
PrintMessage = Callable[[str], None]
Workers = Callable[[str, PrintMessage], AbstractContextManager[Callable[[], None]]]


def study_name(settings: TuneSettings, omics: Sequence[str], prepared: Path) -> str:
    """Name a study after group, objective and all that its trials depend on, such as the data.

    The number of trials does not count, so that a study can be extended.
    """
    whole = replace(settings, n_trials=1, max_hours=None)
    modules = sorted(Path(deepdep.tuning.__file__).parent.rglob("*.py"))  # this one among them
    code = [file_sha256(file) for file in modules]
    data = {
        str(file.relative_to(prepared)): file_sha256(file)
        for file in sorted(prepared.rglob("*"))
        if file.is_file() and not any(map(is_litter, file.relative_to(prepared).parts))
    }
    objective = settings.objective.replace("_", "-")
    return f"{settings.group}-{objective}-{identity_of(whole, omics, code, data)[:12]}"


@dataclass(frozen=True)
class Definition:
    """All that makes a study: settings and data."""

    name: str
    settings: TuneSettings
    cohort: Prepared

    @classmethod
    def read(
        cls,
        prepared: Path,
        params: Path,
        group: Group | None = None,
        n_trials: int | None = None,
    ) -> Self:
        """Read what makes a study; ``group`` and ``n_trials`` go over those of params.yaml."""
        settings = read_settings(params, "tune", TuneSettings)
        if n_trials is not None:
            settings = replace(settings, n_trials=n_trials)
        if group is not None:
            try:
                settings = replace(settings, group=group)
            except ValueError as error:
                raise DeepDEPError(f"--group {group}: {error}. Add one to {params}.") from None
        omics = read_omics(params)
        settings = settings.reading(omics)
        cohort = read_prepared(prepared, omics)
        return cls(study_name(settings, omics, prepared), settings, cohort)

    def start(self) -> Suggested:
        """Return what a trial trains with when nothing is suggested, by the names of the space."""
        base = self._base()

        def step(branch: Mapping[str, Any], key: str) -> Any:
            # All omics that a ``*`` stands for have the same settings.
            return next(iter(branch.values())) if key == "*" else branch[key]

        return {name: reduce(step, name.split("."), base) for name in self.settings.searched}

    def score(self) -> Score:
        """Return the score of suggested settings: the best validation r of a short training.

        Over several folds of the patients it is the mean; callbacks follow the first.

        Raises
        ------
        DeepDEPError
            When the space has a setting or a value with which a trial could not train.
        """
        from deepdep.training.finetune import train  # Keras, where there are trials

        base = self._base()
        self._require_settable(base)
        prepared = self.cohort
        rng = np.random.default_rng(self.settings.seed)
        folds = validation_folds(prepared.splits, self.settings.n_folds, rng)

        def score(suggested: Suggested, callbacks: Sequence["keras.callbacks.Callback"]) -> Scored:
            omics, pretrain, finetune = _trained_with(overridden(base, suggested))
            used = replace(
                prepared,
                omics={omic: of_omic for omic, of_omic in prepared.omics.items() if omic in omics},
            )
            rs, n_weights = [], 0
            for number, splits in enumerate(folds):
                followed = callbacks if number == 0 else ()
                fitted = train(replace(used, splits=splits), pretrain, finetune, followed)
                rs.append(float(fitted.history[VALIDATION_R].max()))
                n_weights = fitted.network.count_params()
            return Scored(float(np.mean(rs)), n_weights)

        return score

    def task(self, watch: Watch, print_message: PrintMessage) -> Task:
        """Return what its trials do."""
        return Task(self.score(), self.settings, self.start(), watch, print_message)

    def tracked(self, run: Run) -> TrackedTrials:
        """Return what gives each trial a run below ``run``, where MLflow's page compares them."""
        if self.settings.n_trials:
            run.show_trials(self.settings.searched)
        return TrackedTrials(run, self.name)

    def write(self, tuned: Tuned, *files: Path) -> None:
        """Write the results: best values, trials and importances."""
        tuned.write(self.cohort.omics, *files)

    def _base(self) -> dict[str, Any]:
        return {
            "omics": tuple(self.cohort.omics),
            "pretrain": {
                name: asdict(self.settings.pretrain)
                for name in in_order({*map(str, Omic), *self.cohort.omics})
            },
            "finetune": asdict(self.settings.finetune),
        }

    def _require_settable(self, base: Mapping[str, Any]) -> None:
        for name, domain in self.settings.searched.items():
            for value in domain.extremes:
                try:
                    tree = overridden(base, {name: value})
                    omics, *_ = _trained_with(tree)
                except (ValidationError, TypeError):
                    tree, omics = {}, []
                if tree.keys() != base.keys() or not omics or not {*omics} <= {*base["omics"]}:
                    raise DeepDEPError(
                        f"params.yaml: tune.space.{name}: no setting of that name takes {value!r}. "
                        "Name omics, or one of pretrain.OMIC, pretrain.* or finetune, and values "
                        "it may have."
                    )


def _trained_with(
    tree: Mapping[str, Any],
) -> tuple[list[str], dict[str, PretrainSettings], FinetuneSettings]:
    return (
        TypeAdapter(list[TableName]).validate_python(list(tree["omics"])),
        TypeAdapter(dict[TableName, PretrainSettings]).validate_python(tree["pretrain"]),
        TypeAdapter(FinetuneSettings).validate_python(tree["finetune"]),
    )


def tune_at(
    address: str | None,
    study: Definition,
    run: Run,
    print_message: PrintMessage,
    workers: Workers | None = None,
) -> Tuned:
    """Run a study, or what is left of it, wherever it is kept.

    Parameters
    ----------
    address
        Of a database; None is the project's own file.
    workers
        Has others work, which takes a database that they share; None works in this process.
    """
    settings = study.settings
    task = study.task(study.tracked(run), print_message)
    begun = f"study {study.name}"
    if settings.n_trials == 0:
        print_message(NO_TRIAL)
        return Tuned.of(None, settings)
    if address is None or is_sqlite(address):
        print_message(begun)
        return Tuned.of(run_embedded(task, _file_of(address), study.name), settings)
    with closing(SharedStorage(address)) as storage:
        shared = open_study(storage, study.name, task)
        print_message(begun)
        if workers is None:
            shared.work(task)
        else:
            with workers(study.name, print_message) as check:
                shared.follow(print_message, check)
        task.watch.settle(shared.states(), shared.repeats())
        return Tuned.of(shared.study, settings)


def work_on(
    name: str, prepared: Path, params: Path, address: str, print_message: PrintMessage
) -> None:
    """Join a study as a worker, from wherever the database and the prepared data are seen.

    Raises
    ------
    DeepDEPError
        When settings, data, code or libraries here are not those that it was begun with.
    """
    refuse_sqlite(address)
    group = next((group for group in Group if name.startswith(f"{group}-")), None)
    study = Definition.read(prepared, params, group)
    with closing(SharedStorage(address)) as storage:
        shared = join_study(storage, name, study.settings)
        if study.name != name:
            raise DeepDEPError(
                f"--study {name}: was begun with other settings, data, code or libraries; here "
                f"they make {study.name}. Bring the same params.yaml, prepared folder and release."
            )
        with existing_run(shared.parent_run) as run:
            shared.work(study.task(TrackedTrials(run, name), print_message))


class ReplayDiffersError(DeepDEPError):
    """A trial gave another result than before."""

    exit_code = 1


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
    if address is None or is_sqlite(address):
        trials = read_embedded(_file_of(address), study.name, study.settings).get_trials()
    else:
        with closing(SharedStorage(address)) as storage:
            trials = join_study(storage, study.name, study.settings).trials()
    complete = [trial.number for trial in trials if trial.state is TrialState.COMPLETE]
    if number not in complete:
        raise DeepDEPError(
            f"--replay {number}: is no trial that came to its end. "
            f"Those that did: {', '.join(map(str, complete)) or 'none'}."
        )
    trial = trials[number]
    task = study.task(Unwatched(), lambda _: None)
    again = task.scored(TrialInfo.of(trial, study.settings))
    line = f"trial {number}: stored r {trial.values[0]!r}, recomputed {again.r!r}"
    if again.r != trial.values[0]:
        raise ReplayDiffersError(
            f"{line}. Replay it with the libraries and on the kind of machine that it ran on."
        )
    return line


def _file_of(address: str | None) -> Path:
    return EMBEDDED if address is None else sqlite_file(address)
