"""The parts a report is made of, and how numbers read in them; the template knows how they look."""

import base64
import math
from collections.abc import Sequence
from dataclasses import dataclass, field
from numbers import Real
from typing import ClassVar, Literal

MINUS = "\N{MINUS SIGN}"
ABSENT = "\N{EN DASH}"


@dataclass(frozen=True)
class Prose:
    """One paragraph."""

    kind: ClassVar[str] = "prose"
    text: str


@dataclass(frozen=True)
class Note:
    """What the reader must know before believing what follows."""

    kind: ClassVar[str] = "note"
    text: str


@dataclass(frozen=True)
class Link:
    """One sentence that leads to a page beside this one."""

    kind: ClassVar[str] = "link"
    text: str
    href: str  # relative


@dataclass(frozen=True)
class Facts:
    """A few numbers that say how large the cohort is."""

    kind: ClassVar[str] = "facts"
    facts: Sequence[tuple[str, str, str]]  # number, what it counts, detail


@dataclass(frozen=True)
class Verdict:
    """Whether the predictor beats one baseline."""

    outcome: Literal["better", "worse", "undecided"]
    text: str


@dataclass(frozen=True)
class Verdicts:
    """One plain sentence per baseline."""

    kind: ClassVar[str] = "verdicts"
    verdicts: Sequence[Verdict]


@dataclass(frozen=True)
class Step:
    """What a reader can do next: a page to open, or a command to type."""

    text: str
    href: str = ""  # relative
    command: str = ""


@dataclass(frozen=True)
class Steps:
    """Where to go from here."""

    kind: ClassVar[str] = "steps"
    steps: Sequence[Step]


@dataclass(frozen=True)
class Picture:
    """A figure as PNG, with what it shows for those who see it and those who do not."""

    kind: ClassVar[str] = "picture"
    name: str  # of its file among the plots
    png: bytes = field(repr=False)
    title: str
    caption: str
    alt: str

    @property
    def source(self) -> str:
        """The image itself as a data URL."""
        return "data:image/png;base64," + base64.b64encode(self.png).decode("ascii")


@dataclass(frozen=True)
class Column:
    """A column's heading, how its cells read, and a word on what it means."""

    title: str
    kind: Literal["text", "name", "number", "gene", "code"] = "text"
    meaning: str = ""


@dataclass(frozen=True)
class Chip:
    """A short name with a number in a row of such."""

    text: str
    number: str
    muted: bool


@dataclass(frozen=True)
class Bar:
    """A number drawn as a bar behind it."""

    text: str
    share: float  # of the column's width

    @property
    def percent(self) -> str:
        """The width as CSS wants it."""
        return f"{100 * min(max(self.share, 0.0), 1.0):.1f}%"


@dataclass(frozen=True)
class Mark:
    """What came of a check, for the eye; the text is for those who do not see it."""

    outcome: Literal["passed", "noted", "failed"]
    text: str


Cell = str | Bar | Mark | Sequence[Chip]


@dataclass(frozen=True)
class Row:
    """Cells in the order of the columns."""

    cells: Sequence[Cell]
    emphasis: Literal["", "strong", "muted"] = ""


@dataclass(frozen=True)
class Table:
    """Rows under headings."""

    kind: ClassVar[str] = "table"
    title: str
    columns: Sequence[Column]
    rows: Sequence[Row]
    caption: str = ""


@dataclass(frozen=True)
class SideBySide:
    """Two narrow tables in one line, where the page is wide enough."""

    kind: ClassVar[str] = "side_by_side"
    tables: Sequence[Table]


@dataclass(frozen=True)
class Folded:
    """What only some readers want, behind its title."""

    kind: ClassVar[str] = "folded"
    title: str
    blocks: Sequence["Block"]


@dataclass(frozen=True)
class Terms:
    """Words and what they mean here."""

    kind: ClassVar[str] = "terms"
    terms: Sequence[tuple[str, str]]


Block = (
    Prose | Note | Link | Facts | Verdicts | Steps | Picture | Table | SideBySide | Folded | Terms
)


@dataclass(frozen=True)
class Section:
    """One entry of the table of contents."""

    anchor: str
    title: str
    blocks: Sequence[Block]


def number(value: object, digits: int = 3, *, sign: bool = False) -> str:
    """Write a number with a true minus; a dash for one that is missing."""
    if not isinstance(value, Real) or not math.isfinite(float(value)):
        return ABSENT
    text = f"{float(value):+,.{digits}f}" if sign else f"{float(value):,.{digits}f}"
    if not any(character in "123456789" for character in text):
        text = text.lstrip("+-")  # no sign on what rounds to nothing
    return text.replace("-", MINUS)


def percent(share: object) -> str:
    """Write a share as whole percent."""
    text = number(100 * float(share) if isinstance(share, Real) else None, 0)
    return text if text == ABSENT else f"{text} %"


def interval(low: object, high: object, digits: int = 3) -> str:
    """Write the two ends of an interval; a dash where neither is known."""
    if number(low) == number(high) == ABSENT:
        return ABSENT
    return f"{number(low, digits)} to {number(high, digits)}"


def p_value(p: float) -> str:
    """Write a p-value, without the digits that nobody needs."""
    return "below 0.001" if p < 0.001 else number(p)


def plural(count: int, noun: str) -> str:
    """Write a count with its noun."""
    return f"{count:,} {noun}{'' if count == 1 else 's'}"
