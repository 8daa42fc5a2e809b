"""Copy-number segments of TCGA's tumours, averaged over bins."""

from collections.abc import Sequence
from pathlib import Path

import pandas as pd

from deepdep.domain.errors import BadFileError, shown
from deepdep.domain.genome import Assembly
from deepdep.domain.omics import DEFAULT_UNITS, Omic
from deepdep.domain.segments import bin_segments
from deepdep.io.barcodes import is_barcode, require_one_length, with_hyphens
from deepdep.io.import_options import ImportOptions
from deepdep.io.noted import Noted, about
from deepdep.io.segments import read_segments
from deepdep.io.sources.tcga.names import assembly_of_name
from deepdep.io.sources.tcga.sample_sheet import SampleSheet
from deepdep.io.sources.tcga.tumor_table import TumorTable


def read_binned_segments(
    sources: Sequence[Path], sheet: SampleSheet, options: ImportOptions
) -> Noted[TumorTable]:
    """Read log2(CN/2) in bins from files of segments, all on one genome build.

    The build is told by the options, the file's name, its columns or its places. A file whose
    samples have no barcodes is of the sample that the GDC's sample sheet says.
    """
    tables: list[pd.DataFrame] = []
    notes: list[str] = []
    builds: dict[Assembly, Path] = {}
    for source in sources:
        segments = read_segments(source, _assembly(source, options))
        build = segments.value.assembly
        builds.setdefault(build, source)
        if len(builds) > 1:
            first = next(iter(builds.values()))
            raise BadFileError(source, f"is on {build}, not as {first.name}", "Keep one build")
        binned = bin_segments(segments.value, options.bins_on(build, source))
        names = _barcodes(binned.index, sheet, source)
        tables.append(binned.set_axis(pd.Index(names.value, dtype=object)))
        notes += about(source.name, (*segments.notes, *names.notes))
    table = tables[0] if len(tables) == 1 else pd.concat(tables)
    source = sources[0] if len(sources) == 1 else sources[0].parent
    twice = table.index[table.index.duplicated()]
    if len(twice):
        raise BadFileError(source, f"sample {twice[0]!r} is in two files", "Keep one of them")
    return Noted(
        TumorTable(
            omic=Omic.COPY_NUMBER,
            values=table,
            source=source,
            release="segments",
            unit=DEFAULT_UNITS[Omic.COPY_NUMBER],
            assembly=next(iter(builds)),
        ),
        tuple(notes),
    )


def _assembly(source: Path, options: ImportOptions) -> Assembly | None:
    named = assembly_of_name(source.name)
    if named and options.assembly and named is not options.assembly:
        raise BadFileError(
            source,
            f"its name says {named}, and --assembly {options.assembly}",
            "Leave --assembly out, or rename the file",
        )
    return options.assembly or named


def _barcodes(names: pd.Index, sheet: SampleSheet, source: Path) -> Noted[list[str]]:
    if source.name in sheet and len(names) == 1 and not is_barcode(names[0]):
        return Noted([sheet[source.name]])
    strangers = [name for name in names if not is_barcode(name)]
    if strangers:
        raise BadFileError(
            source,
            f"{shown(strangers)} is no TCGA barcode",
            "Name samples by barcode, or put the GDC's sample sheet into the folder",
        )
    samples = with_hyphens(list(names))
    require_one_length(samples.value, source, "sample")
    return samples
