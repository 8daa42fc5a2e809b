"""Data Docs: what validation looked at, table by table, on one page that opens offline.

Great Expectations' own pages load styles and scripts from elsewhere and carry run ids and times;
this one is the same for the same cohort.
"""

from collections.abc import Sequence

from deepdep.domain.cohort import CELL_LINES, GENE_EFFECT, GENE_SETS, TUMORS
from deepdep.report.document import (
    ABSENT,
    MINUS,
    Block,
    Cell,
    Column,
    Facts,
    Mark,
    Picture,
    Prose,
    Row,
    Section,
    Table,
    Verdict,
    Verdicts,
    number,
    percent,
    plural,
)
from deepdep.report.page import Page, render_page
from deepdep.report.plots.sources import source_distributions
from deepdep.report.plots.style import to_png
from deepdep.validation import Check, Severity, SourceComparison, TableFacts, ValidationResult

TITLES = {
    GENE_EFFECT: "Gene effects",
    GENE_SETS: "Gene sets",
    CELL_LINES: "All cell lines",
    TUMORS: "All tumours",
}
SMALL_SHARE = 0.0005  # rounds to nothing

LEAD = (
    "What was checked before anything was learned, what was found, and what to do about it. "
    "Features are named where they matter; samples never are."
)


def data_docs(result: ValidationResult, code: str | None = None) -> str:
    """Return a validation as HTML; the same result gives the same text.

    ``code`` says in words which commit made it.
    """
    by_table: dict[str, list[Check]] = {}
    for check in result.checks:
        by_table.setdefault(check.table, []).append(check)
    sections = [_overview(result, by_table), *_sources(result.comparisons)]
    sections += [_of_table(table, checks) for table, checks in by_table.items()]
    return render_page(
        Page(
            "DeepDEP data docs",
            "Is the cohort fit to learn from?",
            LEAD,
            sections,
            result.cohort,
            code,
        )
    )


def _overview(result: ValidationResult, by_table: dict[str, list[Check]]) -> Section:
    n_checks, n_failed, n_notes = result.counts.values()
    if result.success:
        verdict = Verdict("better", "Yes: every check that the pipeline would stop for passed.")
    else:
        verdict = Verdict(
            "worse", f"No: the pipeline stops, as {plural(n_failed, 'check')} failed."
        )
    blocks: list[Block] = [
        Verdicts([verdict]),
        Facts(
            (
                (f"{n_checks:,}", "checks", "one per table and question"),
                (f"{n_failed:,}", "failed", "the pipeline stops for these"),
                (f"{n_notes:,}", "noted", "worth knowing; the pipeline goes on"),
            )
        ),
    ]
    if result.failed:
        blocks.append(_told("What must be put right", result.failed))
    blocks.append(_tables(result.tables, by_table))
    if result.notes:
        blocks.append(_told("What is worth knowing", result.notes))
    return Section("overview", "At a glance", blocks)


def _told(title: str, checks: Sequence[Check]) -> Table:
    rows = [
        Row([_mark(check), _title(check.table), _sentence(check), f"{check.remedy}."])
        for check in checks
    ]
    columns = (Column(""), Column("table"), Column("what was found"), Column("what to do"))
    return Table(title, columns, rows)


def _tables(tables: Sequence[TableFacts], by_table: dict[str, list[Check]]) -> Table:
    stated = any(facts.release or facts.assembly for facts in tables)
    rows = []
    for facts in tables:
        cells: list[Cell] = [
            _worst(by_table[facts.table]),
            _title(facts.table),
            f"{facts.n_samples:,}",
            f"{facts.n_features:,}",
            facts.unit,
            _share(facts.missing_share),
            f"{facts.n_constant:,}",
            f"{facts.n_repeated:,}",
        ]
        if stated:
            cells.append(", ".join(filter(None, (facts.assembly, facts.release))) or ABSENT)
        rows.append(Row(cells))
    columns = [
        Column(""),
        Column("table", "name"),
        Column("samples", "number"),
        Column("features", "number"),
        Column("unit", "name"),
        Column("missing", "number", "share of all values"),
        Column("constant", "number", "features with one value in all samples"),
        Column("repeated", "number", "features with the values of another one in all samples"),
    ]
    if stated:
        columns.append(Column("assembly and release"))
    return Table("Tables of numbers", columns, rows)


def _sources(comparisons: Sequence[SourceComparison]) -> list[Section]:
    if not comparisons:
        return []
    rows = [
        Row(
            [
                str(compared.omic).replace("_", " "),
                compared.unit,
                f"{compared.n_shared:,}",
                number(compared.mean_r, 2),
                number(compared.mean_shift, 2, sign=True),
                percent(compared.shifted_share),
            ]
        )
        for compared in comparisons
    ]
    columns = (
        Column("omic", "name"),
        Column("compared in"),
        Column("shared features", "number"),
        Column("r", "number", "of the tumours' with the cell lines' feature means"),
        Column("shift", "number", "tumours minus cell lines, overall means, in SD of all values"),
        Column("shifted features", "number", "whose two means lie many SD apart"),
    )
    picture = Picture(
        name="sources",
        png=to_png(source_distributions(comparisons)),
        title="Means of the shared features, in cell lines and in tumours",
        caption="Where the two outlines lie apart, the tables differ in unit or assay, or biology.",
        alt="Per omic, the distribution of feature means in cell lines and in tumours.",
    )
    return [Section("sources", "Tumours against cell lines", [picture, Table("", columns, rows)])]


def _of_table(table: str, checks: Sequence[Check]) -> Section:
    rows = [
        Row(
            [
                _mark(check),
                check.title,
                _found(check),
                check.limit.replace(" -", f" {MINUS}"),
                _concerned(check),
            ]
        )
        for check in checks
    ]
    columns = (
        Column(""),
        Column("what was looked at"),
        Column("found", "number", "where several, the one nearest to the limit or beyond it"),
        Column("expected"),
        Column("which, and what to do"),
    )
    anchor = table.replace(".", "-").replace("/", "-")
    return Section(anchor, _title(table), [Prose(_counted(checks)), Table("", columns, rows)])


def _counted(checks: Sequence[Check]) -> str:
    marks = [_mark(check).outcome for check in checks]
    n_failed, n_noted = marks.count("failed"), marks.count("noted")
    return f"{checks[0].table}: {plural(len(checks), 'check')}, {n_failed} failed, {n_noted} noted."


def _mark(check: Check) -> Mark:
    if check.success:
        return Mark("passed", "passed")
    return Mark("failed", "failed") if check.severity is Severity.ERROR else Mark("noted", "noted")


def _worst(checks: Sequence[Check]) -> Mark:
    marks = {mark.outcome: mark for mark in map(_mark, checks)}
    return next(marks[outcome] for outcome in ("failed", "noted", "passed") if outcome in marks)


def _title(table: str) -> str:
    """Return ``cell_lines.h5mu/copy_number`` as ``Cell lines: copy number``."""
    file, _, omic = table.partition("/")
    whole = TITLES[file]
    return f"{whole.removeprefix('All ').capitalize()}: {omic.replace('_', ' ')}" if omic else whole


def _sentence(check: Check) -> str:
    problem = str(check.problem)
    return f"{problem[:1].upper()}{problem[1:]}, expected {check.limit}."


def _found(check: Check) -> str:
    """Return a number, or whether what was looked at is so."""
    if check.is_question:
        return "yes" if check.success else "no"
    if check.observed is None:
        return ABSENT
    digits = ",.0f" if check.observed == int(check.observed) else ",.3g"
    return format(check.observed, digits).replace("-", MINUS)


def _concerned(check: Check) -> str:
    if check.success:
        return ""
    if not check.examples:
        return f"{check.problem}. {check.remedy}."
    rest = (check.n_failing or 0) - len(check.examples)
    others = f" and {rest:,} more" if rest > 0 else ""
    return f"{', '.join(check.examples)}{others}. {check.remedy}."


def _share(share: float) -> str:
    if 0 < share < SMALL_SHARE:
        return f"< {100 * SMALL_SHARE:g} %"
    return f"{number(100 * share, 1)} %"
