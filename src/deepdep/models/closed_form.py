"""What needs no gradient: lines that look alike, and single features of single genes."""

import os
from collections.abc import Iterator, Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import numpy as np
import pandas as pd
from threadpoolctl import ThreadpoolController

from deepdep.data.gene_groups import paralogs_of
from deepdep.data.standardized import StandardizedSamples, fill_features
from deepdep.domain.cohort import GeneSets
from deepdep.domain.drivers import DRIVERS, Driver
from deepdep.domain.features import FeatureSpace
from deepdep.domain.lineages import UNKNOWN_LINEAGE
from deepdep.io.documents import csv_text, read_csv, read_json
from deepdep.models.gene_scale import GeneScale
from deepdep.models.inputs import row_blocks
from deepdep.models.kernel import KERNEL, LINEAGE, KernelPart, Tables
from deepdep.models.kernel_fit import FittedKernel, KernelLabels, KernelSettings
from deepdep.models.older_kernel import OlderKernel
from deepdep.models.predicted import Progress
from deepdep.models.single_features import (
    FeaturesOfGenes,
    GeneFeatureSettings,
    SingleFeatures,
    SingleFeatureSettings,
    fit_gene_features,
)
from deepdep.models.unscreened import UnscreenedGenes
from deepdep.settings import Settings

MANY_LABELS = 2_000_000  # 1,100 lines x 2,000 genes; fewer take longer by several threads
SAMPLES_PER_BLOCK = 512  # x 20,000 features: 40 MB per table
# Files of a model's folder.
SINGLE_FEATURES = "single_features.csv"
NAME = "name"  # of a feature: a column that is read as text


@dataclass(frozen=True)
class ClosedFormSettings(Settings):
    """The ``finetune.closed_form`` group of params.yaml."""

    kernel: KernelSettings
    gene_features: GeneFeatureSettings
    single_features: SingleFeatureSettings


@dataclass(frozen=True)
class ClosedFormOfGenes:
    """Some genes' part: ``intercept`` by gene, ``coefficients`` (line, gene), single features.

    ``of_lines`` is added in lines that were learned from, (line, gene), 0 for screened genes.
    """

    intercept: np.ndarray
    coefficients: np.ndarray
    single_features: tuple[FeaturesOfGenes, ...]
    of_lines: pd.DataFrame


@dataclass(frozen=True)
class ClosedForm:
    """Both parts, and what stands for them in genes that were never screened."""

    kernel: KernelPart | OlderKernel
    single_features: SingleFeatures
    unscreened: UnscreenedGenes

    @classmethod
    def fit(
        cls, tables: Tables, labels: KernelLabels, gene_sets: GeneSets, settings: ClosedFormSettings
    ) -> "ClosedForm":
        """Fit the kernel part; to what it misses on patients left out, features of each gene.

        Its own first, then others. Then what stands for all of them in unscreened genes.
        """
        with _threads(labels.effect.size):
            return cls._fit(tables, labels, gene_sets, settings)

    @classmethod
    def _fit(
        cls, tables: Tables, labels: KernelLabels, gene_sets: GeneSets, settings: ClosedFormSettings
    ) -> "ClosedForm":
        fitted = FittedKernel.fit(tables, labels, settings.kernel)
        part, lines = fitted.part, labels.effect.index
        alike = pd.DataFrame(part.compare(tables, lines)[0], lines, lines)
        unscreened = UnscreenedGenes.fit(
            part.coefficients,
            part.intercept + alike @ part.coefficients,
            fitted.out_of_fold,
            labels.effect,
            part.profiles,
            gene_sets,
        )
        return cls(part, cls._single_features(fitted, tables, labels, settings), unscreened)

    def refit(
        self, tables: Tables, labels: KernelLabels, settings: ClosedFormSettings
    ) -> "ClosedForm":
        """Fit screened genes to other values of the same tables, which count as they do here."""
        if not isinstance(self.kernel, KernelPart):
            raise TypeError("a closed form of an older format cannot be fitted")
        with _threads(labels.effect.size):
            fitted = FittedKernel.fit(tables, labels, settings.kernel, like=self.kernel)
            single = self._single_features(fitted, tables, labels, settings)
        return ClosedForm(fitted.part, single, UnscreenedGenes.untaught())

    @staticmethod
    def _single_features(
        fitted: FittedKernel, tables: Tables, labels: KernelLabels, settings: ClosedFormSettings
    ) -> SingleFeatures:
        profiles = fitted.part.complete(tables, labels.effect.index)
        profiles.pop(LINEAGE, None)  # which the kernel knows
        missed = labels.effect - fitted.out_of_fold
        named = {feature for table in profiles.values() for feature in table.columns}
        paralogs = paralogs_of(labels.effect.columns, named)
        partners = {
            gene: [*paralogs.get(gene, ()), *DRIVERS.get(gene, Driver()).partners]
            for gene in labels.effect.columns
        }
        of_genes = fit_gene_features(
            profiles, missed, fitted.noise, settings.gene_features, partners
        )
        single = SingleFeatures.fit(
            profiles, missed - of_genes.left_out, labels.patient_id, settings.single_features
        )
        return single.plus(of_genes.features)

    @classmethod
    def cross_fit(
        cls,
        tables: Tables,
        labels: KernelLabels,
        settings: ClosedFormSettings,
        fold_of_line: pd.Series,
        lacking: Sequence[Tables] = (),
        progress: Progress | None = None,
    ) -> list[pd.DataFrame]:
        """Predict every line by a closed form that was fitted, choices included, without its fold.

        Parameters
        ----------
        fold_of_line
            Of the lines to predict, in order; a patient's lines are in one fold.
        lacking
            Other tables of some of these lines, to be predicted as well.
        progress
            Called with the number of folds that are done and of all.

        Returns
        -------
        Gene effects (line, gene): of those lines, then of the lines of each ``lacking``.
        """
        genes, views = list(labels.effect.columns), (tables, *lacking)
        found: list[list[pd.DataFrame]] = [[] for _ in views]
        folds = sorted(fold_of_line.unique())
        for n_done, fold in enumerate(folds, start=1):
            left_out = fold_of_line.index[fold_of_line == fold]
            others = labels.without(left_out)
            with _threads(others.effect.size):
                fitted = FittedKernel.fit(tables, others, settings.kernel)
                single = cls._single_features(fitted, tables, others, settings)
            # All genes are screened: nothing needs to be known of others.
            closed_form = cls(fitted.part, single, UnscreenedGenes.untaught())
            looked_up = ClosedFormOfGenes(
                fitted.part.intercept.to_numpy(),
                fitted.part.coefficients.to_numpy(float),
                single.of_genes(labels.effect.columns),
                pd.DataFrame(),
            )
            for given, parts in zip(views, found, strict=True):
                of_fold = {o: table.loc[table.index.isin(left_out)] for o, table in given.items()}
                named = left_out
                if given is not tables:
                    named = left_out[
                        [any(n in t.index for t in of_fold.values()) for n in left_out]
                    ]
                effects = closed_form.with_genes(of_fold, list(named), looked_up)
                parts.append(pd.DataFrame(effects, named, genes))
            if progress is not None:
                progress(n_done, len(folds))
        whole, *of_lacking = (pd.concat(parts) for parts in found)
        return [whole.astype(float).loc[fold_of_line.index], *of_lacking]

    def effects(
        self,
        tables: Tables,
        samples: Sequence[str],
        genes: Sequence[str],
        scale: GeneScale,
        gene_sets: GeneSets,
    ) -> np.ndarray:
        """Predict gene effects, shape (sample, gene), of screened genes and others.

        Parameters
        ----------
        tables
            Profiles in the omics' own units, centred, (sample, feature); any of the omics, each
            with the samples that have it.
        """
        return self.with_genes(tables, samples, self.of_genes(genes, scale, gene_sets))

    def with_genes(
        self, tables: Tables, samples: Sequence[str], genes: ClosedFormOfGenes
    ) -> np.ndarray:
        """Predict gene effects, shape (sample, gene), of genes that were looked up before."""
        n_genes = len(genes.intercept)
        # The last bits of a product depend on how many threads share its rows.
        with _threads(0):
            predicted = [
                genes.intercept
                + similarities @ genes.coefficients
                + SingleFeatures.added(profiles, genes.single_features, n_genes)
                for similarities, profiles in self.compared(tables, samples)
            ]
        effects = np.concatenate(predicted or [np.empty((0, n_genes))])
        if len(genes.of_lines):
            effects += genes.of_lines.reindex(list(samples)).fillna(0).to_numpy()
        return effects.astype(np.float32)

    def similarities(self, tables: Tables, samples: Sequence[str]) -> np.ndarray:
        """Return how alike samples and the fitted lines are, centred, shape (sample, line)."""
        found = [alike for alike, _ in self.compared(tables, samples)]
        return np.concatenate(found or [np.empty((0, len(self.kernel.lines)))])

    def compared(
        self, tables: Tables, samples: Sequence[str]
    ) -> Iterator[tuple[np.ndarray, dict[str, pd.DataFrame]]]:
        """Yield similarities (sample, line) and complete profiles of some samples at a time.

        Both as ``KernelPart.compare`` returns them.
        """
        index = pd.Index(samples)
        lineage = {}
        if LINEAGE in tables and isinstance(self.kernel, KernelPart):
            lineage = {LINEAGE: self.kernel.of_learned_lineage(tables[LINEAGE])}
        lines = self.kernel.profiles
        for rows in row_blocks(len(index), SAMPLES_PER_BLOCK):
            some = index[rows]
            of_block = {
                name: fill_features(table.loc[table.index.isin(some)], lines[name])
                for name, table in tables.items()
                if name in lines
            }
            yield self.kernel.compare(of_block | lineage, some)

    def of_genes(
        self, names: Sequence[str], scale: GeneScale, gene_sets: GeneSets
    ) -> ClosedFormOfGenes:
        """Look up, or estimate, what does not depend on samples."""
        genes = pd.Index(names)
        of_scale = scale.of(list(genes), gene_sets)
        intercept = self.kernel.intercept.reindex(genes).fillna(of_scale["mean"])
        screened = genes.isin(self.kernel.coefficients.columns)
        coefficients = np.empty((len(self.kernel.coefficients), len(genes)))
        coefficients[:, screened] = self.kernel.coefficients[genes[screened]]
        single, of_lines = self.single_features, pd.DataFrame()
        if not screened.all():
            estimated = self.unscreened.of_genes(
                of_scale["sd"][~screened], self.kernel.profiles, gene_sets
            )
            coefficients[:, ~screened] = estimated.coefficients
            of_lines = estimated.of_lines.reindex(columns=genes).fillna(0)
            if len(estimated.single_features):
                single = SingleFeatures(pd.concat([single.weights, estimated.single_features]))
        return ClosedFormOfGenes(
            intercept.to_numpy(), coefficients, single.of_genes(genes), of_lines
        )

    def write(self, folder: Path) -> None:
        """Write into a folder that is being made."""
        self.kernel.write(folder)
        self.unscreened.write(folder)
        weights = self.single_features.weights.rename(columns={"feature": NAME})
        (folder / SINGLE_FEATURES).write_text(csv_text(weights), encoding="utf-8")

    @classmethod
    def read(cls, folder: Path) -> "ClosedForm | None":
        """Read what ``write`` wrote, if it did; the manifest was checked before."""
        if not (folder / KERNEL).exists():
            return None
        is_older = "width" in read_json(folder / KERNEL)
        kernel = OlderKernel.read(folder) if is_older else KernelPart.read(folder)
        weights = read_csv(folder / SINGLE_FEATURES, ["gene", "omic", NAME, "weight"])
        single = SingleFeatures(weights.rename(columns={NAME: "feature"}).astype({"weight": float}))
        return cls(kernel, single, UnscreenedGenes.read(folder))


def in_omic_units(
    samples: StandardizedSamples, features: Mapping[str, FeatureSpace]
) -> dict[str, pd.DataFrame]:
    """Give standardised profiles the spread their features have in cell lines; centred as before.

    Tumours are standardised apart, so that this lays them over the lines. An omic without features
    here is left out, as tuning did. The table ``lineage`` holds what is stated of lineages.
    """
    tables = {
        str(omic): table * features[omic].table["scale_cell_line"].astype(np.float32)
        for omic, table in samples.profiles.items()
        if omic in features
    }
    return tables | lineage_table(samples.obs.get("lineage"))


def lineage_table(lineage: pd.Series | None) -> dict[str, pd.DataFrame]:
    """Return a table of 0 and 1, shape (sample, lineage), by its name; none where none is known."""
    if lineage is None:
        return {}
    stated = lineage[lineage.notna() & (lineage != UNKNOWN_LINEAGE)]
    return {LINEAGE: pd.get_dummies(stated).astype(np.float32)} if len(stated) else {}


def _threads(n_labels: int) -> AbstractContextManager[object]:
    """Multiply matrices by one core; where there are many labels by all, or as many as are ours."""
    ours = os.environ.get("OMP_NUM_THREADS", "")
    all_cores = int(ours) if ours.isdigit() else os.cpu_count() or 1
    n_threads = all_cores if n_labels >= MANY_LABELS else 1
    return _thread_pools().limit(limits=n_threads, user_api="blas")


@cache
def _thread_pools() -> ThreadpoolController:
    return ThreadpoolController()  # looks through all loaded libraries
