"""Commands that take a file, and a trial of each: what it reads, without writing."""

import shlex
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from deepdep.domain.cohort import CohortPart, Samples
from deepdep.domain.genome import Assembly, beyond_chromosome
from deepdep.domain.notes import Count, Decision, Note, Notes, Size, UnitChange
from deepdep.domain.omics import Omic
from deepdep.errors import BadFileError, DeepDEPError
from deepdep.io.columns import Choice, Columns, header_of, read_columns
from deepdep.sources.feature_lists import Fills, apply_feature_lists
from deepdep.sources.inspection.found import Brought, Plan, TableFacts
from deepdep.sources.inspection.look import SeenTable, require_whole, values_of
from deepdep.sources.inspection.names import feature_names, sample_names
from deepdep.sources.inspection.references import GENE_EFFECT_CONTENT, GENE_SETS_CONTENT, References
from deepdep.sources.options import ImportOptions
from deepdep.sources.segments import (
    SegmentColumns,
    read_segment_rows,
    segment_columns,
    segment_layout,
)
from deepdep.sources.tcga.layouts import COMMENT, Layout


@dataclass(frozen=True)
class Route:
    """A command that takes a file.

    Attributes
    ----------
    read
        Does what the command does with this one file, but writes nothing.
    says
        What holds of every such file.
    """

    command: str
    read: Callable[[ImportOptions, Notes], CohortPart]
    says: tuple[str, ...] = ()


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
    told
        Tells the content of a file that all of them refuse; BadFileError where it cannot.
    """

    importer: str | None
    source: str | None
    content: str | None
    look: Callable[[], Look]
    routes: Callable[[Look], tuple[Route, ...]]
    release: str | None = None
    remarks: tuple[str, ...] = ()
    told: Callable[[], str] | None = None


@dataclass(frozen=True)
class Tried:
    """How a command took a file: a plan, or the line in which it refuses.

    Attributes
    ----------
    part
        What was read, before lists of features were applied.
    notes
        On how it was read.
    """

    plan: Plan
    part: CohortPart
    problem: str | None
    notes: tuple[Note, ...] = ()


def try_route(route: Route, references: References) -> Tried:
    """Read a file as a command does, with the tables and lists that the user gave."""
    part, notes = CohortPart(), Notes()
    try:
        part = route.read(references.import_options, notes)
        listed = _listed(part, references, notes)
    except DeepDEPError as error:
        plan = Plan(_with_options(route.command, part, references), False, (), route.says)
        return Tried(plan, part, one_line(error))
    brings = brought(listed)
    sizes = {size for each in (*brought(part), *brings) for size in _sizes(each)}
    says = [str(note) for note in notes if note.decision not in sizes]  # `brings` says them
    command = _with_options(route.command, part, references)
    return Tried(Plan(command, True, brings, (*route.says, *says)), part, None, tuple(notes))


def brought(part: CohortPart) -> tuple[Brought, ...]:
    """List what a part of a cohort holds."""
    brings = [*_of_samples("cell_lines", part.cell_lines), *_of_samples("tumors", part.tumors)]
    if part.gene_effect is not None:
        shape, kind = part.gene_effect.table.shape, str(part.gene_effect.kind)
        brings.append(Brought(GENE_EFFECT_CONTENT, GENE_EFFECT_CONTENT, *shape, kind))
    if part.gene_sets is not None:
        brings.append(
            Brought(GENE_SETS_CONTENT, GENE_SETS_CONTENT, None, len(part.gene_sets), None)
        )
    return tuple(brings)


def unit_in_file(of_table: Sequence[Brought], notes: Sequence[Note]) -> str | None:
    """Tell the unit before import changes it; None where there are several, or none."""
    changed = [n.decision.before for n in notes if isinstance(n.decision, UnitChange)]
    units = {brings.unit for brings in of_table if brings.unit is not None}
    return changed[0] if changed and units else units.pop() if len(units) == 1 else None


def one_line(error: DeepDEPError) -> str:
    """Write an error as the line that a command ends with."""
    return " ".join(str(error).split())


def _of_samples(part: str, samples: Samples | None) -> list[Brought]:
    if samples is None:
        return []
    return [
        Brought(
            part,
            name,
            *known.table.shape,
            known.unit,
            samples.assembly if known.omic is Omic.COPY_NUMBER else None,
        )
        for name, known in samples.tables.items()
    ]


def _sizes(brings: Brought) -> list[Decision]:
    """List how importers may note the size of what they bring."""
    if brings.n_samples is None:
        return [Count(brings.n_features, "gene set")]
    size = (brings.n_samples, brings.n_features, str(brings.unit))
    return [Size(*size), Size(*size, "cell line", "gene")]


def _listed(part: CohortPart, references: References, notes: Notes) -> CohortPart:
    """Keep the listed features, as import does; what else lists bring is not of this file."""
    if references.lists is None or _is_empty(part):
        return part
    of_features = replace(references.lists, gene_sets=None, genes_of_interest=None)
    genes = references.genes
    return apply_feature_lists(
        part, of_features, Fills.NONE, notes, allow_missing=False, genes=genes
    )


def _is_empty(part: CohortPart) -> bool:
    return all(value is None for value in vars(part).values())


def _with_options(command: str, part: CohortPart, references: References) -> str:
    """Add what the user gave to a command that brings samples or gene effects."""
    if _is_empty(part) or part.gene_sets is not None:
        return command
    options = {
        "--genes-table": references.options.genes_table,
        "--feature-lists": references.options.feature_lists,
    }
    given = [f"{name} {shlex.quote(str(path))}" for name, path in options.items() if path]
    return command.replace("--to DATA", " ".join([*given, "--to DATA"]))


ONE_SEGMENT_PER_ROW = "one segment per row"


def look_at_mutations(source: Path, sample: str, gene: str) -> Look:
    """Describe a table with one mutation per row by two of its columns."""
    read = _read(source, [sample, gene])
    if read is None:
        return _nothing_but(str(Layout.MUTATIONS))
    samples, genes = (list(read.texts[name].unique()) for name in (sample, gene))
    facts = TableFacts(
        orientation=str(Layout.MUTATIONS),
        n_rows=len(read.texts),
        samples=sample_names(samples),
        features=feature_names(genes),
    )
    return Look((SeenTable(facts, genes),))


def look_at_segments(source: Path, header: Sequence[str]) -> Look:
    """Describe a table of segments; its builds are those in which all of them have a place."""
    layout = segment_layout(header)
    columns = None if layout is None else segment_columns(header, layout)
    read = None if columns is None else _read_positions(source, [columns.sample], [columns.value])
    if read is None or columns is None:
        return _nothing_but(ONE_SEGMENT_PER_ROW)
    facts = TableFacts(
        orientation=ONE_SEGMENT_PER_ROW,
        n_rows=len(read.texts),
        samples=sample_names(list(read.texts.iloc[:, 0].unique())),
        values=values_of(read.numbers),
        assembly=_builds(source, columns),
    )
    return Look((SeenTable(facts),))


def look_at_samples(source: Path, column: str, orientation: str) -> Look:
    """Describe a table by the names of samples in one of its columns."""
    read = _read(source, [column])
    if read is None:
        return _nothing_but(orientation)
    samples = sample_names(list(read.texts[column].unique()))
    n_columns = len(header_of(source, COMMENT))
    facts = TableFacts(None, orientation, len(read.texts), n_columns, samples)
    return Look((SeenTable(facts),))


def look_at_names(source: Path, column: str, orientation: str) -> Look:
    """Describe a table by the names of features in one of its columns."""
    read = _read(source, [column])
    if read is None:
        return _nothing_but(orientation)
    names = list(read.texts[column])
    facts = TableFacts(orientation=orientation, n_rows=len(names), features=feature_names(names))
    return Look((SeenTable(facts, names),))


def _read(source: Path, names: Sequence[str]) -> Columns | None:
    """Read columns of text by name; None where the file lacks one or cannot be read."""
    header = header_of(source, COMMENT)
    if not set(names) <= set(header):
        return None
    return _read_positions(source, [header.index(name) for name in names], [])


def _read_positions(source: Path, texts: Sequence[int], numbers: Sequence[int]) -> Columns | None:
    try:
        return read_columns(source, lambda _: Choice(texts, numbers), comment=COMMENT)
    except BadFileError:
        require_whole(source)
        return None


def _nothing_but(orientation: str) -> Look:
    return Look((SeenTable(TableFacts(orientation=orientation)),))


def _builds(source: Path, columns: SegmentColumns) -> str | None:
    try:
        rows = read_segment_rows(source, columns, Notes())
    except BadFileError:
        return None
    fits = [build for build in Assembly if not beyond_chromosome(rows, build).any()]
    return " or ".join(fits) or None
