"""What was measured of whom."""

import pandas as pd

from deepdep.data.prepared import Prepared
from deepdep.report.document import (
    Bar,
    Block,
    Cell,
    Column,
    Folded,
    Link,
    Note,
    Row,
    Section,
    Table,
    plural,
)
from deepdep.report.results import Results

DATA_DOCS = "data_docs/index.html"  # from the folder of the report


def cohort_section(results: Results) -> Section:
    """Count samples per omic, and per lineage."""
    prepared = results.prepared
    blocks: list[Block] = [_omics(prepared), Folded("Samples by lineage", [_lineages(prepared)])]
    if prepared.genes_without_fingerprint:
        n_without = len(prepared.genes_without_fingerprint)
        blocks.append(
            Note(
                "Left out, because the predictor knows a gene by its sets: "
                f"{plural(n_without, 'screened gene')} in no gene set."
            )
        )
    blocks += [Note(f"Validation noted: {note}") for note in results.validation_notes]
    checks = "Every check of the cohort's tables, and what came of it"
    blocks.append(Link(checks, results.pages + DATA_DOCS))
    return Section("cohort", "Omics available", blocks)


def _omics(prepared: Prepared) -> Table:
    labelled = prepared.splits.index
    rows = []
    for omic, tables in prepared.omics.items():
        lines = _measured(tables.cell_lines)
        n_tumors = 0 if tables.tumors is None else len(_measured(tables.tumors))
        cells: list[Cell] = [
            omic.replace("_", " "),
            f"{tables.cell_lines.shape[1]:,}",
            _bar(n_tumors, len(prepared.tumors)),
            _bar(len(lines), len(prepared.cell_lines)),
            _bar(len(lines.intersection(labelled)), len(labelled)),
        ]
        rows.append(Row(cells))
    return Table(
        title="Samples that have each omic",
        columns=(
            Column("omic"),
            Column("features", "number", "chosen for training"),
            Column("tumours"),
            Column("cell lines"),
            Column("screened cell lines"),
        ),
        rows=rows,
        caption=(
            "A sample may lack omics; the predictor reads those it has. An omic without tumours "
            "learned from training lines, or started untrained."
        ),
    )


def _measured(table: pd.DataFrame) -> pd.Index:
    return table.index[table.notna().any(axis=1)]


def _bar(count: int, of: int) -> Bar:
    return Bar(f"{count:,} of {of:,}", count / of if of else 0.0)


def _lineages(prepared: Prepared) -> Table:
    of_lines = prepared.cell_lines["lineage"].value_counts()
    of_tumors = prepared.tumors["lineage"].value_counts()
    parts = pd.crosstab(prepared.splits["lineage"], prepared.splits["split"])
    rows = [
        Row(
            [
                str(lineage),
                f"{of_tumors.get(lineage, 0):,}",
                f"{of_lines.get(lineage, 0):,}",
                *(
                    f"{parts[part].get(lineage, 0) if part in parts else 0:,}"
                    for part in ("train", "validation", "test")
                ),
            ]
        )
        for lineage in sorted(of_lines.index.union(of_tumors.index))
    ]
    titles = ("tumours", "cell lines", "train", "validation", "test")
    return Table(
        title="",
        columns=(Column("lineage"), *(Column(title, "number") for title in titles)),
        rows=rows,
        caption="Train, validation and test count screened lines; patients are never split.",
    )
