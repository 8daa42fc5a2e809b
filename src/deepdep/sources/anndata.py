"""AnnData and MuData files that others made: samples of any omics, or gene effects."""

from dataclasses import replace
from pathlib import Path

import numpy as np
from anndata import AnnData

from deepdep.domain.cohort import CohortPart, Samples, Source
from deepdep.domain.gene_effect import GeneEffectKind
from deepdep.domain.identifiers import NO_GENE_TABLE, GeneTable
from deepdep.domain.notes import Count, Notes, Size
from deepdep.domain.omics import Omic, table_omic
from deepdep.errors import BadFileError
from deepdep.io.containers import read_gene_effect, read_mudata
from deepdep.io.files import entries_but_litter, require_path
from deepdep.io.hdf5 import refuse_damaged
from deepdep.io.matrices import read_anndata, to_checked_frame
from deepdep.sources.gene_effects import check_effects
from deepdep.sources.gene_names import by_symbol
from deepdep.sources.inspection.contents import are_in_rows, feature_names, sample_names
from deepdep.sources.inspection.found import SeenTable, TableFacts
from deepdep.sources.inspection.look import SAMPLES_IN_ROWS, values_of
from deepdep.sources.samples import read_samples
from deepdep.sources.source import Accepted, Command, FileSource, Look, Recognised, Route
from deepdep.sources.units import NO_UNITS, StatedUnits, without_empty

SUFFIXES = (".h5mu", ".h5ad")
FORMATS = {".h5mu": "MuData", ".h5ad": "AnnData"}


def read_containers(
    path: Path, notes: Notes, genes: GeneTable = NO_GENE_TABLE, units: StatedUnits = NO_UNITS
) -> CohortPart:
    """Read one ``.h5mu`` or ``.h5ad``, or a folder of them.

    An ``.h5ad`` with ``uns["kind"]`` holds gene effects, one with ``uns["omic"]`` that omic.
    ``obs["source"]`` tells tumours from cell lines; where it is absent, TCGA barcodes do.
    """
    require_path(path)
    files = entries_but_litter(path) if path.is_dir() else [path]
    found = [file for file in files if file.suffix in SUFFIXES]
    if not found:
        raise BadFileError(path, "is no .h5ad or .h5mu, and holds none", "Bring such a file")
    part = CohortPart()
    for file in found:
        for name, value in vars(_read(file, notes, genes, units)).items():
            if value is None:
                continue
            if getattr(part, name) is not None:
                raise BadFileError(file, f"brings {name} a second time", "Import one file of them")
            part = replace(part, **{name: value})
    return part


def recognise(source: Path) -> Recognised | None:
    """Tell a container by its name."""
    if source.suffix not in SUFFIXES:
        return None
    route = Route(
        Command("anndata", source),
        read=lambda options, notes: read_containers(source, notes, options.genes, options.units),
        subject=source.name,
    )
    return Recognised(
        "anndata",
        FORMATS[source.suffix],
        "samples" if source.suffix == ".h5mu" else None,
        look=lambda: Look(_look(source)),
        routes=lambda _: (route,),
    )


def accepted() -> list[Accepted]:
    """Say which containers are read."""
    return [
        Accepted(
            "samples",
            [f"*{SUFFIXES[0]}: a modality per omic or supplement"],
            "scanpy's log1p to base 2; else the unit of uns['unit'], or see below",
            ["refused: features in obs, genes by id without --genes-table"],
        ),
        Accepted("an omic", [f"*{SUFFIXES[1]} with uns['omic']"], "likewise", ["likewise"]),
        Accepted("gene_effect", [f"*{SUFFIXES[1]} with uns['kind']"]),
    ]


ANNDATA = FileSource(
    "anndata",
    read=lambda request, to, notes: read_containers(request.path, notes, to.genes, to.units),
    by_name=recognise,
    accepts=accepted,
)


def _read(file: Path, notes: Notes, genes: GeneTable, units: StatedUnits) -> CohortPart:
    refuse_damaged(file)
    if file.suffix == ".h5ad" and "kind" in read_anndata(file).uns:
        notes, gene_effect = notes.about(file.name), read_gene_effect(file)
        table = gene_effect.table
        if are_in_rows(list(table.index), list(table.columns)):
            remedy = "Transpose it: cell lines in obs, genes in var"
            raise BadFileError(file, "is transposed: genes are in obs", remedy)
        named = by_symbol(table, genes, file, notes)
        gene_effect = replace(gene_effect, table=named)
        without_empty(gene_effect.table, file, Notes())  # refuses a table without any value
        notes.add(Size(*gene_effect.table.shape, gene_effect.kind, "cell line", "gene"))
        if gene_effect.kind is GeneEffectKind.GENE_EFFECT:
            check_effects(gene_effect.table, file, notes)
        return CohortPart(gene_effect=gene_effect)
    samples = read_samples(file, notes, genes, units)
    by_source: dict[Source, Samples] = {}
    for source in Source:
        obs = samples.obs[samples.obs["source"] == source]
        if obs.empty:
            continue
        tables = {
            name: replace(of_omic, table=of_omic.table.loc[of_omic.table.index.isin(obs.index)])
            for name, of_omic in samples.tables.items()
            if of_omic.table.index.isin(obs.index).any()
        }
        by_source[source] = Samples.of_tables(
            tables,
            obs,
            assembly=samples.assembly,
            release=samples.release,
            simulated=samples.simulated,
        )
        names = ", ".join(f"{name} ({of_omic.unit})" for name, of_omic in tables.items())
        thing = str(source).replace("_", " ")
        notes.about(file.name).add(Count(len(obs), thing, f"with {names}"))
    return CohortPart(by_source.get(Source.CELL_LINE), by_source.get(Source.TUMOR))


def _look(source: Path) -> tuple[SeenTable, ...]:
    refuse_damaged(source)
    if source.suffix == ".h5ad":
        matrix = read_anndata(source)
        return (_facts(matrix, _text(matrix, "omic") or _text(matrix, "kind"), source),)
    return tuple(_facts(matrix, name, source) for name, matrix in read_mudata(source).mod.items())


def _facts(matrix: AnnData, name: str | None, source: Path) -> SeenTable:
    numbers: np.ndarray
    try:
        numbers = to_checked_frame(matrix, source, "X").to_numpy(np.float64)
    except BadFileError:  # import says what is wrong
        numbers = np.empty(0)
    is_copy_number = name is not None and table_omic(name) is Omic.COPY_NUMBER
    facts = TableFacts(
        name=name,
        orientation=SAMPLES_IN_ROWS,
        n_rows=matrix.n_obs,
        n_columns=matrix.n_vars,
        samples=sample_names(list(matrix.obs_names)),
        features=feature_names(list(matrix.var_names)),
        unit=_text(matrix, "unit"),
        values=values_of(numbers),
        assembly=_text(matrix, "assembly") if is_copy_number else None,
    )
    return SeenTable(facts, list(matrix.var_names))


def _text(matrix: AnnData, key: str) -> str | None:
    text = matrix.uns.get(key)
    return text if isinstance(text, str) else None
