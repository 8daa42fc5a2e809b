"""The usual way to train on pairs: a row is a cell line and a gene, with all features of both."""

from collections.abc import Mapping

import keras
import numpy as np

from deepdep.domain.fingerprints import fingerprints
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
    """Return the published network on rows of pairs."""
    inputs = [keras.Input((n,)) for n in (*n_features.values(), n_sets)]
    widths = [*(WIDTHS[omic] for omic in n_features), (1000, 100, 50)]
    codes = []
    for profile, of_layers in zip(inputs, widths, strict=True):
        hidden = profile
        for width in of_layers:
            hidden = keras.layers.Dense(width, "relu", kernel_initializer="he_uniform")(hidden)
        codes.append(hidden)
    hidden = keras.layers.Concatenate()(codes)
    for width in (250, 250):
        hidden = keras.layers.Dense(width, "relu", kernel_initializer="he_uniform")(hidden)
    effect = keras.layers.Dense(1, kernel_initializer="he_uniform")(hidden)
    return keras.Model(inputs, effect)


class RandomPairs(keras.utils.PyDataset):
    """Batches of random pairs, their features gathered row by row."""

    def __init__(self, lines: LabelledLines, seed: int, n_batches: int | None = None) -> None:
        super().__init__()
        self._effects = lines.train.to_numpy(np.float32)
        self._profiles = [
            table.loc[lines.train.index].to_numpy(np.float32) for table in lines.profiles.values()
        ]
        self._member = fingerprints(list(lines.train.columns), lines.gene_sets).dense()
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
