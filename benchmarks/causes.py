"""How often the planted cause of an addiction is among the first causes that are given of it.

``python benchmarks/causes.py [PROJECT]``, in which ``make repro`` has run on the demo cohort. Of
every planted addiction, in every carrier that has the omic: is the planted feature among the five
features that contribute most? Networks have no part by feature and are left out. Beside it stands
what the feature contributes to the gene effect of carriers and of all others, the median of each.
The same of a closed form that was fitted to labels permuted among the lines (``permuted``) must be
flat: a share as by chance, nothing contributed. Prints one JSON line; ``explain_s`` is what
``deepdep explain`` takes once everything is loaded, ``explain_command_...`` what the whole command
takes of the processor, and what it would with networks computed by Keras.
"""

import argparse
import json
import resource
import subprocess
import sys
import time
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import pandas as pd

from deepdep.analysis.causes import CausesOfGene, causes_of_gene
from deepdep.analysis.explanation import explain
from deepdep.data.prepared import Prepared, read_prepared
from deepdep.data.standardized import StandardizedSamples
from deepdep.domain.omics import Omic
from deepdep.models import TrainedPredictor, load_predictor
from deepdep.models.closed_form import ClosedFormSettings
from deepdep.settings import read_settings
from deepdep.simulation import DEMO, simulate
from deepdep.simulation.simulate import Truth
from deepdep.training.cross_fit import ClosedFormData

N_FIRST = 5
N_PROCESSES = 3  # of each kind
OMIC_OF_EVENT = {"mutation": Omic.MUTATION, "amplification": Omic.COPY_NUMBER}


@dataclass(frozen=True)
class Attribution:
    """Of the samples that have the omic of an addiction: who carries it, and what is made of it.

    ``rank`` is that of the planted feature by its contribution, whatever its sign; 1 is the first.
    """

    gene: str
    carries: pd.Series
    rank: pd.Series
    contribution: pd.Series


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("project", nargs="?", type=Path, default=Path())
    args = parser.parse_args()
    predictor = load_predictor(args.project / "models" / "predictor")
    prepared = read_prepared(args.project / "prepared", list(predictor.features))
    truth = simulate(DEMO, np.random.default_rng(0)).truth
    tumors = StandardizedSamples(prepared.tumor_profiles, prepared.tumors)
    control = with_permuted_labels(predictor, prepared, args.project)
    figures: dict[str, object] = {"benchmark": "causes", "n_first": N_FIRST}
    for name, samples in (
        ("tumors", tumors),
        ("lines", prepared.samples(prepared.cell_lines.index)),
    ):
        figures |= {f"{key}_{name}": n for key, n in counted(predictor, samples, truth).items()}
        of_control = counted(control, samples, truth)
        figures |= {
            f"{key}_{name}_permuted": of_control[key]
            for key in ("share", "contribution", "contribution_others")
        }
    figures["explain_s"] = seconds_of_explain(predictor, prepared, tumors)
    sample, gene = str(tumors.names[0]), str(prepared.genes[0])
    print(json.dumps(figures | seconds_of_command(args.project, sample, gene)))


def with_permuted_labels(
    predictor: TrainedPredictor, prepared: Prepared, project: Path
) -> TrainedPredictor:
    """Fit the closed form to labels that were dealt anew among the lines, a line's together."""
    settings = read_settings(
        project / "params.yaml",
        "finetune.closed_form",
        ClosedFormSettings,
        tuned=project / "tuning" / "best.yaml",
    )
    taught, form = ClosedFormData.of(prepared.with_every_line()), predictor.closed_form
    if form is None:
        raise ValueError("the model has no closed form")
    effect = taught.labels.effect
    dealt = np.random.default_rng(0).permutation(len(effect))
    permuted = pd.DataFrame(effect.to_numpy()[dealt], effect.index, effect.columns)
    labels = replace(taught.labels, effect=permuted)
    return replace(predictor, closed_form=form.refit(taught.tables, labels, settings))


def counted(
    predictor: TrainedPredictor, samples: StandardizedSamples, truth: Truth
) -> dict[str, float]:
    found = attributions(predictor, samples, truth)
    in_carriers = [one.rank[one.carries] <= N_FIRST for one in found]
    contributions = (
        np.median(np.concatenate([one.contribution[one.carries == carries] for one in found]))
        for carries in (True, False)
    )
    of_carriers, of_others = (round(float(median), 3) for median in contributions)
    return {
        "n_addictions": len(found),
        "n_carriers": sum(map(len, in_carriers)),
        "share": round(float(np.concatenate(in_carriers).mean()), 4),
        "least_share": round(min(float(is_first.mean()) for is_first in in_carriers), 4),
        "contribution": of_carriers,
        "contribution_others": of_others,
    }


def attributions(
    predictor: TrainedPredictor, samples: StandardizedSamples, truth: Truth
) -> list[Attribution]:
    """Look for the planted feature of every addiction in every sample that has its omic."""
    closed_form = replace(predictor, network_share=0.0)
    facts = truth.planted[truth.planted["kind"] == "addiction"]
    found = []
    for fact in facts.itertuples():
        omic = OMIC_OF_EVENT[str(fact.driver_event)]
        names = samples.names[samples.names.isin(samples.profiles[omic].index)]
        some = StandardizedSamples(samples.profiles, samples.obs.loc[names])
        parts = contributions_of(causes_of_gene(closed_form, some, str(fact.gene)))
        of_feature = parts[omic][fact.driver]
        rank = 1 + sum(
            each.abs().gt(of_feature.abs(), axis=0).sum(axis=1) for each in parts.values()
        )
        carries = truth.carriers.loc[names, str(fact.carriers)]
        found.append(Attribution(str(fact.gene), carries, rank[names], of_feature[names]))
    return found


def contributions_of(causes: CausesOfGene) -> dict[str, pd.DataFrame]:
    """Sum both ways in which features contribute, (sample, feature) by table."""
    found = {}
    for table, differences in causes.differences.items():
        found[table] = differences * 0.0
        for parts in (causes.by_profile, causes.by_feature):
            if table in parts:
                found[table] = found[table].add(parts[table], fill_value=0.0)
    return found


def seconds_of_explain(
    predictor: TrainedPredictor, prepared: Prepared, tumors: StandardizedSamples
) -> float:
    start = time.perf_counter()
    explain(predictor, tumors, str(tumors.names[0]), str(prepared.genes[0]), prepared)
    return round(time.perf_counter() - start, 2)


def seconds_of_command(project: Path, sample: str, gene: str) -> dict[str, float]:
    """Time whole processes of ``deepdep explain``, in turn with some whose networks are Keras's.

    Processor time, the median: what else the machine does counts less in it.
    """
    code = "from deepdep.cli.app import main\nmain()"
    by_keras = (
        "from deepdep.models import artifacts\n"
        "load = artifacts.load_predictor\n"
        "artifacts.load_predictor = lambda folder, for_few: load(folder)\n"
    )
    arguments = ["explain", "--sample", sample, "--gene", gene]
    seconds: dict[str, list[float]] = {"by_numpy": [], "by_keras": []}
    for _ in range(N_PROCESSES):
        for name, before in (("by_numpy", ""), ("by_keras", by_keras)):
            start = resource.getrusage(resource.RUSAGE_CHILDREN)
            command = [sys.executable, "-c", before + code, *arguments]
            subprocess.run(command, cwd=project, check=True, capture_output=True)
            end = resource.getrusage(resource.RUSAGE_CHILDREN)
            spent = end.ru_utime - start.ru_utime + end.ru_stime - start.ru_stime
            seconds[name].append(spent)
    medians = {name: float(np.median(each)) for name, each in seconds.items()}
    return {
        **{f"explain_command_{name}_cpu_s": round(s, 2) for name, s in medians.items()},
        "explain_command_ratio": round(medians["by_keras"] / medians["by_numpy"], 2),
    }


if __name__ == "__main__":
    main()
