"""A trained network of ``network.build_predictor``, computed by NumPy from its weights.

For a few samples and genes: TensorFlow takes longer to load than they take to predict. The last
bits are not those of TensorFlow.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
from scipy.special import erf

from deepdep.models.inputs import (
    CELL_EMBEDDING,
    CELL_PART,
    GENE_EMBEDDING,
    GENE_PART,
    MEASURED,
)
from deepdep.models.predicted import Progress
from deepdep.models.settings import EncoderSettings, PredictorSettings

EPSILON = 1e-3  # of the variance that codes are divided by, as Keras has it
ACTIVATIONS: dict[str, Callable[[np.ndarray], np.ndarray]] = {
    "linear": lambda x: x,
    "relu": lambda x: np.maximum(x, 0),
    "gelu": lambda x: 0.5 * x * (1.0 + erf(x / 2**0.5)),
    "tanh": np.tanh,
}


@dataclass(frozen=True)
class NumpyNetwork:
    """What ``table.TablePredictor`` does, without Keras; ``weights`` by their paths there."""

    weights: Mapping[str, np.ndarray]
    settings: PredictorSettings
    encoders: Mapping[str, EncoderSettings]

    @classmethod
    def can_compute(cls, encoders: Mapping[str, EncoderSettings]) -> bool:
        """Whether all activations of the encoders are among those that it knows."""
        named = {
            name for each in encoders.values() for name in (each.activation, each.code_activation)
        }
        return named <= ACTIVATIONS.keys()

    def encode_genes(self, fingerprints: np.ndarray) -> dict[str, np.ndarray]:
        """Take genes, (gene, gene set), as far as they go without samples."""
        gene = self._tower(fingerprints, "gene", self.settings.gene_widths)
        return self._ends(gene, GENE_EMBEDDING, GENE_PART)

    def with_genes(
        self,
        of_samples: Mapping[str, np.ndarray],
        genes: Mapping[str, np.ndarray],
        progress: Progress | None = None,
    ) -> np.ndarray:
        """Return the table (sample, gene) of samples and genes that were encoded before."""
        settings = self.settings
        cells = self._ends(self._cell(of_samples), CELL_EMBEDDING, CELL_PART)
        table = np.zeros((len(of_samples[MEASURED]), len(next(iter(genes.values())))), np.float32)
        if settings.embedding:
            cell, gene = cells[CELL_EMBEDDING], genes[GENE_EMBEDDING]
            table += cell @ gene.T / settings.embedding**0.5
        if settings.pair_widths:
            pairs = np.maximum(cells[CELL_PART][:, None] + genes[GENE_PART][None], 0)
            for depth in range(2, len(settings.pair_widths) + 1):
                pairs = np.maximum(self._dense(pairs, f"pair_{depth}"), 0)
            table += self._dense(pairs, "gene_effect")[..., 0]
        if progress is not None:
            progress(len(table), len(table))
        return table

    def place(self, of_samples: Mapping[str, np.ndarray]) -> np.ndarray:
        """Return where the cell tower places samples, (sample, embedding)."""
        cell = self._cell(of_samples)
        return self._dense(cell, CELL_EMBEDDING) if self.settings.embedding else cell

    def _cell(self, of_samples: Mapping[str, np.ndarray]) -> np.ndarray:
        codes = []
        for position, (omic, settings) in enumerate(self.encoders.items()):
            code = of_samples[omic]
            for depth in range(1, len(settings.widths)):
                code = ACTIVATIONS[settings.activation](self._dense(code, f"{omic}_{depth}"))
            code = ACTIVATIONS[settings.code_activation](self._dense(code, f"{omic}_code"))
            if self.settings.normalize_codes:
                code = self._normalized(code, f"{omic}_normalized")
            codes.append(code * of_samples[MEASURED][:, position : position + 1])
        return self._tower(np.concatenate(codes, axis=1), "cell", self.settings.cell_widths)

    def _tower(self, hidden: np.ndarray, name: str, widths: tuple[int, ...]) -> np.ndarray:
        for depth in range(1, len(widths) + 1):
            hidden = np.maximum(self._dense(hidden, f"{name}_{depth}"), 0)
        return hidden

    def _ends(self, hidden: np.ndarray, embedding: str, part: str) -> dict[str, np.ndarray]:
        """Return what the head reads of cells or genes, by layer."""
        names = [embedding] * bool(self.settings.embedding)
        names += [part] * bool(self.settings.pair_widths)
        return {name: self._dense(hidden, name) for name in names}

    def _dense(self, x: np.ndarray, name: str) -> np.ndarray:
        product = x @ self.weights[f"{name}/kernel"]
        bias = self.weights.get(f"{name}/bias")
        return product if bias is None else product + bias

    def _normalized(self, code: np.ndarray, name: str) -> np.ndarray:
        centred = code - code.mean(axis=-1, keepdims=True)
        spread = np.sqrt((centred**2).mean(axis=-1, keepdims=True) + EPSILON)
        return centred / spread * self.weights[f"{name}/gamma"] + self.weights[f"{name}/beta"]


def weight_shapes(
    settings: PredictorSettings,
    encoders: Mapping[str, EncoderSettings],
    n_features: Mapping[str, int],
    n_gene_sets: int,
) -> dict[str, tuple[int, ...]]:
    """Return the shape of each weight of a network, by its path."""
    shapes: dict[str, tuple[int, ...]] = {}

    def add(name: str, n_inputs: int, n_outputs: int, *, bias: bool = True) -> None:
        shapes[f"{name}/kernel"] = (n_inputs, n_outputs)
        if bias:
            shapes[f"{name}/bias"] = (n_outputs,)

    def add_chain(name: str, widths: tuple[int, ...]) -> None:
        for depth, (n_inputs, n_outputs) in enumerate(pairwise(widths), start=1):
            add(f"{name}_{depth}", n_inputs, n_outputs)

    for omic, encoder in encoders.items():
        chain = (n_features[omic], *encoder.widths)
        add_chain(omic, chain[:-1])
        add(f"{omic}_code", *chain[-2:])
        if settings.normalize_codes:
            shapes |= {f"{omic}_normalized/{part}": chain[-1:] for part in ("gamma", "beta")}
    cell = (sum(each.widths[-1] for each in encoders.values()), *settings.cell_widths)
    gene = (n_gene_sets, *settings.gene_widths)
    add_chain("cell", cell)
    add_chain("gene", gene)
    if settings.embedding:
        add(CELL_EMBEDDING, cell[-1], settings.embedding)
        add(GENE_EMBEDDING, gene[-1], settings.embedding)
    if settings.pair_widths:
        add(CELL_PART, cell[-1], settings.pair_widths[0], bias=False)
        add(GENE_PART, gene[-1], settings.pair_widths[0])
        for depth, (n_inputs, n_outputs) in enumerate(pairwise(settings.pair_widths), start=2):
            add(f"pair_{depth}", n_inputs, n_outputs)
        add("gene_effect", settings.pair_widths[-1], 1)
    return shapes
