"""The facts of ``biology.yaml`` and ``symbols.txt`` as types."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from enum import StrEnum
from pathlib import Path
from typing import NamedTuple, TypeVar

import pydantic

from deepdep.settings import Settings, read_yaml

ABSENT = " absent"  # "TP53 mutation absent" is what samples without the event carry
ANY = "any"  # the lineages that a table of frequencies does not name

Item = TypeVar("Item")


def gene_families() -> dict[str, tuple[str, ...]]:
    """Return the approved symbols of real genes in ``symbols.txt``, by family."""
    families: dict[str, tuple[str, ...]] = {}
    text = Path(__file__).with_name("symbols.txt").read_text(encoding="utf-8")
    for line in text.splitlines():
        if not line or line.startswith("#"):
            continue
        if line.startswith("["):
            family = line.strip("[]")
            families[family] = ()
        else:
            families[family] += tuple(line.split())
    return families


def placeholders(n: int) -> list[str]:
    """Return names for genes beyond the real symbols: SIM00001, SIM00002, ..."""
    return [f"SIM{number:05d}" for number in range(1, n + 1)]


def filled_up(genes: list[str], n: int) -> list[str]:
    """Return the first ``n`` genes, where there are fewer with placeholders after them."""
    return list(dict.fromkeys([*genes, *placeholders(n)]))[:n]


def interleave(lists: list[tuple[Item, ...]]) -> list[Item]:
    """Return the first of each list, then the second of each, ..., without repeats."""
    places = range(max(map(len, lists), default=0))
    return list(dict.fromkeys(items[n] for n in places for items in lists if n < len(items)))


class EventKind(StrEnum):
    """What happens to a gene."""

    MUTATION = "mutation"
    AMPLIFICATION = "amplification"
    LOSS = "loss"
    SILENCING = "silencing"
    MSI = "msi"


@dataclass(frozen=True)
class Lineage(Settings):
    """How common a lineage is among lines and tumours, and how mutated."""

    lines: float
    tumors: float
    burden: float


@dataclass(frozen=True)
class Identity(Settings):
    """A cell type: where it occurs, the genes it keeps on, the factors it needs."""

    lineages: dict[str, float]
    markers: tuple[str, ...]
    dependencies: dict[str, float]


@dataclass(frozen=True)
class Programme(Settings):
    """A set of genes that rise and fall together, what moves it and what it makes needed."""

    up: tuple[str, ...]
    dependencies: dict[str, float]
    down: tuple[str, ...] = ()
    events: dict[str, float] = field(default_factory=dict)
    lineages: dict[str, float] = field(default_factory=dict)
    culture: float = 0.0

    @property
    def needed(self) -> list[str]:
        """The genes that cells with the programme need."""
        return [gene for gene, effect in self.dependencies.items() if effect < 0]


@dataclass(frozen=True)
class Event(Settings):
    """An alteration of one gene, and how often a lineage has it."""

    gene: str
    kind: EventKind
    frequency: dict[str, float]
    within: str = ""
    exclusive: str = ""
    truncating: bool = False
    neighbours: tuple[str, ...] = ()


@dataclass(frozen=True)
class Consequence(Settings):
    """The gene effect that an event, or its absence, gives a gene."""

    gene: str
    event: str
    effect: float


class PlantedFact(NamedTuple):
    """A gene effect that has a reason; see ``simulate.Truth`` for the words."""

    kind: str
    gene: str
    driver: str
    driver_event: str
    effect: float
    carriers: str


@dataclass(frozen=True)
class FamilyRoles(Settings):
    """Families of genes whose loss kills every cell or none, and those of the stroma."""

    essential: tuple[str, ...]
    silent: tuple[str, ...]
    stroma: dict[str, tuple[str, ...]]


@dataclass(frozen=True)
class Biology(Settings):
    """All facts the simulation starts from."""

    lineages: dict[str, Lineage]
    identities: dict[str, Identity]
    programmes: dict[str, Programme]
    events: dict[str, Event]
    addictions: tuple[Consequence, ...]
    synthetic_lethalities: tuple[Consequence, ...]
    baselines: dict[str, float]
    families: FamilyRoles
    arms_of_lineages: dict[str, dict[str, float]]
    arms: dict[str, tuple[str, ...]]

    @classmethod
    def load(cls, n_lineages: int) -> "Biology":
        """Read ``biology.yaml``; keep its first lineages and the identities that occur in them."""
        facts = read_yaml(Path(__file__).with_name("biology.yaml"))
        biology = pydantic.TypeAdapter(cls).validate_python(facts)
        lineages = dict(list(biology.lineages.items())[:n_lineages])
        identities = {
            name: identity
            for name, identity in biology.identities.items()
            if lineages.keys() & identity.lineages.keys()
        }
        return replace(biology, lineages=lineages, identities=identities)

    def genes_of(self, families: tuple[str, ...]) -> list[str]:
        """Genes of the families, the first of each, then the second of each, and so on."""
        symbols = gene_families()
        return interleave([symbols[family] for family in families])

    def planted_facts(self) -> list[list[PlantedFact]]:
        """Return all facts by kind, the more important first."""
        return [
            [self._event_fact("addiction", item) for item in self.addictions],
            [
                self._event_fact(
                    "synthetic_lethality" if item.effect < 0 else "growth_suppressor", item
                )
                for item in self.synthetic_lethalities
            ],
            _driver_facts("lineage_dependency", "lineage", self.identities),
            _driver_facts("programme", "programme", self.programmes),
        ]

    def _event_fact(self, kind: str, item: Consequence) -> PlantedFact:
        event = self.events[item.event.removesuffix(ABSENT)]
        driver_event = "wild_type" if item.event.endswith(ABSENT) else str(event.kind)
        return PlantedFact(kind, item.gene, event.gene, driver_event, item.effect, item.event)


def _driver_facts(
    kind: str, word: str, drivers: Mapping[str, Identity | Programme]
) -> list[PlantedFact]:
    """Facts of identities or programmes: the first gene of each, then the second of each, ..."""
    facts = [
        tuple(
            PlantedFact(kind, gene, name, word, effect, f"{name} {word}")
            for gene, effect in driver.dependencies.items()
        )
        for name, driver in drivers.items()
    ]
    return interleave(facts)
