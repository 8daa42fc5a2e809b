"""Predicted gene effects in the format that the file's ending names."""

from pathlib import Path

import pandas as pd

from deepdep.domain.errors import BadFileError
from deepdep.domain.gene_effect import GeneEffectKind
from deepdep.io.atomic import new_path
from deepdep.io.labelled_csv import csv_text
from deepdep.io.matrices import to_anndata, write_anndata

ENDINGS = (".h5ad", ".parquet", ".csv", ".tsv")


def check_writable(target: Path) -> None:
    """Refuse an ending that names no format before any work is done."""
    if target.suffix not in ENDINGS:
        raise BadFileError(
            target, f"ending {target.suffix!r} names no format", f"Use {', '.join(ENDINGS)}"
        )


def write_predictions(
    effect: pd.DataFrame, obs: pd.DataFrame, genes: pd.DataFrame, kind: GeneEffectKind, target: Path
) -> None:
    """Write gene effects (sample, gene); ``.h5ad`` keeps what is known of samples and genes."""
    check_writable(target)
    if target.suffix == ".h5ad":
        matrix = to_anndata(effect, obs=obs, uns={"kind": str(kind)})
        matrix.var = genes.loc[matrix.var_names].rename_axis(None)
        write_anndata(matrix, target)
        return
    table = effect.rename_axis(index="sample", columns=None)
    with new_path(target) as path:
        if target.suffix == ".parquet":
            table.to_parquet(path)
        else:
            separator = "," if target.suffix == ".csv" else "\t"
            text = csv_text(table, index_label="sample", sep=separator, float_format="%.6g")
            path.write_text(text, encoding="utf-8")
