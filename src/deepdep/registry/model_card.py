"""A model's card: what it learned from, how good it is, what it is for and what it is not for."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pandas as pd
import yaml

from deepdep.data.splits import NOT_JUDGED
from deepdep.domain.cohort import CohortIdentity
from deepdep.domain.omics import in_order
from deepdep.evaluation import PREDICTOR, markdown_table
from deepdep.evaluation.judge import UnseenLines
from deepdep.io.documents import read_indexed_csv
from deepdep.io.features import read_feature_space
from deepdep.models.artifacts import GENE_TRUST
from deepdep.models.kernel import LINES

# Groups of genes that get a table of their own, and the words above it.
SHOWN = {
    "all": "",
    "drivers": "Over genes that drive tumours, such as BRAF and ERBB2",
    "known_cause": "Over the drivers that a known alteration makes cells depend on",
}

USE = """## Intended use
Research: which genes a tumour or a cell line depends on more than others do, to choose what to \
test in the laboratory. Judge a gene by its own r and its interval, not by the mean."""

LIMITS = """## Limits
- Not for decisions about patients. Nothing here was tested in a clinic.
- Labels are screens of cell lines: no immune system, no stroma. In tumours predictions are \
extrapolations, and the figures above say nothing of them.
- Genes never screened are predicted from screened genes like them, and much less well.
- Lineages with few training lines are predicted from the others."""

PROFILES_INSIDE = """The folder holds the standardised profiles of the {} cell lines it learned \
from, under their names (`kernel_*` and `unscreened_*`), because the closed form compares samples \
with them: whoever is given the folder is given these profiles. Networks alone hold neither, and \
predict less well; `params.yaml` with nothing at `finetune.closed_form` trains them."""

NO_PROFILES = "The folder holds neither names nor profiles of the cell lines it learned from."

CODE_LIMITS = """## Limits
A code is no measurement: the same number means another thing in another version. Nothing here was \
tested in a clinic."""


SIMULATED = """> **Simulated data.** A program made the cohort that this model learned from: no \
patient stands behind any number on this card."""

LICENCE = """## Licence
The code that made the model is under the Apache License 2.0. Weights learned from data of others \
are under the terms of these data, as their owners state them."""

CITATION = """## Citation
Chiu YC, Zheng S, Wang LJ, Iskra BS, Rao MK, Houghton PJ, Huang Y, Chen Y. Predicting and \
characterizing a cancer dependency map of tumors with deep learning. Science Advances 7(34), \
eabh1275 (2021), https://doi.org/10.1126/sciadv.abh1275, and deepdep itself, as its CITATION.cff \
says."""

FENCE = "---\n"  # around the header that model hubs read


def without_header(card: str) -> str:
    """Return a card without what only model hubs read."""
    return card.split(FENCE, 2)[2].lstrip("\n") if card.startswith(FENCE) else card


def predictor_card(
    name: str,
    model: Path,
    metrics: Mapping[str, Any],
    facts: Mapping[str, str],
    cohort: CohortIdentity | None = None,
    unseen: UnseenLines | None = None,
) -> str:
    """Describe a predictor in Markdown, under the YAML header that model hubs read.

    Parameters
    ----------
    model
        Its folder.
    metrics
        Content of reports/metrics.json.
    facts
        Where it comes from, by what each is called.
    cohort, unseen
        What it learned from, and what it said of lines of unseen patients, where these are known.
    """
    counts = metrics["cohort"]
    files = model.glob("features_*.csv")
    stems = {file.stem.removeprefix("features_"): file.with_suffix("") for file in files}
    spaces = {omic: stems[omic] for omic in in_order(stems)}
    figures = {}
    if metrics["models"]:
        r = metrics["models"][PREDICTOR]["all"]["mean_gene_r"]
        figures = {"mean r per gene, unseen patients": r}
    parts = (
        _header(name, cohort, figures),
        f"# {name}",
        *([SIMULATED] if cohort is not None and cohort.simulated else []),
        "Predicts gene effects of tumours and cell lines, negative meaning dependent.",
        f"""## How to use it
```
deepdep predict --model {name} --samples samples.h5mu --to effects.h5ad
```
predicts with the registered champion; `--model FOLDER` takes any copy of the model's folder.""",
        _data(counts, facts),
        *(_judgement(counts, metrics, unseen) if metrics["models"] else _no_judgement(counts)),
        *_trust(model),
        _privacy(model, metrics.get("membership", {})),
        f"""## What it needs
Any of these omics; a sample that lacks some, or up to nineteen twentieths of the features of \
one, is predicted from what is there, less well and with wider intervals.

{_needs(spaces)}""",
        USE,
        LIMITS,
        LICENCE,
        CITATION,
    )
    return "\n\n".join(parts) + "\n"


def _judgement(
    counts: Mapping[str, int], metrics: Mapping[str, Any], unseen: UnseenLines | None
) -> list[str]:
    """Say how the lines were split, and how good the predictor is on those of the test."""
    kept = ("mean_gene_r", "mean_gene_r_low", "mean_gene_r_high", "skill", "auroc", "coverage")
    models = {
        model: {
            stratum: {name: strata[stratum].get(name) for name in kept}
            for stratum in SHOWN
            if stratum in strata
        }
        for model, strata in metrics["models"].items()
    }
    short = {"models": models, "differences": metrics["differences"]}
    return [
        f"""## Split
By patient, drawn once: {counts["n_lines_train"]} cell lines to learn from, \
{counts["n_lines_validation"]} to stop by and {counts["n_lines_test"]} to judge a predictor that \
learned nothing from them. This model has the same settings and learned from all of them; the \
figures below are of the one that was judged.""",
        f"""## How good it is
On the {counts["n_lines_test"]} lines of unseen patients; intervals hold 95 % of what resampling \
the patients gives. The gene mean is the least to beat.

{markdown_table(short, "all", PREDICTOR)}""",
        *(
            f"{words}: {metrics['models'][PREDICTOR][stratum]['n_genes']} of them.\n\n"
            f"{markdown_table(short, stratum, PREDICTOR)}"
            for stratum, words in SHOWN.items()
            if words and stratum in metrics["models"][PREDICTOR]
        ),
        *([_by_lineage(unseen)] if unseen and "gene_mean" in unseen.predicted else []),
    ]


def _no_judgement(counts: Mapping[str, int]) -> list[str]:
    """Say how the lines were split where none were kept for the test."""
    return [
        f"""## Split
By patient, drawn once: {counts["n_lines_train"]} cell lines to learn from and \
{counts["n_lines_validation"]} to stop by. This model learned from all of them.""",
        f"## How good it is\n{NOT_JUDGED}",
    ]


def _trust(model: Path) -> list[str]:
    """Say how many genes can be trusted, where patients were left out."""
    if not (model / GENE_TRUST).exists():
        return []
    genes = read_indexed_csv(model / GENE_TRUST, ["trusted"])
    rule = (
        "their q, the p of r on patients left out corrected for the number of genes "
        "(Benjamini-Hochberg), is below 0.05"
        if "q" in genes
        else "the 95 % interval of their r on patients left out is above 0"
    )
    return [
        f"## Genes to trust\n{int(genes['trusted'].sum()):,} of {len(genes):,} genes: {rule}. "
        f"`{GENE_TRUST}` has `cv_r` and `trusted` of each."
    ]


def _privacy(model: Path, membership: Mapping[str, float]) -> str:
    """Say what the folder and its answers give away of the lines that were learned from."""
    paragraphs = ["## What it gives away", NO_PROFILES]
    if (model / LINES).exists():
        paragraphs[1] = PROFILES_INSIDE.format(len(read_indexed_csv(model / LINES)))
    if membership:
        paragraphs.append(
            "Who has a cell line's measured effects, and is given its predictions alone, may guess "
            "from small errors that it was learned from: of a line that was and a line of an "
            "unseen patient, the former has the smaller error with a probability of "
            f"{membership['auc']:.2f} ({membership['low']:.2f} to {membership['high']:.2f}; 0.5 is "
            "to guess), as the predictor that was judged has it. Other attacks may tell more."
        )
    return "\n\n".join(paragraphs)


def encoder_card(
    name: str,
    model: Path,
    omic: str,
    losses: Mapping[str, float],
    facts: Mapping[str, str],
    cohort: CohortIdentity | None = None,
) -> str:
    """Describe an autoencoder in Markdown; see ``predictor_card``."""
    figures = ", ".join(f"{figure} {value:.4f}" for figure, value in losses.items())
    parts = (
        _header(name, cohort, losses),
        f"# {name}",
        *([SIMULATED] if cohort is not None and cohort.simulated else []),
        f"Turns a standardised {omic} profile into a code, from which a predictor starts.",
        _data({}, facts),
        f"## How good it is\nOn samples held out in training: {figures or 'it was not trained'}.",
        f"## What it needs\n{_needs({omic: model / 'features'})}",
        CODE_LIMITS,
        LICENCE,
        CITATION,
    )
    return "\n\n".join(parts) + "\n"


def _header(name: str, cohort: CohortIdentity | None, figures: Mapping[str, float]) -> str:
    simulated = cohort is not None and cohort.simulated
    results = {
        "task": {"type": "tabular-regression"},
        "dataset": {"name": (cohort and cohort.name) or "not named", "type": "cohort"},
        "metrics": [
            {"type": figure, "value": round(float(value), 4)} for figure, value in figures.items()
        ],
    }
    header = {
        "license": "apache-2.0" if simulated else "other",
        **({} if simulated else {"license_name": "that-of-the-data-it-learned-from"}),
        "library_name": "deepdep",
        "pipeline_tag": "tabular-regression",
        "tags": ["biology", "cancer", "gene-effect", *(["simulated-data"] if simulated else [])],
        "model-index": [{"name": name, "results": [results]}],
    }
    return FENCE + yaml.safe_dump(header, sort_keys=False) + FENCE.rstrip()


def _by_lineage(unseen: UnseenLines) -> str:
    """Set a row per lineage: what share of the gene mean's squared error the predictor avoids."""
    errors = {
        model: ((unseen.predicted[model] - unseen.measured) ** 2).mean(axis=1)
        for model in (PREDICTOR, "gene_mean")
    }
    rows = ["| lineage | lines | skill |", "|---|---|---|"]
    for lineage, lines in unseen.obs.groupby("lineage").groups.items():
        skill = 1 - errors[PREDICTOR][lines].mean() / errors["gene_mean"][lines].mean()
        rows.append(f"| {lineage} | {len(lines)} | {skill:+.2f} |")
    return """## By lineage
Skill: the share of the gene mean's squared error that the predictor avoids on lines of unseen \
patients; below 0 it does worse. Of a few lines it says little.

""" + "\n".join(rows)


def _data(counts: Mapping[str, int], facts: Mapping[str, str]) -> str:
    sizes = {name.removeprefix("n_").replace("_", " "): str(n) for name, n in counts.items()}
    rows = {**facts, **sizes}.items()
    return "## Data\n" + "\n".join(f"- {name}: {value}" for name, value in rows)


def _needs(stems: Mapping[str, Path]) -> str:
    rows = ["| omic | features | unit |", "|---|---|---|"]
    for omic, stem in stems.items():
        space = read_feature_space(stem)
        units = " or ".join(pd.unique(pd.Series(list(space.units.values()))))
        rows.append(f"| {omic} | {len(space.table)} | {units} |")
    return "\n".join(rows)
