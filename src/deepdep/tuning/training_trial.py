"""One tuning trial of this project: what it trains, what it is judged by, how it is tracked."""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import asdict, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from pydantic import TypeAdapter, ValidationError

import deepdep.tuning
from deepdep.data.prepared import Prepared
from deepdep.data.splits import validation_folds
from deepdep.domain.omics import Omic
from deepdep.errors import DeepDEPError
from deepdep.io.files import file_sha256
from deepdep.settings import overridden
from deepdep.tracking import Run
from deepdep.training.finetune import VALIDATION_R, FinetuneSettings, train
from deepdep.training.identity import identity_of
from deepdep.training.pretrain import PretrainSettings
from deepdep.tuning.settings import Choices, Range, Suggested, TuneSettings
from deepdep.tuning.trial import Score, Scored, TrialInfo, TrialLostError, Watched, is_pruned

if TYPE_CHECKING:
    import keras

STUDY, TRIAL, OUTCOME = "deepdep.study", "deepdep.trial", "deepdep.outcome"  # tags of a run
RETRY_OF, RETRY_OF_RUN = "deepdep.retry_of", "deepdep.retry_of_run"


def study_name(settings: TuneSettings, omics: Sequence[Omic], prepared: Path) -> str:
    """Name a study after its group and all that its trials depend on, code and data among it.

    How many trials are asked for does not count, so that a study can be extended.
    """
    whole = replace(settings, n_trials=1, max_hours=None)
    modules = sorted(Path(deepdep.tuning.__file__).parent.rglob("*.py"))  # this one among them
    code = [file_sha256(file) for file in modules]
    data = {
        str(file.relative_to(prepared)): file_sha256(file)
        for file in sorted(prepared.rglob("*"))
        if file.is_file()
    }
    return f"{settings.group}-{identity_of(whole, omics, code, data)[:12]}"


def known_values(prepared: Prepared, settings: TuneSettings) -> Suggested:
    """Return what a trial trains with when nothing is suggested, by the names of the space."""
    base = _base(prepared, settings)
    return {name: _at(base, name) for name in settings.searched}


def score_on(prepared: Prepared, settings: TuneSettings) -> Score:
    """Return the score of suggested settings: the best validation r of a short training.

    Over several folds of the patients it is the mean; callbacks follow the first.
    """
    base = _base(prepared, settings)
    _require_settable(base, settings.searched)
    folds = validation_folds(
        prepared.splits, settings.n_folds, np.random.default_rng(settings.seed)
    )

    def score(suggested: Suggested, callbacks: Sequence["keras.callbacks.Callback"]) -> Scored:
        omics, of_omics, of_network = _settings(overridden(base, suggested))
        used = replace(
            prepared, omics={omic: own for omic, own in prepared.omics.items() if omic in omics}
        )
        rs, n_weights = [], 0
        for number, splits in enumerate(folds):
            followed = callbacks if number == 0 else ()
            fitted = train(replace(used, splits=splits), of_omics, of_network, followed)
            rs.append(float(fitted.history[VALIDATION_R].max()))
            n_weights = fitted.network.count_params()
        return Scored(float(np.mean(rs)), n_weights)

    return score


class TrackedTrials:
    """Gives each trial of a study an MLflow run below ``run``; a pruned one ends as KILLED."""

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
        identity, tags = self._tags(info.number), {}
        if info.retry_of is None:
            # In one process a trial that was cut off is done again under its own number.
            cut_off = self._run.children(identity, status="KILLED")
        else:
            tags[RETRY_OF] = str(info.retry_of)
            cut_off = self._run.children(self._tags(info.retry_of))
            if not cut_off:  # its worker died before it had a run
                tags[RETRY_OF_RUN] = self._add_killed(info.retry_of)
        for run in cut_off:
            tags[RETRY_OF_RUN] = run.info.run_id
            if run.info.status == "RUNNING":
                self._run.end_child(run.info.run_id, "KILLED")
        shown = {"model": "trial", **info.values}
        with self._run.child(_name(info.number), shown, identity, tags) as run:
            try:
                yield Watched(run.keras_callbacks(), run.metrics)
            except BaseException as error:
                if is_pruned(error) or isinstance(error, TrialLostError):
                    run.prune()
                run.tag(OUTCOME, _outcome(error))
                raise
            run.tag(OUTCOME, "complete")

    def settle(self, states: Mapping[int, str]) -> None:
        """End the runs of trials that are not running, however their processes ended.

        A trial that died before it had a run gets one, so that each can be found.
        """
        tracked = set()
        for run in self._run.children({STUDY: self._study}):
            number = int(run.data.tags[TRIAL])
            tracked.add(number)
            state = states.get(number, "fail")
            if run.info.status == "RUNNING" and state != "running":
                self._run.end_child(
                    run.info.run_id, "FINISHED" if state == "complete" else "KILLED"
                )
        for number, state in states.items():
            if state == "fail" and number not in tracked:
                self._add_killed(number)

    def _add_killed(self, number: int) -> str:
        return self._run.add_ended_child(_name(number), self._tags(number), "KILLED")

    def _tags(self, number: int) -> dict[str, str]:
        return {STUDY: self._study, TRIAL: str(number)}


def best_settings(prepared: Prepared, best: Suggested) -> dict[str, Any]:
    """Nest the best values as params.yaml does, a ``*`` spelled out for every omic."""
    empty: dict[str, Any] = {"pretrain": {str(omic): {} for omic in prepared.omics}}
    return overridden(empty, best) if best else {}


def _base(prepared: Prepared, settings: TuneSettings) -> dict[str, Any]:
    return {
        "omics": tuple(map(str, prepared.omics)),
        "pretrain": {str(omic): asdict(settings.pretrain) for omic in Omic},
        "finetune": asdict(settings.finetune),
    }


def _at(tree: Mapping[str, Any], path: str) -> Any:
    """Return the value at a dotted path; all keys that a ``*`` stands for have the same."""
    key, _, rest = path.partition(".")
    value = next(iter(tree.values())) if key == "*" else tree[key]
    return _at(value, rest) if rest else value


def _require_settable(base: Mapping[str, Any], space: Mapping[str, Range | Choices]) -> None:
    """Refuse a search space in which a trial could not train, before the first one does."""
    for name, domain in space.items():
        for value in domain.extremes:
            try:
                tree = overridden(base, {name: value})
                omics, *_ = _settings(tree)
            except (ValidationError, TypeError):
                tree, omics = {}, []
            if tree.keys() != base.keys() or not omics or not {*omics} <= {*base["omics"]}:
                raise DeepDEPError(
                    f"params.yaml: tune.space.{name}: no setting of that name takes {value!r}. "
                    "Name omics, or one of pretrain.OMIC, pretrain.* or finetune, and values it "
                    "may have."
                )


def _settings(
    tree: Mapping[str, Any],
) -> tuple[list[Omic], dict[Omic, PretrainSettings], FinetuneSettings]:
    return (
        TypeAdapter(list[Omic]).validate_python(list(tree["omics"])),
        TypeAdapter(dict[Omic, PretrainSettings]).validate_python(tree["pretrain"]),
        TypeAdapter(FinetuneSettings).validate_python(tree["finetune"]),
    )


def _name(number: int) -> str:
    return f"trial-{number:03d}"


def _outcome(error: BaseException) -> str:
    if is_pruned(error):
        return "pruned"
    return "fail" if isinstance(error, Exception) else "interrupted"
