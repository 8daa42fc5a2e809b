"""Predicted gene effects, and how far to trust them, in the format that a file's ending names."""

from pathlib import Path

import pandas as pd

from deepdep.domain.conformal import interval_around
from deepdep.domain.errors import BadFileError
from deepdep.domain.gene_effect import GeneEffectKind
from deepdep.io.atomic import new_paths
from deepdep.io.labelled_csv import csv_text
from deepdep.io.matrices import to_anndata, write_anndata

ENDINGS = (".h5ad", ".parquet", ".csv", ".tsv")


def check_writable(target: Path) -> None:
    """Refuse an ending that names no format before any work is done."""
    if target.suffix not in ENDINGS:
        raise BadFileError(
            target, f"ending {target.suffix!r} names no format", f"Use {', '.join(ENDINGS)}"
        )


def genes_file(target: Path) -> Path | None:
    """Name the file that says of genes what ``target`` cannot; None for ``.h5ad``, which can."""
    if target.suffix == ".h5ad":
        return None
    return target.with_name(f"{target.stem}.genes{target.suffix}")


def write_predictions(
    effect: pd.DataFrame, obs: pd.DataFrame, genes: pd.DataFrame, kind: GeneEffectKind, target: Path
) -> None:
    """Write gene effects (sample, gene) with what is known of the genes, all of it or nothing.

    ``.h5ad`` holds ``genes`` as ``var``, what is known of samples, and the ends of intervals, where
    ``genes`` has their ``half_width``, as layers ``low`` and ``high``. Other formats hold the
    effects, and ``genes_file`` names a second table with the genes.
    """
    check_writable(target)
    beside = genes_file(target)
    if beside is None:
        _write_anndata(effect, obs, genes, kind, target)
        return
    # The genes first: where there are effects, there is how far to trust them.
    with new_paths(beside, target) as (about_genes, path):
        _write_table(genes.loc[effect.columns], "gene", about_genes)
        _write_table(effect, "sample", path)


def table_text(table: pd.DataFrame, index_label: str, separator: str) -> str:
    """Return a table as delimited text, six digits of each number."""
    return csv_text(table, index_label=index_label, sep=separator, float_format="%.6g")


def _write_anndata(
    effect: pd.DataFrame, obs: pd.DataFrame, genes: pd.DataFrame, kind: GeneEffectKind, target: Path
) -> None:
    ends = {}
    if "half_width" in genes:
        interval = interval_around(effect, genes["half_width"])
        ends = {"low": interval.low, "high": interval.high}
    matrix = to_anndata(effect, obs=obs, uns={"kind": str(kind)}, layers=ends)
    matrix.var = genes.loc[matrix.var_names].rename_axis(None)
    write_anndata(matrix, target)


def _write_table(table: pd.DataFrame, index_label: str, path: Path) -> None:
    if path.suffix == ".parquet":
        table.rename_axis(index=index_label, columns=None).to_parquet(path)
        return
    separator = "," if path.suffix == ".csv" else "\t"
    path.write_text(table_text(table, index_label, separator), encoding="utf-8")
