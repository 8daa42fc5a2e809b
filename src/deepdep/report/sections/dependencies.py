"""What each tumour, and each lineage, is predicted to depend on."""

from collections.abc import Hashable, Mapping
from typing import Any

import pandas as pd

from deepdep.analysis.dependency_map import (
    lineage_dependencies,
    lowest_plausible_r,
    mean_deviation_by_lineage,
    strongest_dependencies,
)
from deepdep.domain.gene_effect import DEPENDENT_AT
from deepdep.io.results import Predictions, Results
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
    number,
    percent,
)
from deepdep.report.plots.dependencies import lineage_heatmap
from deepdep.report.plots.style import to_png

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
    trusted = _trusted(results, samples.genes["test_r"])
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
    blocks: list[Block] = [Note(_caution(what, trusted))]
    if by_lineage.empty:
        blocks.append(Note("No lineage has enough samples for a map by lineage."))
    else:
        blocks.append(_heatmap(samples, by_lineage, trusted))
        blocks.append(_lineage_table(by_lineage, trusted, n))
    blocks.append(_recurrent_table(strongest, samples, trusted, n, what))
    blocks.append(
        Folded(
            f"The strongest dependencies of single {what}s",
            [_individual_table(strongest, samples, trusted, what)],
        )
    )
    return Section("dependencies", "Dependency map", blocks)


def _trusted(results: Results, test_r: pd.Series) -> pd.Series:
    """Whether a gene's accuracy on unseen patients is better than chance may do."""
    of_predictor = results.per_gene[results.per_gene["model"] == "predictor"]
    n_lines = of_predictor.set_index("gene")["n_lines"].reindex(test_r.index).astype(float)
    return lowest_plausible_r(test_r, n_lines) > 0


def _caution(what: str, trusted: pd.Series) -> str:
    origin = (
        "No tumour was ever screened, so these are predictions that nothing here can check; "
        if what == "tumour"
        else "The cohort has no tumours, so the map is of the cell lines, training lines included; "
    )
    return (
        origin + f"what is known is how well each gene was predicted in cell lines of unseen "
        f"patients (test r). {int(trusted.sum()):,} of {len(trusted):,} genes do better than "
        "chance there (95 % interval of r above 0); the others are greyed and deserve no trust."
    )


def _heatmap(samples: Predictions, by_lineage: pd.DataFrame, trusted: pd.Series) -> Picture:
    lineages = by_lineage["lineage"].unique()
    most = max(1, N_HEATMAP_GENES // len(lineages))
    genes = by_lineage.groupby("lineage", sort=False).head(most)["gene"].unique()
    deviation = mean_deviation_by_lineage(samples.effect, samples.genes, samples.obs["lineage"])
    figure = lineage_heatmap(
        deviation.loc[lineages, genes],
        samples.genes["test_r"],
        trusted,
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
            "Above, each gene's accuracy on unseen patients; genes no better than chance are "
            "faded. Predictions are cautious: they deviate less than measurements do."
        ),
        alt="Heat map of mean predicted dependency by lineage and gene.",
    )


def _lineage_table(by_lineage: pd.DataFrame, trusted: pd.Series, n: int) -> Table:
    rows = [
        Row(
            [
                str(lineage),
                f"{int(of_lineage['n_samples'].iloc[0]):,}",
                [
                    _chip(row, trusted)
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
        caption="Beside each gene: its mean deviation in SD, and its test r on unseen patients.",
    )


def _chip(row: Mapping[Hashable, Any], trusted: pd.Series) -> Chip:
    accuracy = f"{number(row['deviation'], 1)} · r {number(row['test_r'], 2)}"
    return Chip(str(row["gene"]), accuracy, muted=not trusted[row["gene"]])


def _recurrent_table(
    strongest: pd.DataFrame, samples: Predictions, trusted: pd.Series, n: int, what: str
) -> Table:
    lineage_of = strongest["sample"].map(samples.obs["lineage"])
    by_gene = strongest.assign(lineage=lineage_of).groupby("gene")
    summary = by_gene.agg(
        count=("sample", "size"),
        predicted=("predicted", "median"),
        deviation=("deviation", "median"),
        test_r=("test_r", "first"),
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
            Column("test r", "number", "on unseen patients"),
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
                    number(row["test_r"], 2),
                    row["lineages"],
                ],
                "" if trusted[str(gene)] else "muted",
            )
            for gene, row in summary.head(N_RECURRENT_GENES).iterrows()
        ],
        caption=(
            "A gene counts for a sample when it is predicted to be needed there and more needed "
            "than in other lines; genes that all samples need do not count."
        ),
    )


def _individual_table(
    strongest: pd.DataFrame, samples: Predictions, trusted: pd.Series, what: str
) -> Table:
    lineages = samples.obs["lineage"]
    ranked = strongest.sort_values("deviation", kind="stable")
    few_per_gene = ranked[ranked.groupby("gene").cumcount() < MOST_PER_GENE]
    return Table(
        title="",
        columns=(
            Column(what),
            Column("lineage"),
            Column("gene", "gene"),
            Column("predicted effect", "number"),
            Column("deviation", "number", "in SD of the training lines"),
            Column("test r", "number", "on unseen patients"),
        ),
        rows=[
            Row(
                [
                    str(row["sample"]),
                    str(lineages[row["sample"]]),
                    str(row["gene"]),
                    number(row["predicted"], 2),
                    number(row["deviation"], 1),
                    number(row["test_r"], 2),
                ],
                "" if trusted[row["gene"]] else "muted",
            )
            for row in few_per_gene.head(N_INDIVIDUAL).to_dict("records")
        ],
        caption=f"At most {MOST_PER_GENE} rows per gene; all are in the folder predictions.",
    )


def _commonest(lineages: pd.Series) -> str:
    counts = lineages.value_counts().sort_index().sort_values(ascending=False, kind="stable")
    named = [f"{name} ({count:,})" for name, count in counts.head(N_LINEAGES_NAMED).items()]
    return ", ".join(named) + (", …" if len(counts) > N_LINEAGES_NAMED else "")
