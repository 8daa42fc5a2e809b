"""What was decided while files were read: one note per decision, written where it is taken."""

import shlex
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Self

from deepdep.errors import shown


def counted(n: int, thing: str) -> str:
    """``1 gene``, ``2,000 genes``."""
    return f"{n:,} {thing}" + ("" if n == 1 else "s")


@dataclass(frozen=True)
class Size:
    """How much of a table was taken, and its unit or kind."""

    n_samples: int
    n_features: int
    unit: str
    samples: str = "sample"  # what rows are, in the singular
    features: str = "feature"

    def __str__(self) -> str:
        samples, features = counted(self.n_samples, self.samples), self.features
        return f"{samples} x {counted(self.n_features, features)}, {self.unit}"


@dataclass(frozen=True)
class UnitChange:
    """Values that were in one unit, and are in another now."""

    before: str
    after: str

    def __str__(self) -> str:
        return f"{self.before} turned to {self.after}"


@dataclass(frozen=True)
class Count:
    """How many things something was done with, and which; the first few are shown."""

    n: int
    thing: str  # in the singular
    what: str = ""
    names: tuple[str, ...] = ()
    n_shown: int = 3

    def __str__(self) -> str:
        text = f"{counted(self.n, self.thing)} {self.what}".rstrip()
        return f"{text}: {shown(self.names, most=self.n_shown)}" if self.names else text


@dataclass(frozen=True)
class UnitGuess:
    """A unit that was taken where values do not tell it from others: a question to the user."""

    table: str  # an omic or a supplement
    taken: str
    others: tuple[str, ...]

    def __str__(self) -> str:
        say = " or ".join(shlex.quote(f"{self.table}={unit}") for unit in self.others)
        return f"taken for {self.taken}, which its values do not tell; is it? Else say --unit {say}"


Decision = Size | UnitChange | UnitGuess | Count | str


@dataclass(frozen=True)
class Note:
    """A decision, and the file, table or part of it that it is about, outermost first."""

    subject: tuple[str, ...]
    decision: Decision

    def __str__(self) -> str:
        return ": ".join((*self.subject, str(self.decision)))

    def without(self, subject: str) -> Self:
        """Leave out the outermost subject where it is this one."""
        return replace(self, subject=self.subject[self.subject[:1] == (subject,) :])


class Notes:
    """Collects notes from all that reads a file, in the order in which a report has them.

    A part keeps its place among the others, whenever its notes come.
    """

    def __init__(self, *subject: str) -> None:
        self._subject = subject
        self._entries: list[Note | Notes] = []

    def add(self, decision: Decision) -> None:
        """Add a note about the subject of this part."""
        self._entries.append(Note(self._subject, decision))

    def add_first(self, decision: Decision) -> None:
        """Add a note that goes before the others of this part."""
        self._entries.insert(0, Note(self._subject, decision))

    def count(self, n: int, thing: str, what: str, names: Sequence[str] = ()) -> None:
        """Add how many things something was done with, unless there are none."""
        if n:
            self.add(Count(n, thing, what, tuple(names)))

    def about(self, *subject: object) -> "Notes":
        """Open a part on a subject within this one's."""
        part = Notes(*self._subject, *map(str, subject))
        self._entries.append(part)
        return part

    def extend(self, notes: Iterable[Note]) -> None:
        """Take over notes from elsewhere, about what they were about within this part."""
        self._entries += [Note((*self._subject, *note.subject), note.decision) for note in notes]

    def place(self) -> "Notes":
        """Keep a place here for notes that come later."""
        return self.about()

    def __iter__(self) -> Iterator[Note]:
        for entry in self._entries:
            yield from (entry,) if isinstance(entry, Note) else entry

    def lines(self) -> tuple[str, ...]:
        """Write the notes out, one line each."""
        return tuple(map(str, self))
