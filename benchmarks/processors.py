"""Whether other CPUs compute the same bytes, and what keeping to their instructions costs here.

The operations that the pipeline is made of, of NumPy, SciPy and TensorFlow, the training of a small
autoencoder among them, are run here and on CPUs that qemu-x86_64 emulates, caches included (Debian
has it in qemu-user; some minutes each). Then a tiny cohort is fitted here by networks and a closed
form, with the instructions that the package keeps to and with every one that this CPU has, in turn.
Prints one JSON line: for each CPU the operations whose bytes differ from those here, and the
processor time of a fit over that with every instruction, of each pair and the median.
"""

import argparse
import hashlib
import json
import os
import statistics
import subprocess
import sys
import sysconfig
import time
from pathlib import Path

from pipeline_runs.project import ROOT

EMULATED = ("Haswell", "EPYC")
EVERY_INSTRUCTION = {
    "OPENBLAS_CORETYPE": "SKYLAKEX",
    "NPY_DISABLE_CPU_FEATURES": "",
    "ONEDNN_MAX_CPU_ISA": "ALL",
}
SHORT = {"finetune.n_members": 1, "finetune.epochs": 3, "pretrain.*.epochs": 3}
N_GENES = 60
N_ROWS, N_INNER, N_COLUMNS = 96, 3000, 130  # a block of samples, features, units


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--cpus", nargs="*", default=EMULATED, help="as of qemu-x86_64 -cpu help")
    parser.add_argument("--repeats", type=int, default=3)
    parser.add_argument("--only", choices=("operations", "fit"), help="in this process")
    args = parser.parse_args()
    if args.only:
        print(json.dumps(operations() if args.only == "operations" else fit_seconds()))
        return
    here = result_of([sys.executable], "operations")
    every = result_of([sys.executable], "operations", EVERY_INSTRUCTION)
    python = str(Path(sys.executable).resolve())
    emulated = {
        cpu: result_of(["qemu-x86_64", "-cpu", cpu, python], "operations") for cpu in args.cpus
    }
    pairs = [
        result_of([sys.executable], "fit") / result_of([sys.executable], "fit", EVERY_INSTRUCTION)
        for _ in range(args.repeats)
    ]
    figures = {
        "benchmark": "processors",
        "operations": len(here),
        "that_differ": {
            "every_instruction_here": differing(every, here),
            **{cpu: differing(digests, here) for cpu, digests in emulated.items()},
        },
        "seconds_over_every_instruction": [round(pair, 2) for pair in pairs],
        "median": round(statistics.median(pairs), 2) if pairs else None,
    }
    print(json.dumps(figures))


def result_of(python: list[str], what: str, variables: dict[str, str] | None = None):
    """Run one of both in a process of its own, by this interpreter or an emulated one."""
    path = os.pathsep.join([str(ROOT / "src"), sysconfig.get_path("purelib")])
    threads = {"OMP_NUM_THREADS": "1", "TF_NUM_INTRAOP_THREADS": "1", "TF_NUM_INTEROP_THREADS": "1"}
    done = subprocess.run(
        [*python, __file__, "--only", what],
        env=os.environ | {"PYTHONPATH": path} | threads | (variables or {}),
        check=True,
        stdout=subprocess.PIPE,
    )
    return json.loads(done.stdout)


def differing(digests: dict[str, str], here: dict[str, str]) -> list[str]:
    return [name for name, digest in digests.items() if digest != here[name]]


def operations() -> dict[str, str]:
    """Return the sha256 of what each operation gives."""
    import deepdep  # noqa: F401, I001 - first, so that NumPy and TensorFlow find its settings
    import keras
    import numpy as np
    import scipy.linalg
    import tensorflow as tf
    from deepdep.models.network import LayerNormalization
    from deepdep.models.settings import gelu
    from deepdep.training.optimizer import build_optimizer

    rng = np.random.default_rng(0)
    found = {}
    for kind in ("float32", "float64"):
        wide = rng.standard_normal((N_ROWS, N_INNER)).astype(kind)
        tall = rng.standard_normal((N_INNER, N_COLUMNS)).astype(kind)
        kernel = wide @ wide.T / N_INNER + np.eye(N_ROWS, dtype=kind)
        found |= {
            f"numpy product {kind}": wide @ tall,
            f"numpy product with itself {kind}": wide @ wide.T,
            f"numpy sums {kind}": np.concatenate([wide.sum(0), wide.sum(1), wide.std(1)]),
            f"numpy correlations {kind}": np.corrcoef(wide),
            f"numpy singular values {kind}": np.linalg.svd(wide, full_matrices=False)[2],
            f"scipy eigenvectors {kind}": scipy.linalg.eigh(kernel)[1],
            f"scipy Cholesky {kind}": scipy.linalg.cho_solve(scipy.linalg.cho_factor(kernel), wide),
        }
        for name in ("exp", "log1p", "expm1", "tanh", "sqrt"):
            found[f"numpy {name} {kind}"] = getattr(np, name)(np.abs(wide))
        found[f"numpy power {kind}"] = np.abs(wide) ** 1.7
    wide, tall = wide.astype("float32"), tall.astype("float32")
    found["tensorflow product"] = tf.matmul(wide, tall)
    found["tensorflow product, transposed"] = tf.matmul(wide, wide, transpose_a=True)
    for inner in (200, 400, 1000):
        found[f"tensorflow product over {inner}"] = tf.matmul(wide[:, :inner], tall[:inner])
    found["tensorflow sums"] = tf.reduce_sum(wide, axis=1)
    for name in ("exp", "tanh", "sigmoid"):
        found[f"tensorflow {name}"] = getattr(tf, name)(tf.constant(wide))
    keras.utils.set_random_seed(1)
    layers = [
        keras.Input((N_INNER,)),
        keras.layers.Dense(64, gelu),
        keras.layers.Dense(16),
        LayerNormalization(),
        keras.layers.Dense(64, "relu"),
        keras.layers.Dropout(0.5),
        keras.layers.Dense(N_INNER),
    ]
    network = keras.Sequential(layers)
    network.compile(
        build_optimizer("adam", network, learning_rate=1e-3, weight_decay=1e-4), loss="mse"
    )
    network.fit(wide, wide, epochs=3, batch_size=32, verbose=0)
    found["training"] = np.concatenate([v.numpy().ravel() for v in network.trainable_variables])
    return {name: hashlib.sha256(np.asarray(a).tobytes()).hexdigest() for name, a in found.items()}


def fit_seconds() -> float:
    """Return the processor time of fitting a predictor to a tiny cohort."""
    import deepdep  # noqa: I001 - first, so that NumPy finds its settings
    import numpy as np

    settings = deepdep.read_settings(ROOT / "params.yaml").changed(SHORT)
    cohort = deepdep.simulate(deepdep.TINY, np.random.default_rng(0)).cohort
    genes = list(cohort.gene_effect.table.columns[:N_GENES])
    prepared = deepdep.prepare(cohort, settings.prepare, settings.omics, genes)
    started = time.process_time()
    deepdep.Predictor(settings.training).fit(prepared)
    return time.process_time() - started


if __name__ == "__main__":
    main()
