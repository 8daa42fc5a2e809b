"""Predicted gene effects of everything in a cohort, with what is needed to read them."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import anndata
import numpy as np
import pandas as pd
from threadpoolctl import threadpool_limits

from deepdep.analysis.codes import embed_codes
from deepdep.analysis.dependency_map import call_typical, calls_by_sample
from deepdep.analysis.neighbors import Neighbors, patients_of, rank_among, similarities
from deepdep.data.prepared import Prepared
from deepdep.data.standardized import StandardizedSamples
from deepdep.io.matrices import RowBlock, write_anndata_in_blocks
from deepdep.models import Progress, TrainedPredictor
from deepdep.models.gene_scale import deviation_from_mean
from deepdep.models.predicted import DEVIATION, about_predicted
from deepdep.models.predictor import PreparedGenes

UNLABELLED = "unlabelled"
CODE, MAP = "X_code", "X_tsne"  # in obsm
CALL, MEASURED = "call", "measured"  # layers
N_NEAREST = 5  # lines of other patients
DEFINITIONS = {
    "obs.split": "part of the cohort that a line is in; only those of test taught nothing",
    "obs.distance": (
        "1 - mean similarity (cosine) to the nearest lines of other patients that taught the "
        "model, in the space where it compares samples: 0 is at their place, 1 is unlike them"
    ),
    "obs.distance_rank": (
        "share of the lines that taught the model which lie as near to the others, or nearer: "
        "near 1, hardly any line lies so far off"
    ),
    **{
        f"obs.nearest_line_{k}": f"line of another patient, {k} in the order of similarity; what "
        "was measured in it: layers.measured of the file of cell lines"
        for k in range(1, N_NEAREST + 1)
    },
    f"layers.{CALL}": (
        "0 none; 1 selective, dependent and {0:g} SD or more below the gene's mean, or {1:g} SD "
        "whatever the effect; 2 lineage-typical, likewise, and so are at least half of the samples "
        "of its lineage here, {2} or more; 3 common essential, a gene of that class that the "
        "sample depends on"
    ),
    f"layers.{MEASURED}": "measured gene effect, NaN where not screened",
    "var.test_r": "correlation of measured with predicted effects in patients of the test split",
}
UNITS = {"obs.distance": "1", "obs.distance_rank": "1", f"layers.{CALL}": "none"}


@dataclass(frozen=True)
class CallSettings:
    """What counts as a call, of the ``report`` group of params.yaml; see ``dependency_calls``."""

    min_deviation: float
    min_samples: int


@dataclass(frozen=True)
class SampleMap:
    """Predictions of samples with all that is known, none of which is made before it is written.

    Attributes
    ----------
    about
        As ``Predicted.matrix`` packs predictions, codes and their map in obsm, without the tables.
    """

    about: anndata.AnnData
    predictor: TrainedPredictor
    samples: StandardizedSamples
    genes: PreparedGenes
    calls: CallSettings
    measured: pd.DataFrame | None = None  # gene effects, (sample, gene)
    progress: Progress | None = None

    def write(self, target: Path) -> None:
        """Write an ``.h5ad``, complete or not at all; no table is whole in memory but the calls."""
        write_anndata_in_blocks(self.about, self._tables(), target)

    def _tables(self) -> Iterator[RowBlock]:
        described, n_done = self.genes.described, 0
        calls = np.empty(self.about.shape, np.int8)
        for effect in self.predictor.predict_in_blocks(self.samples, self.genes, self.progress):
            rows = slice(n_done, n_done + len(effect))
            n_done = rows.stop
            yield RowBlock("X", rows, effect.to_numpy(np.float32))
            deviation = deviation_from_mean(effect, described).to_numpy(np.float32)
            yield RowBlock(f"layers/{DEVIATION}", rows, deviation)
            calls[rows] = calls_by_sample(
                effect, described, self.predictor.kind, min_deviation=self.calls.min_deviation
            )
        lineages = self.samples.obs.get("lineage")
        if lineages is not None:  # else nothing is typical of any
            call_typical(calls, lineages, min_samples=self.calls.min_samples)
        yield RowBlock(f"layers/{CALL}", slice(0, n_done), calls)
        if self.measured is not None:
            measured = self.measured.to_numpy(np.float32)
            yield RowBlock(f"layers/{MEASURED}", slice(0, n_done), measured)


@dataclass(frozen=True)
class CohortMap:
    """Predictions of a cohort; codes of both are on one map."""

    tumors: SampleMap
    cell_lines: SampleMap


def map_cohort(
    prepared: Prepared,
    predictor: TrainedPredictor,
    per_gene: pd.DataFrame,
    progress: Progress | None = None,
    *,
    seed: int,
    calls: CallSettings,
    origin: Mapping[str, Any] | None = None,
) -> CohortMap:
    """Predict every tumour and every cell line of a cohort, and say where they lie among lines.

    Parameters
    ----------
    per_gene
        Columns ``gene``, ``model`` and ``r``: how well each gene is predicted in unseen patients.
        No row where none were kept to judge by.
    progress
        Counts tumours and cell lines together, while they are written.
    seed
        Of the map, on which both are placed together.
    origin
        What ``uns`` says of model and code.
    """
    split = prepared.splits["split"].reindex(prepared.cell_lines.index).fillna(UNLABELLED)
    lines = prepared.samples(prepared.cell_lines.index)
    lines = replace(lines, obs=lines.obs.assign(split=split))
    tumors = StandardizedSamples(prepared.tumor_profiles, prepared.tumors)
    names, n_tumors, n_all = list(prepared.genes), len(tumors.obs), len(tumors.obs) + len(lines.obs)
    codes = [predictor.embed(samples) for samples in (tumors, lines)]
    plane = embed_codes(np.concatenate(codes), seed=seed).astype(np.float32)
    planes = plane[:n_tumors], plane[n_tumors:]
    placed = _placed(predictor, prepared, tumors, lines)
    of_predictor = per_gene.loc[per_gene["model"] == "predictor"].set_index("gene")["r"]
    genes = predictor.prepare_genes(names)

    def mapped(number: int, measured: pd.DataFrame | None) -> SampleMap:
        def of_all(n_done: int, n_samples: int) -> None:
            del n_samples
            if progress is not None:
                progress(number * n_tumors + n_done, n_all)

        obsm = {CODE: codes[number], MAP: planes[number]}
        samples = (tumors, lines)[number]
        about = _about(predictor, samples, genes, placed[number], calls, obsm, origin)
        about.var["test_r"] = of_predictor.reindex(names).astype(float)
        _explain(about, calls, ["var.test_r", *([f"layers.{MEASURED}"] if number else [])])
        return SampleMap(about, predictor, samples, genes, calls, measured, of_all)

    measured = prepared.gene_effect.table.reindex(index=lines.names, columns=names)
    return CohortMap(mapped(0, None), mapped(1, measured))


def map_samples(
    prepared: Prepared,
    predictor: TrainedPredictor,
    samples: StandardizedSamples,
    progress: Progress | None = None,
    *,
    seed: int,
    calls: CallSettings,
    origin: Mapping[str, Any] | None = None,
) -> SampleMap:
    """Predict samples of one's own, and say where they lie among the lines of a cohort.

    As ``map_cohort`` does, but that the map in obsm has these samples alone; lineages of which
    calls speak are those that the samples state.
    """
    lines = prepared.samples(prepared.cell_lines.index)
    genes, obsm = predictor.prepare_genes(), places_of(predictor, samples, seed=seed)
    placed = _placed(predictor, prepared, samples, lines)[0]
    about = _about(predictor, samples, genes, placed, calls, obsm, origin)
    return SampleMap(about, predictor, samples, genes, calls, progress=progress)


def _about(
    predictor: TrainedPredictor,
    samples: StandardizedSamples,
    genes: PreparedGenes,
    placed: pd.DataFrame,
    calls: CallSettings,
    obsm: Mapping[str, np.ndarray],
    origin: Mapping[str, Any] | None,
) -> anndata.AnnData:
    obs, with_omic = predictor.obs_of(samples), predictor.with_omic(samples)
    layers = [DEVIATION, CALL]
    about = about_predicted(obs, genes.described, predictor.kind, with_omic, layers, obsm, origin)
    about.obs = about.obs.join(placed)
    _explain(about, calls, [f"layers.{CALL}", *(f"obs.{name}" for name in about.obs)])
    return about


def _explain(about: anndata.AnnData, calls: CallSettings, places: Sequence[str]) -> None:
    """Say in ``uns`` what a map holds at these places beside what every prediction does."""
    numbers = calls.min_deviation, 2 * calls.min_deviation, calls.min_samples
    texts = {k: text.format(*numbers) for k, text in DEFINITIONS.items() if k in places}
    about.uns["definitions"] |= texts
    about.uns["units"] |= {place: unit for place, unit in UNITS.items() if place in places}
    if f"layers.{MEASURED}" in places:
        about.uns["units"][f"layers.{MEASURED}"] = about.uns["units"]["X"]


def _placed(
    predictor: TrainedPredictor,
    prepared: Prepared,
    samples: StandardizedSamples,
    lines: StandardizedSamples,
) -> list[pd.DataFrame]:
    """Return distance, its rank and the nearest lines, columns of obs: of samples, then of lines.

    A sample of the name of a line is taken for that line, and is no neighbour of itself.
    """
    both, patients = (samples, lines), patients_of(lines.obs)
    labelled = lines.names.isin(prepared.gene_effect.table.index)
    with_labels = StandardizedSamples(lines.profiles, lines.obs[labelled])
    with threadpool_limits(1):  # the last bits of a product depend on how many threads share it
        alike = [similarities(predictor, some, with_labels) for some in both]
    nearest = [
        Neighbors.of(each, patients.reindex(of_sample.index).fillna(of_sample), patients, N_NEAREST)
        for each, of_sample in zip(alike, (patients_of(some.obs) for some in both), strict=True)
    ]
    of_learned = nearest[1].distance[alike[1].columns].dropna()
    return [
        pd.concat(
            [
                each.distance,
                rank_among(each.distance, of_learned),
                each.lines.fillna("").add_prefix("nearest_line_"),
            ],
            axis=1,
        )
        for each in nearest
    ]


def places_of(
    predictor: TrainedPredictor, samples: StandardizedSamples, *, seed: int
) -> dict[str, np.ndarray]:
    """Return codes of samples and their map, (sample, width) and (sample, 2), by name in obsm."""
    code = predictor.embed(samples)
    return {CODE: code, MAP: embed_codes(code, seed=seed).astype(np.float32)}
