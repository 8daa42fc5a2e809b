"""One tuning trial of this project: what it trains, what it is judged by, how it is tracked."""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import asdict
from typing import TYPE_CHECKING, Any

from pydantic import TypeAdapter, ValidationError

from deepdep.domain.errors import DeepDEPError
from deepdep.domain.omics import Omic
from deepdep.domain.settings import overridden
from deepdep.io.prepared import Prepared
from deepdep.tracking import Run
from deepdep.training.finetune import VALIDATION_R, FinetuneSettings
from deepdep.training.pretrain import PretrainSettings
from deepdep.training.road import train
from deepdep.tuning import (
    Choices,
    Range,
    Score,
    Suggested,
    TuneSettings,
    Watch,
    is_pruned,
)

if TYPE_CHECKING:
    import keras


def score_on(prepared: Prepared, settings: TuneSettings) -> Score:
    """Return the score of suggested settings: the best validation r of a short training."""
    base = {
        "pretrain": {str(omic): asdict(settings.pretrain) for omic in Omic},
        "finetune": asdict(settings.finetune),
    }

    _require_settable(base, settings.space)

    def score(suggested: Suggested, callbacks: Sequence["keras.callbacks.Callback"]) -> float:
        pretrain_settings, finetune_settings = _settings(overridden(base, suggested))
        of_omics = {omic: pretrain_settings[omic] for omic in prepared.omics}
        fitted = train(prepared, of_omics, finetune_settings, callbacks)
        return float(fitted.history[VALIDATION_R].max())

    return score


def watch_with(run: Run) -> Watch:
    """Return what gives each trial an MLflow run below ``run``; a pruned one ends as KILLED."""

    @contextmanager
    def watch(number: int, suggested: Suggested) -> Iterator[Sequence["keras.callbacks.Callback"]]:
        with run.child(f"trial-{number:03d}", suggested) as trial:
            try:
                yield trial.keras_callbacks()
            except Exception as error:
                if is_pruned(error):
                    trial.prune()
                raise

    return watch


def _require_settable(base: Mapping[str, Any], space: Mapping[str, Range | Choices]) -> None:
    """Refuse a search space in which a trial could not train, before the first one does."""
    for name, domain in space.items():
        for value in domain.extremes:
            try:
                tree = overridden(base, {name: value})
                _settings(tree)
            except (ValidationError, TypeError):
                tree = {}
            if tree.keys() != base.keys():
                raise DeepDEPError(
                    f"params.yaml: tune.space.{name}: no setting of that name takes {value!r}. "
                    "Name one of pretrain.OMIC, pretrain.* or finetune, and values it may have."
                )


def _settings(tree: Mapping[str, Any]) -> tuple[dict[Omic, PretrainSettings], FinetuneSettings]:
    return (
        TypeAdapter(dict[Omic, PretrainSettings]).validate_python(tree["pretrain"]),
        TypeAdapter(FinetuneSettings).validate_python(tree["finetune"]),
    )


def best_settings(prepared: Prepared, best: Suggested) -> dict[str, Any]:
    """Nest the best values as params.yaml does, a ``*`` spelled out for every omic."""
    empty: dict[str, Any] = {"pretrain": {str(omic): {} for omic in prepared.omics}}
    return overridden(empty, best) if best else {}
