"""The folder of one mode of a benchmark: its folds, what was measured, and a file per cell.

``folds/SEED.csv``, ``measured.h5ad``, ``lines.csv``, ``cells/MODEL/SEED-FOLD.h5ad``.
"""

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Self
from urllib.parse import quote

import anndata
import pandas as pd

from deepdep.data.folds import read_folds, write_folds
from deepdep.domain.folds import Fold, folds_hash
from deepdep.domain.gene_effect import GeneEffect
from deepdep.errors import BadFileError, DeepDEPError
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

    @classmethod
    def of(cls, matrix: anndata.AnnData) -> Self:
        """Read the stamp of a stored cell."""
        uns = matrix.uns
        return cls(str(uns["folds_hash"]), str(uns["identity"]), float(uns["seconds"]))


@dataclass(frozen=True)
class ModeFolder:
    """The folder of one mode."""

    path: Path

    def write_measured(self, gene_effect: GeneEffect, lines: pd.DataFrame) -> None:
        """Write what cells are judged by: as ``Measured``, of ``lines`` two columns."""
        write_gene_effect(gene_effect, self.path / MEASURED)
        described = lines[["patient_id", "lineage"]]
        write_text(csv_text(described, index_label="cell_line"), self.path / LINES)

    def measured(self) -> Measured:
        """Read what ``write_measured`` wrote."""
        lines = read_indexed_csv(self.path / LINES, ["patient_id", "lineage"])
        return Measured(read_gene_effect(self.path / MEASURED), lines)

    def keep_folds(self, folds: Sequence[Fold], seed: int) -> None:
        """Write the folds of a seed; other folds than those that are there are a BadFileError.

        Cells of other folds are no part of the same table.
        """
        file = self.path / FOLDS / f"{seed}.csv"
        if not file.exists():
            write_folds(folds, file)
        elif folds_hash(read_folds(file)) != folds_hash(folds):
            raise BadFileError(
                file,
                "holds other folds than these settings and this cohort give",
                "Name another folder, or delete this one",
            )

    def cell_path(self, model: str, seed: int, fold: str) -> Path:
        """Name the file of a cell; a lineage may be called ``CNS/Brain``."""
        return self.path / CELLS / model / f"{seed}-{quote(fold, safe=' ')}.h5ad"

    def write_cell(self, cell: Cell, stamp: CellStamp) -> None:
        """Write a cell, complete or not at all."""
        ends = {}
        if cell.interval is not None:
            ends = {"low": cell.interval.low, "high": cell.interval.high}
        matrix = to_anndata(cell.predicted, layers=ends)
        matrix.var = cell.genes.loc[matrix.var_names, list(GENE_STATISTICS)].rename_axis(None)
        named = {name: getattr(cell, name) for name in ("model", "mode", "seed", "fold")}
        matrix.uns = {**named, **asdict(stamp)}
        write_anndata(matrix, self.cell_path(cell.model, cell.seed, cell.fold))

    def stamp(self, model: str, seed: int, fold: str) -> CellStamp | None:
        """Tell what a cell was made from; None where it is not there, or damaged."""
        file = self.cell_path(model, seed, fold)
        try:
            return CellStamp.of(_read(file)) if file.exists() else None
        except DeepDEPError:
            return None

    def cells(self) -> list[Cell]:
        """Read all cells, by model, seed and fold.

        A cell that was judged on other folds than the folder holds is a BadFileError.
        """
        cells = []
        hashes: dict[int, str] = {}
        for file in sorted((self.path / CELLS).glob("[!.]*/[!.]*.h5ad")):
            matrix = _read(file)
            interval, seed = None, int(matrix.uns["seed"])
            if "low" in matrix.layers:
                interval = EffectInterval(to_frame(matrix, "low"), to_frame(matrix, "high"))
            if seed not in hashes:
                hashes[seed] = folds_hash(read_folds(self.path / FOLDS / f"{seed}.csv"))
            if CellStamp.of(matrix).folds_hash != hashes[seed]:
                problem = f"is of other folds than {self.path / FOLDS} holds"
                raise BadFileError(file, problem, AGAIN)
            cell = Cell(
                model=str(matrix.uns["model"]),
                mode=str(matrix.uns["mode"]),
                seed=seed,
                fold=str(matrix.uns["fold"]),
                predicted=to_frame(matrix),
                interval=interval,
                genes=matrix.var[list(GENE_STATISTICS)],
            )
            cells.append(cell)
        return cells


def _read(source: Path) -> anndata.AnnData:
    matrix = read_anndata(source)
    missing = [key for key in KEYS if key not in matrix.uns]
    missing += [column for column in GENE_STATISTICS if column not in matrix.var.columns]
    if missing:
        raise BadFileError(source, f"is not a cell of a benchmark: lacks {missing[0]}", AGAIN)
    return matrix
