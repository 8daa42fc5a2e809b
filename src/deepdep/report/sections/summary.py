"""The first screen: what was found, how good it is beside the baselines, and what to do next."""

from collections.abc import Mapping
from typing import Any

from deepdep.analysis.dependency_map import lineage_dependencies
from deepdep.data.splits import NOT_JUDGED
from deepdep.domain.gene_effect import GeneEffectKind
from deepdep.report.document import (
    ABSENT,
    Block,
    Column,
    Facts,
    Folded,
    Note,
    Picture,
    Prose,
    Row,
    Section,
    Step,
    Steps,
    Table,
    interval,
    number,
    p_value,
    percent,
    plural,
)
from deepdep.report.plots.accuracy import comparison
from deepdep.report.plots.style import model_title, to_png
from deepdep.report.results import Results
from deepdep.report.sections.cohort import DATA_DOCS
from deepdep.report.sections.trust import trust_of

PREDICTOR = "predictor"
EXPLORER = "explorer.html"  # from the folder of the report
N_FINDINGS = 3
BASELINES = {
    "ridge_expression": "ridge on expression alone",
    "ridge": "ridge on all omics",
    "ridge_drivers": "ridge on expression and known drivers",
    "confounders": "what is known of a line but its omics",
    "lineage_mean": "the lineage mean",
    "gene_mean": "the gene mean",
    "common_factor": "one common factor",
    "own_expression": "the gene's own expression",
    "nearest_lines": "the nearest cell lines",
    "elastic_net": "elastic net",
    "random_forest": "a random forest",
}
ALWAYS = ("ridge", "lineage_mean", "gene_mean")
MAIN_STRATA = ("all", "selective", "drivers")

COLUMNS = (
    Column("model", "name"),
    Column("mean r", "number", "mean over genes of Pearson's r across test lines"),
    Column("95 % interval", "number", "bootstrap over patients of the test lines"),
    Column("median r", "number"),
    Column("Spearman", "number", "mean over genes of the rank correlation"),
    Column("r > 0.2", "number", "share of genes"),
    Column("skill", "number", "1 - squared error / squared error of the gene mean"),
    Column("AUROC", "number", "of calling lines dependent, mean over genes"),
    Column("AUPRC", "number", "of calling lines dependent, mean over genes"),
    Column("r within lineage", "number", "after subtracting the mean of the lineage"),
    Column("calibration", "number", "slope of measured on predicted deviations; 1 is calibrated"),
    Column("overall r", "number", "over all pairs; the gene mean alone makes it high"),
)

KINDS = {
    GeneEffectKind.GENE_EFFECT: "gene effects, as numbers",
    GeneEffectKind.CLASS: "gene effects, as classes",
}

STRATUM_TITLES = {
    "all": "All genes",
    "selective": "Selective genes",
    "drivers": "Drivers of tumours",
    "known_cause": "Drivers with a known cause",
    "druggable": "Targets of approved drugs",
    "high_variance": "Highly variable genes",
    "common_essential": "Common essential genes",
}


def summary_section(results: Results, *, min_samples: int) -> Section:
    """Say what was found, how good the predictor is beside its baselines, and what to do next.

    ``min_samples`` is the size from which a lineage is spoken of.
    """
    models = results.metrics.get("models", {})
    differences = results.metrics.get("differences", {})
    found = Prose(_findings(results, min_samples))
    if not models:
        unjudged = (found, Note(NOT_JUDGED), Steps(_steps(results)), Facts(_facts(results)))
        return Section("summary", "Summary", unjudged)
    strata = [stratum for stratum in MAIN_STRATA if stratum in models.get(PREDICTOR, {})]
    others = [stratum for stratum in models.get(PREDICTOR, {}) if stratum not in MAIN_STRATA]
    blocks: list[Block] = [
        found,
        Prose(_headline(results, models, differences)),
        *([_picture("comparison", models, differences, strata[:1])] if strata else []),
        Steps(_steps(results)),
        Facts(_facts(results)),
    ]
    if strata:
        blocks.append(_leads(models, differences, strata))
        folded: list[Block] = [_table(models, stratum) for stratum in [*strata, *others]]
        if strata[1:]:
            folded.insert(0, _picture("comparison_by_group", models, differences, strata[1:]))
        blocks.append(Folded("Every measure of every model, by group of genes", folded))
    else:
        blocks.append(Note("The metrics hold no result of the predictor."))
    return Section("summary", "Summary", blocks)


def _findings(results: Results, min_samples: int) -> str:
    """Name the lineages that a trusted gene sets apart most, each with that gene."""
    samples, what = results.tumors or results.cell_lines, "tumours" if results.tumors else "lines"
    trusted = trust_of(results, samples).genes["trusted"]
    by_lineage = lineage_dependencies(
        samples.effect.loc[:, trusted[trusted].index],
        samples.genes.loc[trusted],
        samples.obs["lineage"],
        n=1,
        min_samples=min_samples,
    )
    counted = (
        f"{int(trusted.sum()):,} of {len(trusted):,} genes are predicted better than by chance"
    )
    if by_lineage.empty:
        return f"{counted}; no lineage is set apart by one of them."
    contrast = (by_lineage["deviation"] - by_lineage["others"]).astype(float)
    clearest = by_lineage.loc[contrast.nsmallest(N_FINDINGS, keep="first").index]
    named = "; ".join(
        f"{row.gene} in {row.lineage} ({number(row.deviation, 1)} SD, "
        f"{number(row.others, 1)} in other {what})"
        for row in clearest.itertuples()
    )
    return (
        f"What sets {what} of a lineage apart most is their need of {named}. "
        f"{counted} in lines of patients that were left out."
    )


def _steps(results: Results) -> list[Step]:
    pages = results.pages
    return [
        Step(
            "Look up a tumour, a gene, an alteration or a lineage in the explorer", pages + EXPLORER
        ),
        Step("See what was checked in every table", pages + DATA_DOCS),
        Step("Compare this run with earlier ones", command="make ui"),
        Step(
            "Make this model the champion, if it passes the gates",
            command="deepdep promote deepdep-predictor",
        ),
    ]


def _facts(results: Results) -> list[tuple[str, str, str]]:
    splits = results.prepared.splits
    sizes = splits["split"].value_counts()
    parts = [(str(part), int(sizes.get(part, 0))) for part in ("train", "validation", "test")]
    n_tumors = len(results.prepared.tumors)
    n_lines = len(results.prepared.cell_lines)
    in_both = {*results.prepared.tumors["lineage"], *results.prepared.cell_lines["lineage"]}
    genes = results.prepared.gene_effect.table.columns
    return [
        (f"{n_tumors:,}", "tumours", "no labels" if n_tumors else "pretrained on cell lines only"),
        (f"{n_lines:,}", "cell lines", f"{len(splits):,} of them screened"),
        (
            f"{splits['patient_id'].nunique():,}",
            "patients screened",
            ", ".join(f"{size:,} {part}" for part, size in parts) + " lines",
        ),
        (f"{len(genes):,}", "genes", KINDS[results.prepared.gene_effect.kind]),
        (f"{len(in_both):,}", "lineages", "in tumours or lines"),
        (
            f"{len(results.prepared.omics)}",
            "omics",
            ", ".join(omic.replace("_", " ") for omic in results.prepared.omics),
        ),
    ]


def _headline(results: Results, models: Mapping[str, Any], differences: Mapping[str, Any]) -> str:
    test = results.prepared.splits.query("split == 'test'")
    of_predictor = models.get(PREDICTOR, {}).get("all", {})
    spread = interval(of_predictor.get("mean_gene_r_low"), of_predictor.get("mean_gene_r_high"))
    text = (
        f"On {plural(len(test), 'cell line')} of {plural(test['patient_id'].nunique(), 'patient')} "
        "that no model saw, the predictor reaches a mean per-gene correlation of "
        f"{number(of_predictor.get('mean_gene_r'))} (95 % interval {spread}) over all genes"
    )
    measured = {name: models.get(name, {}).get("all", {}).get("mean_gene_r") for name in BASELINES}
    scores = {name: r for name, r in measured.items() if r is not None}
    if not scores:
        return f"{text}."
    best = max(scores, key=scores.__getitem__)
    verdict = _verdict(_lead(best, "all", differences))
    return (
        f"{text}. The best baseline, {BASELINES[best]}, has {number(scores[best])}: "
        f"the predictor {verdict}."
    )


def _baselines(models: Mapping[str, Any]) -> list[str]:
    """Order the baselines, strongest kind first; one that always belongs here is told as absent."""
    named = [name for name in BASELINES if name in models or name in ALWAYS]
    return named + [name for name in models if name not in (PREDICTOR, *named)]


def _lead(baseline: str, stratum: str, differences: Mapping[str, Any]) -> Mapping[str, Any]:
    of = differences.get(f"{PREDICTOR} - {baseline}", {}).get(stratum, {}).get("mean_gene_r", {})
    return of if all(of.get(end) is not None for end in ("difference", "low", "high")) else {}


def _verdict(lead: Mapping[str, Any]) -> str:
    """Say in words what a lead is worth; it goes on after "the predictor"."""
    if not lead:
        return "was not compared with it"
    if lead["low"] > 0:
        return f"is better by {number(lead['difference'])}"
    if lead["high"] < 0:
        return f"is worse by {number(-lead['difference'])}"
    return "cannot be told from it"


def _leads(models: Mapping[str, Any], differences: Mapping[str, Any], strata: list[str]) -> Table:
    return Table(
        title="How far the predictor is ahead of each baseline",
        columns=(
            Column("baseline", "name"),
            *(Column(STRATUM_TITLES[stratum].lower(), "number") for stratum in strata),
        ),
        rows=[
            Row(
                [
                    BASELINES.get(name, model_title(name)),
                    *(_lead_cell(_lead(name, stratum, differences)) for stratum in strata),
                ]
            )
            for name in _baselines(models)
        ],
        caption=(
            "Difference in mean per-gene r with its 95 % interval, on the same resamples of "
            "patients. ✓ better, ✗ worse, ≈ no difference can be claimed, a dash: not compared. "
            "p by Holm over the baselines."
        ),
    )


def _lead_cell(lead: Mapping[str, Any]) -> str:
    if not lead:
        return ABSENT
    sign = "✓" if lead["low"] > 0 else "✗" if lead["high"] < 0 else "≈"
    p = lead.get("p_holm")
    tail = "" if p is None else f", p {p_value(p)}"
    spread = interval(lead["low"], lead["high"])
    return f"{sign} {number(lead['difference'], sign=True)} ({spread}{tail})"


def _picture(
    name: str, models: Mapping[str, Any], differences: Mapping[str, Any], strata: list[str]
) -> Picture:
    shown = {model: models.get(model, {}) for model in (PREDICTOR, *_baselines(models))}
    return Picture(
        name=name,
        png=to_png(comparison(shown, differences, strata)),
        title="The predictor beside its baselines",
        caption=(
            "a, mean over genes of the correlation between measured and predicted effects across "
            "cell lines of unseen patients; bars are 95 % intervals from resampling the lines. The "
            "gene mean predicts the same for every line, so its r is 0 by construction. b, how far "
            "the predictor is ahead, on the same resamples: a bar that crosses the dotted line "
            "means that no difference can be claimed."
        ),
        alt="Mean per-gene r with intervals for each model, and the predictor's lead over each.",
    )


def _table(models: Mapping[str, Any], stratum: str) -> Table:
    rows = {m: models.get(m, {}).get(stratum, {}) for m in (PREDICTOR, *_baselines(models))}
    n_genes = next((of["n_genes"] for of in rows.values() if of.get("n_genes") is not None), None)
    return Table(
        title=f"{STRATUM_TITLES.get(stratum, stratum)} ({number(n_genes, 0)})",
        columns=COLUMNS,
        rows=[_row(model, of) for model, of in rows.items()],
        caption="Cell lines of unseen patients. A dash: not defined, or not computed.",
    )


def _row(model: str, of: Mapping[str, Any]) -> Row:
    has_interval = of.get("mean_gene_r_low") is not None
    return Row(
        [
            model_title(model),
            number(of.get("mean_gene_r")),
            interval(of.get("mean_gene_r_low"), of.get("mean_gene_r_high"))
            if has_interval
            else ABSENT,
            number(of.get("median_gene_r")),
            number(of.get("mean_gene_spearman")),
            percent(of.get("share_gene_r_above_0.2")),
            number(of.get("skill")),
            number(of.get("auroc")),
            number(of.get("auprc")),
            number(of.get("within_lineage_r")),
            number(of.get("calibration_slope"), 2),
            number(of.get("overall_r")),
        ],
        "strong" if model == PREDICTOR else "",
    )
