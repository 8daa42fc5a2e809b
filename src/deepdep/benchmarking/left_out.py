"""Models of params.yaml that would not be what their entry says, and why."""

from collections.abc import Mapping
from dataclasses import replace

from deepdep.benchmarking.changes import omic_permuted_by
from deepdep.benchmarking.settings import BaselineModel, TrainedModel
from deepdep.data.folds import SplitMode
from deepdep.domain.omics import Omic
from deepdep.evaluation.fold import UNSEEN_GENES
from deepdep.models.baselines import FOR_UNSEEN_GENES
from deepdep.models.baselines.registry import allows

Models = Mapping[str, BaselineModel | TrainedModel]


def left_out(models: Models, omics: tuple[Omic, ...]) -> dict[str, str]:
    """Say which models cannot run with the omics that params.yaml uses.

    What ``omics`` or ``data`` names must be used. What ``hide`` names need not be: judged lines
    lack it anyway. Of models that differ only in omics which are not used, the first one runs.
    """
    found: dict[str, str] = {}
    earlier: dict[str, str] = {}
    for name, model in models.items():
        if isinstance(model, BaselineModel):
            if not allows(omics, model.baseline):
                found[name] = f"the omics {_listed(omics)} are not what {model.baseline} reads"
            continue
        reason = _why_not(model, omics)
        same = repr(_with_used(model, omics))
        if reason is None and same in earlier and (model.omics or model.hide):
            reason = f"with the omics {_listed(omics)} it is the same as {earlier[same]}"
        if reason is None:
            earlier.setdefault(same, name)
        else:
            found[name] = reason
    return found


def why_not_in(mode: SplitMode, model: BaselineModel | TrainedModel) -> str | None:
    """Say why a model predicts nothing of what a mode judges; None where it does."""
    if isinstance(model, TrainedModel):
        return None
    for_unseen = model.baseline in FOR_UNSEEN_GENES
    if for_unseen and mode not in UNSEEN_GENES:
        return f"{model.baseline} is for genes that were never screened"
    if not for_unseen and mode in UNSEEN_GENES:
        return f"{model.baseline} says nothing of genes that were never screened"
    return None


def _why_not(model: TrainedModel, omics: tuple[Omic, ...]) -> str | None:
    permuted = omic_permuted_by(model.data)
    named = {*(model.omics or ()), *([] if permuted is None else [permuted])}
    unused = [omic for omic in Omic if omic in named and omic not in omics]
    if unused:
        return f"params.yaml does not use {_listed(unused)}, which it names"
    learned = omics if model.omics is None else model.omics
    if not set(learned) - set(model.hide):
        return "judged lines would have no omic"
    return None


def _with_used(model: TrainedModel, omics: tuple[Omic, ...]) -> TrainedModel:
    """Return a model without the omics that are not used, to tell whether two are one."""
    own = tuple(omic for omic in omics if model.omics is None or omic in model.omics)
    hidden = tuple(omic for omic in own if omic in model.hide)
    return replace(model, omics=own, hide=hidden, seeds=None, modes=None)


def _listed(omics: tuple[Omic, ...] | list[Omic]) -> str:
    return ", ".join(omics)
