"""Predicted gene effects of everything in a cohort, with what is needed to read them."""

from dataclasses import dataclass, replace

import anndata
import pandas as pd

from deepdep.data.prepared import Prepared
from deepdep.data.standardized import StandardizedSamples
from deepdep.io.matrices import to_anndata
from deepdep.models import Progress, TrainedPredictor

UNLABELLED = "unlabelled"


@dataclass(frozen=True)
class CohortMap:
    """Predictions as AnnData: X the effects, ``var`` the genes' scale and trust, codes in obsm."""

    tumors: anndata.AnnData
    cell_lines: anndata.AnnData


def map_cohort(
    prepared: Prepared,
    predictor: TrainedPredictor,
    per_gene: pd.DataFrame,
    progress: Progress | None = None,
) -> CohortMap:
    """Predict every tumour and every cell line of a cohort.

    Parameters
    ----------
    per_gene
        Columns ``gene``, ``model`` and ``r``: how well each gene is predicted in unseen patients.
    progress
        Counts tumours and cell lines together.
    """
    split = prepared.splits["split"].reindex(prepared.cell_lines.index).fillna(UNLABELLED)
    lines = prepared.samples(prepared.cell_lines.index)
    lines = replace(lines, obs=lines.obs.assign(split=split))
    tumors = StandardizedSamples(prepared.tumor_profiles, prepared.tumors)
    genes, n_tumors, n_all = list(prepared.genes), len(tumors.obs), len(tumors.obs) + len(lines.obs)
    test_r = per_gene.loc[per_gene["model"] == "predictor"].set_index("gene")["r"].reindex(genes)

    def predict(samples: StandardizedSamples, n_before: int) -> anndata.AnnData:
        def of_all(n_done: int, n_samples: int) -> None:
            del n_samples
            if progress is not None:
                progress(n_before + n_done, n_all)

        predicted = predictor.predict(samples, genes, progress=of_all)
        matrix = to_anndata(
            predicted.effect,
            obs=predicted.obs,
            uns={"kind": str(predictor.kind)},
            obsm={"code": predictor.embed(samples)},
        )
        described = predicted.genes.drop(columns=["screened", "n_gene_sets"])
        matrix.var = described.assign(test_r=test_r).loc[matrix.var_names]
        return matrix

    return CohortMap(tumors=predict(tumors, 0), cell_lines=predict(lines, n_tumors))
