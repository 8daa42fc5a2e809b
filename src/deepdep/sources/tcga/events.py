"""Mutations and copy-number segments of TCGA's tumours, one per row."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import pandas as pd

from deepdep.domain.genome import Assembly
from deepdep.domain.identifiers import NO_NAMES, GeneTable
from deepdep.domain.mutations import is_nonsilent, mutation_table, unknown_consequences
from deepdep.domain.notes import Notes, counted
from deepdep.domain.omics import DEFAULT_UNITS, Omic
from deepdep.errors import BadFileError, shown
from deepdep.io.columns import Choice, read_columns
from deepdep.sources.barcodes import is_barcode, require_one_length, with_hyphens
from deepdep.sources.gene_names import current_symbols
from deepdep.sources.importing import ImportOptions
from deepdep.sources.segments import read_segments
from deepdep.sources.tcga.layouts import COMMENT, Layout, mutation_columns
from deepdep.sources.tcga.tumors import SampleSheet, TumorTable

NAME_BY_BARCODE = "Name samples by barcode, or put the GDC's sample sheet into the folder"

_ASSEMBLY = {
    Assembly.HG19: re.compile(r"hg19|grch37", re.IGNORECASE),
    Assembly.HG38: re.compile(r"hg38|grch38", re.IGNORECASE),
}

NO_GENE = NO_NAMES | {"unknown", "."}  # between genes


@dataclass(frozen=True)
class _Mutations:
    """Who was sequenced, and non-silent mutations: columns ``sample`` and ``gene``."""

    n_rows: int
    samples: list[str]
    nonsilent: pd.DataFrame


def read_mutations(sources: Sequence[Path], genes: GeneTable, notes: Notes) -> TumorTable:
    """Read 1 for each gene with a non-silent mutation in a sample, 0 for the others.

    Features are the genes mutated in any sample; a sample that has only silent mutations is a row
    of zeros. What is non-silent, ``domain.mutations`` says. A sample in two files is a
    BadFileError.
    """
    read = {source: _read(source, notes.about(source.name)) for source in sources}
    seen: dict[str, Path] = {}
    for source, of_file in read.items():
        for sample in of_file.samples:
            if seen.setdefault(sample, source) != source:
                raise BadFileError(
                    source,
                    f"is in {seen[sample].name} too",
                    "Keep the mutations of one caller and one version",
                    where=f"sample {sample!r}",
                )
    nonsilent = pd.concat([of_file.nonsilent for of_file in read.values()])
    source = sources[0] if len(sources) == 1 else sources[0].parent.parent
    label = source.name if len(sources) == 1 else f"{len(sources):,} files of mutations"
    if nonsilent.empty:
        raise BadFileError(source, "has no non-silent mutation in a gene", "Bring another file")
    of_all = notes.about(label)
    size = of_all.about(Layout.MUTATIONS)
    labels = sorted(set(nonsilent["gene"]))
    symbols = dict(zip(labels, current_symbols(labels, genes, source, of_all), strict=True))
    named = nonsilent.assign(gene=nonsilent["gene"].map(symbols))
    table = mutation_table(sorted(seen), named[named["gene"] != ""])
    n_rows = sum(of_file.n_rows for of_file in read.values())
    n_genes = counted(table.shape[1], "gene")
    size.add(f"{counted(n_rows, 'mutation')}, non-silent in {n_genes}")
    return TumorTable(omic=Omic.MUTATION, values=table, source=source, release="MAF")


def _read(source: Path, notes: Notes) -> _Mutations:
    def choose(header: list[str]) -> Choice:
        columns = mutation_columns(header)
        if columns is None:
            raise BadFileError(source, "has no known columns of mutations", "Bring a MAF file")
        names = (columns.sample, columns.gene, columns.consequence)
        return Choice([header.index(name) for name in names], [])

    rows = read_columns(source, choose, comment=COMMENT).texts
    rows = rows.set_axis(["sample", "gene", "consequence"], axis=1)
    given = sorted(set(rows["sample"]))
    of_none = notes.place()
    where = "column of the samples"
    samples = _barcodes(given, source, "Name the samples by barcode", notes, where)
    kinds = list(rows["consequence"].unique())
    is_changing = rows["consequence"].map({kind: is_nonsilent(kind) for kind in kinds})
    nonsilent = rows[is_changing.astype(bool)]
    no_gene = nonsilent["gene"].str.lower().isin(NO_GENE)
    of_genes = nonsilent.loc[~no_gene, ["sample", "gene"]].drop_duplicates()
    renamed = dict(zip(given, samples, strict=True))
    of_genes = of_genes.assign(sample=of_genes["sample"].map(renamed))
    of_none.count(int(no_gene.sum()), "mutation", "of no gene left out")
    unknown = unknown_consequences(kinds)
    if unknown and all(unknown_consequences([kind]) for kind in kinds):
        raise BadFileError(
            source,
            f"names no known consequence, but {shown(unknown)}",
            "Bring a MAF file, or terms of the Sequence Ontology",
        )
    notes.count(len(unknown), "consequence", "not known, taken as silent", unknown)
    return _Mutations(len(rows), samples, of_genes)


def _barcodes(
    given: Sequence[str], source: Path, remedy: str, notes: Notes, where: str = ""
) -> list[str]:
    others = [name for name in given if not is_barcode(name)]
    if others:
        raise BadFileError(source, f"{shown(others)} is no TCGA barcode", remedy, where=where)
    samples = with_hyphens(given, notes)
    require_one_length(samples, source, "sample")
    return samples


def read_binned_segments(
    sources: Sequence[Path], sheet: SampleSheet, options: ImportOptions, notes: Notes
) -> TumorTable:
    """Read log2(CN/2) in bins from files of segments, all on one genome build.

    The build is told by the options, the file's name, its columns or its places. A file whose
    samples have no barcodes is of the sample that the GDC's sample sheet says.
    """
    tables: list[pd.DataFrame] = []
    builds: dict[Assembly, Path] = {}
    for source in sources:
        of_file = notes.about(source.name)
        segments = read_segments(source, _assembly(source, options), of_file)
        build = segments.assembly
        builds.setdefault(build, source)
        if len(builds) > 1:
            first = next(iter(builds.values()))
            raise BadFileError(source, f"is on {build}, not as {first.name}", "Keep one build")
        binned = segments.binned(options.bins_on(build, source))
        names = list(binned.index)
        if source.name in sheet and len(names) == 1 and not is_barcode(names[0]):
            names = [sheet[source.name]]
        else:
            names = _barcodes(names, source, NAME_BY_BARCODE, of_file)
        tables.append(binned.set_axis(pd.Index(names, dtype=object)))
    table = tables[0] if len(tables) == 1 else pd.concat(tables)
    source = sources[0] if len(sources) == 1 else sources[0].parent
    twice = table.index[table.index.duplicated()]
    if len(twice):
        raise BadFileError(source, f"sample {twice[0]!r} is in two files", "Keep one of them")
    return TumorTable(
        omic=Omic.COPY_NUMBER,
        values=table,
        source=source,
        release="segments",
        unit=DEFAULT_UNITS[Omic.COPY_NUMBER],
        assembly=next(iter(builds)),
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


def assembly_of_name(name: str) -> Assembly | None:
    """Genome build in names such as ``data_cna_hg19.seg``."""
    return next((build for build, part in _ASSEMBLY.items() if part.search(name)), None)
