"""Gene effects: their scale and sign, what counts as dependent and as selective.

Apart from the cohort that they are part of, since most of what uses them sees no cohort.
"""

from dataclasses import dataclass
from enum import StrEnum

import pandas as pd
from scipy.special import ndtr


class GeneEffectKind(StrEnum):
    """What the numbers of a gene-effect table are; in both, negative means dependent."""

    GENE_EFFECT = "gene_effect"  # Chronos or CERES: 0 is no effect, -1 the median common essential
    CLASS = "class"  # 0 weak, -1 dependency, -2 strong dependency


# DepMap calls a line dependent at a probability of 0.5, which lies near a gene effect of -0.5;
# a class of -1 is that call itself.
DEPENDENT_AT = {GeneEffectKind.GENE_EFFECT: -0.5, GeneEffectKind.CLASS: -1.0}

# Share of dependent lines: below the first a gene is rarely needed, above the second commonly.
SELECTIVE_SHARE = (0.05, 0.95)

# Standard deviation over lines above which DeepDEP calls a gene of interest, and highly variable.
SELECTIVE_SD = 0.2
HIGH_VARIANCE_SD = 0.3


class GeneClass(StrEnum):
    """How cell lines depend on a gene."""

    COMMON_ESSENTIAL = "common_essential"  # nearly all of them do
    SELECTIVE = "selective"  # some do and some do not, or its effect varies
    OTHER = "other"


def gene_class(genes: pd.DataFrame, kind: GeneEffectKind) -> pd.Series:
    """Class of each gene by its ``mean`` and ``sd`` over lines, where lines are not at hand.

    The share of dependent lines is that of a normal distribution. A standard deviation makes a
    gene selective where effects are of the kind ``gene_effect`` only.
    """
    share = pd.Series(ndtr((DEPENDENT_AT[kind] - genes["mean"]) / genes["sd"]), genes.index)
    selective = share.ge(SELECTIVE_SHARE[0])
    if kind is GeneEffectKind.GENE_EFFECT:
        selective |= genes["sd"] > SELECTIVE_SD
    classes = selective.map({True: str(GeneClass.SELECTIVE), False: str(GeneClass.OTHER)})
    return classes.mask(share > SELECTIVE_SHARE[1], str(GeneClass.COMMON_ESSENTIAL))


@dataclass(frozen=True)
class GeneEffect:
    """What a screen measured, and whose the screened lines are.

    Attributes
    ----------
    table
        Shape (cell line, gene), NaN where a gene was not screened.
    patient_id
        Patient by cell line of the table, also of lines that have no omic; missing where it is
        not known, so that the line may be a sister of any. None where nothing is known.
    lineage
        Lineage by cell line of the table, likewise.
    """

    table: pd.DataFrame
    kind: GeneEffectKind
    patient_id: pd.Series | None = None
    lineage: pd.Series | None = None

    def with_table(self, table: pd.DataFrame) -> "GeneEffect":
        """Return effects of some of the lines or genes, with what is known of these lines."""
        lines = table.index
        return GeneEffect(
            table,
            self.kind,
            None if self.patient_id is None else self.patient_id[lines],
            None if self.lineage is None else self.lineage[lines],
        )

    @property
    def dependent_share(self) -> pd.Series:
        """Share of the screened cell lines that depend on each gene."""
        dependent = (self.table <= DEPENDENT_AT[self.kind]).sum()
        return dependent / self.table.notna().sum()
