"""Groups of genes that are judged apart, drawn from training lines only."""

from enum import StrEnum

import pandas as pd

from deepdep.domain.gene_effect import (
    HIGH_VARIANCE_SD,
    SELECTIVE_SD,
    SELECTIVE_SHARE,
    GeneEffect,
    GeneEffectKind,
    dependent_share,
)


class Stratum(StrEnum):
    """A group of genes; a gene may belong to several."""

    ALL = "all"
    SELECTIVE = "selective"  # some lines depend on it and some do not, or its effect varies
    HIGH_VARIANCE = "high_variance"
    COMMON_ESSENTIAL = "common_essential"


def gene_statistics(training: GeneEffect) -> pd.DataFrame:
    """``dependent_share`` and ``sd`` of each gene over the training lines that screened it."""
    return pd.DataFrame(
        {
            "dependent_share": dependent_share(training),
            "sd": training.table.astype(float).std(),
        }
    )


def strata(training: GeneEffect) -> dict[Stratum, pd.Index]:
    """Genes by stratum; a stratum without genes is absent.

    The thresholds on the standard deviation are gene effects. Class labels have no such unit
    (between weak and strong lie about 1.5 gene effects but 2 classes, and a common essential
    gene varies by its strength alone), so for them a selective gene is one that 5 to 95 % of the
    lines depend on, and no gene counts as highly variable.
    """
    return strata_of(gene_statistics(training), training.kind)


def strata_of(genes: pd.DataFrame, kind: GeneEffectKind) -> dict[Stratum, pd.Index]:
    """Genes by stratum, from what ``gene_statistics`` says of them; as in ``strata``."""
    share, sd = genes["dependent_share"], genes["sd"]
    if kind is GeneEffectKind.CLASS:
        sd = sd * float("nan")
    members = {
        Stratum.ALL: pd.Series(True, index=genes.index),
        Stratum.SELECTIVE: share.between(*SELECTIVE_SHARE) | (sd > SELECTIVE_SD),
        Stratum.HIGH_VARIANCE: sd > HIGH_VARIANCE_SD,
        Stratum.COMMON_ESSENTIAL: share > SELECTIVE_SHARE[1],
    }
    return {stratum: genes.index[is_in] for stratum, is_in in members.items() if is_in.any()}
