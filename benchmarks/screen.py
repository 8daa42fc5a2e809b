"""What the screen of alterations finds of the demo cohort's truth, and how fast it is.

``python benchmarks/screen.py [PROJECT]``, a project whose ``dvc repro`` on the demo cohort is done.
Prints four JSON lines. *truth*: how many planted pairs of a mutation, loss or amplification and a
gene are among the top 5 % of the ranked pairs, and how many of the pairs that are called at the FDR
of params.yaml, and that no stronger alteration explains, were not planted. *null*: alterations
permuted within lineages; how many have any call. *null in silico*: likewise of the predictor, when
a model fitted to permuted alterations stands for it. *speed*: predictions per second, an alteration
set and unset in every cell line and tumour and all genes predicted, beside the same model asked for
one sample and one gene at a time.
"""

import argparse
import json
import time
from collections.abc import Iterator, Mapping
from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
from scipy.stats import false_discovery_control

from deepdep.analysis.alterations import Alterations, alterations_of
from deepdep.analysis.observed_pairs import observed_pairs
from deepdep.analysis.response import in_silico_changes, p_of_changes, permuted_changes
from deepdep.analysis.synthetic_lethality import (
    ScreenSettings,
    covariates_of,
    read_pairs,
)
from deepdep.data.cohort import read_cohort
from deepdep.data.prepared import Prepared, read_omics, read_prepared
from deepdep.data.standardized import StandardizedSamples
from deepdep.domain.drivers import DRIVERS
from deepdep.models import TrainedPredictor, load_predictor
from deepdep.models.closed_form import ClosedFormSettings
from deepdep.settings import read_settings
from deepdep.simulation import DEMO, Truth, simulate
from pipeline_runs.project import ROOT

# What a planted event is called, and the sign of what carriers of the alteration show.
EVENTS = {
    "mutation": ("mutation", 1),
    "amplification": ("amplification", 1),
    "loss": ("deletion", 1),
    "wild_type": ("", -1),
}
KINDS = ("addiction", "synthetic_lethality", "growth_suppressor")
N_PERMUTED = 20
N_PAIRS_ALONE = 30


def planted_pairs(truth: Truth, named: set[str]) -> set[tuple[str, str]]:
    """Return planted pairs of alterations that the screen has; TP53's wild type by its mutation."""
    pairs = set()
    for fact in truth.planted[truth.planted["kind"].isin(KINDS)].itertuples():
        event, _ = EVENTS.get(str(fact.driver_event), ("absent", 0))
        events = [event] if event else ["mutation", "deletion"]
        pairs |= {(f"{fact.driver} {one}", str(fact.gene)) for one in events}
    return {(alteration, gene) for alteration, gene in pairs if alteration in named}


def of_truth(pairs: pd.DataFrame, fdr: float) -> dict:
    """Compare the ranked pairs with what was planted."""
    truth = simulate(DEMO, np.random.default_rng(0)).truth
    planted = planted_pairs(truth, set(pairs["alteration"]))
    keys = list(zip(pairs["alteration"], pairs["gene"], strict=True))
    is_planted = pd.Series([key in planted for key in keys], pairs.index)
    wild_type = truth.planted["driver_event"] == "wild_type"
    absent = {(str(r.driver), str(r.gene)) for r in truth.planted[wild_type].itertuples()}
    standing, in_silico = pairs["q_standing"] <= fdr, pairs["in_silico_q"] <= fdr
    in_top = pairs["rank"] <= 0.05 * len(pairs)
    return {
        "n_pairs": len(pairs),
        "n_planted": int(is_planted.sum()),
        "n_planted_as_wild_type": len(absent),
        "planted_in_top_5_percent": round(float(in_top[is_planted].mean()), 3),
        "planted_called": round(float(standing[is_planted].mean()), 3),
        "n_called": int(standing.sum()),
        "called_not_planted": round(float((~is_planted[standing]).mean()), 3),
        "not_planted": [
            f"{row.alteration} - {row.gene}" for row in pairs[standing & ~is_planted].itertuples()
        ],
        "n_called_in_silico": int(in_silico.sum()),
        "planted_called_in_silico": round(float(in_silico[is_planted].mean()), 3),
        "called_in_silico_not_planted": round(float((~is_planted[in_silico]).mean()), 3),
        "agreement": pairs.attrs["agreement"],
    }


def of_null(project: Path, prepared: Prepared, settings: ScreenSettings) -> dict:
    """Permute alterations within lineages, all together, and screen what comes of it."""
    lines, effect = read_cohort(project / "data").cell_lines, prepared.gene_effect.table
    alterations = alterations_of(lines.tables, settings.alterations, effect.index)
    fixed = covariates_of(lines, effect.index, settings.covariates)
    shares = []
    for seed in range(N_PERMUTED):
        rng = np.random.default_rng(seed)
        permuted = within_lineages(alterations, lines.obs["lineage"], rng)
        pairs = observed_pairs(
            effect,
            permuted,
            lines.obs["lineage"],
            n_permutations=settings.n_permutations,
            rng=rng,
            covariates=fixed,
        )
        called = pairs[pairs["q"] <= settings.fdr]
        shares.append(called["alteration"].nunique() / pairs["alteration"].nunique())
    return {
        "n_draws": N_PERMUTED,
        "mean_share_of_alterations_called": round(float(np.mean(shares)), 4),
        "largest_share": round(float(np.max(shares)), 4),
    }


def of_null_in_silico(
    project: Path, prepared: Prepared, predictor: TrainedPredictor, settings: ScreenSettings
) -> dict:
    """Take each of some models, to which alterations say nothing, for the predictor."""
    lines, effect = read_cohort(project / "data").cell_lines, prepared.gene_effect.table
    alterations = alterations_of(lines.tables, settings.alterations, effect.index)
    alterations = {name: one.distinct(effect.index, DRIVERS) for name, one in alterations.items()}
    tuned = project / "tuning" / "best.yaml"
    closed_form = read_settings(
        project / "params.yaml", "finetune.closed_form", ClosedFormSettings, tuned=tuned
    )
    n_fits, rng = settings.n_permuted_fits + 1, np.random.default_rng(settings.seed + 1)
    permuted = permuted_changes(
        predictor, prepared, alterations, closed_form, n_fits=n_fits, rng=rng
    )
    n_genes, shares = effect.shape[1], []
    for number, as_observed in enumerate(permuted):
        p = p_of_changes(as_observed, np.delete(permuted, number, axis=0), n_genes)
        called = false_discovery_control(p).reshape(-1, n_genes) <= settings.fdr
        shares.append(float(called.any(axis=1).mean()))
    return {
        "n_draws": n_fits,
        "mean_share_of_alterations_called": round(float(np.mean(shares)), 4),
        "largest_share": round(max(shares), 4),
    }


def within_lineages(
    alterations: Mapping[str, Alterations], lineage: pd.Series, rng: np.random.Generator
) -> dict[str, Alterations]:
    """Deal the carriers of each table anew among the lines of each lineage."""
    return {name: _dealt_anew(one, lineage, rng) for name, one in alterations.items()}


def _dealt_anew(
    alterations: Alterations, lineage: pd.Series, rng: np.random.Generator
) -> Alterations:
    carried = alterations.carried
    rows = np.arange(len(carried))
    of_line = lineage[carried.index].to_numpy()
    for one in np.unique(of_line):
        of_lineage = np.flatnonzero(of_line == one)
        rows[of_lineage] = rng.permutation(of_lineage)
    dealt = pd.DataFrame(carried.to_numpy()[rows], carried.index, carried.columns)
    return replace(alterations, carried=dealt)


def of_speed(
    project: Path, prepared: Prepared, predictor: TrainedPredictor, settings: ScreenSettings
) -> dict:
    """Time both ways, one after the other."""
    lines = read_cohort(project / "data").cell_lines
    effect = prepared.gene_effect.table
    alterations = alterations_of(lines.tables, settings.alterations, effect.index)
    samples = {
        "cell_lines": prepared.samples(prepared.cell_lines.index),
        "tumors": StandardizedSamples(prepared.tumor_profiles, prepared.tumors),
    }
    genes = list(effect.columns)
    started, cpu = time.perf_counter(), time.process_time()
    changes = in_silico_changes(predictor, samples, alterations, genes)
    seconds, cpu = time.perf_counter() - started, time.process_time() - cpu
    n_samples = sum(len(of.names) for of in samples.values())
    n_predictions = 2 * len(changes) * n_samples
    started = time.perf_counter()
    alone = replace(predictor, network_share=0.0)
    for one, gene in pairs_alone(samples["cell_lines"], genes):
        alone.predict(one, [gene])
        alone.predict(one, [gene])
    per_second_alone = 2 * N_PAIRS_ALONE / (time.perf_counter() - started)
    return {
        "n_predictions": n_predictions,
        "seconds": round(seconds, 2),
        "cpu_seconds": round(cpu, 2),
        "predictions_per_second": round(n_predictions / seconds),
        "pair_by_pair_per_second": round(per_second_alone, 1),
        "ratio": round(n_predictions / seconds / per_second_alone),
    }


def pairs_alone(
    samples: StandardizedSamples, genes: list[str]
) -> Iterator[tuple[StandardizedSamples, str]]:
    """Yield some samples, each alone, and a gene for each."""
    for number in range(N_PAIRS_ALONE):
        name = samples.names[number]
        profiles = {
            omic: table.loc[table.index == name] for omic, table in samples.profiles.items()
        }
        yield StandardizedSamples(profiles, samples.obs.loc[[name]]), genes[number]


def main() -> None:
    arguments = argparse.ArgumentParser()
    arguments.add_argument("project", nargs="?", type=Path, default=ROOT)
    project = arguments.parse_args().project
    params = project / "params.yaml"
    settings = read_settings(params, "screen", ScreenSettings)
    prepared = read_prepared(project / "prepared", read_omics(params))
    predictor = load_predictor(project / "models" / "predictor")
    pairs = read_pairs(project / "predictions" / "synthetic_lethality.parquet")
    for name, found in (
        ("truth", of_truth(pairs, settings.fdr)),
        ("null", of_null(project, prepared, settings)),
        ("null in silico", of_null_in_silico(project, prepared, predictor, settings)),
        ("speed", of_speed(project, prepared, predictor, settings)),
    ):
        print(json.dumps({"benchmark": "screen", "part": name, **found}), flush=True)


if __name__ == "__main__":
    main()
