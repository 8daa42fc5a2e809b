"""Whether the intervals of predictions hold what they promise."""

from deepdep.report.document import Block, Column, Picture, Row, Table, number, percent
from deepdep.report.plots.intervals import interval_coverage
from deepdep.report.plots.style import model_title, to_png
from deepdep.report.results import Results
from deepdep.statistics.conformal import COVERAGE

PREDICTOR = "predictor"


def interval_blocks(results: Results) -> list[Block]:
    """Show coverage and width on the test lines; nothing where the predictor gives no interval."""
    per_gene = results.per_gene[results.per_gene["model"] == PREDICTOR]
    if "coverage" not in per_gene or not per_gene["coverage"].notna().any():
        return []
    picture = Picture(
        name="interval_coverage",
        png=to_png(interval_coverage(per_gene, COVERAGE)),
        title="Intervals of predictions",
        caption=(
            f"a, share of test lines whose measured effect lies within the {percent(COVERAGE)} "
            "interval, gene by gene; dotted, what the intervals promise; the shaded band holds "
            "95 % of genes if the promise is kept and chance alone decides. b, mean width of a "
            "gene's interval against how much its effect varies between training lines; dotted, "
            "the width that the gene mean would need if effects were normally distributed: only "
            "below it does a prediction say more than the gene's name."
        ),
        alt="Histogram of coverage per gene, and interval width against the SD of the effect.",
    )
    return [picture, _table(results)]


def _table(results: Results) -> Table:
    rows = [
        Row(
            [
                stratum.replace("_", " "),
                model_title(model),
                number(of["n_genes"], 0),
                number(of["coverage"]),
                number(of["interval_width"]),
            ]
        )
        for model, strata in results.metrics["models"].items()
        for stratum, of in strata.items()
        if of.get("coverage") is not None
    ]
    return Table(
        title="Coverage on unseen patients",
        columns=(
            Column("genes"),
            Column("model", "name"),
            Column("number", "number"),
            Column("coverage", "number", f"mean over genes; {number(COVERAGE, 2)} is promised"),
            Column("width", "number", "mean over genes, in gene effect"),
        ),
        rows=rows,
    )
