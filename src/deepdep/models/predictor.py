"""A trained predictor: networks, a closed form, and one way to ask them for gene effects."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from difflib import get_close_matches
from functools import cached_property
from typing import TYPE_CHECKING, TypeAlias

import numpy as np
import pandas as pd

from deepdep.data.standardized import StandardizedSamples, standardize
from deepdep.domain.cohort import GeneSets, Samples
from deepdep.domain.features import FeatureSpace, Translation
from deepdep.domain.fingerprints import Fingerprints
from deepdep.domain.gene_effect import GeneEffectKind
from deepdep.errors import shown
from deepdep.models.closed_form import (
    SAMPLES_PER_BLOCK,
    ClosedForm,
    ClosedFormOfGenes,
    in_omic_units,
)
from deepdep.models.gene_scale import GeneScale
from deepdep.models.inputs import N_SAMPLES, row_blocks, sample_inputs
from deepdep.models.numpy_network import NumpyNetwork
from deepdep.models.predicted import Predicted, Progress
from deepdep.models.settings import EncoderSettings, PredictorSettings
from deepdep.statistics.conformal import LackFactors

if TYPE_CHECKING:
    import keras

    from deepdep.models.table import EncodedGenes, TablePredictor

BLOCK = max(N_SAMPLES, SAMPLES_PER_BLOCK)  # samples at a time; multiples keep the same bits

Network: TypeAlias = "keras.Model | NumpyNetwork"

# Computes effects (sample, gene) of standardised samples and named genes, perhaps elsewhere.
Compute = Callable[[StandardizedSamples, list[str], Progress | None], pd.DataFrame]


@dataclass(frozen=True)
class TrainedPredictor:
    """All that a prediction needs.

    Attributes
    ----------
    networks
        Each maps samples and genes to a table; what they predict is averaged.
    closed_form, network_share
        What stands beside the networks, and how much of a prediction is theirs: all of it where
        nothing does.
    gene_trust
        One row per screened gene: ``cv_r`` with its interval, ``q``, ``trusted`` (``gene_trust``)
        and ``half_width`` of a 90 % interval in gene effect; None where no patient was left out.
    half_width_per_sd
        The same for genes that were never screened, per SD of the gene.
    lack_factors
        How much wider intervals are of samples that lack something; None where it is not known.
    """

    networks: tuple[Network, ...]
    closed_form: ClosedForm | None
    network_share: float
    gene_trust: pd.DataFrame | None
    half_width_per_sd: float
    settings: PredictorSettings
    encoder_settings: Mapping[str, EncoderSettings]
    features: Mapping[str, FeatureSpace]
    gene_scale: GeneScale
    gene_sets: GeneSets
    kind: GeneEffectKind
    translations: Mapping[str, Translation]
    lack_factors: LackFactors | None = None

    def predict(
        self,
        samples: Samples | StandardizedSamples,
        genes: "Sequence[str] | PreparedGenes | None" = None,
        *,
        file_name: str = "samples",
        progress: Progress | None = None,
        compute: Compute | None = None,
    ) -> Predicted:
        """Predict gene effects in the unit of the training labels.

        Parameters
        ----------
        samples
            As they were measured, or standardised as this predictor has it. Any of the omics will
            do; samples without any of them are left out of the former.
        genes
            Screened genes or not, by default all that were learned; or what ``prepare_genes``
            returned, which spares the work of doing it again. A gene without any gene set of the
            model gets the average gene's prediction.
        file_name
            Where the samples come from, for errors.
        progress
            Called with the number of finished and of all samples.
        compute
            Computes the effects in place of this process.

        Raises
        ------
        DeepDEPError
            When samples have none of the omics, or a table in another unit.
        """
        if isinstance(samples, Samples):
            samples = self.standardize(samples, file_name=file_name)
        prepared = genes if isinstance(genes, PreparedGenes) else self.prepare_genes(genes)
        if compute is None:
            effects = np.empty((len(samples.obs), len(prepared.names)), np.float32)
            for block in self.predict_in_blocks(samples, prepared, progress):
                effects[samples.names.get_indexer(block.index)] = block
            effect = pd.DataFrame(effects, samples.names, prepared.described.index.rename(None))
        else:
            effect = compute(samples, prepared.names, progress)
        return Predicted(
            effect,
            self.obs_of(samples),
            prepared.described,
            self.kind,
            samples.notes,
            self.with_omic(samples),
            prepared.basis_of_unscreened,
        )

    def predict_in_blocks(
        self,
        samples: StandardizedSamples,
        genes: "PreparedGenes",
        progress: Progress | None = None,
    ) -> Iterator[pd.DataFrame]:
        """Predict gene effects, (sample, gene), of some samples at a time, as ``predict`` does.

        The memory beyond samples and genes does not grow with the number of samples.
        """
        n_done, n_samples = 0, len(samples.obs)
        for block in samples.blocks(BLOCK):
            of_block = _progress_of_block(progress, n_done, n_samples)
            yield self._effects(block, genes, of_block)
            n_done += len(block.obs)
            if progress is not None and self.network_share == 0:
                progress(n_done, n_samples)

    def obs_of(self, samples: StandardizedSamples) -> pd.DataFrame:
        """Return ``obs`` of samples, and how much wider their intervals are where it is known."""
        if self.lack_factors is None or self.gene_trust is None:
            return samples.obs
        shares = samples.shares_of_features(self.features)
        return samples.obs.assign(interval_factor=self.lack_factors.of(shares))

    def with_omic(self, samples: StandardizedSamples) -> dict[str, pd.Index]:
        """Return the names of the samples that have an omic, per omic that is read."""
        return {
            omic: samples.profiles[omic].index if omic in samples.profiles else pd.Index([])
            for omic in self.features
        }

    def standardize(self, samples: Samples, *, file_name: str = "samples") -> StandardizedSamples:
        """Put samples into the predictor's feature spaces."""
        return standardize(samples, self.features, self.translations, file_name=file_name)

    def prepare_genes(self, genes: Sequence[str] | None = None) -> "PreparedGenes":
        """Work out what predictions need of genes; by default of those that were learned."""
        names = list(self.gene_scale.screened.index) if genes is None else list(genes)
        described = self.gene_scale.describe(names, self.gene_sets)
        if self.gene_trust is not None:
            trust = self.gene_trust.reindex(described.index)
            trust["trusted"] = trust["trusted"].eq(True)  # a gene that was never screened is not
            widths = trust.pop("half_width").fillna(self.half_width_per_sd * described["sd"])
            described = described.join(trust).assign(half_width=widths)
        return PreparedGenes(self, described)

    def why_unknown(self, genes: Sequence[str]) -> str | None:
        """Say of which genes the model knows nothing, and what they may be; None of none.

        Each would be predicted as an average gene: it was not screened and is in no gene set.
        """
        described = self.gene_scale.describe(list(genes), self.gene_sets)
        unknown = described.index[~described["screened"] & (described["n_gene_sets"] == 0)]
        if unknown.empty:
            return None
        learned = [*self.gene_scale.screened.index, *set().union(*self.gene_sets.values())]
        near = get_close_matches(unknown[0], learned, n=1)
        return (
            f"the model knows nothing of {shown(list(unknown))}, neither screened nor in a gene set"
            f"{f' (is it {near[0]}?)' if near else ''}"
        )

    def embed(self, samples: StandardizedSamples) -> np.ndarray:
        """Return where the first network's cell tower places samples, shape (sample, embedding).

        Without a network, samples are placed by their similarities to the fitted lines.
        """
        return np.concatenate([self._embedded(block) for block in samples.blocks(BLOCK)])

    def _embedded(self, samples: StandardizedSamples) -> np.ndarray:
        if not self.networks and self.closed_form is not None:
            tables = in_omic_units(samples, self.features)
            return self.closed_form.similarities(tables, list(samples.names)).astype(np.float32)
        inputs, first = self._network_inputs(samples), self.networks[0]
        if isinstance(first, NumpyNetwork):
            return first.place(inputs)
        from deepdep.models.network import cell_tower  # Keras, where there are networks

        tower = cell_tower(first)
        codes = [
            np.asarray(tower({name: v[rows] for name, v in inputs.items()}, training=False))
            for rows in row_blocks(len(samples.names), N_SAMPLES)
        ]
        return np.concatenate(codes or [np.empty((0, tower.output.shape[-1]), np.float32)])

    @cached_property
    def cut_networks(self) -> tuple["TablePredictor | NumpyNetwork", ...]:
        """The networks as they predict tables; TensorFlow compiles each once."""
        return tuple(
            network if isinstance(network, NumpyNetwork) else _cut(network)
            for network in self.networks
        )

    @property
    def figures(self) -> dict[str, float]:
        """Figures on patients left out in training, by name."""
        shown = {"network_share": self.network_share}
        if self.gene_trust is not None:
            shown["cv_mean_gene_r"] = float(self.gene_trust["cv_r"].mean())
            shown["share_genes_trusted"] = float(self.gene_trust["trusted"].mean())
        return shown

    @property
    def composition(self) -> dict[str, object]:
        """What models differ by, as runs are compared: the omics and the sizes of their codes."""
        sizes = {f"latent_size.{o}": s.widths[-1] for o, s in self.encoder_settings.items()}
        return {"omics": "+".join(self.features), "n_networks": len(self.networks), **sizes}

    def _effects(
        self, samples: StandardizedSamples, genes: "PreparedGenes", progress: Progress | None
    ) -> pd.DataFrame:
        share, names = self.network_share, samples.names
        effects = np.zeros((len(names), len(genes.names)), np.float32)
        if share > 0:
            effects += share * self._by_networks(samples, genes, progress)
        if self.closed_form is not None and share < 1:
            tables = in_omic_units(samples, self.features)
            beside = self.closed_form.with_genes(tables, list(names), genes.closed_form)
            effects += (1 - share) * beside
        return pd.DataFrame(effects, names, genes.described.index.rename(None))

    def _by_networks(
        self, samples: StandardizedSamples, genes: "PreparedGenes", progress: Progress | None
    ) -> np.ndarray:
        inputs = self._network_inputs(samples)
        effects = np.zeros((len(samples.names), len(genes.names)), np.float32)
        n_networks = len(self.networks)
        both = zip(self.cut_networks, genes.encoded, strict=True)
        for number, (network, encoded) in enumerate(both):
            of_one = _progress_of_one(progress, number, n_networks)
            effects += network.with_genes(inputs, encoded, of_one) / n_networks
        if self.settings.target == "deviation":
            effects *= genes.described["sd"].to_numpy(np.float32)
            effects += genes.described["mean"].to_numpy(np.float32)
        return effects

    def _network_inputs(self, samples: StandardizedSamples) -> dict[str, np.ndarray]:
        """Return what the networks read of samples; an omic that a sample lacks is masked."""
        profiles = {
            omic: samples.profiles[omic]
            if omic in samples.profiles
            else pd.DataFrame(columns=space.table.index, dtype=np.float32)
            for omic, space in self.features.items()
        }
        return sample_inputs(profiles, samples.names)


@dataclass(frozen=True)
class PreparedGenes:
    """What a predictor makes of some genes before any sample comes, each part when first needed.

    ``described`` is as ``Predicted.genes``.
    """

    predictor: TrainedPredictor
    described: pd.DataFrame

    @property
    def names(self) -> list[str]:
        """The genes to predict."""
        return list(self.described.index)

    @cached_property
    def encoded(self) -> tuple["EncodedGenes", ...]:
        """By each network."""
        member = Fingerprints.of_genes(self.names, self.predictor.gene_sets).dense()
        return tuple(network.encode_genes(member) for network in self.predictor.cut_networks)

    @cached_property
    def closed_form(self) -> ClosedFormOfGenes:
        """For the closed form, which must be there."""
        if self.predictor.closed_form is None:
            raise ValueError("this predictor has no closed form")
        return self.predictor.closed_form.of_genes(
            self.names, self.predictor.gene_scale, self.predictor.gene_sets
        )

    @cached_property
    def basis_of_unscreened(self) -> str:
        """What is told of those that were never screened rests on this, in words."""
        predictor = self.predictor
        unscreened = self.described.index[~self.described["screened"]]
        if predictor.closed_form is None or predictor.network_share == 1 or unscreened.empty:
            return "gene sets alone"
        form = predictor.closed_form
        return form.unscreened.basis(unscreened, form.kernel.profiles, predictor.gene_sets)


def _cut(network: "keras.Model") -> "TablePredictor":
    from deepdep.models.table import TablePredictor  # Keras, where there are networks

    return TablePredictor(network)


def _progress_of_block(progress: Progress | None, n_before: int, n_all: int) -> Progress | None:
    """Let a block's samples count among all."""
    if progress is None:
        return None
    return lambda n_done, _: progress(n_before + n_done, n_all)


def _progress_of_one(progress: Progress | None, number: int, n_networks: int) -> Progress | None:
    """Let each network's samples count as its share of all samples."""
    if progress is None:
        return None
    return lambda n_done, n_all: progress((number * n_all + n_done) // n_networks, n_all)
