"""What was found out about a file, in lines for a person to read."""

from collections import Counter
from collections.abc import Iterator, Sequence

from deepdep.domain.errors import shown
from deepdep.io.inspection.inspection import (
    Brought,
    FileFound,
    Inspection,
    Names,
    Plan,
    TableFacts,
    Values,
)
from deepdep.io.noted import counted

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
