"""Whether other CPUs give the same bytes, and what that costs: one small cohort, fitted on each.

A tiny cohort is simulated and prepared, a predictor of networks and a closed form is fitted and
predicts its tumours: on this CPU; with every instruction that it has, as without the settings at
the head of the package; and on CPUs that qemu-x86_64 emulates (Debian's package qemu-user), caches
included. Prints one JSON line: sha256 of weights and predictions by CPU, and the processor time of
the fit with AVX2 over that with every instruction, the median of ``--repeats`` pairs.
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
from tempfile import TemporaryDirectory

from pipeline_runs.project import ROOT

EMULATED = ("Haswell", "EPYC")
EVERY_INSTRUCTION = {
    "OPENBLAS_CORETYPE": "SKYLAKEX",
    "NPY_DISABLE_CPU_FEATURES": "",
    "ONEDNN_MAX_CPU_ISA": "ALL",
}
SHORT = {
    "finetune.n_members": 1,
    "finetune.epochs": 3,
    "pretrain.*.epochs": 3,
    "finetune.closed_form.kernel.weights": [0.3],
    "finetune.closed_form.kernel.fill_weights": [0.3],
    "finetune.closed_form.kernel.n_folds": 2,
    "finetune.closed_form.gene_features.penalties": [100],
    "finetune.closed_form.single_features.n_candidates": 2,
}
N_GENES = 60


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--cpus", nargs="*", default=EMULATED, help="as of qemu-x86_64 -cpu help")
    parser.add_argument("--repeats", type=int, default=3)
    parser.add_argument("--fit", action="store_true", help="in this process, and nothing else")
    args = parser.parse_args()
    if args.fit:
        print(json.dumps(fitted()))
        return
    here = fit_on([sys.executable])
    every = fit_on([sys.executable], EVERY_INSTRUCTION)
    pairs = [
        fit_on([sys.executable])["seconds"] / fit_on([sys.executable], EVERY_INSTRUCTION)["seconds"]
        for _ in range(args.repeats)
    ]
    python = str(Path(sys.executable).resolve())
    emulated = {cpu: fit_on(["qemu-x86_64", "-cpu", cpu, python])["sha256"] for cpu in args.cpus}
    figures = {
        "benchmark": "processors",
        "this_cpu": here["sha256"],
        "every_instruction": every["sha256"],
        "emulated": emulated,
        "same_bytes": {cpu: digest == here["sha256"] for cpu, digest in emulated.items()},
        "avx2_over_every_instruction": round(statistics.median(pairs), 2),
        "pairs": [round(pair, 2) for pair in pairs],
    }
    print(json.dumps(figures))


def fit_on(python: list[str], variables: dict[str, str] | None = None) -> dict[str, object]:
    """Fit in a process of its own, by this interpreter or an emulated one."""
    path = os.pathsep.join([str(ROOT / "src"), sysconfig.get_path("purelib")])
    done = subprocess.run(
        [*python, __file__, "--fit"],
        env=os.environ | {"PYTHONPATH": path, "OMP_NUM_THREADS": "1"} | (variables or {}),
        check=True,
        stdout=subprocess.PIPE,
    )
    return json.loads(done.stdout)


def fitted() -> dict[str, object]:
    """Return the digest of weights and predictions, and the processor time of the fit."""
    import numpy as np

    import deepdep  # first, so that NumPy finds its settings

    settings = deepdep.read_settings(ROOT / "params.yaml").changed(SHORT)
    cohort = deepdep.simulate(deepdep.TINY, np.random.default_rng(0)).cohort
    prepared = deepdep.prepare(
        cohort, settings.prepare, settings.omics, list(cohort.gene_effect.table.columns[:N_GENES])
    )
    started = time.process_time()
    predictor = deepdep.Predictor(settings.training).fit(prepared)
    seconds = time.process_time() - started
    digest = hashlib.sha256(predictor.predict(cohort.tumors).effect.to_numpy().tobytes())
    with TemporaryDirectory() as folder:
        predictor.save(Path(folder) / "model")
        for file in sorted(Path(folder).rglob("*.safetensors")):
            digest.update(file.read_bytes())
    return {"sha256": digest.hexdigest(), "seconds": seconds}


if __name__ == "__main__":
    main()
