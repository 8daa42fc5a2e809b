"""Predicted gene effects as a table with notes, in the format that a file's ending names."""

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

import pandas as pd

from deepdep.domain.cohort import Samples
from deepdep.domain.gene_effect import GeneEffectKind
from deepdep.domain.notes import counted
from deepdep.domain.omics import Omic
from deepdep.errors import BadFileError, shown
from deepdep.io.documents import csv_text
from deepdep.io.files import new_paths
from deepdep.io.matrices import to_anndata, write_anndata
from deepdep.models.artifacts import TrainedPredictor
from deepdep.statistics.conformal import interval_around


def sample_notes(
    profiles: Mapping[Omic, pd.DataFrame],
    predicted: Sequence[str],
    samples: Samples,
    predictor: TrainedPredictor,
) -> Iterator[str]:
    """Count the samples that lack an omic, have it by another assay alone, or were left out.

    Parameters
    ----------
    profiles
        Standardised, (sample, feature), with what supplementary assays gave.
    predicted
        The samples that have any of the profiles.
    """
    n_all = len(predicted)
    for omic in predictor.features:
        for name, n in _read_from_supplements(omic, samples, predictor).items():
            yield f"{n} of {n_all} samples have no {omic}; it was read from {name}"
        n_without = n_all - (len(profiles[omic]) if omic in profiles else 0)
        if n_without:
            yield f"{n_without} of {n_all} samples have no {omic}; predicted without it"
    unread = [name for name in samples.supplements if name not in predictor.translations]
    if unread:
        yield f"{', '.join(unread)} left out; the model has not learned to read it"
    n_left_out = len(samples.obs) - n_all
    if n_left_out:
        yield f"{counted(n_left_out, 'sample')} without any of the model's omics; left out"


def gene_notes(genes: pd.DataFrame) -> Iterator[str]:
    """Tell of genes that no screen taught the model.

    Parameters
    ----------
    genes
        Columns ``screened`` and ``n_gene_sets``.
    """
    unscreened = genes.index[~genes["screened"]]
    if len(unscreened):
        yield f"{counted(len(unscreened), 'gene')} never screened; predicted by gene sets alone"
    unknown = genes.index[genes["n_gene_sets"] == 0]
    if len(unknown):
        yield f"no gene set of the model holds {shown(list(unknown))}; predicted as an average gene"


def trust_note(genes: pd.DataFrame) -> str:
    """Say how many genes' predictions deserve trust.

    Parameters
    ----------
    genes
        Columns ``screened`` and, where the model was cross-validated, ``trusted``.
    """
    if "trusted" not in genes:
        return "how far to trust the genes is not known; the model was not cross-validated"
    n_screened = int(genes["screened"].sum())
    if not n_screened:
        return "how far to trust the genes is not known; none of them was screened"
    said = (
        f"{int(genes['trusted'].sum())} of {counted(n_screened, 'screened gene')} can be trusted: "
        "cross-validated r above 0 with 95 % confidence"
    )
    n_unscreened = len(genes) - n_screened
    if not n_unscreened:
        return said
    return f"{said}; it is not known of {counted(n_unscreened, 'unscreened gene')}"


def _read_from_supplements(
    omic: Omic, samples: Samples, predictor: TrainedPredictor
) -> dict[str, int]:
    """Count the samples that each supplement alone gave the omic, in the order of reading."""
    known = samples.omics[omic].index if omic in samples.omics else samples.obs.index[:0]
    counts = {}
    for name, translation in predictor.translations.items():
        if translation.omic is omic and name in samples.supplements:
            measured = samples.supplements[name].table.index
            alone = measured[measured.isin(samples.obs.index) & ~measured.isin(known)]
            counts[name] = len(alone)
            known = known.union(alone)
    return {name: n for name, n in counts.items() if n}


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
