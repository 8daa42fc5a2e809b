"""The usual way to train on pairs: a row is a cell line and a gene, with all features of both."""

from collections.abc import Mapping, Sequence

import keras
import numpy as np

from deepdep.domain.fingerprints import Fingerprints
from deepdep.domain.omics import Omic
from deepdep.training.finetune import LabelledLines

BATCH = 500  # pairs; Chiu et al. 2021

WIDTHS = {
    Omic.MUTATION: (1000, 100, 50),
    Omic.EXPRESSION: (500, 200, 50),
    Omic.METHYLATION: (500, 200, 50),
    Omic.COPY_NUMBER: (500, 200, 50),
}


def pairwise_model(n_features: Mapping[Omic, int], n_sets: int) -> keras.Model:
    """Return the published network on rows of pairs; towers' layers are ``<omic>_1`` and so on."""
    inputs = [keras.Input((n,)) for n in (*n_features.values(), n_sets)]
    towers = {**{str(omic): WIDTHS[omic] for omic in n_features}, "gene": (1000, 100, 50)}
    codes = [
        _stack(profile, widths, name)
        for profile, (name, widths) in zip(inputs, towers.items(), strict=True)
    ]
    hidden = _stack(keras.layers.Concatenate()(codes), (250, 250), "pair")
    effect = keras.layers.Dense(1, kernel_initializer="he_uniform", name="gene_effect")(hidden)
    return keras.Model(inputs, effect)


def _stack(hidden: keras.KerasTensor, widths: Sequence[int], name: str) -> keras.KerasTensor:
    for depth, width in enumerate(widths, start=1):
        hidden = keras.layers.Dense(
            width, "relu", kernel_initializer="he_uniform", name=f"{name}_{depth}"
        )(hidden)
    return hidden


class RandomPairs(keras.utils.PyDataset):
    """Batches of random pairs, their features gathered row by row."""

    def __init__(self, lines: LabelledLines, seed: int, n_batches: int | None = None) -> None:
        super().__init__()
        self._effects = lines.train.to_numpy(np.float32)
        self._profiles = [
            table.loc[lines.train.index].to_numpy(np.float32) for table in lines.profiles.values()
        ]
        self._member = Fingerprints.of_genes(list(lines.train.columns), lines.gene_sets).dense()
        self._n_batches = n_batches
        self._seed, self._epoch = seed, 0
        self._draw()

    def __len__(self) -> int:
        return self._n_batches or self.n_batches_of_an_epoch

    @property
    def n_batches_of_an_epoch(self) -> int:
        return -(-self._effects.size // BATCH)

    def __getitem__(self, batch: int) -> tuple[tuple[np.ndarray, ...], np.ndarray]:
        drawn = self._pairs[batch * BATCH : (batch + 1) * BATCH]
        lines, genes = np.divmod(drawn, self._effects.shape[1])
        features = (*(profile[lines] for profile in self._profiles), self._member[genes])
        return features, self._effects[lines, genes]

    def on_epoch_end(self) -> None:
        self._epoch += 1
        self._draw()

    def _draw(self) -> None:
        rng = np.random.default_rng([self._seed, self._epoch])
        self._pairs = rng.permutation(self._effects.size)
