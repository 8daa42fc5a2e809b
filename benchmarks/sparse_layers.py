"""Dense against sparse first layers, for the inputs of DeepDEP's full size that are mostly zeros.

A first layer's work in a training step is a product with its kernel, and its kernel's gradient.
Fingerprints of 1,298 genes and mutations of 96 cell lines go through both, as a dense matrix and
as TensorFlow's sparse one.
"""

import json
from collections.abc import Callable
from statistics import median

import numpy as np
import tensorflow as tf

from deepdep.domain.omics import Omic
from full_size.cohort import N_FEATURES, N_GENES, N_SETS, SETS_PER_GENE
from full_size.machine import seconds
from full_size.published import SEED

LINES_PER_BLOCK = 96
WIDTH = 1000
SHARE_MUTATED = 0.02
N_TIMES = 20


def main() -> None:
    rng = np.random.default_rng(SEED)
    tf.random.set_seed(SEED)
    fingerprints = _bits(rng, N_GENES, N_SETS, SETS_PER_GENE / N_SETS)
    mutations = _bits(rng, LINES_PER_BLOCK, N_FEATURES[Omic.MUTATION], SHARE_MUTATED)
    figures: dict[str, object] = {"benchmark": "sparse_layers"}
    for name, bits in (("fingerprints", fingerprints), ("mutations", mutations)):
        dense, sparse = dense_ms(bits), sparse_ms(bits)
        figures |= {
            f"{name}_dense_ms": round(dense, 2),
            f"{name}_sparse_ms": round(sparse, 2),
            f"{name}_ratio": round(dense / sparse, 2),
        }
    print(json.dumps(figures))


def dense_ms(bits: np.ndarray) -> float:
    rows = tf.constant(bits)
    kernel, above = tf.random.normal((bits.shape[1], WIDTH)), tf.random.normal((len(bits), WIDTH))
    return _median_ms(lambda: (rows @ kernel, tf.matmul(rows, above, transpose_a=True)))


def sparse_ms(bits: np.ndarray) -> float:
    rows = tf.sparse.from_dense(bits)
    kernel, above = tf.random.normal((bits.shape[1], WIDTH)), tf.random.normal((len(bits), WIDTH))
    product = tf.sparse.sparse_dense_matmul
    return _median_ms(lambda: (product(rows, kernel), product(rows, above, adjoint_a=True)))


def _median_ms(step: Callable[[], tuple[tf.Tensor, ...]]) -> float:
    compiled = tf.function(step)

    def run() -> list[np.ndarray]:
        return [made.numpy() for made in compiled()]

    run()
    return 1000 * median(seconds(run, N_TIMES))


def _bits(rng: np.random.Generator, n_rows: int, n_columns: int, share: float) -> np.ndarray:
    return (rng.random((n_rows, n_columns)) < share).astype(np.float32)


if __name__ == "__main__":
    main()
