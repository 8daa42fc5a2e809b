"""Measured against predicted on unseen patients, gene by gene."""

import pandas as pd

from deepdep.data.splits import LEARNED_FROM, NOT_JUDGED
from deepdep.domain.gene_effect import GeneEffectKind
from deepdep.report.document import (
    Block,
    Column,
    Note,
    Picture,
    Prose,
    Row,
    Section,
    SideBySide,
    Table,
    number,
    percent,
)
from deepdep.report.plots.accuracy import per_gene_r_distribution, predictor_against_ridge
from deepdep.report.plots.learning_curve import learning_curve
from deepdep.report.plots.pairs import measured_against_predicted
from deepdep.report.plots.style import to_png
from deepdep.report.results import Results
from deepdep.report.sections.intervals import interval_blocks

ABOUT_CLASSES = " Boxes: quartiles of what was predicted for a class, whiskers 5 to 95 %."

N_GENES = 12  # in the tables of best and worst


def accuracy_section(results: Results) -> Section:
    """Show the pairs, the distribution of per-gene r, and the genes at either end."""
    blocks: list[Block] = [
        Prose(
            "A gene that every line needs is easy: its mean says it all. What a tumour needs more "
            "than others do lies in the deviations from that mean, and there every gene is its own "
            "question."
        )
    ]
    if results.unseen.measured.notna().any(axis=None):
        blocks.append(_pairs(results))
    elif len(results.unseen.obs):
        blocks.append(Note("No gene effect of a test line was measured."))
    else:
        blocks.append(Note(NOT_JUDGED))
    per_gene = results.per_gene
    n_lines = float(per_gene["n_lines"].median()) if len(per_gene) else 0.0
    if per_gene["r"].notna().any():
        blocks.append(_distribution(per_gene, n_lines))
    blocks += interval_blocks(results)
    if results.learning_curve is not None and len(results.learning_curve):
        blocks.append(_learning_curve(results.learning_curve, results.pretraining_gain))
    r = per_gene.pivot_table(index="gene", columns="model", values="r", aggfunc="first", sort=False)
    if "predictor" in r:
        facts = per_gene[per_gene["model"] == "predictor"].set_index("gene")
        genes = r.join(facts[["selective", "sd", "dependent_share"]])
        if "ridge" in genes and genes[["predictor", "ridge"]].notna().all(axis=1).any():
            blocks.append(_against_ridge(genes.dropna(subset=["predictor", "ridge"])))
        blocks.append(_best_and_worst(genes))
    return Section("accuracy", "Accuracy on unseen patients", blocks)


def _pairs(results: Results) -> Picture:
    gene_mean = results.prepared.labels(*LEARNED_FROM).mean()  # what the baselines learn from
    measured = results.unseen.measured
    return Picture(
        name="measured_against_predicted",
        png=to_png(
            measured_against_predicted(
                measured, results.unseen.predicted, gene_mean.reindex(measured.columns)
            )
        ),
        title="Measured against predicted",
        caption=(
            "Every pair of a test line and a gene; dotted, where prediction equals measurement. "
            "a, b, effects: the correlation is high even for the gene mean (b), which never looks "
            "at the line, because genes differ more than lines do. c, d, the same pairs as "
            "deviations from the gene mean, which is the part that needs a model; the gene mean "
            "itself predicts 0 there. The outermost 0.1 % are drawn at the edge."
            + (ABOUT_CLASSES if results.prepared.gene_effect.kind is GeneEffectKind.CLASS else "")
        ),
        alt="Density of measured against predicted effects, and of deviations from the gene mean.",
    )


def _distribution(per_gene: pd.DataFrame, n_lines: float) -> Picture:
    return Picture(
        name="per_gene_r",
        png=to_png(per_gene_r_distribution(per_gene, n_lines)),
        title="Per-gene correlation, predictor and baselines",
        caption=(
            "How many genes are predicted how well. The further right the better; the shaded band "
            f"holds 95 % of genes if predictions were unrelated to {number(n_lines, 0)} lines, the "
            "typical number per gene. The gene mean stands at 0: it cannot rank lines."
        ),
        alt="Density of per-gene r for the predictor and each baseline.",
    )


def _learning_curve(table: pd.DataFrame, gain: pd.DataFrame | None) -> Picture:
    return Picture(
        name="learning_curve",
        png=to_png(learning_curve(table)),
        title="Learning curve",
        caption=(
            "Mean per-gene r on unseen patients when fewer labelled cell lines are learned from; "
            "bands are 95 % intervals from resampling the patients that are judged. Where two "
            "bands overlap much, no difference can be claimed from this picture. "
            f"{_gain(gain)}"
        ),
        alt="Mean per-gene r against the number of labelled cell lines, a line per model.",
    )


def _gain(gain: pd.DataFrame | None) -> str:
    """Say what pretraining adds, judged on the same lines."""
    if gain is None or gain.empty:
        return ""
    told = []
    for what, of_what in gain.groupby("model", sort=False):
        sizes = [
            f"{of.mean_gene_r:+.3f} ({of.low:+.3f} to {of.high:+.3f}) with {of.n_lines} lines"
            for of in of_what.itertuples()
        ]
        told.append(f"to the {what} {', '.join(sizes)}")
    return (
        "The network is fine-tuned whole; codes are read by ridge as the encoders give them. "
        f"Pretraining on tumours adds {'; '.join(told)}."
    )


def _against_ridge(genes: pd.DataFrame) -> Picture:
    return Picture(
        name="predictor_against_ridge",
        png=to_png(predictor_against_ridge(genes)),
        title="Predictor against ridge, gene by gene",
        caption=(
            "a, each point is a gene; above the dotted line the predictor is better, below it "
            "tuned per-gene ridge. b, the same difference against how much the gene's effect "
            "varies between training lines. Named: the best predicted genes and the largest "
            "differences."
        ),
        alt="Scatter of per-gene r of the predictor against ridge.",
    )


def _best_and_worst(genes: pd.DataFrame) -> SideBySide:
    ranked = genes.dropna(subset="predictor").sort_values(
        "predictor", ascending=False, kind="stable"
    )
    n = min(N_GENES, (len(ranked) + 1) // 2)
    return SideBySide(
        [
            _genes("Best predicted genes", ranked.head(n)),
            _genes("Worst predicted genes", ranked.tail(len(ranked) - n).tail(n).iloc[::-1]),
        ]
    )


def _genes(title: str, genes: pd.DataFrame) -> Table:
    return Table(
        title=title,
        columns=(
            Column("gene", "gene"),
            Column("r", "number", "predictor, across test lines"),
            Column("r ridge", "number"),
            Column("SD", "number", "of the effect over training lines"),
            Column("dependent", "number", "share of training lines"),
        ),
        rows=[
            Row(
                [
                    str(gene),
                    number(row["predictor"], 2),
                    number(row.get("ridge"), 2),
                    number(row["sd"], 2),
                    percent(row["dependent_share"]),
                ]
            )
            for gene, row in genes.iterrows()
        ],
    )
