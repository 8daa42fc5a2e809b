"""One self-contained page that shows a run: results beside their baselines, and their limits."""

from collections.abc import Sequence
from dataclasses import dataclass

from deepdep.domain.cohort import CohortIdentity
from deepdep.report.document import Block, Folded, Picture, Section
from deepdep.report.page import Page, render_page
from deepdep.report.results import Results
from deepdep.report.sections.accuracy import accuracy_section
from deepdep.report.sections.codes import codes_section
from deepdep.report.sections.cohort import cohort_section
from deepdep.report.sections.dependencies import dependencies_section
from deepdep.report.sections.reading import reading_section
from deepdep.report.sections.summary import summary_section
from deepdep.report.sections.training import training_section
from deepdep.report.sections.tuning import tuning_section
from deepdep.settings import Settings


@dataclass(frozen=True)
class ReportSettings(Settings):
    """The ``report`` group of params.yaml."""

    n_dependencies: int  # genes listed per tumour and per lineage
    min_deviation: float  # SD below its mean at which a dependency counts as selective
    min_samples_per_lineage: int  # lineages with fewer are left out of the map
    n_neighbors: int  # nearest tumours that a line's lineage is compared with
    seed: int  # of the map of codes, which the stage predict draws


@dataclass(frozen=True)
class Report:
    """A page without any external resource, and its figures by name, as PNG."""

    html: str
    plots: dict[str, bytes]


def build_report(results: Results, settings: ReportSettings, code: str | None = None) -> Report:
    """Collect, draw and render; the same results and settings give the same bytes.

    ``code`` says in words which commit made them.
    """
    sections = [
        summary_section(results, min_samples=settings.min_samples_per_lineage),
        training_section(results),
        accuracy_section(results),
        codes_section(results, n_neighbors=settings.n_neighbors),
        dependencies_section(
            results,
            n=settings.n_dependencies,
            min_deviation=settings.min_deviation,
            min_samples=settings.min_samples_per_lineage,
        ),
        tuning_section(results),
        cohort_section(results),
        reading_section(results),
    ]
    pictures = _pictures([block for section in sections for block in section.blocks])
    judged = bool(results.metrics["models"])
    html = render(sections, results.cohort, code, judged=judged)
    return Report(html, {picture.name: picture.png for picture in pictures})


def render(
    sections: Sequence[Section],
    cohort: CohortIdentity | None = None,
    code: str | None = None,
    *,
    judged: bool = True,
) -> str:
    """Return the sections as HTML, with what they were made from."""
    lead = "A predictor of gene effects, pretrained on tumours, fine-tuned on cell lines"
    lead += ", judged on unseen patients." if judged else "."
    page = Page("DeepDEP report", "What tumours depend on", lead, sections, cohort, code)
    return render_page(page)


def _pictures(blocks: Sequence[Block]) -> list[Picture]:
    found: list[Picture] = []
    for block in blocks:
        if isinstance(block, Picture):
            found.append(block)
        elif isinstance(block, Folded):
            found += _pictures(block.blocks)
    return found
