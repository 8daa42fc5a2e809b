"""What a benchmark depends on, the models that it excludes, and its folds."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path
from typing import Self

import pandas as pd

from deepdep.data.cohort import files_of_cohort
from deepdep.data.folds import FoldSettings, SplitMode, draw_folds
from deepdep.data.gene_groups import gene_groups
from deepdep.data.prepare import PrepareSettings, foldable_gene_sets, labelled_lines, require_labels
from deepdep.data.prepared import read_omics
from deepdep.domain.cohort import Cohort
from deepdep.domain.features import FeatureLists
from deepdep.domain.folds import Fold, folds_hash
from deepdep.domain.gene_effect import GeneEffect
from deepdep.evaluation.judge import JudgeSettings
from deepdep.experiments.cells import ModeFolder
from deepdep.experiments.settings import (
    BaselineModel,
    BenchmarkSettings,
    TrainedModel,
)
from deepdep.io.files import file_sha256
from deepdep.settings import read_params, read_settings
from deepdep.sources.feature_lists import read_feature_lists
from deepdep.sources.gene_names import read_gene_list
from deepdep.training.settings import TrainingSettings


@dataclass(frozen=True)
class PlannedFold:
    """The cells of one fold, which share what is prepared and pretrained."""

    mode: SplitMode
    seed: int
    fold: Fold
    folds_hash: str  # of all folds of its mode and seed
    models: tuple[str, ...]


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
        Restricted to the wanted modes, seeds and models.
    settings
        Of the trained models, by name.
    excluded
        Why a model cannot run with these omics, by its name.
    """

    data: Path
    cohort_sha256: str
    gene_list: list[str]
    feature_lists: FeatureLists | None
    omics: tuple[str, ...]
    prepare: PrepareSettings
    judge: JudgeSettings
    benchmark: BenchmarkSettings
    settings: Mapping[str, TrainingSettings]
    excluded: Mapping[str, str]

    @classmethod
    def read(
        cls,
        data: Path,
        params: Path,
        modes: Sequence[str] | None = None,
        seeds: str | None = None,
        models: str | None = None,
    ) -> Self:
        """Read what a benchmark depends on; None takes all modes, seeds or models.

        Parameters
        ----------
        seeds, models
            Separated by commas.
        """
        tree = read_params(params)
        settings = read_settings(params, "benchmark", BenchmarkSettings)
        prepare = read_settings(params, "prepare", PrepareSettings)
        omics = read_omics(params)
        excluded = excluded_models(settings.models, omics)
        settings = settings.restricted_to(modes, seeds, models)
        lists = read_feature_lists(Path(prepare.feature_lists)) if prepare.is_preset else None
        hashes = [f"{name} {file_sha256(data / name)}" for name in files_of_cohort(data)]
        return cls(
            data=data.resolve(),
            cohort_sha256=sha256("\n".join(hashes).encode()).hexdigest(),
            gene_list=read_gene_list(Path(prepare.gene_list)),
            feature_lists=lists,
            omics=omics,
            prepare=prepare,
            judge=read_settings(params, "evaluate", JudgeSettings),
            benchmark=settings,
            settings={
                name: model.training(name, tree, omics)
                for name, model in settings.models.items()
                if isinstance(model, TrainedModel)
            },
            excluded=excluded,
        )

    def models_of(self, mode: SplitMode, seed: int) -> tuple[str, ...]:
        """Name the models that run in a mode and with a seed."""
        settings = self.benchmark
        return tuple(
            name
            for name, model in settings.models.items()
            if seed in (settings.seeds if model.seeds is None else model.seeds)
            and mode in (settings.modes if model.modes is None else model.modes)
            and name not in self.excluded
            and model.excluded_in(mode) is None
        )

    def folds(self, cohort: Cohort, to: Path) -> list[PlannedFold]:
        """Draw every fold, and write what the cells will be judged by.

        Raises
        ------
        BadFileError
            When the folder holds other folds.
        """
        obs = cohort.cell_lines.obs.loc[labelled_lines(cohort)]
        screened = require_labels(cohort)
        in_sets = (cohort.gene_sets or {}).values()
        self.judge.protocol.require_genes({*screened.table.columns}.union(*in_sets))
        gene_sets = foldable_gene_sets(cohort, self.prepare, self.gene_list)
        genes = pd.Index(sorted({gene for members in gene_sets.values() for gene in members}))
        groups_of_genes = gene_groups(genes, gene_sets)
        judged = GeneEffect(screened.table.loc[obs.index, genes], screened.kind)
        draw = self.benchmark.folds
        found = []
        for mode in self.benchmark.modes:
            folder = ModeFolder(to / mode)
            folder.write_measured(judged, obs)
            for seed in self.benchmark.seeds:
                settings = FoldSettings(
                    mode, draw.n_folds, draw.validation, seed, draw.min_lines_per_lineage
                )
                folds = draw_folds(obs, genes, groups_of_genes, settings)
                folder.keep_folds(folds, seed)
                models = self.models_of(mode, seed)
                found += [
                    PlannedFold(mode, seed, fold, folds_hash(folds), models) for fold in folds
                ]
        return found

    def notes(self) -> Iterator[str]:
        """Yield why a model does not run, or not in a mode."""
        settings = self.benchmark
        for name, model in settings.models.items():
            if name in self.excluded:
                yield f"{name}: left out: {self.excluded[name]}"
                continue
            modes = [mode for mode in settings.modes if model.modes is None or mode in model.modes]
            reasons: dict[str, list[str]] = {}
            for mode in modes:
                if reason := model.excluded_in(mode):
                    reasons.setdefault(reason, []).append(str(mode))
            for reason, of_modes in reasons.items():
                yield f"{name}: left out in mode {', '.join(of_modes)}: {reason}"


def excluded_models(
    models: Mapping[str, BaselineModel | TrainedModel], omics: tuple[str, ...]
) -> dict[str, str]:
    """Return why models cannot run with the omics that params.yaml uses, by their names.

    Of models that differ only in omics which are not used, the first one runs.
    """
    reasons: dict[str, str] = {}
    earlier: dict[str, str] = {}
    for name, model in models.items():
        reason = model.excluded_by(omics)
        if reason is None and isinstance(model, TrainedModel):
            first = earlier.setdefault(repr(model.restricted_to(omics)), name)
            if first != name and (model.omics or model.hide):
                reason = f"with the omics {', '.join(omics)} it is the same as {first}"
        if reason is not None:
            reasons[name] = reason
    return reasons
