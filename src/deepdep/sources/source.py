"""What a source of files says of itself: how they are told, described and read."""

import shlex
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from deepdep.domain.cohort import CohortPart
from deepdep.domain.notes import Notes
from deepdep.errors import DeepDEPError
from deepdep.sources.importing import ImportOptions, ImportRequest
from deepdep.sources.inspection.found import SeenTable


@dataclass(frozen=True)
class Command:
    """An import as a user types it; words in capitals are the user's to choose."""

    source: str
    path: Path | str
    options: Mapping[str, Path | str] = field(default_factory=dict)

    def __str__(self) -> str:
        options = (part for option in self.options.items() for part in option)
        words = ("deepdep", "import", self.source, self.path, *options, "--to", "DATA")
        return " ".join(shlex.quote(str(word)) for word in words)


@dataclass(frozen=True)
class Route:
    """A command that takes a file.

    Attributes
    ----------
    read
        Does what the command does with this one file, but writes nothing.
    says
        What holds of every such file.
    subject
        How notes name the file, where they do.
    alone
        Whether notes on other subjects are of no interest.
    """

    command: Command
    read: Callable[[ImportOptions, Notes], CohortPart]
    says: tuple[str, ...] = ()
    subject: str = ""
    alone: bool = False


@dataclass(frozen=True)
class Look:
    """What was seen in a file.

    Attributes
    ----------
    fits
        Omics that the values may be of, and ``gene_effect``, where nothing else tells.
    problem
        Why the file cannot be read, where no command was found that would say so.
    """

    tables: tuple[SeenTable, ...]
    fits: tuple[str, ...] = ()
    problem: str | None = None
    remarks: tuple[str, ...] = ()


@dataclass(frozen=True)
class Recognised:
    """A file whose name and header told what it is.

    Attributes
    ----------
    importer
        The word after ``deepdep import``; None for what no import reads.
    content
        None where only its values tell.
    look
        Describes the file as it is; BadFileError where there is nothing to describe.
    routes
        Commands that take it, the usual one first.
    content_of_values
        Tells the content of a file that all of them refuse; BadFileError where it cannot.
    """

    importer: str | None
    source: str | None
    content: str | None
    look: Callable[[], Look]
    routes: Callable[[Look], tuple[Route, ...]]
    release: str | None = None
    remarks: tuple[str, ...] = ()
    content_of_values: Callable[[], str] | None = None


def one_line(error: DeepDEPError) -> str:
    """Write an error as the line that a command ends with."""
    return " ".join(str(error).split())


@dataclass(frozen=True)
class Accepted:
    """A row of the table of what imports accept, made of the names and units that they go by.

    Attributes
    ----------
    accepts
        Names of files or of columns that tell the content.
    turns
        What its values are turned to, in units.
    leaves_out
        What of that content is left out or refused, and why.
    """

    content: str
    accepts: Sequence[str]
    turns: str = ""
    leaves_out: Sequence[str] = ()


@dataclass(frozen=True)
class FileSource:
    """Files of one origin.

    Attributes
    ----------
    name
        The word after ``deepdep import``; None for files that only help to read others.
    read
        What the import does.
    by_name, by_header
        Tell a file by its name and place, or by the names of its columns; None for another.
    takes
        Whether an import of a folder, the second, reads a file of this source in it.
    says_of
        What there is to say of the import of a folder.
    one_by_one
        Whether files are imported one by one, not as a folder.
    accepts
        What it accepts, refuses and turns.
    """

    name: str | None
    read: Callable[[ImportRequest, ImportOptions, Notes], CohortPart]
    by_name: Callable[[Path], Recognised | None] = lambda _: None
    by_header: Callable[[Path, Sequence[str]], Recognised | None] = lambda *_: None
    takes: Callable[[Path, Path], bool] = lambda file, folder: file.parent == folder
    says_of: Callable[[Path], Sequence[str]] = lambda _: ()
    one_by_one: bool = False
    accepts: Callable[[], Sequence[Accepted]] = lambda: ()
