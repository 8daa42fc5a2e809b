"""How many planted dependencies of the demo cohort associations find, and how many others.

``python benchmarks/associations.py [PROJECT]``, in which ``make repro`` has run: effects that were
measured in lines, and predicted of tumours, against all alterations that five samples have and five
lack. A planted pair is an event with the gene whose effect it moves; an event of a gene within the
same loss or gain is none, though it goes with the same effects. Then alterations of lines are
permuted within lineage: how many have any gene at an FDR of 10 %? Prints one JSON line.
"""

import argparse
import json
import time
from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd

from deepdep.analysis.alterations import AlterationSettings
from deepdep.analysis.associations import alteration_table, associate, frequent
from deepdep.data.cohort import read_cohort
from deepdep.domain.cohort import Samples
from deepdep.io.matrices import read_anndata, to_frame
from deepdep.settings import read_settings
from deepdep.simulation import DEMO, simulate
from pipeline_runs.project import ROOT

MIN_SAMPLES, FDR = 5, 0.1
WORD = {"mutation": "mutation", "amplification": "amplification", "loss": "deletion"}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("project", nargs="?", type=Path, default=Path())
    args = parser.parse_args()
    cohort = read_cohort(args.project / "data")
    lines = read_anndata(args.project / "predictions" / "cell_lines.h5ad")
    tumors = to_frame(read_anndata(args.project / "predictions" / "tumors.h5ad"))
    measured = to_frame(lines, "measured").dropna(how="all")
    planted = planted_pairs()
    figures = {
        "benchmark": "associations",
        **counted("lines", measured, cohort.cell_lines, planted),
        **counted("tumors", tumors, cohort.tumors, planted),
        **permuted(measured, cohort.cell_lines),
    }
    print(json.dumps(figures))


def planted_pairs() -> set[tuple[str, str]]:
    planted = simulate(DEMO, np.random.default_rng(0)).truth.planted
    word = planted["driver_event"].map(WORD)
    planted = planted[word.notna() & (planted["effect"] != 0)]
    events = planted["driver"] + " " + word[planted.index]
    return set(zip(events, planted["gene"], strict=True))


def events_of(samples: Samples, effect: pd.DataFrame) -> pd.DataFrame:
    settings = read_settings(ROOT / "params.yaml", "screen.alterations", AlterationSettings)
    events = alteration_table(samples, replace(settings, min_carriers=MIN_SAMPLES))
    return frequent(events.loc[events.index.isin(effect.index)], MIN_SAMPLES)


def counted(
    name: str, effect: pd.DataFrame, samples: Samples, planted: set[tuple[str, str]]
) -> dict[str, float]:
    events = events_of(samples, effect)
    start = time.perf_counter()
    found = associate(effect, events, samples.obs[["lineage"]], min_samples=MIN_SAMPLES)
    seconds = time.perf_counter() - start
    pairs = zip(found["annotation"], found["gene"], strict=True)
    is_planted = np.array([pair in planted for pair in pairs])
    figures = {"tests": len(found), "planted": int(is_planted.sum()), "seconds": round(seconds, 1)}
    for q in ("q_all", "adjusted_q_all"):
        called = found[q].to_numpy() < FDR
        figures |= {q: int(called.sum()), f"planted_{q}": int((called & is_planted).sum())}
    return {f"{name}_{key}": value for key, value in figures.items()}


def permuted(effect: pd.DataFrame, samples: Samples) -> dict[str, float]:
    """Permute every alteration within lineage, and count those that have any call."""
    rng = np.random.default_rng(0)
    events, lineage = events_of(samples, effect), samples.obs["lineage"]
    shuffled = events.copy()
    for rows in lineage.loc[events.index].groupby(lineage).indices.values():
        shuffled.iloc[rows] = events.iloc[rng.permutation(rows)].to_numpy()
    found = associate(effect, shuffled, samples.obs[["lineage"]], min_samples=2)
    called = found.groupby("annotation")[["q", "adjusted_q"]].min() < FDR
    return {
        "permuted_alterations": len(called),
        "permuted_with_a_call": round(float(called["q"].mean()), 3),
        "permuted_with_an_adjusted_call": round(float(called["adjusted_q"].mean()), 3),
    }


if __name__ == "__main__":
    main()
