"""Predicted gene effects of everything in a cohort, with what is needed to read them."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

import anndata
import numpy as np
import pandas as pd

from deepdep.analysis.codes import embed_codes
from deepdep.data.prepared import Prepared
from deepdep.data.standardized import StandardizedSamples
from deepdep.models import Predicted, Progress, TrainedPredictor

UNLABELLED = "unlabelled"
CODE, MAP = "X_code", "X_tsne"  # in obsm
DEFINITIONS = {
    "obs.split": "part of the cohort that a line is in; only those of test taught nothing",
    "var.test_r": "correlation of measured with predicted effects in patients of the test split",
}


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
    origin: Mapping[str, Any] | None = None,
) -> CohortMap:
    """Predict every tumour and every cell line of a cohort.

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

    def packed(predicted: Predicted, code: np.ndarray, place: np.ndarray) -> anndata.AnnData:
        matrix = predicted.matrix({CODE: code, MAP: place}, origin)
        matrix.var["test_r"] = test_r.loc[matrix.var_names]
        held = {*(f"obs.{name}" for name in matrix.obs), "var.test_r"}
        matrix.uns["definitions"] |= {k: text for k, text in DEFINITIONS.items() if k in held}
        return matrix

    return CohortMap(
        tumors=packed(predict(tumors, 0), codes[0], planes[0]),
        cell_lines=packed(predict(lines, n_tumors), codes[1], planes[1]),
    )


def places_of(
    predictor: TrainedPredictor, samples: StandardizedSamples, *, seed: int
) -> dict[str, np.ndarray]:
    """Return codes of samples and their map, (sample, width) and (sample, 2), by name in obsm."""
    code = predictor.embed(samples)
    return {CODE: code, MAP: embed_codes(code, seed=seed).astype(np.float32)}
