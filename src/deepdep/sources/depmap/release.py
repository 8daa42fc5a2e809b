"""A release's folder, read into cell lines and gene effects."""

import re
from collections.abc import Sequence
from pathlib import Path

import pandas as pd

from deepdep.domain.cohort import CohortPart, OmicTable, Samples
from deepdep.domain.gene_effect import GeneEffect
from deepdep.domain.identifiers import GeneTable
from deepdep.domain.notes import Notes
from deepdep.domain.omics import DEFAULT_UNITS, Omic
from deepdep.errors import BadFileError
from deepdep.io.columns import header_of
from deepdep.sources.cell_lines import MODEL_TABLE, NO_MODELS, Models, read_models
from deepdep.sources.depmap.layout import DepMapFiles, depmap_layout, find_files
from deepdep.sources.depmap.tables import (
    CopyNumber,
    read_copy_number,
    read_gene_matrix,
    read_mutations,
)
from deepdep.sources.gene_effects import gene_effect_of
from deepdep.sources.importing import ImportOptions
from deepdep.sources.units import in_unit

RELEASE = re.compile(r"(?<!\d)(\d\dQ[1-4])(?!\d)", re.IGNORECASE)

README_BYTES = 1024  # the first line names the release


def read_depmap(folder: Path, options: ImportOptions, notes: Notes) -> CohortPart:
    """Read the files of a DepMap release, in either generation of names and layouts.

    Any of them may be absent. Gene effects are kept of lines of which an omic was measured or
    whose patient Model.csv knows; of all, where the folder has no omic.
    """
    of_tables = notes.place()
    return read_files(find_files(folder, notes), folder, options, of_tables)


def read_files(
    files: DepMapFiles, folder: Path, options: ImportOptions, notes: Notes
) -> CohortPart:
    """Read some files of the release in ``folder``."""
    if not files.of_omics and files.gene_effect is None:
        only = "but probabilities of dependency, " if files.dependency is not None else ""
        raise BadFileError(
            folder,
            f"has no table of a DepMap release {only}under the name that it has there",
            "Bring CRISPRGeneEffect.csv, "
            "OmicsExpressionTPMLogp1HumanProteinCodingGenes.csv or others",
        )
    named_release = _named_release(folder)
    release = _release(named_release, files.of_omics)
    notes.about(folder.resolve().name).add(release)
    if files.models is None:
        notes.add(f"there is no {MODEL_TABLE}")
    models = NO_MODELS if files.models is None else read_models(files.models)
    expression = _expression(files.expression, options.genes, notes)
    mutations = read_mutations(files.mutations, files.mutation_matrices, options.genes, notes)
    copy_number = read_copy_number(files.copy_number, files.segments, named_release, options, notes)
    of_effect = notes.place()
    cell_lines = _cell_lines(expression, mutations, copy_number, models, release, notes)
    lines = None if cell_lines is None else cell_lines.obs.index
    gene_effect = _gene_effect(files, models, lines, options.genes, of_effect)
    return CohortPart(cell_lines=cell_lines, gene_effect=gene_effect)


def _expression(source: Path | None, genes: GeneTable, notes: Notes) -> OmicTable | None:
    if source is None:
        return None
    notes = notes.about(source.name)
    first = notes.place()
    matrix = read_gene_matrix(source, genes, notes)
    return in_unit(matrix, DEFAULT_UNITS[Omic.EXPRESSION], source, first)


def _cell_lines(
    expression: OmicTable | None,
    mutations: OmicTable | None,
    copy_number: CopyNumber | None,
    models: Models,
    release: str,
    notes: Notes,
) -> Samples | None:
    given = {
        Omic.MUTATION: mutations,
        Omic.EXPRESSION: expression,
        Omic.COPY_NUMBER: None if copy_number is None else copy_number.known,
    }
    omics = {omic: known for omic, known in given.items() if known is not None}
    if not omics:
        notes.add("no omic: the cohort's cell lines are not brought")
        return None
    names = pd.Index(sorted({name for known in omics.values() for name in known.table.index}))
    assembly = None if copy_number is None else copy_number.assembly
    return Samples(
        omics={omic: known.table for omic, known in omics.items()},
        obs=models.annotations(names, notes),
        units={omic: known.unit for omic, known in omics.items()},
        assembly=str(assembly) if assembly else None,  # AnnData stores no enumeration
        release=release,
    )


def _gene_effect(
    files: DepMapFiles, models: Models, lines: pd.Index | None, genes: GeneTable, notes: Notes
) -> GeneEffect | None:
    source, of_effect = files.gene_effect, notes.place()
    if files.dependency is not None:
        notes.about(files.dependency.name).add("left out, a probability and no gene effect")
    if source is None:
        notes.add("there is no CRISPRGeneEffect.csv: no gene effect")
        return None
    of_effect = of_effect.about(source.name)
    matrix = read_gene_matrix(source, genes, of_effect)
    return gene_effect_of(matrix, source, models, lines, of_effect)


def _release(named: str | None, omic_files: Sequence[Path]) -> str:
    """Name what is known of the release: ``DepMap 24Q4, layout up to 25Q1``."""
    layouts = [depmap_layout(header_of(path)) for path in omic_files]
    known = sorted(
        {f"layout {found.generation}" for found in layouts if found and found.generation}
    )
    return ", ".join([f"DepMap {named}" if named else "DepMap", *known])


def _named_release(folder: Path) -> str | None:
    """Release that the folder's README, or its name, tells."""
    readmes = sorted(path for path in folder.glob("README*.txt") if path.is_file())
    texts = [path.read_bytes()[:README_BYTES].decode(errors="replace") for path in readmes]
    for text in (*texts, folder.resolve().name):
        found = RELEASE.search(text)
        if found:
            return found[1].upper()
    return None
