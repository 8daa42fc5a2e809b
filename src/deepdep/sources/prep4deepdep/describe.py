"""Tables as DeepDEP's own preparation takes them: a column Gene or Probe, samples in columns."""

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from deepdep.domain.cohort import CohortPart
from deepdep.domain.notes import Notes
from deepdep.sources.importing import ImportOptions
from deepdep.sources.inspection.found import GENE_EFFECT_CONTENT
from deepdep.sources.inspection.look import Axes, look_at_matrix, look_at_names, look_at_segments
from deepdep.sources.prep4deepdep.read import OMICS, read_prep4deepdep
from deepdep.sources.prep4deepdep.tables import GENE, PROBE, Content, find_tables
from deepdep.sources.segments import segment_layout
from deepdep.sources.source import Command, FileSource, Look, Recognised, Route

ORIGIN = "Prep4DeepDEP"

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
    """Tell a table with genes or probes in rows, or segments; None for another."""
    if segment_layout(header) is not None:
        return Recognised(
            "prep4deepdep",
            ORIGIN,
            "copy_number",
            look=lambda: look_at_segments(source, header),
            routes=lambda _: (_route(source, "averaged over bins of 1 Mb, or of --bin-width"),),
        )
    if list(header) == [GENE]:
        return Recognised(
            "prep4deepdep",
            ORIGIN,
            "genes of interest",
            look=lambda: look_at_names(source, GENE, "one gene per row"),
            routes=lambda _: (_route(source),),
        )
    if header[0] in WRITTEN:
        return _written(source, header)
    if not {GENE, PROBE} & {*header}:
        return None
    label = header.index(PROBE if PROBE in header else GENE)
    samples = [i for i in range(len(header)) if i != label]
    axes = Axes(label, samples, features_in_rows=True)
    return Recognised(
        "prep4deepdep",
        ORIGIN,
        None,
        look=lambda: Look((look_at_matrix(source, axes),)),
        routes=lambda _: (_route(source),),
        content_of_values=lambda: _content_of_values(source),
    )


PREP4DEEPDEP = FileSource(
    "prep4deepdep",
    read=lambda request, *to: read_prep4deepdep(request.path, *to),
    by_header=recognise,
)


def _content_of_values(source: Path) -> str:
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
        None, ORIGIN, WRITTEN[header[0]], look, routes=lambda _: (), remarks=(NOT_READ,)
    )


def _route(source: Path, *says: str) -> Route:
    def read(options: ImportOptions, notes: Notes) -> CohortPart:
        of_file = Notes()
        part = read_prep4deepdep(source, options, of_file)
        notes.extend(note.without(source.name) for note in of_file)
        return part

    return Route(Command("prep4deepdep", source), read, says)
