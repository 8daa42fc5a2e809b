"""DepMap's files: which holds what by its name, and their layouts by the names of columns."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path

from deepdep.domain.notes import Notes
from deepdep.errors import BadFileError, shown
from deepdep.io.files import require_folder
from deepdep.io.tables import table_stem
from deepdep.sources.cell_lines import MODEL_COLUMNS, MODEL_TABLES

OF_RELEASE = re.compile(r"^\d\dQ[1-4][ _-]|[ _-]\d\dQ[1-4]$", re.IGNORECASE)  # 24Q4_, _24Q4

GENE = re.compile(r"\S+ \([^()]+\)$")  # TP53 (7157)

MODEL_ID = ("ModelID", "DepMap_ID", "depmap_id")
IS_DEFAULT = ("IsDefaultEntryForModel", "is_default_entry")
NO_NAME = ("", "Unnamed: 0")  # numbers of rows, or ModelIDs, in the first column

# Columns beside the genes that are known to say nothing more of the model.
OTHERS = frozenset(
    {
        *NO_NAME,
        "SequencingID",
        "ModelConditionID",
        "IsDefaultEntryForMC",
        "ProfileID",
        "cell_line_display_name",
        *(f"lineage_{level}" for level in range(1, 7)),
    }
)

# Of mutations, by what releases call them; those that end the rows are of 22Q2 and earlier.
SYMBOL = ("HugoSymbol", "Hugo_Symbol")
CONSEQUENCES = ("VariantInfo", "MolecularConsequence", "Variant_Classification")


class DepMapKind(StrEnum):
    """What a file of DepMap holds."""

    GENE_MATRIX = "table with genes in columns"
    MUTATIONS = "somatic mutations, one per row"
    SEGMENTS = "copy-number segments"
    MODELS = "models"


class Generation(StrEnum):
    """Releases that share a layout."""

    UP_TO_25Q1 = "up to 25Q1"
    FROM_25Q2 = "from 25Q2"


@dataclass(frozen=True)
class DepMapLayout:
    """What the header of a file tells; the generation is None where both have the layout."""

    kind: DepMapKind
    generation: Generation | None


@dataclass(frozen=True)
class MatrixColumns:
    """Positions of the columns of a table with genes in columns.

    Attributes
    ----------
    model_id, is_default
        None where there is no such column.
    genes
        Columns named ``TP53 (7157)``; where none is, all that are not known to be something else.
    others
        Names of further columns.
    """

    model_id: int | None
    is_default: int | None
    genes: list[int]
    others: list[str]


def depmap_layout(header: Sequence[str]) -> DepMapLayout | None:
    """Tell the layout of a file from its header; None for a file that is not DepMap's.

    Gene effects have one row per model in releases of any generation.
    """
    names = set(header)
    generation = Generation.UP_TO_25Q1 if names.isdisjoint(IS_DEFAULT) else Generation.FROM_25Q2
    if all(not names.isdisjoint(columns) for columns in MODEL_COLUMNS.values()):
        return DepMapLayout(DepMapKind.MODELS, None)
    if all(not names.isdisjoint(columns) for columns in (MODEL_ID, SYMBOL, CONSEQUENCES)):
        return DepMapLayout(DepMapKind.MUTATIONS, generation)
    if names >= {"ModelID", "CONTIG", "START", "END", "SEGMENT_COPY_NUMBER"}:
        return DepMapLayout(DepMapKind.SEGMENTS, generation)
    if matrix_columns(header).model_id is not None and any(map(GENE.match, header)):
        return DepMapLayout(DepMapKind.GENE_MATRIX, generation)
    return None


def matrix_columns(header: Sequence[str]) -> MatrixColumns:
    """Tell genes from what describes the rows."""
    positions = range(len(header))
    beside_genes = OTHERS.union(MODEL_ID, IS_DEFAULT)
    genes = [i for i in positions if GENE.match(header[i])]
    genes = genes or [i for i in positions if header[i] not in beside_genes]
    is_gene = set(genes)
    model_id = first_position(header, MODEL_ID)
    if model_id is None and header[0] in NO_NAME:
        model_id = 0
    others = [
        header[i]
        for i in positions
        if i not in is_gene and (header[i] not in beside_genes or (i > 0 and header[i] in NO_NAME))
    ]
    return MatrixColumns(model_id, first_position(header, IS_DEFAULT), genes, others)


def first_position(header: Sequence[str], names: Sequence[str]) -> int | None:
    """Position of the first of ``names`` that is in the header."""
    return next((header.index(name) for name in names if name in header), None)


@dataclass(frozen=True)
class DepMapTable:
    """A table of a release, and the names without their ending that releases gave it.

    Attributes
    ----------
    content
        An omic, ``gene_effect``, or in words what else it holds.
    names
        A row holds names of which a folder may have one; a table of a later row is read where
        there is none of an earlier.
    earlier
        Names up to 22Q2, the best first; read where no other table is there.
    """

    content: str
    names: tuple[tuple[str, ...], ...]
    earlier: tuple[str, ...] = ()

    @property
    def rows(self) -> tuple[tuple[str, ...], ...]:
        """All names, those of a later row read where there is none of an earlier."""
        return (*self.names, *((name,) for name in self.earlier))

    def row_of(self, path: Path) -> int | None:
        """Return the number of the row that has the name of a file; None where none has.

        Capitals do not matter, nor the release or a browser's number that users have in names.
        """
        name = OF_RELEASE.sub("", table_stem(path)).casefold()
        named = (n for n, row in enumerate(self.rows) if name in map(str.casefold, row))
        return next(named, None)


TABLES = {
    "expression": DepMapTable(
        "expression",
        (
            (
                "OmicsExpressionProteinCodingGenesTPMLogp1",
                "OmicsExpressionTPMLogp1HumanProteinCodingGenes",
            ),
            (
                "OmicsExpressionProteinCodingGenesTPMLogp1Stranded",
                "OmicsExpressionTPMLogp1HumanProteinCodingGenesStranded",
            ),
        ),
        ("CCLE_expression",),
    ),
    "mutations": DepMapTable("mutation", (("OmicsSomaticMutations",),), ("CCLE_mutations",)),
    "damaging": DepMapTable(
        "mutation",
        (("OmicsSomaticMutationsMatrixDamaging",),),
        ("CCLE_mutations_bool_damaging",),
    ),
    "hotspot": DepMapTable(
        "mutation", (("OmicsSomaticMutationsMatrixHotspot",),), ("CCLE_mutations_bool_hotspot",)
    ),
    "copy_number": DepMapTable(
        "copy_number",
        (("OmicsCNGene", "OmicsCNGeneWGS"), ("PortalOmicsCNGeneLog2",)),
        ("CCLE_gene_cn",),
    ),
    "segments": DepMapTable("copy_number", (("OmicsCNSegmentsWGS",),), ("CCLE_segment_cn",)),
    "gene_effect": DepMapTable(
        "gene_effect",
        (("CRISPRGeneEffect",),),
        ("CRISPR_gene_effect", "Achilles_gene_effect", "gene_effect_corrected"),
    ),
    "dependency": DepMapTable(
        "probabilities of dependency",
        (("CRISPRGeneDependency",),),
        ("CRISPR_gene_dependency", "Achilles_gene_dependency"),
    ),
    "models": DepMapTable("models", (MODEL_TABLES[:1],), MODEL_TABLES[1:]),
}


@dataclass(frozen=True)
class DepMapFiles:
    """Files of a release, as far as they are there; the fields are the keys of ``TABLES``.

    Attributes
    ----------
    damaging, hotspot
        Mutations, genes in columns.
    dependency
        Probabilities of dependency, which are no gene effects.
    """

    expression: Path | None = None
    mutations: Path | None = None
    damaging: Path | None = None
    hotspot: Path | None = None
    copy_number: Path | None = None
    segments: Path | None = None
    gene_effect: Path | None = None
    dependency: Path | None = None
    models: Path | None = None

    @property
    def of_omics(self) -> list[Path]:
        """Those that hold an omic."""
        omics = (self.expression, self.mutations, self.copy_number, self.segments)
        return [path for path in (*omics, *self.mutation_matrices) if path is not None]

    @property
    def read(self) -> list[Path]:
        """Those that import reads where no bins are asked for; the others it leaves out."""
        mutations = [self.mutations] if self.mutations else self.mutation_matrices
        others = (self.models, self.gene_effect, self.expression)
        return [path for path in (*others, *mutations, self.copy_number or self.segments) if path]

    @property
    def mutation_matrices(self) -> list[Path]:
        """Mutations with genes in columns."""
        return [path for path in (self.damaging, self.hotspot) if path is not None]


def find_files(folder: Path, notes: Notes) -> DepMapFiles:
    """Find the files of a release; further ones are noted."""
    require_folder(folder, "Name the folder of a release")
    paths = sorted(path for path in folder.glob("[!.]*") if path.is_file())
    files = DepMapFiles(**{key: _find(paths, key, notes) for key in TABLES})
    unread = [path.name for path in paths if table_named(path) is None]
    notes.count(len(unread), "file", "left out, of no table that is read", unread)
    return files


def table_named(path: Path) -> str | None:
    """Return the key of the table that the name of a file is of; None for another."""
    return next((key for key, table in TABLES.items() if table.row_of(path) is not None), None)


def is_read(file: Path, folder: Path) -> bool:
    """Whether an import of the folder reads the file; so if two files of a table are there."""
    if file.parent != folder or table_named(file) is None:
        return False
    try:
        return file in find_files(folder, Notes()).read
    except BadFileError:
        return True


def _find(paths: Sequence[Path], key: str, notes: Notes) -> Path | None:
    rows = {path: row for path in paths if (row := TABLES[key].row_of(path)) is not None}
    if not rows:
        return None
    best = [path for path, row in rows.items() if row == min(rows.values())]
    # A browser's second copy, `Model (1).csv`, is read where the first is not there.
    plain = [path for path in best if path.name.startswith(f"{table_stem(path)}.")]
    first, *second = plain or best
    if second:
        raise BadFileError(
            second[0], f"is a table of the same kind as {first.name}", "Keep one of them"
        )
    left_out = [path.name for path in rows if path != first]
    if left_out:
        notes.add(f"{shown(left_out)} left out, {first.name} being there")
    return first
