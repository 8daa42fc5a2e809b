"""A release's folder, read into cell lines and gene effects."""

import re
from itertools import chain
from pathlib import Path

import pandas as pd

from deepdep.domain.cohort import CohortPart, OmicTable, Samples
from deepdep.domain.gene_effect import GeneEffect
from deepdep.domain.identifiers import GeneTable
from deepdep.domain.notes import Noted, about
from deepdep.domain.omics import DEFAULT_UNITS, Omic
from deepdep.errors import BadFileError
from deepdep.io.columns import header_of
from deepdep.sources.cell_lines import MODEL_TABLE, NO_MODELS, Models, cell_line_obs, read_models
from deepdep.sources.depmap.layout import DepMapFiles, depmap_layout, find_files
from deepdep.sources.depmap.tables import (
    CopyNumber,
    read_copy_number,
    read_gene_matrix,
    read_mutations,
)
from deepdep.sources.gene_effects import gene_effect_of
from deepdep.sources.options import ImportOptions
from deepdep.sources.units import in_unit

RELEASE = re.compile(r"(?<!\d)(\d\dQ[1-4])(?!\d)", re.IGNORECASE)

README_BYTES = 1024  # the first line names the release


def read_depmap(folder: Path, options: ImportOptions) -> Noted[CohortPart]:
    """Read the files of a DepMap release, in either generation of names and layouts.

    Any of them may be absent. Gene effects are kept of lines of which an omic was measured or
    whose patient Model.csv knows; of all, where the folder has no omic.
    """
    found = find_files(folder)
    read = read_files(found.value, folder, options)
    return Noted(read.value, (*read.notes, *found.notes))


def read_files(files: DepMapFiles, folder: Path, options: ImportOptions) -> Noted[CohortPart]:
    """Read some files of the release in ``folder``."""
    _require_any(files, folder)
    release = _release(folder, files)
    models = _models(files.models)
    expression = _expression(files.expression, options.genes)
    mutations = read_mutations(files.mutations, files.mutation_matrices, options.genes)
    copy_number = read_copy_number(
        files.copy_number, files.segments, _told_release(folder), options
    )
    cell_lines = _cell_lines(
        expression.value, mutations.value, copy_number.value, models.value, release
    )
    gene_effect = _gene_effect(files, models.value, cell_lines.value, options.genes)
    parts = (models, expression, mutations, copy_number, gene_effect, cell_lines)
    notes = (
        f"{folder.resolve().name}: {release}",
        *chain.from_iterable(part.notes for part in parts),
    )
    return Noted(CohortPart(cell_lines=cell_lines.value, gene_effect=gene_effect.value), notes)


def _omic_files(files: DepMapFiles) -> list[Path]:
    single = (files.expression, files.mutations, files.copy_number, files.segments)
    return [path for path in (*single, *files.mutation_matrices) if path is not None]


def _require_any(files: DepMapFiles, folder: Path) -> None:
    if _omic_files(files) or files.gene_effect is not None:
        return
    only = "but probabilities of dependency, " if files.dependency is not None else ""
    raise BadFileError(
        folder,
        f"has no table of a DepMap release {only}under the name that it has there",
        "Bring CRISPRGeneEffect.csv, OmicsExpressionTPMLogp1HumanProteinCodingGenes.csv or others",
    )


def _models(source: Path | None) -> Noted[Models]:
    if source is not None:
        return Noted(read_models(source))
    return Noted(NO_MODELS, (f"there is no {MODEL_TABLE}",))


def _expression(source: Path | None, genes: GeneTable) -> Noted[OmicTable | None]:
    if source is None:
        return Noted(None)
    matrix = read_gene_matrix(source, genes)
    known = in_unit(matrix.value, DEFAULT_UNITS[Omic.EXPRESSION], source)
    return Noted(known.value, about(source.name, (*known.notes, *matrix.notes)))


def _cell_lines(
    expression: OmicTable | None,
    mutations: OmicTable | None,
    copy_number: CopyNumber | None,
    models: Models,
    release: str,
) -> Noted[Samples | None]:
    given = {
        Omic.MUTATION: mutations,
        Omic.EXPRESSION: expression,
        Omic.COPY_NUMBER: None if copy_number is None else copy_number.known,
    }
    omics = {omic: known for omic, known in given.items() if known is not None}
    if not omics:
        return Noted(None, ("no omic: the cohort's cell lines are not brought",))
    names = pd.Index(sorted({name for known in omics.values() for name in known.table.index}))
    obs = cell_line_obs(names, models)
    assembly = None if copy_number is None else copy_number.assembly
    samples = Samples(
        omics={omic: known.table for omic, known in omics.items()},
        obs=obs.value,
        units={omic: known.unit for omic, known in omics.items()},
        assembly=str(assembly) if assembly else None,  # AnnData stores no enumeration
        release=release,
    )
    return Noted(samples, obs.notes)


def _gene_effect(
    files: DepMapFiles, models: Models, cell_lines: Samples | None, genes: GeneTable
) -> Noted[GeneEffect | None]:
    notes: tuple[str, ...] = ()
    if files.dependency is not None:
        notes = (f"{files.dependency.name}: left out, a probability and no gene effect",)
    source = files.gene_effect
    if source is None:
        return Noted(None, (*notes, "there is no CRISPRGeneEffect.csv: no gene effect"))
    matrix = read_gene_matrix(source, genes)
    lines = None if cell_lines is None else cell_lines.obs.index
    effect = gene_effect_of(matrix, source, models, lines)
    return Noted(effect.value, (*about(source.name, effect.notes), *notes))


def _release(folder: Path, files: DepMapFiles) -> str:
    """Name what is known of the release: ``DepMap 24Q4, layout up to 25Q1``."""
    layouts = [depmap_layout(header_of(path)) for path in _omic_files(files)]
    known = sorted(
        {f"layout {found.generation}" for found in layouts if found and found.generation}
    )
    told = _told_release(folder)
    return ", ".join([f"DepMap {told}" if told else "DepMap", *known])


def _told_release(folder: Path) -> str | None:
    """Release that the folder's README, or its name, tells."""
    readmes = sorted(path for path in folder.glob("README*.txt") if path.is_file())
    texts = [path.read_bytes()[:README_BYTES].decode(errors="replace") for path in readmes]
    for text in (*texts, folder.resolve().name):
        found = RELEASE.search(text)
        if found:
            return found[1].upper()
    return None
