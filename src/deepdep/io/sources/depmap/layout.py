"""The layouts of DepMap's files, told by the names of their columns.

Up to release 25Q1 a table has one row per model. From 25Q2 it has one per sequencing, with
columns that say of which model, and which sequencing stands for it.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum

GENE = re.compile(r"\S+ \([^()]+\)$")  # TP53 (7157)

MODEL_ID = ("ModelID", "DepMap_ID", "depmap_id")
IS_DEFAULT = ("IsDefaultEntryForModel", "is_default_entry")
NO_NAME = ("", "Unnamed: 0")  # numbers of rows, or ModelIDs

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

CONSEQUENCES = ("VariantInfo", "MolecularConsequence")


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
    if names >= {"ModelID", "PatientID", "OncotreeLineage"}:
        return DepMapLayout(DepMapKind.MODELS, None)
    if names >= {"ModelID", "HugoSymbol"} and not names.isdisjoint(CONSEQUENCES):
        return DepMapLayout(DepMapKind.MUTATIONS, generation)
    if names >= {"ModelID", "CONTIG", "START", "END", "SEGMENT_COPY_NUMBER"}:
        return DepMapLayout(DepMapKind.SEGMENTS, generation)
    if matrix_columns(header).model_id is not None and any(map(GENE.match, header)):
        return DepMapLayout(DepMapKind.GENE_MATRIX, generation)
    return None


def matrix_columns(header: Sequence[str]) -> MatrixColumns:
    """Tell genes from what describes the rows."""
    positions = range(len(header))
    known = OTHERS.union(MODEL_ID, IS_DEFAULT)
    genes = [i for i in positions if GENE.match(header[i])]
    genes = genes or [i for i in positions if header[i] not in known]
    is_gene = set(genes)
    model_id = first_position(header, MODEL_ID)
    if model_id is None and header[0] in NO_NAME:
        model_id = 0
    others = [header[i] for i in positions if i not in is_gene and header[i] not in known]
    return MatrixColumns(model_id, first_position(header, IS_DEFAULT), genes, others)


def first_position(header: Sequence[str], names: Sequence[str]) -> int | None:
    """Position of the first of ``names`` that is in the header."""
    return next((header.index(name) for name in names if name in header), None)
