"""A cohort from a folder of plain tables.

``cell_lines/<omic>.*``, ``cell_lines/Model.csv``, ``tumors/<omic>.*``, ``gene_effect/NAME.*`` and
``gene_sets/*.gmt*``; what is absent is left out. Beside ``<omic>.*`` there may be supplements,
``<omic>_<assay>.*``.
"""

from pathlib import Path

from deepdep.domain.cohort import CohortPart, GeneSets
from deepdep.domain.identifiers import NO_GENE_TABLE, GeneTable
from deepdep.domain.notes import Count, Notes
from deepdep.errors import BadFileError
from deepdep.io.files import require_folder
from deepdep.io.gene_sets import read_gene_sets
from deepdep.sources.cell_lines import MODEL_TABLE, NO_MODELS, Models, read_models
from deepdep.sources.gene_effects import read_gene_effect_table, table_named
from deepdep.sources.tables.folder import cell_lines_of, omic_files, read_omic_tables, tumors_of


def import_tables(
    folder: Path, gene_effect_name: str | None, notes: Notes, genes: GeneTable = NO_GENE_TABLE
) -> CohortPart:
    """Read a folder of tables; without a gene effect's name the lines stay unlabelled."""
    require_folder(folder)
    models = _models(folder / "cell_lines" / MODEL_TABLE, notes)
    lines = cell_lines_of(read_omic_tables(folder / "cell_lines", notes, genes), models, notes)
    tumors = None
    if omic_files(folder / "tumors"):
        tumors = tumors_of(read_omic_tables(folder / "tumors", notes, genes), notes)
    else:
        notes.about("tumors").add("none")
    gene_effect = None
    if gene_effect_name is None:
        notes.about("gene_effect").add("none asked for")
    else:
        source = table_named(gene_effect_name, folder / "gene_effect")
        gene_effect = read_gene_effect_table(source, models, lines.obs.index, notes, genes)
    return CohortPart(lines, tumors, gene_effect, _gene_sets(folder / "gene_sets", notes))


def _models(source: Path, notes: Notes) -> Models:
    if source.exists():
        return read_models(source)
    notes.add(f"there is no cell_lines/{MODEL_TABLE}")
    return NO_MODELS


def _gene_sets(folder: Path, notes: Notes) -> GeneSets | None:
    gene_sets: GeneSets = {}
    for source in sorted(folder.glob("*.gmt*")):
        more = read_gene_sets(source)
        twice = [name for name in more if name in gene_sets]
        if twice:
            raise BadFileError(source, f"set {twice[0]!r} is in another file too", "Keep one")
        gene_sets |= more
    notes.about("gene_sets").add(Count(len(gene_sets), "set"))
    return gene_sets or None
