"""What each import accepts, refuses and turns, as a page for people.

Apart from ``inspect``, which looks at files: this asks the sources, and no file is there.
``python -m deepdep.sources.accepted docs/data.md`` writes it into the page.
"""

import sys
from collections.abc import Iterable, Sequence
from pathlib import Path

from deepdep.domain.omics import UNITS, Omic
from deepdep.io.tables import TABLE_SUFFIXES
from deepdep.io.text import IMPOSTORS
from deepdep.sources import sources
from deepdep.sources.units import TURNED, UNUSABLE_EXPRESSION, units_of

BEGIN = "<!-- made by python -m deepdep.sources.accepted: do not edit -->"
END = "<!-- end of what is made -->"


def accepted_page() -> str:
    """Return Markdown: tables of contents by import, of units, and of what is no table at all."""
    contents = [
        (f"`{source.name}`", row.content, _code(row.accepts), row.turns, "; ".join(row.leaves_out))
        for source in sources()
        if source.name is not None
        for row in source.accepts()
    ]
    units = [(str(omic), *_units(omic)) for omic in Omic]
    impostors = dict.fromkeys((what.removeprefix("is "), remedy) for _, what, remedy in IMPOSTORS)
    tables = (
        _table(
            ("import", "content", "files or columns", "becomes", "left out or refused"), contents
        ),
        _table(("omic", "units that are stored", "units that `--unit` turns", "refused"), units),
        _table(("in place of a table", "what to do"), impostors),
    )
    return "\n\n".join((BEGIN, f"A table is any of {_code(TABLE_SUFFIXES)}.", *tables, END))


def with_accepted(page: str) -> str:
    """Return a page in which what stands between the two marks is made anew."""
    before, _, rest = page.partition(BEGIN)
    return before + accepted_page() + rest.partition(END)[2]


def _units(omic: Omic) -> tuple[str, str, str]:
    stored = [unit for unit in units_of(omic) if unit in UNITS]
    turned = [f"`{unit}` to `{becomes}`" for unit, becomes in TURNED.items() if becomes in stored]
    refused = ", ".join(UNUSABLE_EXPRESSION) if omic is Omic.EXPRESSION else ""
    ranges = [f"`{u}` ({UNITS[u].minimum:g} to {UNITS[u].maximum:g})" for u in stored]
    return ", ".join(ranges), ", ".join(turned), refused


def _code(names: Iterable[str]) -> str:
    return ", ".join(f"`{name}`" for name in names)


def _table(header: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    lines = (header, ["---"] * len(header), *rows)
    return "\n".join(f"| {' | '.join(cells)} |" for cells in lines)


if __name__ == "__main__":
    page = Path(sys.argv[1])
    page.write_text(with_accepted(page.read_text(encoding="utf-8")), encoding="utf-8")
