"""What this machine can do, measured in the process that uses it."""

import time
from collections.abc import Callable

import tensorflow as tf

SIDE = 4096


def peak_gflops(dtype: str = "float32", n_times: int = 5) -> float:
    """Time some products of two square matrices of 4,096 rows; return the best."""
    matrix = tf.cast(tf.random.normal((SIDE, SIDE)), dtype)
    product = tf.function(lambda a: a @ a)
    product(matrix)
    return 2 * SIDE**3 / min(seconds(lambda: product(matrix).numpy(), n_times)) / 1e9


def seconds(run: Callable[[], object], n_times: int) -> list[float]:
    """How long each of some runs took."""
    taken = []
    for _ in range(n_times):
        start = time.perf_counter()
        run()
        taken.append(time.perf_counter() - start)
    return taken
