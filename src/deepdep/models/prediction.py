"""Gene effects of any samples and genes, block by block."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from deepdep.data.blocks import FINGERPRINT, row_blocks, sample_inputs
from deepdep.data.features import transform_features
from deepdep.domain.cohort import Samples, Source
from deepdep.domain.errors import DeepDEPError, shown
from deepdep.domain.fingerprints import fingerprints
from deepdep.domain.gene_effect import GeneEffectKind
from deepdep.domain.omics import Omic
from deepdep.io.noted import counted
from deepdep.models.artifacts import TrainedPredictor
from deepdep.models.gene_scale import scale_of
from deepdep.models.predictor import cell_tower
from deepdep.models.table import N_SAMPLES, Progress, TablePredictor


@dataclass(frozen=True)
class Predicted:
    """Predicted gene effects (sample, gene), negative meaning dependent, and what to know of them.

    Attributes
    ----------
    obs
        One row per sample, as it came.
    genes
        One row per gene: ``mean`` and ``sd`` of its effect, ``screened`` and ``n_gene_sets``.
    notes
        Sentences for the user: omics that were missing, genes that were never screened.
    """

    effect: pd.DataFrame
    obs: pd.DataFrame
    genes: pd.DataFrame
    kind: GeneEffectKind
    notes: tuple[str, ...]


def predict_samples(
    samples: Samples,
    predictor: TrainedPredictor,
    genes: Sequence[str] | None,
    *,
    file_name: str,
    progress: Progress | None = None,
) -> Predicted:
    """Predict samples as they were measured; by default all genes the predictor learned."""
    profiles = standardize_samples(samples, predictor, file_name=file_name)
    wanted = list(predictor.gene_scale.screened.index) if genes is None else list(genes)
    measured = [s for s in samples.obs.index if any(s in t.index for t in profiles.values())]
    described = _describe_genes(wanted, predictor)
    return Predicted(
        effect=predict_effects(profiles, measured, wanted, predictor, progress),
        obs=samples.obs.loc[measured],
        genes=described,
        kind=predictor.kind,
        notes=tuple(_notes(profiles, measured, samples, described, predictor)),
    )


def standardize_samples(
    samples: Samples, predictor: TrainedPredictor, *, file_name: str
) -> dict[Omic, pd.DataFrame]:
    """Put whatever omics the samples have into the predictor's feature spaces."""
    usable = [
        omic for omic in predictor.features if omic in samples.omics and len(samples.omics[omic])
    ]
    if not usable:
        raise DeepDEPError(
            f"{file_name}: has none of the model's omics ({', '.join(predictor.features)}); "
            "bring at least one of them."
        )
    return {omic: _standardize(samples, omic, predictor, file_name) for omic in usable}


def predict_effects(
    profiles: Mapping[Omic, pd.DataFrame],
    samples: Sequence[str],
    genes: Sequence[str],
    predictor: TrainedPredictor,
    progress: Progress | None = None,
) -> pd.DataFrame:
    """Predict gene effects, shape (sample, gene), in the unit of the training labels.

    Parameters
    ----------
    profiles
        Standardised tables (sample, feature) of any of the model's omics.
    genes
        Screened genes or not; one without any gene set of the model gets the average gene's
        prediction.
    """
    member = fingerprints(genes, predictor.gene_sets).dense()
    scale = scale_of(list(genes), predictor.gene_scale, predictor.gene_sets)
    inputs = _inputs(profiles, samples, predictor)
    effects = TablePredictor(predictor.network)(inputs | {FINGERPRINT: member}, progress)
    if predictor.settings.target == "deviation":
        effects *= scale["sd"].to_numpy(np.float32)
        effects += scale["mean"].to_numpy(np.float32)
    return pd.DataFrame(effects, index=pd.Index(samples), columns=pd.Index(genes))


def embed_samples(
    profiles: Mapping[Omic, pd.DataFrame], samples: Sequence[str], predictor: TrainedPredictor
) -> np.ndarray:
    """Return where the cell tower places samples, shape (sample, embedding)."""
    tower = cell_tower(predictor.network)
    inputs = _inputs(profiles, samples, predictor)
    blocks = row_blocks(len(samples), N_SAMPLES)
    codes = [np.asarray(tower(_rows(inputs, rows), training=False)) for rows in blocks]
    return np.concatenate(codes or [np.empty((0, tower.output.shape[-1]), np.float32)])


def _describe_genes(genes: list[str], predictor: TrainedPredictor) -> pd.DataFrame:
    scale = scale_of(genes, predictor.gene_scale, predictor.gene_sets)
    return scale.assign(
        screened=scale.index.isin(predictor.gene_scale.screened.index),
        n_gene_sets=fingerprints(genes, predictor.gene_sets).n_gene_sets,
    )


def _notes(
    profiles: Mapping[Omic, pd.DataFrame],
    measured: Sequence[str],
    samples: Samples,
    genes: pd.DataFrame,
    predictor: TrainedPredictor,
) -> Iterator[str]:
    for omic in predictor.features:
        n_without = len(measured) - (len(profiles[omic]) if omic in profiles else 0)
        if n_without:
            yield f"{n_without} of {len(measured)} samples have no {omic}; predicted without it"
    n_left_out = len(samples.obs) - len(measured)
    if n_left_out:
        yield f"{counted(n_left_out, 'sample')} without any of the model's omics; left out"
    unscreened = genes.index[~genes["screened"]]
    if len(unscreened):
        yield f"{counted(len(unscreened), 'gene')} never screened; predicted by gene sets alone"
    unknown = genes.index[genes["n_gene_sets"] == 0]
    if len(unknown):
        yield f"no gene set of the model holds {shown(list(unknown))}; predicted as an average gene"


def _standardize(
    samples: Samples, omic: Omic, predictor: TrainedPredictor, file_name: str
) -> pd.DataFrame:
    """Standardise tumours and cell lines each in their own way."""
    table = samples.omics[omic]
    source_of = samples.obs.loc[table.index, "source"]
    parts = [
        transform_features(
            table.loc[source_of == source],
            predictor.features[omic],
            source,
            unit=samples.units[omic],
            table_name=f"{file_name}: {omic}",
        )
        for source in Source
        if (source_of == source).any()
    ]
    return pd.concat(parts).loc[table.index]


def _inputs(
    profiles: Mapping[Omic, pd.DataFrame], samples: Sequence[str], predictor: TrainedPredictor
) -> dict[str, np.ndarray]:
    absent = {
        omic: pd.DataFrame(columns=space.table.index, dtype=np.float32)
        for omic, space in predictor.features.items()
    }
    return sample_inputs({omic: profiles.get(omic, absent[omic]) for omic in absent}, samples)


def _rows(inputs: Mapping[str, np.ndarray], rows: slice) -> dict[str, np.ndarray]:
    return {name: values[rows] for name, values in inputs.items()}
