"""What each tumour, and each lineage, is predicted to depend on."""

from collections.abc import Hashable, Mapping
from typing import Any

import pandas as pd

from deepdep.analysis.dependency_map import (
    lineage_dependencies,
    mean_deviation_by_lineage,
    strongest_dependencies,
)
from deepdep.domain.gene_effect import DEPENDENT_AT
from deepdep.report.document import (
    Block,
    Chip,
    Column,
    Folded,
    Note,
    Picture,
    Row,
    Section,
    Table,
    interval,
    number,
    percent,
)
from deepdep.report.plots.dependencies import lineage_heatmap
from deepdep.report.plots.style import to_png
from deepdep.report.results import Predictions, Results
from deepdep.report.sections.trust import Trust, trust_of
from deepdep.statistics.conformal import COVERAGE

N_HEATMAP_GENES = 48
N_RECURRENT_GENES = 25
N_INDIVIDUAL = 60
MOST_PER_GENE = 3  # rows of one gene in the table of individual tumours
N_LINEAGES_NAMED = 3


def dependencies_section(
    results: Results, *, n: int, min_deviation: float, min_samples: int
) -> Section:
    """Show the strongest selective dependencies of tumours; of cell lines where there are none."""
    samples = results.tumors or results.cell_lines
    trust = trust_of(results, samples)
    by_lineage = lineage_dependencies(
        samples.effect, samples.genes, samples.obs["lineage"], n=n, min_samples=min_samples
    )
    strongest = strongest_dependencies(
        samples.effect,
        samples.genes,
        n=n,
        dependent_at=DEPENDENT_AT[results.prepared.gene_effect.kind],
        min_deviation=min_deviation,
    )
    what = "tumour" if results.tumors else "cell line"
    blocks: list[Block] = [Note(_caution(what, trust))]
    if by_lineage.empty:
        blocks.append(Note("No lineage has enough samples for a map by lineage."))
    else:
        blocks.append(_heatmap(samples, by_lineage, trust))
        blocks.append(_lineage_table(by_lineage, trust, n))
    blocks.append(_recurrent_table(strongest, samples, trust, n, what))
    blocks.append(
        Folded(
            f"The strongest dependencies of single {what}s",
            [_individual_table(strongest, samples, trust, what)],
        )
    )
    return Section("dependencies", "Dependency map", blocks)


def _caution(what: str, trust: Trust) -> str:
    origin = (
        "No tumour was ever screened, so these are predictions that nothing here can check; "
        if what == "tumour"
        else "The cohort has no tumours, so the map is of the cell lines, training lines included; "
    )
    if trust.genes["r"].isna().all():
        return origin + "nothing is known of how well each gene was predicted."
    return (
        origin + f"what is known is how well each gene of a cell line was predicted {trust.origin}."
        f" {int(trust.genes['trusted'].sum()):,} of {len(trust.genes):,} genes do better than "
        "chance there (95 % interval of r above 0); the others are greyed and deserve no trust."
    )


def _heatmap(samples: Predictions, by_lineage: pd.DataFrame, trust: Trust) -> Picture:
    lineages = by_lineage["lineage"].unique()
    most = max(1, N_HEATMAP_GENES // len(lineages))
    genes = by_lineage.groupby("lineage", sort=False).head(most)["gene"].unique()
    deviation = mean_deviation_by_lineage(samples.effect, samples.genes, samples.obs["lineage"])
    figure = lineage_heatmap(
        deviation.loc[lineages, genes],
        trust.genes,
        samples.obs["lineage"].value_counts(),
    )
    return Picture(
        name="lineage_dependencies",
        png=to_png(figure),
        title="What lineages depend on",
        caption=(
            "Mean predicted deviation from the gene's mean over training lines, in units of the "
            "gene's SD: red, needed more than usual. Genes are those that set each lineage apart "
            "most; lineages with alike maps stand together; in brackets, the number of samples. "
            f"Above, each gene's {trust.name} on unseen patients with its 95 % interval; genes no "
            "better than chance are faded. Predictions are cautious: they deviate less than "
            "measurements do."
        ),
        alt="Heat map of mean predicted dependency by lineage and gene.",
    )


def _lineage_table(by_lineage: pd.DataFrame, trust: Trust, n: int) -> Table:
    rows = [
        Row(
            [
                str(lineage),
                f"{int(of_lineage['n_samples'].iloc[0]):,}",
                [
                    _chip(row, trust)
                    for row in of_lineage.to_dict("records")
                ],
            ]
        )
        for lineage, of_lineage in by_lineage.groupby("lineage", sort=False)
    ]  # fmt: skip
    return Table(
        title="Genes that set a lineage apart",
        columns=(
            Column("lineage"),
            Column("samples", "number"),
            Column(f"up to {n} genes, largest difference to the other lineages first"),
        ),
        rows=rows,
        caption=(
            f"Beside each gene: its mean deviation in SD, and its {trust.name} on unseen patients "
            "with a 95 % interval. Grey: not trusted."
        ),
    )


def _chip(row: Mapping[Hashable, Any], trust: Trust) -> Chip:
    gene = str(row["gene"])
    known = f"{number(row['deviation'], 1)} · {trust.words(gene)}"
    return Chip(gene, known, muted=not trust.genes.loc[gene, "trusted"])


def _recurrent_table(
    strongest: pd.DataFrame, samples: Predictions, trust: Trust, n: int, what: str
) -> Table:
    lineage_of = strongest["sample"].map(samples.obs["lineage"])
    by_gene = strongest.assign(lineage=lineage_of).groupby("gene")
    summary = by_gene.agg(
        count=("sample", "size"),
        predicted=("predicted", "median"),
        deviation=("deviation", "median"),
        lineages=("lineage", _commonest),
    ).sort_values("count", ascending=False, kind="stable")
    return Table(
        title=f"Genes most often among a {what}'s strongest {n}",
        columns=(
            Column("gene", "gene"),
            Column(f"{what}s", "number"),
            Column("share", "number", f"of all {what}s"),
            Column("median effect", "number", "predicted, where the gene is among the strongest"),
            Column("median deviation", "number", "in SD of the training lines"),
            *trust.columns,
            Column("mostly in"),
        ),
        rows=[
            Row(
                [
                    str(gene),
                    f"{row['count']:,}",
                    percent(row["count"] / len(samples.effect)),
                    number(row["predicted"], 2),
                    number(row["deviation"], 1),
                    *trust.cells(str(gene)),
                    row["lineages"],
                ],
                trust.emphasis(str(gene)),
            )
            for gene, row in summary.head(N_RECURRENT_GENES).iterrows()
        ],
        caption=(
            "A gene counts for a sample when it is predicted to be needed there and more needed "
            "than in other lines; genes that all samples need do not count."
        ),
    )


def _individual_table(
    strongest: pd.DataFrame, samples: Predictions, trust: Trust, what: str
) -> Table:
    lineages, half_width = samples.obs["lineage"], samples.genes["half_width"]
    factor = samples.obs.get("interval_factor", pd.Series("1", samples.obs.index)).astype(float)
    ranked = strongest.sort_values("deviation", kind="stable")
    few_per_gene = ranked[ranked.groupby("gene").cumcount() < MOST_PER_GENE]
    return Table(
        title="",
        columns=(
            Column(what),
            Column("lineage"),
            Column("gene", "gene"),
            Column("predicted effect", "number"),
            Column(f"{percent(COVERAGE)} interval", "number", "of the effect"),
            Column("deviation", "number", "in SD of the training lines"),
            *trust.columns,
        ),
        rows=[
            Row(
                [
                    str(row["sample"]),
                    str(lineages[row["sample"]]),
                    str(row["gene"]),
                    number(row["predicted"], 2),
                    _effect_interval(
                        row["predicted"], half_width[row["gene"]] * factor[row["sample"]]
                    ),
                    number(row["deviation"], 1),
                    *trust.cells(row["gene"]),
                ],
                trust.emphasis(row["gene"]),
            )
            for row in few_per_gene.head(N_INDIVIDUAL).to_dict("records")
        ],
        caption=f"At most {MOST_PER_GENE} rows per gene; all are in the folder predictions.",
    )


def _effect_interval(predicted: float, half_width: float) -> str:
    return interval(predicted - half_width, predicted + half_width, 2)


def _commonest(lineages: pd.Series) -> str:
    counts = lineages.value_counts().sort_index().sort_values(ascending=False, kind="stable")
    named = [f"{name} ({count:,})" for name, count in counts.head(N_LINEAGES_NAMED).items()]
    return ", ".join(named) + (", …" if len(counts) > N_LINEAGES_NAMED else "")
