"""What a predictor makes of genes before any sample comes."""

from collections.abc import Sequence
from dataclasses import dataclass

import pandas as pd

from deepdep.domain.fingerprints import fingerprints
from deepdep.models.artifacts import TrainedPredictor
from deepdep.models.closed_form import ClosedFormOfGenes
from deepdep.models.gene_scale import scale_of
from deepdep.models.table import EncodedGenes


@dataclass(frozen=True)
class KnownGenes:
    """What a predictor makes of some genes before any sample comes.

    Attributes
    ----------
    described
        As ``Predicted.genes``.
    encoded
        By each network; empty where networks have no share.
    closed_form
        None where the closed form has no share.
    """

    described: pd.DataFrame
    encoded: tuple[EncodedGenes, ...]
    closed_form: ClosedFormOfGenes | None


def know_genes(genes: Sequence[str] | None, predictor: TrainedPredictor) -> KnownGenes:
    """Work out all that a prediction needs of genes; by default of those the predictor learned."""
    names = list(predictor.gene_scale.screened.index) if genes is None else list(genes)
    described = describe_genes(names, predictor)
    encoded: tuple[EncodedGenes, ...] = ()
    if predictor.network_share > 0:
        member = fingerprints(names, predictor.gene_sets).dense()
        encoded = tuple(network.encode_genes(member) for network in predictor.cut_networks)
    closed_form = None
    if predictor.closed_form is not None and predictor.network_share < 1:
        closed_form = predictor.closed_form.of_genes(
            names, predictor.gene_scale, predictor.gene_sets
        )
    return KnownGenes(described, encoded, closed_form)


def describe_genes(genes: list[str], predictor: TrainedPredictor) -> pd.DataFrame:
    """Say of genes what a reader of their predictions should know."""
    scale = scale_of(genes, predictor.gene_scale, predictor.gene_sets)
    described = scale.assign(
        screened=scale.index.isin(predictor.gene_scale.screened.index),
        n_gene_sets=fingerprints(genes, predictor.gene_sets).n_gene_sets,
    )
    if predictor.gene_trust is None:
        return described
    trust = predictor.gene_trust.drop(columns="half_width").reindex(scale.index)
    trust["trusted"] = trust["trusted"].eq(True)  # a gene that was never screened is not
    return described.join(trust).assign(half_width=half_widths_of(genes, predictor))


def half_widths_of(genes: Sequence[str], predictor: TrainedPredictor) -> pd.Series | None:
    """Half the width of a 90 % interval, by gene; None for a model without any."""
    if predictor.gene_trust is None:
        return None
    sd = scale_of(list(genes), predictor.gene_scale, predictor.gene_sets)["sd"]
    own = predictor.gene_trust["half_width"].reindex(sd.index)
    return own.fillna(predictor.half_width_per_sd * sd).rename("half_width")
