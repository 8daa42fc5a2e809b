"""What there is to learn from: gene effects of the right sign, of known lines and genes."""

import numpy as np
import pandas as pd

from deepdep.domain.cohort import GENE_EFFECT, GENE_SETS, GeneSets, Samples
from deepdep.domain.gene_effect import DEPENDENT_AT, GeneEffectKind
from deepdep.domain.identifiers import symbol_within
from deepdep.validation import expectations as expect
from deepdep.validation.expectations import Expectation, ValidateSettings

# Subunits of the ribosome and of the proteasome: no human cell line grows without them.
_SUBUNITS = {
    "RPL": (3, 4, 5, 7, 8, 11, 13, 14, 18, 19, 23, 27, 32, 35, 37),
    "RPS": (2, 3, 5, 6, 8, 9, 11, 13, 15, 18, 19, 23),
    "PSMA": (1, 2, 3, 5, 6, 7),
    "PSMB": (1, 2, 3, 4, 5, 7),
    "PSMC": (1, 2, 4, 6),
    "PSMD": (1, 3, 6, 7, 11),
}
COMMON_ESSENTIAL_GENES = frozenset(
    f"{family}{number}" for family, numbers in _SUBUNITS.items() for number in numbers
)

# Fewer common essentials say nothing about the sign of a screen.
MIN_ESSENTIAL_GENES = 5

REMEDIES = {
    GENE_EFFECT: "Make it with `deepdep import tables DIR --gene-effect NAME --to DIR` or with "
    "`deepdep simulate`: the predictor learns from it",
    GENE_SETS: "Copy a GMT file there, such as MSigDB's C2: it is all that is known of a gene",
}


def presence(file: str) -> list[Expectation]:
    """Expect that a file of the cohort is there."""
    absent = "there is no such file in the cohort"
    beside = "one beside the others"
    return [expect.throughout("is_there", 1, "the file is there", absent, beside, REMEDIES[file])]


def essential_summary(genes: pd.DataFrame) -> pd.DataFrame:
    """Compare common essentials with all other genes, given the feature summary of gene effects.

    Returns
    -------
    One row: ``n_essential`` genes that were screened, under whatever name; ``median_essential``
    and ``median_difference`` to the others, both medians of the genes' means; ``depth``, the
    former where its sign is right; and ``lean``, how much further the genes' means reach above 0
    than below (99th and 1st percentile), which they do where the sign is reversed.
    """
    essential = genes["feature"].map(symbol_within).isin(COMMON_ESSENTIAL_GENES)
    median = genes.loc[essential, "mean"].median()
    others = genes.loc[~essential, "mean"].median()
    return pd.DataFrame(
        {
            "n_essential": [int(essential.sum())],
            "median_essential": [median],
            "median_difference": [median - others],
            "depth": [median if median < 0 else np.nan],
            "lean": [genes["mean"].quantile(0.99) + genes["mean"].quantile(0.01)],
        }
    )


def essentials(kind: GeneEffectKind) -> list[Expectation]:
    """List what tells the sign of a screen, when it covers enough common essentials."""
    turn = "Turn the sign of the table: negative means dependent"
    effect = "common essentials have a median effect of {observed}"
    above = "the median effect of common essentials minus that of other genes is {observed}"
    scale = f"Make sure of the scale: most lines depend on these genes, at {DEPENDENT_AT[kind]:g}"
    title = "median effect of common essentials"
    return [
        expect.below("median_essential", 0, title, effect, turn),
        expect.below("median_difference", 0, "the same, minus that of other genes", above, turn),
        expect.at_most(
            "depth", DEPENDENT_AT[kind], f"{title}, on its scale", effect, scale
        ).as_note(),
    ]


def unknown_sign() -> list[Expectation]:
    """List what is said of a screen of too few common essentials to tell its sign."""
    few = "{observed} of its genes are common essentials, too few to tell the sign"
    far = "the sign may be reversed: genes reach {observed} further above 0 than below"
    title, lean = "common essentials that tell the sign", "how far genes reach above 0, not below"
    name = (
        "Make sure that negative means dependent; name genes by HGNC symbol (import them with "
        "--genes-table) if ribosomal genes such as RPL3 were screened"
    )
    turn = "Make sure that negative means dependent, and turn the sign if it does not"
    return [
        expect.at_least("n_essential", MIN_ESSENTIAL_GENES, title, few, name).as_note(),
        expect.at_most("lean", 0, lean, far, turn).as_note(),
    ]


def label_summary(
    gene_effect: pd.DataFrame, cell_lines: Samples, gene_sets: GeneSets | None
) -> pd.DataFrame:
    """Count what a predictor can learn from: screened lines with an omic, genes with a set.

    Returns
    -------
    One row: ``n_labelled_lines`` that have a table of an omic, and ``n_described_genes`` in a gene
    set.
    """
    measured = set().union(*(of.table.index for of in cell_lines.tables.values()))
    described = set().union(*(gene_sets or {}).values())
    return pd.DataFrame(
        {
            "n_labelled_lines": [len(set(gene_effect.index) & measured)],
            "n_described_genes": [len(set(gene_effect.columns) & described)],
        }
    )


def labels(settings: ValidateSettings) -> list[Expectation]:
    """List what a predictor needs to learn from."""
    few = "{observed} of its cell lines have an omic in cell_lines.h5mu"
    remedy = "Bring more lines, named alike in both files, by ModelID (ACH-...)"
    title = "screened cell lines that have an omic"
    return [expect.at_least("n_labelled_lines", settings.min_labelled_lines, title, few, remedy)]


def gene_sets() -> list[Expectation]:
    """List what gene sets must cover."""
    none = "{observed} of the screened genes are in a gene set"
    remedy = "Bring gene sets that name genes as gene_effect.h5ad does, by HGNC symbol"
    return [expect.at_least("n_described_genes", 1, "screened genes in a gene set", none, remedy)]
