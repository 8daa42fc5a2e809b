"""Genes that tell of each other, so that none may be judged where another was learned."""

import re
from collections import defaultdict
from collections.abc import Hashable, Iterable, Sequence

import numpy as np
import pandas as pd
from scipy.cluster.hierarchy import DisjointSet

from deepdep.domain.cohort import GeneSets
from deepdep.domain.fingerprints import Fingerprints

# Roots and bases after which a number or letter counts something else than descent:
# genes named before anything was known of them, or after where they were found;
UNKNOWN_AT_FIRST = "CCDC CD CFAP FAM KIAA LINC LOC LY MIR PRR SMIM SPAG SPATA TEX TMEM"
# proteins that share one domain and are otherwise unlike;
ONE_DOMAIN = (
    "ANKRD ARMC BTBD CARD DCAF EFCAB FBXO IGSF LRRC PHF RNF SAMD TTC TXNDC UBXN WDR ZC3H ZCCHC"
)
# unlike subunits of one complex;
SUBUNITS = (
    "ANAPC ATP5F1 ATP5M ATP6V0 ATP6V1 BBS CENP CNOT COG COPS COX EIF EIF3 EMC EXOC FANC GTF2H "
    "GTF3C HAUS IFT INTS MED MRP MRPL MRPS MT-CO MT-ND NAA NDUFA NDUFAF NDUFB NDUFC NDUFS NDUFV "
    "NUP PEX POLA POLD POLE POLR POLR1 POLR2 POLR3 PPP1R PSMD RPA RPL RPP RPS SDH SEC SNRNP SNRP "
    "SRP TAF TIMM TOMM TRAPPC VPS"
)
# members of one process, activity, disease or mass.
ONE_TASK = (
    "AKAP ALG ATG BRCA CDC CEP COQ DNAAF ERCC IL KDM KMT MPHOSPH NF NOL NOP PARK PIG PRPF RAD RP "
    "RRP ST TNFAIP UTP XRCC"
)
NOT_FAMILIES = frozenset(" ".join((UNKNOWN_AT_FIRST, ONE_DOMAIN, SUBUNITS, ONE_TASK)).split())

MAX_PARALOGS = 8  # a larger family says little of one gene

_NUMBERED = re.compile(r"([A-Z][A-Z0-9-]*[A-Z-])\d+[A-QS-Z]?")  # R is a receptor: IGF1, IGF1R
_LETTERED = re.compile(r"([A-Z][A-Z0-9-]{2,})[A-H]")
_SEX_LINKED = re.compile(r"([A-Z][A-Z0-9-]+)[XY]\d*")
_LIKE = re.compile(r"([A-Z][A-Z0-9-]{2,})L\d*[A-H]?")


def family_keys(symbol: str) -> set[str]:
    """Return the names that a gene shares with its likely paralogs, its own symbol among them.

    Two genes that share a key are taken for paralogs: KRT5 and KRT14 share ``KRT``, ARID1A and
    ARID1B ``ARID1``, DDX3X and DDX3Y ``DDX3X/Y``, BCL2L1 and BCL2 ``BCL2``. Open reading frames
    (C1orf112) share none.
    """
    named_after = [pattern.fullmatch(symbol) for pattern in (_NUMBERED, _LETTERED, _LIKE)]
    keys = {found[1] for found in named_after if found} - NOT_FAMILIES
    if sex_linked := _SEX_LINKED.fullmatch(symbol):
        keys.add(f"{sex_linked[1]}X/Y")
    return keys | {symbol}


def paralogs_of(genes: Iterable[str], among: Iterable[str]) -> dict[str, list[str]]:
    """Name the likely paralogs of each gene among symbols; none of a family too large to tell.

    Returns
    -------
    Sorted symbols by gene, of the genes that have any.
    """
    families: dict[str, set[str]] = defaultdict(set)
    for symbol in among:
        for key in family_keys(symbol):
            families[key].add(symbol)
    found = {}
    for gene in genes:
        related = set().union(*(families.get(key, ()) for key in family_keys(gene))) - {gene}
        if 0 < len(related) <= MAX_PARALOGS:
            found[gene] = sorted(related)
    return found


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
    member = Fingerprints.of_genes(names, gene_sets).member
    sharing: dict[Hashable, list[str]] = defaultdict(list)  # genes by what they share
    for gene, start, end in zip(names, member.indptr, member.indptr[1:], strict=False):
        sharing[np.sort(member.indices[start:end]).tobytes()].append(gene)
        for key in family_keys(gene):
            sharing[key].append(gene)
    groups = DisjointSet(names)
    for together in sharing.values():
        for gene in together[1:]:
            groups.merge(together[0], gene)
    name_of = {gene: min(group) for group in groups.subsets() for gene in group}
    return pd.Series(name_of, name="group", dtype=object).rename_axis("gene").sort_index()
