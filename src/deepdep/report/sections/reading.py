"""What the words mean, and where the numbers come from."""

from importlib.metadata import version

from deepdep.domain.gene_effect import SELECTIVE_SD, SELECTIVE_SHARE
from deepdep.report.document import MINUS, Block, Column, Folded, Row, Section, Table, Terms
from deepdep.report.results import Results
from deepdep.report.sections.tuning import flat, mapping_table

PACKAGES = ("deepdep", "tensorflow", "keras", "scikit-learn", "numpy", "pandas", "matplotlib")

TERMS = (
    (
        "gene effect",
        f"What a CRISPR screen measures: 0, losing the gene does nothing; {MINUS}1, as bad as "
        f"losing the median essential gene. Class screens: 0 weak, {MINUS}1 dependent, {MINUS}2 "
        "strongly so. Always, negative means dependent.",
    ),
    (
        "per-gene r",
        "Pearson's correlation of measured with predicted effects across cell lines, for one gene. "
        "It asks the useful question: which lines need this gene more than others do?",
    ),
    (
        "unseen patients",
        "Lines were split by patient once, before anything was learned. Features, scales, "
        "penalties, early stopping and trust know training and validation lines only.",
    ),
    (
        "interval",
        "95 % of what resampling the patients of the test lines gives. Genes are not resampled: "
        "they are correlated.",
    ),
    (
        "p",
        "Chance of a difference at least as far from 0 if there were none, from the same "
        "resamples; corrected for the number of baselines (Holm).",
    ),
    (
        "interval of a prediction",
        "Conformal: as wide as the errors on lines whose patients were left out of training say, "
        "gene by gene, and wider for a sample that lacks omics or features. It promises to hold "
        "90 % of lines, not every line.",
    ),
    (
        "trusted gene",
        "One whose r, between measured effects and those predicted when the line's patient was "
        "left out, is above 0 with a q below 0.05: of all trusted genes, 5 % are expected to be so "
        "by chance.",
    ),
    (
        "baselines",
        "Gene mean: over the lines learned from. Lineage mean: moved towards the lineage's. Ridge: "
        "a linear model per gene with a tuned penalty, the one to beat. Nearest lines: the mean of "
        "the lines most alike in expression. Own expression: a line per gene through its own "
        "expression. Common factor: what all genes share, told by expression.",
    ),
    (
        "selective gene",
        f"A gene that {100 * SELECTIVE_SHARE[0]:.0f} to {100 * SELECTIVE_SHARE[1]:.0f} % of the "
        f"lines learned from depend on, or whose effect has an SD above {SELECTIVE_SD} there "
        "(effects, not classes).",
    ),
    (
        "skill",
        f"1 {MINUS} squared error / squared error of the gene mean; 0 is no better than that mean.",
    ),
    (
        "deviation",
        "Predicted effect minus the gene's mean over the lines learned from, divided by its SD "
        "there.",
    ),
)


def reading_section(results: Results) -> Section:
    """Explain the words, and list seeds, models, software and parameters."""
    seeds = {name: value for name, value in flat(results.params).items() if _is_seed(name)}
    blocks: list[Block] = [
        Terms(TERMS),
        Table(
            title="Models",
            columns=(Column("registered model", "code"), Column("sha256 of its manifest", "code")),
            rows=[Row([name, digest]) for name, digest in flat(results.registration).items()],
            caption="What MLflow's registry holds of this run; empty when nothing was registered.",
        ),
        mapping_table("Seeds", seeds),
        Folded("All parameters (params.yaml)", [mapping_table("", results.params)]),
        Folded(
            "Software",
            [mapping_table("", {package: version(package) for package in PACKAGES})],
        ),
    ]
    return Section("reading", "How to read this, and provenance", blocks)


def _is_seed(name: str) -> bool:
    return name.rsplit(".", 1)[-1] == "seed"
