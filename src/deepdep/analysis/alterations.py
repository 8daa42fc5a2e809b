"""What befell a gene in a sample: a mutation, the loss of its copies, many copies more."""

from collections.abc import Container, Mapping
from dataclasses import dataclass
from enum import StrEnum

import numpy as np
import pandas as pd

from deepdep.domain.cohort import OmicTable
from deepdep.domain.omics import Omic
from deepdep.settings import Settings

CALLED = {"deletion": -2.0, "amplification": 2.0}  # in the unit ``call``


class Event(StrEnum):
    """A kind of alteration."""

    MUTATION = "mutation"
    DELETION = "deletion"
    AMPLIFICATION = "amplification"


@dataclass(frozen=True)
class AlterationSettings(Settings):
    """Which copy numbers are alterations, and how many samples must carry one."""

    deletion: float  # log2(CN/2) at which and below which a gene is lost; -1.5 is 0.7 copies
    amplification: float  # log2(CN/2) from which on a gene is amplified; 1 is four copies
    min_carriers: int  # labelled lines


@dataclass(frozen=True)
class Alterations:
    """Who carries which alterations of one table.

    Attributes
    ----------
    carried
        Shape (sample, alteration), of every sample that has the table; columns such as
        ``TP53 mutation``.
    described
        One row per alteration: ``table``, ``feature`` (the gene that is altered), ``event``, and
        ``value``, what its carriers have on average in the unit of the table.
    """

    carried: pd.DataFrame
    described: pd.DataFrame

    @classmethod
    def of(cls, name: str, table: OmicTable, settings: AlterationSettings) -> "Alterations":
        """Find what samples carry; nothing in a table whose omic knows no alterations."""
        values = table.table.loc[:, ~table.table.columns.str.contains(":", regex=False)]  # bins
        found = {}
        for event, edge in _edges(table, settings).items():
            carries = values <= edge if event is Event.DELETION else values >= edge
            often = carries.columns[carries.sum() >= settings.min_carriers]
            for feature in often:
                found[f"{feature} {event}"] = (event, feature, carries[feature])
        rows = {
            alteration: {
                "table": name,
                "feature": feature,
                "event": str(event),
                "value": float(values.loc[who, feature].mean()),
            }
            for alteration, (event, feature, who) in found.items()
        }
        carried = {alteration: who for alteration, (_, _, who) in found.items()}
        return cls(
            pd.DataFrame(carried, index=values.index, columns=list(found), dtype=bool),
            pd.DataFrame.from_dict(rows, orient="index").reindex(
                list(found), columns=["table", "feature", "event", "value"]
            ),
        )

    def distinct(self, lines: pd.Index, preferred: Container[str]) -> "Alterations":
        """Keep one of those that the same lines carry, which nothing can tell apart.

        Neighbours on a chromosome are lost and amplified together. The first whose gene is
        preferred stands for all, else the first; ``alike`` in ``described`` names the genes of the
        others.
        """
        bits = np.packbits(self.carried.loc[self.carried.index.isin(lines)].to_numpy().T, axis=1)
        groups: dict[tuple[str, bytes], list[str]] = {}
        for name, event, row in zip(
            self.carried.columns, self.described["event"], bits, strict=True
        ):
            groups.setdefault((event, row.tobytes()), []).append(name)
        genes = self.described["feature"]
        alike = {}
        for names in groups.values():
            first = next((name for name in names if genes[name] in preferred), names[0])
            alike[first] = " ".join(genes[name] for name in names if name != first)
        kept = [name for name in self.carried.columns if name in alike]
        described = self.described.loc[kept].assign(alike=[alike[name] for name in kept])
        return Alterations(self.carried[kept], described)


def names_alterations(table: OmicTable) -> bool:
    """Tell whether a table is of mutations or copy number, by gene and not by bin."""
    is_gene = ~table.table.columns.str.contains(":", regex=False)
    return table.omic in {Omic.MUTATION, Omic.COPY_NUMBER} and bool(is_gene.any())


def alterations_of(
    tables: Mapping[str, OmicTable], settings: AlterationSettings, samples: pd.Index
) -> dict[str, Alterations]:
    """Find what these samples carry, by table; an alteration of two tables is counted in each."""
    found = {}
    for name, table in tables.items():
        of_samples = table.table.loc[table.table.index.isin(samples)]
        one = Alterations.of(name, OmicTable(of_samples, table.unit), settings)
        if len(one.described):
            found[name] = one
    return found


def _edges(table: OmicTable, settings: AlterationSettings) -> dict[Event, float]:
    if table.omic is Omic.MUTATION:
        return {Event.MUTATION: 1.0}
    if table.omic is not Omic.COPY_NUMBER:
        return {}
    if table.unit == "call":
        return {event: CALLED[event] for event in (Event.DELETION, Event.AMPLIFICATION)}
    return {Event.DELETION: settings.deletion, Event.AMPLIFICATION: settings.amplification}
