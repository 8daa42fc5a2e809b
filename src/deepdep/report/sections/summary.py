"""What was found, before how: the cohort's size, the table of models, and who beats whom."""

from collections.abc import Mapping
from typing import Any

from deepdep.data.splits import NOT_JUDGED
from deepdep.domain.gene_effect import GeneEffectKind
from deepdep.report.document import (
    ABSENT,
    Block,
    Column,
    Facts,
    Folded,
    Link,
    Note,
    Picture,
    Prose,
    Row,
    Section,
    Table,
    Verdict,
    Verdicts,
    interval,
    number,
    p_value,
    percent,
    plural,
)
from deepdep.report.plots.accuracy import comparison
from deepdep.report.plots.style import model_title, to_png
from deepdep.report.results import Results

PREDICTOR = "predictor"
EXPLORER = "explorer.html"  # from the folder of the report
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


def summary_section(results: Results) -> Section:
    """Say how large the cohort is, how each model does, and whether the predictor wins."""
    models = results.metrics.get("models", {})
    differences = results.metrics.get("differences", {})
    if not models:
        return Section("summary", "Summary", [Facts(_facts(results)), Note(NOT_JUDGED)])
    strata = [stratum for stratum in MAIN_STRATA if stratum in models.get(PREDICTOR, {})]
    others = [stratum for stratum in models.get(PREDICTOR, {}) if stratum not in MAIN_STRATA]
    blocks: list[Block] = [
        Facts(_facts(results)),
        Link(
            "Look up a tumour, a gene, an alteration or a lineage in the explorer.",
            results.pages + EXPLORER,
        ),
        Prose(_headline(results, models)),
    ]
    verdicts = [
        _verdict(name, stratum, differences) for stratum in strata for name in _baselines(models)
    ]
    blocks.append(Verdicts(verdicts))
    blocks += [_picture(models, differences, strata)] if strata else []
    blocks += [_table(models, stratum) for stratum in strata]
    if others:
        blocks.append(
            Folded("The same for other groups of genes", [_table(models, s) for s in others])
        )
    if not strata:
        blocks.append(Note("The metrics hold no result of the predictor."))
    return Section("summary", "Summary", blocks)


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


def _headline(results: Results, models: Mapping[str, Any]) -> str:
    test = results.prepared.splits.query("split == 'test'")
    of_predictor = models.get(PREDICTOR, {}).get("all", {})
    baselines = ", ".join(
        f"{model_title(name)} {number(models.get(name, {}).get('all', {}).get('mean_gene_r'))}"
        for name in _baselines(models)
    )
    spread = interval(of_predictor.get("mean_gene_r_low"), of_predictor.get("mean_gene_r_high"))
    return (
        f"On {plural(len(test), 'cell line')} of {plural(test['patient_id'].nunique(), 'patient')} "
        "that no model saw, the predictor reaches a mean per-gene correlation of "
        f"{number(of_predictor.get('mean_gene_r'))} (95 % interval {spread}) over all genes; "
        f"{baselines}. What its lead over each is worth:"
    )


def _baselines(models: Mapping[str, Any]) -> list[str]:
    """Order the baselines, strongest kind first; one that always belongs here is told as absent."""
    named = [name for name in BASELINES if name in models or name in ALWAYS]
    return named + [name for name in models if name not in (PREDICTOR, *named)]


def _verdict(baseline: str, stratum: str, differences: Mapping[str, Any]) -> Verdict:
    found = differences.get(f"{PREDICTOR} - {baseline}", {}).get(stratum, {}).get("mean_gene_r", {})
    difference, low, high = (found.get(name) for name in ("difference", "low", "high"))
    p = found.get("p_holm")
    genes, other = STRATUM_TITLES[stratum], BASELINES.get(baseline, model_title(baseline))
    if difference is None or low is None or high is None:
        return Verdict("undecided", f"{genes}: not compared with {other}.")
    spread = f"95 % interval {interval(low, high)}" + (f", p {p_value(p)}" if p is not None else "")
    if low > 0:
        lead = f"better than {other} by {number(difference)} in mean per-gene r"
        return Verdict("better", f"{genes}: {lead} ({spread}).")
    if high < 0:
        gap = f"worse than {other} by {number(-difference)} in mean per-gene r"
        return Verdict("worse", f"{genes}: {gap} ({spread}).")
    gap = f"{number(difference, sign=True)}, {spread}; 0 is within"
    return Verdict("undecided", f"{genes}: no difference from {other} can be claimed ({gap}).")


def _picture(
    models: Mapping[str, Any], differences: Mapping[str, Any], strata: list[str]
) -> Picture:
    shown = {name: models.get(name, {}) for name in (PREDICTOR, *_baselines(models))}
    return Picture(
        name="comparison",
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
