"""What was found out about a file: for programs as JSON, for people in ``wording``."""

import json
from dataclasses import asdict, dataclass


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
