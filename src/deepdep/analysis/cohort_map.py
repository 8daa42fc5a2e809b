"""Predicted gene effects of everything in a cohort, with what is needed to read them."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

import anndata
import numpy as np
import pandas as pd
from threadpoolctl import threadpool_limits

from deepdep.analysis.codes import embed_codes
from deepdep.analysis.dependency_map import dependency_calls
from deepdep.analysis.neighbors import Neighbors, patients_of, rank_among, similarities
from deepdep.data.prepared import Prepared
from deepdep.data.standardized import StandardizedSamples
from deepdep.domain.lineages import UNKNOWN_LINEAGE
from deepdep.models import Predicted, Progress, TrainedPredictor
from deepdep.models.predicted import PARTS

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
class CohortMap:
    """Predictions as ``Predicted.matrix`` packs them, codes and their map in obsm."""

    tumors: anndata.AnnData
    cell_lines: anndata.AnnData


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
    progress
        Counts tumours and cell lines together.
    seed
        Of the map, on which both are placed together.
    origin
        What ``uns`` says of model and code.
    """
    split = prepared.splits["split"].reindex(prepared.cell_lines.index).fillna(UNLABELLED)
    lines = prepared.samples(prepared.cell_lines.index)
    lines = replace(lines, obs=lines.obs.assign(split=split))
    tumors = StandardizedSamples(prepared.tumor_profiles, prepared.tumors)
    genes, n_tumors, n_all = list(prepared.genes), len(tumors.obs), len(tumors.obs) + len(lines.obs)
    test_r = per_gene.loc[per_gene["model"] == "predictor"].set_index("gene")["r"].reindex(genes)

    def predict(samples: StandardizedSamples, n_before: int) -> Predicted:
        def of_all(n_done: int, n_samples: int) -> None:
            del n_samples
            if progress is not None:
                progress(n_before + n_done, n_all)

        return predictor.predict(samples, genes, progress=of_all)

    codes = [predictor.embed(samples) for samples in (tumors, lines)]
    plane = embed_codes(np.concatenate(codes), seed=seed).astype(np.float32)
    planes = plane[:n_tumors], plane[n_tumors:]
    placed = _placed(predictor, prepared, tumors, lines)

    def packed(
        predicted: Predicted, code: np.ndarray, place: np.ndarray, among_lines: pd.DataFrame
    ) -> anndata.AnnData:
        matrix = predicted.matrix({CODE: code, MAP: place}, origin)
        matrix.var["test_r"] = test_r.loc[matrix.var_names]
        matrix.obs = matrix.obs.join(among_lines)
        matrix.layers[CALL] = _calls(predicted, calls).to_numpy()
        return matrix

    of_tumors = packed(predict(tumors, 0), codes[0], planes[0], placed[0])
    of_lines = packed(predict(lines, n_tumors), codes[1], planes[1], placed[1])
    measured = prepared.gene_effect.table.reindex(index=lines.names, columns=genes)
    of_lines.layers[MEASURED] = measured.to_numpy(np.float32)
    for matrix in (of_tumors, of_lines):
        _explain(matrix, calls)
    return CohortMap(of_tumors, of_lines)


def map_samples(
    prepared: Prepared,
    predictor: TrainedPredictor,
    samples: StandardizedSamples,
    progress: Progress | None = None,
    *,
    seed: int,
    calls: CallSettings,
    origin: Mapping[str, Any] | None = None,
) -> anndata.AnnData:
    """Predict samples of one's own, and say where they lie among the lines of a cohort.

    As ``map_cohort`` does, but that the map in obsm has these samples alone; lineages of which
    calls speak are those that the samples state.
    """
    predicted = predictor.predict(samples, progress=progress)
    matrix = predicted.matrix(places_of(predictor, samples, seed=seed), origin)
    lines = prepared.samples(prepared.cell_lines.index)
    matrix.obs = matrix.obs.join(_placed(predictor, prepared, samples, lines)[0])
    matrix.layers[CALL] = _calls(predicted, calls).to_numpy()
    _explain(matrix, calls)
    return matrix


def _explain(matrix: anndata.AnnData, calls: CallSettings) -> None:
    """Say in ``uns`` what was added to a packed prediction."""
    numbers = calls.min_deviation, 2 * calls.min_deviation, calls.min_samples
    texts = {k: text.format(*numbers) for k, text in DEFINITIONS.items()}
    held = {f"{part}.{name}" for part in PARTS for name in getattr(matrix, part)}
    matrix.uns["definitions"] |= {place: text for place, text in texts.items() if place in held}
    matrix.uns["units"] |= {place: unit for place, unit in UNITS.items() if place in held}
    if f"layers.{MEASURED}" in held:
        matrix.uns["units"][f"layers.{MEASURED}"] = matrix.uns["units"]["X"]


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


def _calls(predicted: Predicted, settings: CallSettings) -> pd.DataFrame:
    lineages = predicted.obs.get("lineage")
    if lineages is None:
        lineages = pd.Series(UNKNOWN_LINEAGE, predicted.obs.index)
    return dependency_calls(
        predicted.effect,
        predicted.genes,
        lineages,
        predicted.kind,
        min_deviation=settings.min_deviation,
        min_samples=settings.min_samples,
    )


def places_of(
    predictor: TrainedPredictor, samples: StandardizedSamples, *, seed: int
) -> dict[str, np.ndarray]:
    """Return codes of samples and their map, (sample, width) and (sample, 2), by name in obsm."""
    code = predictor.embed(samples)
    return {CODE: code, MAP: embed_codes(code, seed=seed).astype(np.float32)}
