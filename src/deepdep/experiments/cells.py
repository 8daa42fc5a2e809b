"""The folder of one mode of a benchmark: its folds, what was measured, and a file per cell.

``folds/SEED.csv``, ``measured.h5ad``, ``lines.csv``, ``cells/MODEL/SEED-FOLD.h5ad``.
"""

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from urllib.parse import quote

import anndata
import pandas as pd

from deepdep.data.folds import read_folds, write_folds
from deepdep.domain.folds import Fold, folds_hash
from deepdep.domain.gene_effect import GeneEffect
from deepdep.errors import BadFileError
from deepdep.evaluation import Cell
from deepdep.io.containers import read_gene_effect, write_gene_effect
from deepdep.io.documents import GENE_STATISTICS, csv_text, read_indexed_csv
from deepdep.io.files import write_text
from deepdep.io.matrices import read_anndata, to_anndata, to_frame, write_anndata
from deepdep.statistics.conformal import EffectInterval

MEASURED, LINES, CELLS, FOLDS = "measured.h5ad", "lines.csv", "cells", "folds"
KEYS = ("model", "mode", "seed", "fold", "folds_hash", "identity", "seconds")
AGAIN = "Delete it and call `deepdep benchmark` again"


@dataclass(frozen=True)
class Measured:
    """What the cells of one mode are judged by."""

    gene_effect: GeneEffect  # labelled lines x genes, those that any cell judges among them
    lines: pd.DataFrame  # patient_id and lineage of the same lines


@dataclass(frozen=True)
class CellStamp:
    """What a stored cell was made from, and how long it took."""

    folds_hash: str  # of all folds of its mode and seed
    identity: str  # hash of everything that its predictions depend on
    seconds: float


def write_measured(measured: Measured, folder: Path) -> None:
    """Write what was measured into the folder of a mode."""
    write_gene_effect(measured.gene_effect, folder / MEASURED)
    lines = measured.lines[["patient_id", "lineage"]]
    write_text(csv_text(lines, index_label="cell_line"), folder / LINES)


def read_measured(folder: Path) -> Measured:
    """Read what ``write_measured`` wrote."""
    lines = read_indexed_csv(folder / LINES, ["patient_id", "lineage"])
    return Measured(read_gene_effect(folder / MEASURED), lines)


def keep_folds(folds: Sequence[Fold], folder: Path, seed: int) -> None:
    """Write the folds of a seed; other folds than those that are there are a BadFileError.

    Cells of other folds are no part of the same table.
    """
    file = _folds_file(folder, seed)
    if not file.exists():
        write_folds(folds, file)
    elif folds_hash(read_folds(file)) != folds_hash(folds):
        raise BadFileError(
            file,
            "holds other folds than these settings and this cohort give",
            "Name another folder, or delete this one",
        )


def cell_path(folder: Path, model: str, seed: int, fold: str) -> Path:
    """Name the file of a cell; a lineage may be called ``CNS/Brain``."""
    return folder / CELLS / model / f"{seed}-{quote(fold, safe=' ')}.h5ad"


def write_cell(cell: Cell, stamp: CellStamp, folder: Path) -> None:
    """Write a cell into the folder of its mode, complete or not at all."""
    ends = {}
    if cell.interval is not None:
        ends = {"low": cell.interval.low, "high": cell.interval.high}
    matrix = to_anndata(cell.predicted, layers=ends)
    matrix.var = cell.genes.loc[matrix.var_names, list(GENE_STATISTICS)].rename_axis(None)
    named = {name: getattr(cell, name) for name in ("model", "mode", "seed", "fold")}
    matrix.uns = {**named, **asdict(stamp)}
    write_anndata(matrix, cell_path(folder, cell.model, cell.seed, cell.fold))


def read_cell(source: Path) -> Cell:
    """Read one cell."""
    matrix = _read(source)
    interval = None
    if "low" in matrix.layers:
        interval = EffectInterval(to_frame(matrix, "low"), to_frame(matrix, "high"))
    return Cell(
        model=str(matrix.uns["model"]),
        mode=str(matrix.uns["mode"]),
        seed=int(matrix.uns["seed"]),
        fold=str(matrix.uns["fold"]),
        predicted=to_frame(matrix),
        interval=interval,
        genes=matrix.var[list(GENE_STATISTICS)],
    )


def read_stamp(source: Path) -> CellStamp:
    """Read what a cell was made from."""
    uns = _read(source).uns
    return CellStamp(str(uns["folds_hash"]), str(uns["identity"]), float(uns["seconds"]))


def read_cells(folder: Path) -> list[Cell]:
    """Read all cells of a mode, by model, seed and fold.

    A cell that was judged on other folds than the folder holds is a BadFileError.
    """
    cells = []
    hashes: dict[int, str] = {}
    for file in sorted((folder / CELLS).glob("[!.]*/[!.]*.h5ad")):
        cell = read_cell(file)
        if cell.seed not in hashes:
            hashes[cell.seed] = folds_hash(read_folds(_folds_file(folder, cell.seed)))
        if read_stamp(file).folds_hash != hashes[cell.seed]:
            raise BadFileError(file, f"is of other folds than {folder / FOLDS} holds", AGAIN)
        cells.append(cell)
    return cells


def _folds_file(folder: Path, seed: int) -> Path:
    return folder / FOLDS / f"{seed}.csv"


def _read(source: Path) -> anndata.AnnData:
    matrix = read_anndata(source)
    missing = [key for key in KEYS if key not in matrix.uns]
    missing += [column for column in GENE_STATISTICS if column not in matrix.var.columns]
    if missing:
        raise BadFileError(source, f"is not a cell of a benchmark: lacks {missing[0]}", AGAIN)
    return matrix
