"""A self-contained page: no script, no font, no image from elsewhere."""

from collections.abc import Sequence
from dataclasses import dataclass

from jinja2 import Environment, PackageLoader, StrictUndefined

from deepdep.domain.cohort import CohortIdentity
from deepdep.report.document import Section


@dataclass(frozen=True)
class Page:
    """What a page says, from its title to its last section."""

    title: str  # of the browser's tab
    heading: str
    lead: str  # one sentence below the heading
    sections: Sequence[Section]
    cohort: CohortIdentity | None = None  # that all of it is about
    code: str | None = None  # the commit that made it, in words

    @property
    def is_simulated(self) -> bool:
        """Whether nobody is behind its numbers."""
        return self.cohort is not None and self.cohort.simulated

    @property
    def origin(self) -> Sequence[tuple[str, str]]:
        """What it was made from, by what each is called; where it is not known, nothing."""
        if self.cohort is None:
            return ()
        digest = self.cohort.sha256
        cohort = self.cohort.name or "not named"
        facts = (
            ("Cohort", f"{cohort} (sha256 {digest[:12]})" if digest else cohort),
            ("Code", self.code),
        )
        return [(name, fact) for name, fact in facts if fact]


def render_page(page: Page) -> str:
    """Return a page as HTML; names are text, never markup."""
    return render_template("report.html.j2", page=page)


def render_template(name: str, **values: object) -> str:
    """Fill in a template of this room; what is filled in is text, never markup."""
    environment = Environment(
        loader=PackageLoader("deepdep.report"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    return environment.get_template(name).render(**values)
