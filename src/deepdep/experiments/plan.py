"""What a benchmark depends on, its folds, and the models that it leaves out."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from pathlib import Path

import pandas as pd

from deepdep.data.folds import FoldSettings, SplitMode, draw_folds
from deepdep.data.gene_groups import gene_groups
from deepdep.data.prepare import PrepareSettings, foldable_gene_sets, labelled_lines, require_labels
from deepdep.domain.cohort import Cohort
from deepdep.domain.features import FeatureLists
from deepdep.domain.folds import Fold, folds_hash
from deepdep.domain.gene_effect import GeneEffect
from deepdep.domain.omics import Omic
from deepdep.evaluation.fold import UNSEEN_GENES
from deepdep.evaluation.judge import JudgeSettings
from deepdep.experiments.cells import Measured, keep_folds, write_measured
from deepdep.experiments.changes import omic_permuted_by
from deepdep.experiments.settings import (
    BaselineModel,
    BenchmarkSettings,
    ModelSettings,
    TrainedModel,
)
from deepdep.models.baselines import FOR_UNSEEN_GENES, allows

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


@dataclass(frozen=True)
class Plan:
    """All that a benchmark depends on; small enough to be sent to every worker.

    Attributes
    ----------
    data
        Folder of the cohort, which each worker reads by itself.
    cohort_sha256
        Identifies the cohort's files.
    benchmark
        Restricted to what was asked for.
    settings
        Of the trained models, by name.
    left_out
        Why a model cannot run with these omics, by its name.
    """

    data: Path
    cohort_sha256: str
    gene_list: list[str]
    feature_lists: FeatureLists | None
    omics: tuple[Omic, ...]
    prepare: PrepareSettings
    judge: JudgeSettings
    benchmark: BenchmarkSettings
    settings: Mapping[str, ModelSettings]
    left_out: Mapping[str, str]

    def models_of(self, mode: SplitMode, seed: int) -> tuple[str, ...]:
        """Name the models that are asked for in a mode and a seed, and can run there."""
        asked = self.benchmark
        return tuple(
            name
            for name, model in asked.models.items()
            if seed in (asked.seeds if model.seeds is None else model.seeds)
            and mode in (asked.modes if model.modes is None else model.modes)
            and name not in self.left_out
            and why_not_in(mode, model) is None
        )

    def notes(self) -> Iterator[str]:
        """Say of each model that does not run, or not in a mode that was asked for, why."""
        asked = self.benchmark
        for name, model in asked.models.items():
            if name in self.left_out:
                yield f"{name}: left out: {self.left_out[name]}"
                continue
            modes = [mode for mode in asked.modes if model.modes is None or mode in model.modes]
            reasons: dict[str, list[str]] = {}
            for mode in modes:
                if reason := why_not_in(mode, model):
                    reasons.setdefault(reason, []).append(str(mode))
            for reason, of_modes in reasons.items():
                yield f"{name}: left out in mode {', '.join(of_modes)}: {reason}"


@dataclass(frozen=True)
class FoldOfModels:
    """The cells of one fold, which share what is prepared and pretrained."""

    mode: SplitMode
    seed: int
    fold: Fold
    folds_hash: str  # of all folds of its mode and seed
    models: tuple[str, ...]


def folds_of(plan: Plan, cohort: Cohort, to: Path) -> list[FoldOfModels]:
    """Draw every fold, and write what the cells will be judged by.

    Raises
    ------
    BadFileError
        When the folder holds other folds.
    """
    obs = cohort.cell_lines.obs.loc[labelled_lines(cohort)]
    screened = require_labels(cohort)
    gene_sets = foldable_gene_sets(cohort, plan.prepare, plan.gene_list)
    genes = pd.Index(sorted({gene for members in gene_sets.values() for gene in members}))
    groups_of_genes = gene_groups(genes, gene_sets)
    judged = GeneEffect(screened.table.loc[obs.index, genes], screened.kind)
    draw = plan.benchmark.folds
    found = []
    for mode in plan.benchmark.modes:
        write_measured(Measured(judged, obs), to / mode)
        for seed in plan.benchmark.seeds:
            settings = FoldSettings(
                mode, draw.n_folds, draw.validation, seed, draw.min_lines_per_lineage
            )
            folds = draw_folds(obs, genes, groups_of_genes, settings)
            keep_folds(folds, to / mode, seed)
            models = plan.models_of(mode, seed)
            found += [FoldOfModels(mode, seed, fold, folds_hash(folds), models) for fold in folds]
    return found
