"""What was found out about a file: for programs as JSON, for people in lines."""

import json
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass

from deepdep.domain.notes import Count, Decision, Size, counted
from deepdep.errors import shown

WIDTH = 10  # of the words before each line
MOST_FILES = 25  # listed one by one

PARTS = {"cell_lines": "cell line", "tumors": "tumor", "gene_effect": "cell line"}
THINGS = {"gene_effect": "gene", "gene_sets": "gene set"}
UNITS = {
    "call": "calls from -2 (deep loss) to 2 (amplification)",
    "z-score": "z-scores within each sample",
    "beta": "beta values",
    "gene_effect": "0 is no effect, -1 the median common essential gene",
    "class": "classes 0, -1 and -2: negative means dependent",
}

# Contents that are no omic.
GENE_EFFECT_CONTENT, GENE_SETS_CONTENT = "gene_effect", "gene_sets"


@dataclass(frozen=True)
class Names:
    """Names along one axis of a table.

    Attributes
    ----------
    n
        How many there are, each counted once.
    identifiers
        What they are, in words: ``DepMap ModelID``, ``symbol (Entrez id)``.
    """

    n: int
    identifiers: str
    examples: tuple[str, ...]

    def __str__(self) -> str:
        rest = " ..." if self.n > len(self.examples) else ""
        examples = shown(list(self.examples), most=len(self.examples))
        return f"{self.n:,}, {self.identifiers}: {examples}{rest}"


@dataclass(frozen=True)
class Values:
    """Numbers as they are in the file; the median is of a part of a large table."""

    minimum: float
    median: float
    maximum: float
    missing_share: float

    def __str__(self) -> str:
        share = self.missing_share  # little is told from nothing
        missing = "none" if not share else f"{share:.1%}" if share >= 0.001 else "less than 0.1%"
        numbers = f"{self.minimum:g} to {self.maximum:g}, median {self.median:g}"
        return f"{numbers}; {missing} missing"


@dataclass(frozen=True)
class Match:
    """How many names are in something that the user gave.

    Attributes
    ----------
    names
        What was looked for: ``features of the file``, ``listed features``.
    """

    names: str
    n: int
    n_matched: int
    where: str

    def __str__(self) -> str:
        share = f"{self.n_matched:,} of {self.n:,} {self.names} ({self.n_matched / self.n:.1%})"
        return f"{share} in {self.where}"


@dataclass(frozen=True)
class TableFacts:
    """One table of a file, as it is there; None where that is not known or does not apply.

    Attributes
    ----------
    name
        The modality, in a file that has several tables.
    orientation
        What rows and columns are: ``samples x features``.
    n_rows, n_columns
        Size, without the header and the columns that describe the rows.
    unit
        In the file; what import makes of it, the plan says.
    assembly
        The genome build; two, joined by ``or``, where places do not tell which.
    """

    name: str | None = None
    orientation: str | None = None
    n_rows: int | None = None
    n_columns: int | None = None
    samples: Names | None = None
    features: Names | None = None
    unit: str | None = None
    values: Values | None = None
    assembly: str | None = None
    matched: tuple[Match, ...] = ()

    @property
    def layout(self) -> str | None:
        """Orientation and size, in words; None where neither is known."""
        if self.orientation is None or self.n_rows is None:
            return self.orientation
        if self.n_columns is None:
            return f"{self.orientation}, {counted(self.n_rows, 'row')}"
        return f"{self.orientation}, {self.n_rows:,} x {self.n_columns:,}"

    def lines(self) -> Iterator[str]:
        """Write one fact per line."""
        facts = {
            "layout": self.layout,
            "samples": self.samples if self.samples and self.samples.n else None,
            "features": self.features if self.features and self.features.n else None,
            "unit": None if self.unit is None else UNITS.get(self.unit, self.unit),
            "values": self.values,
            "build": self.assembly,
        }
        yield from (labelled(label, fact) for label, fact in facts.items() if fact is not None)
        yield from (labelled("matched", match) for match in self.matched)


@dataclass(frozen=True)
class SeenTable:
    """A table of a file: what there is to say of it, and names of all its features."""

    facts: TableFacts
    features: Sequence[str] = ()


@dataclass(frozen=True)
class Brought:
    """What an import would bring to a cohort: an omic, gene effects or gene sets.

    Attributes
    ----------
    part
        ``cell_lines``, ``tumors``, ``gene_effect`` or ``gene_sets``.
    content
        The omic; else the part.
    n_samples
        None for gene sets.
    n_features
        Features of an omic, genes with effects, or gene sets.
    unit
        A unit in ``domain.omics.UNITS``, or the kind of gene effects.
    """

    part: str
    content: str
    n_samples: int | None
    n_features: int
    unit: str | None
    assembly: str | None = None

    @property
    def sizes(self) -> list[Decision]:
        """List how importers may note the size of what they bring."""
        if self.n_samples is None:
            return [Count(self.n_features, "gene set")]
        size = (self.n_samples, self.n_features, str(self.unit))
        return [Size(*size), Size(*size, "cell line", "gene")]

    def __str__(self) -> str:
        features = counted(self.n_features, THINGS.get(self.content, "feature"))
        if self.n_samples is None:
            return features
        samples = counted(self.n_samples, PARTS[self.part])
        where = f", places on {self.assembly}" if self.assembly else ""
        unit = None if self.unit is None else UNITS.get(self.unit, self.unit)
        return f"{in_words(self.content)} of {samples} x {features}: {unit}{where}"


@dataclass(frozen=True)
class Plan:
    """A command that takes the file, and what it would do.

    Attributes
    ----------
    command
        As a user types it; words in capitals are the user's to choose.
    takes
        Whether it takes the file; if not, the inspection's problems say why.
    brings
        Nothing, where the file helps to read others.
    says
        What holds of every such file, and the notes that the command takes on this one.
    """

    command: str
    takes: bool
    brings: tuple[Brought, ...]
    says: tuple[str, ...]

    def lines(self) -> Iterator[str]:
        """Write the command, and what it would do in one line each."""
        yield labelled("import", self.command)
        if not self.takes:
            yield labelled("", "refuses the file: see the problem")
        yield from (labelled("", f"becomes {brings}") for brings in self.brings)
        yield from (labelled("", text) for text in self.says)


@dataclass(frozen=True)
class FileFound:
    """A file of a folder, told by its name and header only.

    Attributes
    ----------
    importer
        The word after ``deepdep import``; None for what no import reads.
    taken
        Whether that import of the folder reads it.
    """

    name: str
    importer: str | None
    source: str | None
    content: str
    problem: str | None
    taken: bool = False

    @property
    def kind(self) -> str:
        """Source and content, in words, and whether import leaves it out."""
        content = in_words(self.content)
        kind = content if self.source is None else f"{self.source}, {content}"
        left_out = self.importer is not None and not self.taken
        return f"{kind}; import {self.importer} leaves it out here" if left_out else kind


@dataclass(frozen=True)
class Inspection:
    """What a file, or a folder, is.

    Attributes
    ----------
    source, release
        Who publishes such files, and which release or layout this one is of, in words.
    content
        An omic, ``gene_effect``, ``gene_sets``, or in words what else the file holds; several,
        joined by ``or``, where its values leave a choice.
    tables
        One, or one per modality.
    problems
        Why import would refuse the file: its own lines.
    files
        Of a folder.
    """

    file: str
    source: str | None
    release: str | None
    content: str
    tables: tuple[TableFacts, ...]
    plans: tuple[Plan, ...]
    remarks: tuple[str, ...]
    problems: tuple[str, ...]
    files: tuple[FileFound, ...] = ()

    def to_json(self) -> str:
        """Write all that was found out; keys are the names of the fields."""
        return json.dumps(asdict(self), indent=2, allow_nan=False)

    def lines(self) -> list[str]:
        """Write one fact per line; nothing in it can command a terminal."""
        source = self.release or self.source
        if self.release and self.source and not self.release.startswith(self.source):
            source = f"{self.source}: {self.release}"
        lines = [labelled("file", self.file)]
        if source is not None:
            lines.append(labelled("source", source))
        lines.append(labelled("content", in_words(self.content)))
        for table in self.tables:
            if len(self.tables) > 1 and table.name is not None:
                lines.append(labelled("modality", table.name))
            lines += table.lines()
        if len(self.files) <= MOST_FILES:
            lines += [labelled("", f"{file.name}: {file.kind}") for file in self.files]
        else:
            kinds = Counter(file.kind for file in self.files).most_common()
            lines += [labelled("", f"{counted(n, 'file')}: {kind}") for kind, n in kinds]
        for plan in self.plans:
            lines += plan.lines()
        lines += [labelled("note", text) for text in self.remarks]
        lines += [labelled("problem", text) for text in self.problems]
        return [printable(line) for line in lines]


def labelled(label: str, fact: object) -> str:
    """Begin a line with what the fact is."""
    return f"{label:{WIDTH}} {fact}"


def in_words(content: str) -> str:
    """Write a content as people do."""
    return content.replace("gene_effect", "gene effects").replace("_", " ")


def printable(text: str) -> str:
    """Return text with control characters, and others that do not print, written out."""
    return "".join(c if c.isprintable() else repr(c)[1:-1] for c in text)
