"""Gene sets that make a gene's fingerprint: families, programmes, partners, and chance."""

from collections.abc import Iterable, Sequence

import numpy as np

from deepdep.domain.cohort import GeneSets
from deepdep.simulation.biology import Biology, gene_families, interleave
from deepdep.simulation.gene_effect import SelectiveProfile
from deepdep.simulation.genes import GeneRoles

STRUCTURED_SHARE, STUDY_SHARE = 0.7, 0.15  # of the sets; the rest is random
WITHOUT_SET = 0.01  # share of the genes with a gene effect that no set knows
FEWEST_MEMBERS = 2
RANDOM_SIZE = (0.03, 0.09)  # share of the genes that a random set holds
HIGH = 0.4  # weight from which a gene counts as following a programme

Candidates = list[tuple[str, Iterable[str]]]  # name and genes of sets that may be too small


def draw_gene_sets(
    n: int,
    roles: GeneRoles,
    profile: SelectiveProfile,
    universe: Sequence[str],
    biology: Biology,
    rng: np.random.Generator,
) -> GeneSets:
    """Draw sets over the genes of ``universe``.

    Structured sets hold what belongs together; "studies" hold part of a structured set and other
    genes; random sets tell genes apart that share all the others.
    """
    n_unknown = max(1, round(WITHOUT_SET * len(roles.all)))
    candidates = [*roles.silent, *roles.selective]
    unknown = set(map(str, rng.choice(candidates, size=n_unknown, replace=False)))
    genes = [gene for gene in universe if gene not in unknown]
    structured = _structured(roles, profile, biology, set(genes))
    kept = dict(list(structured.items())[: round(n * STRUCTURED_SHARE)])
    n_random = round(n * (1 - STRUCTURED_SHARE - STUDY_SHARE))
    studies = _studies(structured, n - len(kept) - n_random, genes, rng)
    return kept | studies | _random(n_random, genes, rng)


def _structured(
    roles: GeneRoles, profile: SelectiveProfile, biology: Biology, symbols: set[str]
) -> GeneSets:
    """Collect sets of genes that belong together: first of effects, then of expression."""
    modules = profile.weights
    # By driver, the driver and the genes that its events make needed.
    partners = {event.gene: [event.gene] for event in biology.events.values()}
    for fact in roles.planted:
        if fact.driver in partners:
            partners[fact.driver].append(fact.gene)
    of_effects: list[Candidates] = [
        [("COMMON_ESSENTIAL_CORE", roles.essential)],
        [(f"PROGRAMME_{name}_UP", p.up) for name, p in biology.programmes.items()],
        [(f"VULNERABILITY_{name}", p.needed) for name, p in biology.programmes.items()],
        [(f"LINEAGE_FACTORS_{name}", i.dependencies) for name, i in biology.identities.items()],
        [(f"PARTNERS_OF_{gene}", genes) for gene, genes in partners.items()],
        [(f"MODULE_{name}_HIGH", modules.columns[w > HIGH]) for name, w in modules.iterrows()],
        [(f"MODULE_{name}_LOW", modules.columns[w < -HIGH]) for name, w in modules.iterrows()],
    ]
    of_expression: list[Candidates] = [
        [(f"FAMILY_{name}", genes) for name, genes in gene_families().items()],
        [(f"LINEAGE_{name}", i.markers) for name, i in biology.identities.items()],
        [(f"PROGRAMME_{name}_DN", p.down) for name, p in biology.programmes.items()],
    ]
    return _in_turn(of_effects, symbols) | _in_turn(of_expression, symbols)


def _in_turn(kinds: list[Candidates], symbols: set[str]) -> GeneSets:
    """Take one set of each kind, then the next of each, leaving out what is too small."""
    sets = []
    for kind in kinds:
        members = {
            "SIM_" + words.upper().replace(" ", "_").replace("-", "_"): tuple(
                dict.fromkeys(gene for gene in genes if gene in symbols)
            )
            for words, genes in kind
        }
        sets.append(tuple(item for item in members.items() if len(item[1]) >= FEWEST_MEMBERS))
    return dict(interleave(sets))


def _studies(
    structured: GeneSets, n: int, genes: Sequence[str], rng: np.random.Generator
) -> GeneSets:
    """Draw sets as experiments find them: part of something real, and some of something else."""
    names = list(structured)
    studies: GeneSets = {}
    for number in range(1, n + 1):
        base = names[rng.integers(len(names))]
        found = [gene for gene in structured[base] if rng.random() < 0.7]
        others = rng.choice(genes, size=min(len(genes), 2 + len(found) // 2), replace=False)
        studies[f"SIM_STUDY_{number:04d}_{base.removeprefix('SIM_')}"] = tuple(
            dict.fromkeys([*found, *map(str, others)])
        )
    return studies


def _random(n: int, genes: Sequence[str], rng: np.random.Generator) -> GeneSets:
    """Draw sets by chance, of different sizes; every gene is in one at least."""
    member = rng.random((n, len(genes))) < rng.uniform(*RANDOM_SIZE, (n, 1))
    for _ in range(2):
        member[rng.integers(n, size=len(genes)), np.arange(len(genes))] = True
    return {
        f"SIM_RANDOM_{number:04d}": tuple(np.array(genes, dtype=object)[row])
        for number, row in enumerate(member, start=1)
    }
