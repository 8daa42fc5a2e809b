"""Predicted gene effects, what to know of them, and their file in the format its ending names."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

import pandas as pd

from deepdep.data.standardized import StandardizedSamples
from deepdep.domain.cohort import Samples
from deepdep.domain.gene_effect import GeneEffectKind
from deepdep.domain.notes import counted
from deepdep.errors import BadFileError, shown
from deepdep.io.documents import csv_text
from deepdep.io.files import new_paths
from deepdep.io.matrices import to_anndata, write_anndata
from deepdep.statistics.conformal import EffectInterval

ENDINGS = (".h5ad", ".parquet", ".csv", ".tsv")


@dataclass(frozen=True)
class Predicted:
    """Predicted gene effects (sample, gene), negative meaning dependent, and what to know of them.

    Attributes
    ----------
    obs
        One row per sample, as it came.
    genes
        One row per gene: ``mean`` and ``sd`` of its effect, ``screened`` and ``n_gene_sets``; and,
        where the model knows it, how far to trust its predictions: ``cv_r`` on patients left out
        with its interval, ``trusted``, and ``half_width`` of a 90 % interval.
    notes_on_samples
        Sentences for the user: omics that were missing or read from another assay.
    """

    effect: pd.DataFrame
    obs: pd.DataFrame
    genes: pd.DataFrame
    kind: GeneEffectKind
    notes_on_samples: tuple[str, ...] = ()

    @property
    def notes(self) -> tuple[str, ...]:
        """Sentences for the user: on samples, then on genes that no screen taught the model."""
        notes = list(self.notes_on_samples)
        unscreened = self.genes.index[~self.genes["screened"]]
        if len(unscreened):
            n_genes = counted(len(unscreened), "gene")
            notes.append(f"{n_genes} never screened; predicted by gene sets alone")
        in_no_set = self.genes.index[self.genes["n_gene_sets"] == 0]
        if len(in_no_set):
            names = shown(list(in_no_set))
            notes.append(f"no gene set of the model holds {names}; predicted as an average gene")
        return tuple(notes)

    @property
    def trust_note(self) -> str:
        """How many genes' predictions deserve trust, in a sentence."""
        if "trusted" not in self.genes:
            return "how far to trust the genes is not known; the model was not cross-validated"
        n_screened = int(self.genes["screened"].sum())
        if not n_screened:
            return "how far to trust the genes is not known; none of them was screened"
        trusted = (
            f"{int(self.genes['trusted'].sum())} of {counted(n_screened, 'screened gene')} can be "
            "trusted: cross-validated r above 0 with 95 % confidence"
        )
        n_unscreened = len(self.genes) - n_screened
        if not n_unscreened:
            return trusted
        return f"{trusted}; it is not known of {counted(n_unscreened, 'unscreened gene')}"

    @property
    def interval(self) -> EffectInterval | None:
        """90 % intervals, same labels as ``effect``; None from a model that gives none."""
        if "half_width" not in self.genes:
            return None
        return EffectInterval.around(self.effect, self.genes["half_width"])

    def write(self, target: Path) -> None:
        """Write gene effects (sample, gene) with what is known of the genes, all of it or nothing.

        ``.h5ad`` holds ``genes`` as ``var``, what is known of samples, and the ends of intervals,
        where there are any, as layers ``low`` and ``high``. Other formats hold the effects, and
        ``genes_file`` names a second table with the genes.
        """
        check_writable(target)
        beside = genes_file(target)
        if beside is None:
            interval = self.interval
            matrix = to_anndata(
                self.effect,
                obs=self.obs,
                uns={"kind": str(self.kind)},
                layers={} if interval is None else {"low": interval.low, "high": interval.high},
            )
            matrix.var = self.genes.loc[matrix.var_names].rename_axis(None)
            write_anndata(matrix, target)
            return
        # The genes first: where there are effects, there is how far to trust them.
        with new_paths(beside, target) as (about_genes, path):
            _write_table(self.genes.loc[self.effect.columns], "gene", about_genes)
            _write_table(self.effect, "sample", path)


class Model(Protocol):
    """A predictor or a baseline: what ``fit`` returned predicts."""

    def predict(
        self, samples: Samples | StandardizedSamples, genes: Sequence[str] | None = None
    ) -> Predicted:
        """Predict gene effects, by default of all genes that were learned."""


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


def table_text(table: pd.DataFrame, index_label: str, separator: str) -> str:
    """Return a table as delimited text, six digits of each number."""
    return csv_text(table, index_label=index_label, sep=separator, float_format="%.6g")


def _write_table(table: pd.DataFrame, index_label: str, path: Path) -> None:
    if path.suffix == ".parquet":
        table.rename_axis(index=index_label, columns=None).to_parquet(path)
        return
    separator = "," if path.suffix == ".csv" else "\t"
    path.write_text(table_text(table, index_label, separator), encoding="utf-8")
