"""Predicted gene effects of everything in a cohort, with what is needed to read them."""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import partial

import anndata
import pandas as pd

from deepdep.data.prepared import Prepared
from deepdep.domain.omics import Omic
from deepdep.io.matrices import to_anndata
from deepdep.models.artifacts import TrainedPredictor
from deepdep.models.prediction import describe_genes, embed_samples, predict_effects
from deepdep.models.table import Progress

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
        Told of tumours and cell lines together.
    """
    split = prepared.splits["split"].reindex(prepared.cell_lines.index).fillna(UNLABELLED)
    genes = list(prepared.genes)
    cell_lines = prepared.cell_lines.assign(split=split)
    n_tumors = len(prepared.tumors)
    told = partial(_told_of_a_part, progress, n_all=n_tumors + len(cell_lines))
    return CohortMap(
        tumors=_map(prepared.tumor_profiles, prepared.tumors, genes, predictor, per_gene, told(0)),
        cell_lines=_map(prepared.profiles, cell_lines, genes, predictor, per_gene, told(n_tumors)),
    )


def _map(
    profiles: Mapping[Omic, pd.DataFrame],
    obs: pd.DataFrame,
    genes: list[str],
    predictor: TrainedPredictor,
    per_gene: pd.DataFrame,
    progress: Progress | None,
) -> anndata.AnnData:
    samples = list(obs.index)
    own = per_gene.loc[per_gene["model"] == "predictor"].set_index("gene")["r"]
    matrix = to_anndata(
        predict_effects(profiles, samples, genes, predictor, progress),
        obs=obs,
        uns={"kind": str(predictor.kind)},
        obsm={"code": embed_samples(profiles, samples, predictor)},
    )
    described = describe_genes(genes, predictor).drop(columns=["screened", "n_gene_sets"])
    matrix.var = described.assign(test_r=own.reindex(genes)).loc[matrix.var_names]
    return matrix


def _told_of_a_part(progress: Progress | None, n_before: int, n_all: int) -> Progress | None:
    """Let a part of the samples, which come after so many, count towards all of them."""
    if progress is None:
        return None
    return lambda n_done, _: progress(n_before + n_done, n_all)
