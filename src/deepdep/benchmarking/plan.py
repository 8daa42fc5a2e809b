"""What a benchmark depends on, and the folds that it is made of."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

import pandas as pd

from deepdep.benchmarking.left_out import why_not_in
from deepdep.benchmarking.model_settings import ModelSettings
from deepdep.benchmarking.settings import BenchmarkSettings
from deepdep.data.folds import FoldSettings, SplitMode, draw_folds, folds_hash, gene_groups
from deepdep.data.prepare import PrepareSettings, labelled_lines, require_labels
from deepdep.data.prepare_fold import foldable_gene_sets
from deepdep.domain.cohort import Cohort
from deepdep.domain.feature_lists import FeatureLists
from deepdep.domain.folds import Fold
from deepdep.domain.gene_effect import GeneEffect
from deepdep.domain.omics import Omic
from deepdep.evaluation.judge import JudgeSettings
from deepdep.io.benchmark import Measured, keep_folds, write_measured


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
