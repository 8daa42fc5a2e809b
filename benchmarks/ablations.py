"""What each part of the predictor gives: mean per-gene r on validation lines.

Needs `prepared/`: run `dvc repro prepare` first. One thing changes at a time from the untuned
settings of params.yaml; test lines are never read. docs/experiments.md shows what came out.
"""

import json
import sys
from dataclasses import replace
from pathlib import Path
from statistics import mean

from deepdep.data.splits import Split
from deepdep.domain.correlation import pearson_per_gene
from deepdep.domain.omics import Omic
from deepdep.evaluation.judge import JudgeSettings
from deepdep.io.prepared import Prepared, read_prepared
from deepdep.models.baselines import Task, predict_baselines
from deepdep.params import read_omics, read_settings
from deepdep.training.finetune import VALIDATION_R, FinetuneSettings
from deepdep.training.pretrain import PretrainSettings
from deepdep.training.road import train
from deepdep.training.session import start_session

PARAMS = Path("params.yaml")
SEEDS = (1,)  # single runs of one setting differ by about 0.01

NO_WIDE_PATH = {"wide_dropout": 1.0}  # every feature hidden: the path stays at zero
UNTRAINED = {"epochs": 0}
VARIANTS = {  # name: changes of pretrain, changes of finetune, omics
    "default": ({}, {}, None),
    "no pretraining": (UNTRAINED, {}, None),
    "encoders frozen": ({}, {"encoders": "frozen"}, None),
    "no wide path": ({}, NO_WIDE_PATH, None),
    "no wide path, no pretraining": (UNTRAINED, NO_WIDE_PATH, None),
    "no wide path, encoders frozen": ({}, NO_WIDE_PATH | {"encoders": "frozen"}, None),
    "towers of 128": ({}, {"cell_widths": (128,), "gene_widths": (128,)}, None),
    "embedding of 64": ({}, {"embedding": 64}, None),
    "pair layer of 32": ({}, {"pair_widths": [32]}, None),
    "dropout 0.2": ({}, {"dropout": 0.2}, None),
    "omics never hidden": ({}, {"omic_dropout": 0.0}, None),
    "weight decay 0.0001": ({}, {"weight_decay": 0.0001}, None),
    "expression only": ({}, {}, (Omic.EXPRESSION,)),
    "expression and mutation": ({}, {}, (Omic.MUTATION, Omic.EXPRESSION)),
}


def main() -> None:
    prepared = read_prepared(Path("prepared"), read_omics(PARAMS))
    figures = baselines(prepared)
    for name, changes in VARIANTS.items():
        figures[name] = variant(prepared, *changes)
        print(f"{name}: {figures[name]:.4f}", file=sys.stderr)
    print(json.dumps({name: round(r, 4) for name, r in figures.items()}))


def baselines(prepared: Prepared) -> dict[str, float]:
    part = prepared.splits["split"]
    effects = prepared.gene_effect.table
    train_lines, lines = (part.index[part == p] for p in (Split.TRAIN, Split.VALIDATION))
    task = Task(
        train_effect=effects.loc[train_lines],
        omics={omic: tables.cell_lines for omic, tables in prepared.omics.items()},
        obs=prepared.splits,
        lines=lines,
        genes=effects.columns,
        gene_sets=prepared.gene_sets,
        settings=read_settings(PARAMS, "evaluate", JudgeSettings).baselines,
    )
    predicted = predict_baselines(task)
    measured = effects.loc[lines]
    return {name: pearson_per_gene(measured, of).mean() for name, of in predicted.items()}


def variant(
    prepared: Prepared, pretraining: dict, finetuning: dict, omics: tuple[Omic, ...] | None
) -> float:
    chosen = {o: t for o, t in prepared.omics.items() if omics is None or o in omics}
    cohort = replace(prepared, omics=chosen)
    scores = []
    for seed in SEEDS:
        pretrain = {
            omic: replace(read_settings(PARAMS, f"pretrain.{omic}", PretrainSettings), seed=seed)
            for omic in chosen
        }
        pretrain = {omic: replace(settings, **pretraining) for omic, settings in pretrain.items()}
        finetune = replace(read_settings(PARAMS, "finetune", FinetuneSettings), seed=seed)
        start_session(seed)
        fitted = train(cohort, pretrain, replace(finetune, **finetuning))
        scores.append(fitted.history[VALIDATION_R].max())
    return mean(scores)


if __name__ == "__main__":
    main()
