"""Which genes have a gene effect, which features the omics have, and what role a gene plays."""

from dataclasses import dataclass

import numpy as np

from deepdep.domain.omics import Omic
from deepdep.simulation.biology import (
    Biology,
    PlantedFact,
    filled_up,
    gene_families,
    interleave,
)
from deepdep.simulation.settings import SimulationSettings

# Shares of the genes with a gene effect; what remains follows programmes.
PLANTED_SHARE, ESSENTIAL_SHARE, SILENT_SHARE = 0.4, 0.16, 0.24
N_RELATIVES = 8  # genes of one family that enter a cohort together


@dataclass(frozen=True)
class GeneRoles:
    """The genes with a gene effect, by what decides it.

    Attributes
    ----------
    planted
        Facts about genes that some cells need; several may concern one gene.
    essential, silent, selective
        Genes that all cells need; that none needs; that follow programmes alone.
    """

    planted: tuple[PlantedFact, ...]
    essential: list[str]
    silent: list[str]
    selective: list[str]

    @property
    def all(self) -> list[str]:
        """All genes with a gene effect."""
        planted = dict.fromkeys(fact.gene for fact in self.planted)
        return [*planted, *self.essential, *self.silent, *self.selective]

    @classmethod
    def assign(cls, n_genes: int, biology: Biology, rng: np.random.Generator) -> "GeneRoles":
        """Choose the genes of each role; a small cohort has the first of each."""
        kinds = biology.planted_facts()
        facts = [fact for of_kind in kinds for fact in of_kind]
        planted = interleave([tuple(fact.gene for fact in of_kind) for of_kind in kinds])
        planted = planted[: round(n_genes * PLANTED_SHARE)]
        with_facts = {fact.gene for fact in facts}
        free = [gene for gene in _symbols(rng) if gene not in with_facts]
        essential = [
            gene for gene in biology.genes_of(biology.families.essential) if gene in set(free)
        ]
        silent = [gene for gene in biology.genes_of(biology.families.silent) if gene in set(free)]
        essential = essential[: round(n_genes * ESSENTIAL_SHARE)]
        silent = silent[: round(n_genes * SILENT_SHARE)]
        with_role = {*biology.genes_of(biology.families.essential + biology.families.silent)}
        selective = [gene for gene in free if gene not in with_role]
        n_selective = n_genes - len(planted) - len(essential) - len(silent)
        return cls(
            planted=tuple(fact for fact in facts if fact.gene in set(planted)),
            essential=essential,
            silent=silent,
            selective=filled_up(selective, n_selective),
        )

    def choose_feature_genes(
        self, settings: SimulationSettings, biology: Biology, rng: np.random.Generator
    ) -> dict[Omic, list[str]]:
        """Choose the genes that each omic measures; for methylation those whose probes it has.

        Genes that matter come first; beyond the real symbols stand placeholders.
        """
        altered = [event.gene for event in biology.events.values()]
        neighbours = [gene for event in biology.events.values() for gene in event.neighbours]
        of_programmes = interleave(
            [programme.up + programme.down for programme in biology.programmes.values()]
            + [identity.markers for identity in biology.identities.values()]
        )
        planted = [fact.gene for fact in self.planted]
        others = list(map(str, rng.permutation(_symbols(rng))))
        first = {
            Omic.MUTATION: altered,
            Omic.EXPRESSION: interleave([tuple(planted), tuple(altered), tuple(of_programmes)]),
            Omic.METHYLATION: interleave([tuple(altered), tuple(of_programmes)]),
            Omic.COPY_NUMBER: interleave([tuple(altered), tuple(neighbours), tuple(planted)]),
        }
        chosen = {}
        for omic, n in settings.n_features.items():
            genes = list(dict.fromkeys([*first[omic], *self.all, *others]))
            chosen[omic] = filled_up(genes, n)
        return chosen


def _symbols(rng: np.random.Generator) -> list[str]:
    """All symbols, relatives side by side: a few of one family, a few of another, ..."""
    relatives = [
        family[first : first + N_RELATIVES]
        for family in gene_families().values()
        for first in range(0, len(family), N_RELATIVES)
    ]
    order = rng.permutation(len(relatives))
    return list(dict.fromkeys(gene for place in order for gene in relatives[place]))
