"""Tables as DeepDEP's own preparation takes them: a column Gene or Probe, samples in columns."""

import shlex
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from deepdep.domain.cohort import CohortPart
from deepdep.domain.notes import Notes
from deepdep.sources.inspection.look import Axes, look_at_matrix
from deepdep.sources.inspection.references import GENE_EFFECT_CONTENT
from deepdep.sources.inspection.routes import (
    Look,
    Recognised,
    Route,
    look_at_names,
    look_at_segments,
)
from deepdep.sources.options import ImportOptions
from deepdep.sources.prep4deepdep.read import OMICS, read_prep4deepdep
from deepdep.sources.prep4deepdep.tables import GENE, PROBE, Content, find_tables

SOURCE = "Prep4DeepDEP"


# First columns of what it writes, and what that is.
WRITTEN = {
    "Bin": "copy_number in published bins",
    "GeneSet": "fingerprints of genes",
    "Dep_Score": "dependency scores of pairs",
    "GeneList": "genes without fingerprint",
}
OF_WRITTEN = {"GeneSet": "gene sets x genes", "Dep_Score": "one score per pair"}
NOT_READ = "written by Prep4DeepDEP for DeepDEP; import reads the tables that it was made from"


def recognise(source: Path, header: Sequence[str]) -> Recognised | None:
    """Tell a table with genes or probes in rows; None for another."""
    if header[0] in WRITTEN:
        return _written(source, header)
    if not {GENE, PROBE} & {*header}:
        return None
    label = header.index(PROBE if PROBE in header else GENE)
    samples = [i for i in range(len(header)) if i != label]
    axes = Axes(label, samples, features_in_rows=True)
    return Recognised(
        "prep4deepdep",
        SOURCE,
        None,
        look=lambda: Look((look_at_matrix(source, axes),)),
        routes=lambda _: (_route(source),),
        told=lambda: _told(source),
    )


def segments(source: Path, header: Sequence[str]) -> Recognised:
    """Segments of samples without barcodes."""
    return Recognised(
        "prep4deepdep",
        SOURCE,
        "copy_number",
        look=lambda: look_at_segments(source, header),
        routes=lambda _: (_route(source, "averaged over bins of 1 Mb, or of --bin-width"),),
    )


def genes_of_interest(source: Path) -> Recognised:
    """Take a column Gene alone for a list of genes."""
    return Recognised(
        "prep4deepdep",
        SOURCE,
        "genes of interest",
        look=lambda: look_at_names(source, GENE, "one gene per row"),
        routes=lambda _: (_route(source),),
    )


def _told(source: Path) -> str:
    (table,) = find_tables(source, Notes())
    is_effect = table.content is Content.DEPENDENCY
    return GENE_EFFECT_CONTENT if is_effect else str(OMICS[table.content])


def _written(source: Path, header: Sequence[str]) -> Recognised:
    axes = Axes(0, range(1, len(header)), features_in_rows=header[0] == "Bin")

    def look() -> Look:
        if len(header) == 1:
            return look_at_names(source, header[0], "one gene per row")
        seen = look_at_matrix(source, axes)
        of_samples = replace(seen.facts, samples=None, orientation=OF_WRITTEN.get(header[0]))
        return Look((seen if header[0] == "Bin" else replace(seen, facts=of_samples),))

    return Recognised(
        None, SOURCE, WRITTEN[header[0]], look, routes=lambda _: (), remarks=(NOT_READ,)
    )


def _route(source: Path, *says: str) -> Route:
    command = f"deepdep import prep4deepdep {shlex.quote(str(source))} --to DATA"

    def read(options: ImportOptions, notes: Notes) -> CohortPart:
        of_file = Notes()
        part = read_prep4deepdep(source, options, of_file)
        notes.extend(note.without(source.name) for note in of_file)
        return part

    return Route(command, read, says)
