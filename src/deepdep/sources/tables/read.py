"""A cohort from a folder of plain tables.

``cell_lines/<omic>.*``, ``cell_lines/Model.csv``, ``tumors/<omic>.*``, ``gene_effect/NAME.*`` and
``gene_sets/*.gmt*``; what is absent is left out. Beside ``<omic>.*`` there may be supplements,
``<omic>_<assay>.*``.
"""

from itertools import chain
from pathlib import Path

from deepdep.domain.cohort import CohortPart, GeneSets, Samples
from deepdep.domain.gene_effect import GeneEffect
from deepdep.domain.identifiers import NO_GENE_TABLE, GeneTable
from deepdep.domain.notes import Noted, counted
from deepdep.errors import BadFileError
from deepdep.io.files import require_folder
from deepdep.io.gene_sets import read_gene_sets
from deepdep.sources.cell_lines import MODEL_TABLE, NO_MODELS, Models, read_models
from deepdep.sources.gene_effects import read_gene_effect_table, table_named
from deepdep.sources.tables.folder import cell_lines_of, omic_files, read_omic_tables, tumors_of


def import_tables(
    folder: Path, gene_effect_name: str | None, genes: GeneTable = NO_GENE_TABLE
) -> Noted[CohortPart]:
    """Read a folder of tables; without a gene effect's name the lines stay unlabelled."""
    require_folder(folder)
    models = _models(folder / "cell_lines" / MODEL_TABLE)
    cell_lines = cell_lines_of(read_omic_tables(folder / "cell_lines", genes), models.value)
    tumors = _tumors(folder / "tumors", genes)
    gene_effect = _gene_effect(
        folder / "gene_effect", gene_effect_name, models.value, cell_lines.value, genes
    )
    gene_sets = _gene_sets(folder / "gene_sets")
    part = CohortPart(cell_lines.value, tumors.value, gene_effect.value, gene_sets.value)
    notes = (read.notes for read in (models, cell_lines, tumors, gene_effect, gene_sets))
    return Noted(part, tuple(chain.from_iterable(notes)))


def _models(source: Path) -> Noted[Models]:
    if source.exists():
        return Noted(read_models(source))
    return Noted(NO_MODELS, (f"there is no cell_lines/{MODEL_TABLE}",))


def _tumors(folder: Path, genes: GeneTable) -> Noted[Samples | None]:
    if not omic_files(folder):
        return Noted(None, ("tumors: none",))
    return tumors_of(read_omic_tables(folder, genes))


def _gene_effect(
    folder: Path, name: str | None, models: Models, cell_lines: Samples, genes: GeneTable
) -> Noted[GeneEffect | None]:
    if name is None:
        return Noted(None, ("gene_effect: none asked for",))
    return read_gene_effect_table(table_named(name, folder), models, cell_lines.obs.index, genes)


def _gene_sets(folder: Path) -> Noted[GeneSets | None]:
    gene_sets: GeneSets = {}
    for source in sorted(folder.glob("*.gmt*")):
        more = read_gene_sets(source)
        twice = [name for name in more if name in gene_sets]
        if twice:
            raise BadFileError(source, f"set {twice[0]!r} is in another file too", "Keep one")
        gene_sets |= more
    return Noted(gene_sets or None, (f"gene_sets: {counted(len(gene_sets), 'set')}",))
