"""Genes that tell of each other, so that none may be judged where another was learned."""

from collections import defaultdict
from collections.abc import Hashable, Iterable, Sequence

import numpy as np
import pandas as pd
from scipy.cluster.hierarchy import DisjointSet

from deepdep.data.folds.paralogs import family_keys
from deepdep.domain.cohort import GeneSets
from deepdep.domain.fingerprints import fingerprints


def gene_groups(genes: Sequence[str] | pd.Index, gene_sets: GeneSets) -> pd.Series:
    """Group genes that have the same fingerprint, and those that look like paralogs.

    A model cannot tell genes of one fingerprint apart, so having learned one is having seen the
    other; paralogs share guides, partners and function. Both relations are followed to their end:
    a gene that looks like a paralog of two others joins all three.

    Parameters
    ----------
    gene_sets
        Those that fingerprints are made of. Genes that are in none share the empty fingerprint.

    Returns
    -------
    Name of the group by gene, sorted by gene; a group is named after the first of its genes.
    """
    names = sorted(set(genes))
    groups = DisjointSet(names)
    for together in (*_by_fingerprint(names, gene_sets), *_by_family(names)):
        for gene in together[1:]:
            groups.merge(together[0], gene)
    name_of = {gene: min(group) for group in groups.subsets() for gene in group}
    return pd.Series(name_of, name="group", dtype=object).rename_axis("gene").sort_index()


def _by_fingerprint(genes: list[str], gene_sets: GeneSets) -> Iterable[list[str]]:
    member = fingerprints(genes, gene_sets).member
    of_row = zip(member.indptr, member.indptr[1:], genes, strict=False)
    return _sharing((np.sort(member.indices[a:b]).tobytes(), gene) for a, b, gene in of_row)


def _by_family(genes: list[str]) -> Iterable[list[str]]:
    return _sharing((key, gene) for gene in genes for key in family_keys(gene))


def _sharing(keyed: Iterable[tuple[Hashable, str]]) -> Iterable[list[str]]:
    """Collect the genes of each key."""
    sharing: dict[Hashable, list[str]] = defaultdict(list)
    for key, gene in keyed:
        sharing[key].append(gene)
    return sharing.values()
