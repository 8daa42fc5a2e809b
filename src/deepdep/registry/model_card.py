"""A model's card: what it learned from, how good it is, what it is for and what it is not for."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pandas as pd

from deepdep.domain.omics import Omic
from deepdep.evaluation import PREDICTOR, markdown_table
from deepdep.io.features import read_feature_space

USE = """## Intended use
Research: which genes a tumour or a cell line depends on more than others do, to choose what to \
test in the laboratory. Judge a gene by its own r and its interval, not by the mean."""

LIMITS = """## Limits
- Not for decisions about patients. Nothing here was tested in a clinic.
- Labels are screens of cell lines: no immune system, no stroma. In tumours predictions are \
extrapolations, and the figures above say nothing of them.
- Genes never screened are predicted from the gene sets they belong to, and much less well.
- Lineages with few training lines are predicted from the others."""

CODE_LIMITS = """## Limits
A code is no measurement: the same number means another thing in another version. Nothing here was \
tested in a clinic."""


def predictor_card(
    name: str, model: Path, metrics: Mapping[str, Any], facts: Mapping[str, str]
) -> str:
    """Describe a predictor in Markdown.

    Parameters
    ----------
    model
        Its folder.
    metrics
        Content of reports/metrics.json.
    facts
        Where it comes from, by what each is called.
    """
    counts = metrics["cohort"]
    spaces = {o: model / f"features_{o}" for o in Omic if (model / f"features_{o}.csv").exists()}
    kept = ("mean_gene_r", "mean_gene_r_low", "mean_gene_r_high", "skill", "auroc", "coverage")
    models = {
        model: {"all": {name: strata["all"].get(name) for name in kept}}
        for model, strata in metrics["models"].items()
    }
    short = {"models": models, "differences": metrics["differences"]}
    parts = (
        f"# {name}",
        "Predicts gene effects of tumours and cell lines, negative meaning dependent.",
        _data(counts, facts),
        f"""## Split
By patient, drawn once: {counts["n_lines_train"]} cell lines to learn from, \
{counts["n_lines_validation"]} to stop by and {counts["n_lines_test"]} that nothing was learned \
from.""",
        f"""## How good it is
On the {counts["n_lines_test"]} lines of unseen patients; intervals hold 95 % of what resampling \
the patients gives. The gene mean is the least to beat.

{markdown_table(short, "all", PREDICTOR)}""",
        f"""## What it needs
Any of these omics; a sample that lacks some is predicted from the others, less well.

{_needs(spaces)}""",
        USE,
        LIMITS,
    )
    return "\n\n".join(parts) + "\n"


def encoder_card(
    name: str, model: Path, omic: Omic, losses: Mapping[str, float], facts: Mapping[str, str]
) -> str:
    """Describe an autoencoder in Markdown; see ``predictor_card``."""
    figures = ", ".join(f"{figure} {value:.4f}" for figure, value in losses.items())
    parts = (
        f"# {name}",
        f"Turns a standardised {omic} profile into a code, from which a predictor starts.",
        _data({}, facts),
        f"## How good it is\nOn samples held out in training: {figures or 'it was not trained'}.",
        f"## What it needs\n{_needs({omic: model / 'features'})}",
        CODE_LIMITS,
    )
    return "\n\n".join(parts) + "\n"


def _data(counts: Mapping[str, int], facts: Mapping[str, str]) -> str:
    sizes = {name.removeprefix("n_").replace("_", " "): str(n) for name, n in counts.items()}
    rows = {**facts, **sizes}.items()
    return "## Data\n" + "\n".join(f"- {name}: {value}" for name, value in rows)


def _needs(stems: Mapping[Omic, Path]) -> str:
    rows = ["| omic | features | unit |", "|---|---|---|"]
    for omic, stem in stems.items():
        space = read_feature_space(stem)
        units = " or ".join(pd.unique(pd.Series(list(space.units.values()))))
        rows.append(f"| {omic} | {len(space.table)} | {units} |")
    return "\n".join(rows)
