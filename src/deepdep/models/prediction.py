"""Gene effects of samples: what is known of genes, profiles as the model reads them, the table."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from deepdep.data.features import transform_features
from deepdep.data.translation import with_translated
from deepdep.domain.cohort import Samples, Source
from deepdep.domain.features import FeatureSpace
from deepdep.domain.fingerprints import fingerprints
from deepdep.domain.gene_effect import GeneEffectKind
from deepdep.domain.omics import Omic
from deepdep.errors import DeepDEPError
from deepdep.models.artifacts import TrainedPredictor
from deepdep.models.closed_form import ClosedFormOfGenes
from deepdep.models.gene_scale import scale_of
from deepdep.models.network import cell_tower, row_blocks, sample_inputs
from deepdep.models.prediction_table import gene_notes, sample_notes
from deepdep.models.table import N_SAMPLES, EncodedGenes, Progress


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


def standardize_samples(
    samples: Samples, predictor: TrainedPredictor, *, file_name: str
) -> dict[Omic, pd.DataFrame]:
    """Put whatever omics the samples have into the predictor's feature spaces.

    A sample that has an omic by a supplementary assay alone gains it, where the predictor has
    learned to read that assay.
    """
    usable = [
        omic for omic in predictor.features if omic in samples.omics and len(samples.omics[omic])
    ]
    profiles = {omic: _standardize(samples, omic, predictor, file_name) for omic in usable}
    for source in Source:
        profiles = with_translated(
            profiles, samples, predictor.translations, source, file_name=file_name
        )
    if not profiles:
        raise DeepDEPError(
            f"{file_name}: has none of the model's omics ({', '.join(predictor.features)}); "
            "bring at least one of them."
        )
    return profiles


def in_own_units(
    profiles: Mapping[Omic, pd.DataFrame], features: Mapping[Omic, FeatureSpace]
) -> dict[Omic, pd.DataFrame]:
    """Give standardised profiles the spread their features have in cell lines; centred as before.

    Tumours are standardised apart, so that this lays them over the lines. An omic without features
    here is left out, as tuning did.
    """
    return {
        omic: table * features[omic].table["scale_cell_line"].astype(np.float32)
        for omic, table in profiles.items()
        if omic in features
    }


def network_inputs(
    profiles: Mapping[Omic, pd.DataFrame], samples: Sequence[str], predictor: TrainedPredictor
) -> dict[str, np.ndarray]:
    """Return what the networks read of samples; an omic that a sample lacks is masked."""
    known = {
        omic: profiles[omic] if omic in profiles else _without_samples(space.table.index)
        for omic, space in predictor.features.items()
    }
    return sample_inputs(known, samples)


def _without_samples(features: pd.Index) -> pd.DataFrame:
    return pd.DataFrame(np.empty((0, len(features)), np.float32), columns=features)


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


EffectsBy = Callable[
    [Mapping[Omic, pd.DataFrame], Sequence[str], Sequence[str], TrainedPredictor, Progress | None],
    pd.DataFrame,
]


@dataclass(frozen=True)
class Predicted:
    """Predicted gene effects (sample, gene), negative meaning dependent, and what to know of them.

    Attributes
    ----------
    obs
        One row per sample, as it came.
    genes
        One row per gene: ``mean`` and ``sd`` of its effect, ``screened`` and ``n_gene_sets``; and,
        where the model knows it, how far to trust its predictions: ``cv_r`` on patients left out
        with its interval, ``trusted``, and ``half_width`` of a 90 % interval.
    notes
        Sentences for the user: omics that were missing or read from another assay, genes that were
        never screened.
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
    effects_by: EffectsBy | None = None,
) -> Predicted:
    """Predict samples as they were measured; by default all genes the predictor learned.

    ``effects_by`` does what ``predict_effects`` does, perhaps elsewhere.
    """
    profiles = standardize_samples(samples, predictor, file_name=file_name)
    if effects_by is not None:
        names = list(predictor.gene_scale.screened.index) if genes is None else list(genes)
        described = describe_genes(names, predictor)
        measured = _measured(profiles, samples)
        effect = effects_by(profiles, measured, names, predictor, progress)
        return _predicted(profiles, samples, effect, described, predictor)
    known = know_genes(genes, predictor)
    effect = _effects(profiles, _measured(profiles, samples), known, predictor, progress)
    return _predicted(profiles, samples, effect, known.described, predictor)


def predict_known_genes(
    samples: Samples, predictor: TrainedPredictor, genes: KnownGenes, *, file_name: str
) -> Predicted:
    """Do what ``predict_samples`` does for genes that ``know_genes`` looked up before."""
    profiles = standardize_samples(samples, predictor, file_name=file_name)
    effect = _effects(profiles, _measured(profiles, samples), genes, predictor, None)
    return _predicted(profiles, samples, effect, genes.described, predictor)


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
    return _effects(profiles, samples, know_genes(genes, predictor), predictor, progress)


def _measured(profiles: Mapping[Omic, pd.DataFrame], samples: Samples) -> list[str]:
    """Name the samples that have any omic."""
    return [s for s in samples.obs.index if any(s in t.index for t in profiles.values())]


def _predicted(
    profiles: Mapping[Omic, pd.DataFrame],
    samples: Samples,
    effect: pd.DataFrame,
    described: pd.DataFrame,
    predictor: TrainedPredictor,
) -> Predicted:
    measured = list(effect.index)
    return Predicted(
        effect=effect,
        obs=samples.obs.loc[measured],
        genes=described,
        kind=predictor.kind,
        notes=(
            *sample_notes(profiles, measured, samples, predictor),
            *gene_notes(described),
        ),
    )


def _effects(
    profiles: Mapping[Omic, pd.DataFrame],
    samples: Sequence[str],
    genes: KnownGenes,
    predictor: TrainedPredictor,
    progress: Progress | None,
) -> pd.DataFrame:
    index, columns = pd.Index(samples), genes.described.index.rename(None)
    share = predictor.network_share
    effects = np.zeros((len(index), len(columns)), np.float32)
    if share > 0:
        effects += share * _by_networks(profiles, samples, genes, predictor, progress)
    if predictor.closed_form is not None and genes.closed_form is not None:
        tables = in_own_units(profiles, predictor.features)
        of_closed_form = predictor.closed_form.with_genes(tables, samples, genes.closed_form)
        effects += (1 - share) * of_closed_form
    return pd.DataFrame(effects, index=index, columns=columns)


def _by_networks(
    profiles: Mapping[Omic, pd.DataFrame],
    samples: Sequence[str],
    genes: KnownGenes,
    predictor: TrainedPredictor,
    progress: Progress | None,
) -> np.ndarray:
    inputs = network_inputs(profiles, samples, predictor)
    effects = np.zeros((len(samples), len(genes.described)), np.float32)
    n_networks = len(predictor.networks)
    both = zip(predictor.cut_networks, genes.encoded, strict=True)
    for number, (network, encoded) in enumerate(both):
        told = _told_of_one(progress, number, n_networks)
        effects += network.with_genes(inputs, encoded, told) / n_networks
    if predictor.settings.target == "deviation":
        effects *= genes.described["sd"].to_numpy(np.float32)
        effects += genes.described["mean"].to_numpy(np.float32)
    return effects


def _told_of_one(progress: Progress | None, number: int, n_networks: int) -> Progress | None:
    """Let each network's samples count as its share of all samples."""
    if progress is None:
        return None
    return lambda n_done, n_all: progress((number * n_all + n_done) // n_networks, n_all)


def embed_samples(
    profiles: Mapping[Omic, pd.DataFrame], samples: Sequence[str], predictor: TrainedPredictor
) -> np.ndarray:
    """Return where the first network's cell tower places samples, shape (sample, embedding).

    Without a network, samples are placed by their similarities to the fitted lines.
    """
    if not predictor.networks and predictor.closed_form is not None:
        tables = in_own_units(profiles, predictor.features)
        return predictor.closed_form.similarities(tables, samples).astype(np.float32)
    tower = cell_tower(predictor.networks[0])
    inputs = network_inputs(profiles, samples, predictor)
    blocks = row_blocks(len(samples), N_SAMPLES)
    codes = [np.asarray(tower(_rows(inputs, rows), training=False)) for rows in blocks]
    return np.concatenate(codes or [np.empty((0, tower.output.shape[-1]), np.float32)])


def _rows(inputs: Mapping[str, np.ndarray], rows: slice) -> dict[str, np.ndarray]:
    return {name: values[rows] for name, values in inputs.items()}
