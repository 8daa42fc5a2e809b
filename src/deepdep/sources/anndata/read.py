"""AnnData and MuData files that others made: samples of any omics, or gene effects."""

from dataclasses import replace
from pathlib import Path

from deepdep.domain.cohort import CohortPart, Samples, Source, samples_with, tables_of
from deepdep.domain.gene_effect import GeneEffectKind
from deepdep.domain.notes import Noted, about, counted
from deepdep.errors import BadFileError
from deepdep.io.containers import read_gene_effect
from deepdep.io.files import require_path
from deepdep.io.hdf5 import refuse_damaged
from deepdep.io.matrices import read_anndata
from deepdep.sources.gene_effects import check_effects
from deepdep.sources.samples import read_noted_samples
from deepdep.sources.units import without_empty

SUFFIXES = (".h5mu", ".h5ad")


def read_containers(path: Path) -> Noted[CohortPart]:
    """Read one ``.h5mu`` or ``.h5ad``, or a folder of them.

    An ``.h5ad`` with ``uns["kind"]`` holds gene effects, one with ``uns["omic"]`` that omic.
    ``obs["source"]`` tells tumours from cell lines; where it is absent, TCGA barcodes do.
    """
    part, notes = CohortPart(), list[str]()
    for file in _files(path):
        read = _read(file)
        for name, value in vars(read.value).items():
            if value is None:
                continue
            if getattr(part, name) is not None:
                raise BadFileError(file, f"brings {name} a second time", "Import one file of them")
            part = replace(part, **{name: value})
        notes += read.notes
    return Noted(part, tuple(notes))


def _files(path: Path) -> list[Path]:
    require_path(path)
    files = sorted(path.iterdir()) if path.is_dir() else [path]
    found = [file for file in files if file.suffix in SUFFIXES]
    if not found:
        raise BadFileError(path, "is no .h5ad or .h5mu, and holds none", "Bring such a file")
    return found


def _read(file: Path) -> Noted[CohortPart]:
    refuse_damaged(file)
    if file.suffix == ".h5ad" and "kind" in read_anndata(file).uns:
        return _read_gene_effect(file)
    noted = read_noted_samples(file)
    by_source = {source: _only(noted.value, source) for source in Source}
    notes = tuple(
        f"{file.name}: {counted(len(samples.obs), str(source).replace('_', ' '))} with "
        + ", ".join(f"{name} ({known.unit})" for name, known in tables_of(samples).items())
        for source, samples in by_source.items()
        if samples is not None
    )
    return Noted(
        CohortPart(by_source[Source.CELL_LINE], by_source[Source.TUMOR]), (*noted.notes, *notes)
    )


def _read_gene_effect(file: Path) -> Noted[CohortPart]:
    gene_effect = read_gene_effect(file)
    without_empty(gene_effect.table, file)  # refuses a table in which nothing was measured
    is_effect = gene_effect.kind is GeneEffectKind.GENE_EFFECT
    checked = check_effects(gene_effect.table, file) if is_effect else ()
    n_lines, n_genes = gene_effect.table.shape
    size = f"{counted(n_lines, 'cell line')} x {counted(n_genes, 'gene')}, {gene_effect.kind}"
    return Noted(CohortPart(gene_effect=gene_effect), about(file.name, (size, *checked)))


def _only(samples: Samples, source: Source) -> Samples | None:
    obs = samples.obs[samples.obs["source"] == source]
    if obs.empty:
        return None
    tables = {
        name: replace(known, table=known.table.loc[known.table.index.isin(obs.index)])
        for name, known in tables_of(samples).items()
        if known.table.index.isin(obs.index).any()
    }
    return samples_with(tables, obs, assembly=samples.assembly, release=samples.release)
