"""AnnData and MuData files that others made: samples of any omics, or gene effects."""

from dataclasses import replace
from pathlib import Path

from deepdep.domain.cohort import CohortPart, Samples, Source
from deepdep.domain.gene_effect import GeneEffect, GeneEffectKind
from deepdep.domain.notes import Count, Notes, Size
from deepdep.errors import BadFileError
from deepdep.io.containers import read_gene_effect
from deepdep.io.files import require_path
from deepdep.io.hdf5 import refuse_damaged
from deepdep.io.matrices import read_anndata
from deepdep.sources.gene_effects import check_effects
from deepdep.sources.samples import read_samples
from deepdep.sources.units import without_empty

SUFFIXES = (".h5mu", ".h5ad")


def read_containers(path: Path, notes: Notes) -> CohortPart:
    """Read one ``.h5mu`` or ``.h5ad``, or a folder of them.

    An ``.h5ad`` with ``uns["kind"]`` holds gene effects, one with ``uns["omic"]`` that omic.
    ``obs["source"]`` tells tumours from cell lines; where it is absent, TCGA barcodes do.
    """
    part = CohortPart()
    for file in _files(path):
        for name, value in vars(_read(file, notes)).items():
            if value is None:
                continue
            if getattr(part, name) is not None:
                raise BadFileError(file, f"brings {name} a second time", "Import one file of them")
            part = replace(part, **{name: value})
    return part


def _files(path: Path) -> list[Path]:
    require_path(path)
    files = sorted(path.iterdir()) if path.is_dir() else [path]
    found = [file for file in files if file.suffix in SUFFIXES]
    if not found:
        raise BadFileError(path, "is no .h5ad or .h5mu, and holds none", "Bring such a file")
    return found


def _read(file: Path, notes: Notes) -> CohortPart:
    refuse_damaged(file)
    if file.suffix == ".h5ad" and "kind" in read_anndata(file).uns:
        return CohortPart(gene_effect=_read_gene_effect(file, notes.about(file.name)))
    samples = read_samples(file, notes)
    by_source = {source: _only(samples, source) for source in Source}
    for source, found in by_source.items():
        if found is not None:
            tables = (f"{name} ({known.unit})" for name, known in found.tables.items())
            thing, what = str(source).replace("_", " "), f"with {', '.join(tables)}"
            notes.about(file.name).add(Count(len(found.obs), thing, what))
    return CohortPart(by_source[Source.CELL_LINE], by_source[Source.TUMOR])


def _read_gene_effect(file: Path, notes: Notes) -> GeneEffect:
    gene_effect = read_gene_effect(file)
    without_empty(gene_effect.table, file, Notes())  # refuses a table without any value
    notes.add(Size(*gene_effect.table.shape, gene_effect.kind, "cell line", "gene"))
    if gene_effect.kind is GeneEffectKind.GENE_EFFECT:
        check_effects(gene_effect.table, file, notes)
    return gene_effect


def _only(samples: Samples, source: Source) -> Samples | None:
    obs = samples.obs[samples.obs["source"] == source]
    if obs.empty:
        return None
    tables = {
        name: replace(known, table=known.table.loc[known.table.index.isin(obs.index)])
        for name, known in samples.tables.items()
        if known.table.index.isin(obs.index).any()
    }
    return Samples.of_tables(tables, obs, assembly=samples.assembly, release=samples.release)
