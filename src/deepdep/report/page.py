"""A self-contained page: no script, no font, no image from elsewhere."""

from collections.abc import Sequence
from dataclasses import dataclass

from jinja2 import Environment, PackageLoader, StrictUndefined

from deepdep.report.document import Section


@dataclass(frozen=True)
class Page:
    """What a page says, from its title to its last section."""

    title: str  # of the browser's tab
    heading: str
    lead: str  # one sentence below the heading
    sections: Sequence[Section]


def render_page(page: Page) -> str:
    """Return a page as HTML; names are text, never markup."""
    environment = Environment(
        loader=PackageLoader("deepdep.report"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    return environment.get_template("report.html.j2").render(page=page)
