"""A gene as the gene sets it belongs to."""

from collections.abc import Sequence

import numpy as np
import pandas as pd

from deepdep.domain.cohort import GeneSets


def fingerprints(genes: Sequence[str], gene_sets: GeneSets) -> pd.DataFrame:
    """Membership of genes in gene sets, 1 or 0, shape (gene, gene set), uint8.

    A gene in no set gets a row of zeros; see ``genes_without_fingerprint``.
    """
    position = {gene: row for row, gene in enumerate(genes)}
    member = np.zeros((len(genes), len(gene_sets)), dtype=np.uint8)
    for column, members in enumerate(gene_sets.values()):
        member[[position[gene] for gene in members if gene in position], column] = 1
    return pd.DataFrame(member, index=pd.Index(genes, name="gene"), columns=list(gene_sets))


def genes_without_fingerprint(genes: Sequence[str], gene_sets: GeneSets) -> list[str]:
    """Genes that belong to no set: a predictor cannot tell them apart."""
    known = {gene for members in gene_sets.values() for gene in members}
    return [gene for gene in genes if gene not in known]
