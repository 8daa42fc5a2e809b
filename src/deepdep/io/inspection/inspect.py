"""Look at a file, try the commands that take it, and say what was found."""

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from deepdep.domain.errors import BadFileError
from deepdep.io.inspection.folder import inspect_folder
from deepdep.io.inspection.inspection import Inspection, TableFacts
from deepdep.io.inspection.look import SeenTable
from deepdep.io.inspection.matching import known_genes, wanted_features
from deepdep.io.inspection.options import InspectOptions, References, read_references
from deepdep.io.inspection.recognise import recognise
from deepdep.io.inspection.routes import (
    Look,
    Recognised,
    Tried,
    brought,
    try_route,
    unit_in_file,
)

UNKNOWN = "not known"
NO_FIT = "its values are of no omic and no gene effects that import reads"
STRANGE = "import knows neither its name nor its columns"


def inspect_file(path: Path, options: InspectOptions) -> Inspection:
    """Tell what a file, or a folder, is and what import would do with it.

    A file is read as it is, and then as each command would that takes it: what they say of it,
    plans and problems, are their own words. A BadFileError is raised only where nothing can be
    said: no such file, a web page, a damaged gzip file.
    """
    if not path.exists():
        raise BadFileError(path, "there is no such file or folder", "Check the path")
    if path.is_dir():
        return inspect_folder(path)
    references = read_references(options)
    known = recognise(path)
    look = known.look()
    tried = [try_route(route, references) for route in known.routes(look)]
    taken = _taken(tried)
    return Inspection(
        file=str(path),
        source=known.source,
        release=_release(known, taken),
        content=_content(known, look, taken),
        tables=tuple(_completed(seen, taken, references, path) for seen in look.tables),
        plans=tuple(attempt.plan for attempt in taken),
        remarks=_remarks(known, look),
        problems=_problems(look, taken),
    )


def _taken(tried: Sequence[Tried]) -> list[Tried]:
    """Leave out commands that refuse the file where another takes it."""
    willing = [attempt for attempt in tried if attempt.problem is None]
    return willing or list(tried)


def _release(known: Recognised, taken: Sequence[Tried]) -> str | None:
    """Take what import will store of it, where that says more than the header did."""
    samples = [attempt.part.cell_lines or attempt.part.tumors for attempt in taken]
    stored = next((of.release for of in samples if of is not None and of.release), None)
    says_more = stored is not None and stored.startswith(known.source or "")
    return stored if says_more else known.release or stored


def _content(known: Recognised, look: Look, taken: Sequence[Tried]) -> str:
    if known.content is not None:
        return known.content
    read = [brings.content for attempt in taken for brings in brought(attempt.part)]
    return " or ".join(dict.fromkeys(read or look.fits)) or _told(known)


def _told(known: Recognised) -> str:
    try:
        return UNKNOWN if known.told is None else known.told()
    except BadFileError:
        return UNKNOWN


def _remarks(known: Recognised, look: Look) -> tuple[str, ...]:
    no_fit = known.content is None and known.importer == "tables" and not look.fits
    more = (NO_FIT if look.problem is None else STRANGE,) if no_fit else ()
    return (*known.remarks, *look.remarks, *more)


def _problems(look: Look, taken: Sequence[Tried]) -> tuple[str, ...]:
    said = [attempt.problem for attempt in taken if attempt.problem is not None]
    alone = [look.problem] if look.problem is not None and not taken else []
    return tuple(dict.fromkeys([*said, *alone]))


def _completed(
    seen: SeenTable, taken: Sequence[Tried], references: References, path: Path
) -> TableFacts:
    """Add to what was seen of a table what the first command that takes it tells."""
    facts = seen.facts
    matched = known_genes(seen, references, path)
    if not taken:
        return replace(facts, matched=matched)
    part, read = taken[0].part, brought(taken[0].part)
    content = facts.name or next((brings.content for brings in read), None)
    of_table = [brings for brings in read if brings.content == content]
    assemblies = [brings.assembly for brings in of_table if brings.assembly]
    one_reading = facts.values is not None and len(taken) == 1
    told = unit_in_file(of_table, taken[0].plan.says) if one_reading else None
    return replace(
        facts,
        unit=facts.unit or told,
        assembly=assemblies[0] if assemblies else facts.assembly,
        matched=(*matched, *wanted_features(part, content, references)),
    )
