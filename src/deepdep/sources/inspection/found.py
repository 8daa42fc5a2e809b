"""What was found out about a file: for programs as JSON, for people in lines."""

import json
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass

from deepdep.domain.notes import counted
from deepdep.errors import shown

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


@dataclass(frozen=True)
class Values:
    """Numbers as they are in the file; the median is of a part of a large table."""

    minimum: float
    median: float
    maximum: float
    missing_share: float


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


@dataclass(frozen=True)
class FileFound:
    """A file of a folder, told by its name and header only.

    Attributes
    ----------
    importer
        The word after ``deepdep import``; None for what no import reads.
    """

    name: str
    importer: str | None
    source: str | None
    content: str
    problem: str | None


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


def lines_of(found: Inspection) -> list[str]:
    """Write one fact per line; nothing in it can command a terminal."""
    lines = [
        *_labelled("file", found.file),
        *_labelled("source", _source(found)),
        *_labelled("content", _words(found.content)),
    ]
    for table in found.tables:
        lines += _table(table, titled=len(found.tables) > 1)
    lines += _files(found.files)
    for plan in found.plans:
        lines += _plan(plan)
    for label, texts in (("note", found.remarks), ("problem", found.problems)):
        lines += [line for text in texts for line in _labelled(label, text)]
    return [printable(line) for line in lines]


def printable(text: str) -> str:
    """Return text with control characters, and others that do not print, written out."""
    return "".join(c if c.isprintable() else repr(c)[1:-1] for c in text)


def _labelled(label: str, text: str | None) -> list[str]:
    return [] if text is None else [f"{label:{WIDTH}} {text}"]


def _source(found: Inspection) -> str | None:
    if found.release is None or found.source is None:
        return found.release or found.source
    if found.release.startswith(found.source):
        return found.release
    return f"{found.source}: {found.release}"


def _table(table: TableFacts, *, titled: bool) -> Iterator[str]:
    if titled:
        yield from _labelled("modality", table.name)
    yield from _labelled("layout", _layout(table))
    yield from _labelled("samples", _names(table.samples))
    yield from _labelled("features", _names(table.features))
    yield from _labelled("unit", _unit(table.unit))
    yield from _labelled("values", _values(table.values))
    yield from _labelled("build", table.assembly)
    for match in table.matched:
        share = (
            f"{match.n_matched:,} of {match.n:,} {match.names} ({match.n_matched / match.n:.1%})"
        )
        yield from _labelled("matched", f"{share} in {match.where}")


def _layout(table: TableFacts) -> str | None:
    if table.orientation is None:
        return None
    size = [f"{n:,}" for n in (table.n_rows, table.n_columns) if n is not None]
    if len(size) == 2:
        return f"{table.orientation}, {' x '.join(size)}"
    if table.n_rows is not None:
        return f"{table.orientation}, {counted(table.n_rows, 'row')}"
    return table.orientation


def _names(names: Names | None) -> str | None:
    if names is None or not names.n:
        return None
    rest = " ..." if names.n > len(names.examples) else ""
    examples = shown(list(names.examples), most=len(names.examples))
    return f"{names.n:,}, {names.identifiers}: {examples}{rest}"


def _values(values: Values | None) -> str | None:
    if values is None:
        return None
    numbers = f"{values.minimum:g} to {values.maximum:g}, median {values.median:g}"
    return f"{numbers}; {_percent(values.missing_share)} missing"


def _percent(share: float) -> str:
    """Tell little from nothing."""
    return "none" if not share else f"{share:.1%}" if share >= 0.001 else "less than 0.1%"


def _plan(plan: Plan) -> Iterator[str]:
    yield from _labelled("import", plan.command)
    if not plan.takes:
        yield f"{'':{WIDTH}} refuses the file: see the problem"
    for brings in plan.brings:
        yield f"{'':{WIDTH}} becomes {_brought(brings)}"
    for text in plan.says:
        yield f"{'':{WIDTH}} {text}"


def _brought(brings: Brought) -> str:
    features = counted(brings.n_features, THINGS.get(brings.content, "feature"))
    if brings.n_samples is None:
        return features
    samples = counted(brings.n_samples, PARTS[brings.part])
    where = f", places on {brings.assembly}" if brings.assembly else ""
    return f"{_words(brings.content)} of {samples} x {features}: {_unit(brings.unit)}{where}"


def _files(files: Sequence[FileFound]) -> Iterator[str]:
    if len(files) <= MOST_FILES:
        for file in files:
            yield from _labelled("", f"{file.name}: {_kind(file)}")
        return
    for kind, n_files in Counter(map(_kind, files)).most_common():
        yield from _labelled("", f"{counted(n_files, 'file')}: {kind}")


def _kind(file: FileFound) -> str:
    content = _words(file.content)
    return content if file.source is None else f"{file.source}, {content}"


def _words(content: str) -> str:
    return content.replace("gene_effect", "gene effects").replace("_", " ")


def _unit(unit: str | None) -> str | None:
    return None if unit is None else UNITS.get(unit, unit)
