"""Predicted gene effects, what to know of them, and their file in the format its ending names."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from importlib.metadata import version
from pathlib import Path
from typing import Any, Protocol

import anndata
import numpy as np
import pandas as pd

from deepdep.data.standardized import StandardizedSamples
from deepdep.domain.cohort import Samples
from deepdep.domain.gene_effect import GeneEffectKind, gene_class
from deepdep.domain.notes import counted
from deepdep.errors import BadFileError, shown
from deepdep.io.documents import csv_text
from deepdep.io.files import new_paths
from deepdep.io.matrices import to_anndata, write_anndata
from deepdep.models.gene_scale import deviation_from_mean
from deepdep.statistics.conformal import EffectInterval

Progress = Callable[[int, int], None]  # told the number of finished and of all samples

ENDINGS = (".h5ad", ".parquet", ".csv", ".tsv")

SCALE = {
    GeneEffectKind.GENE_EFFECT: (
        "gene effect as DepMap scales it: 0 is no effect, -1 the median common essential gene"
    ),
    GeneEffectKind.CLASS: "class: 0 weak, -1 dependency, -2 strong dependency",
}

DEVIATION = "deviation"  # a layer

# What an .h5ad of predictions holds, by part and name. No slash: HDF5 would make groups of it.
DEFINITIONS = {
    "X": "predicted gene effect; negative means that the sample depends on the gene",
    f"layers.{DEVIATION}": "(X - mean) / sd of the gene: how unusual an effect is",
    "var.mean": "mean effect over the training lines; of a gene never screened, as gene sets tell",
    "var.sd": "standard deviation over the training lines, likewise",
    "var.screened": "whether the training lines were screened for the gene",
    "var.n_gene_sets": "how many gene sets of the model the gene is in",
    "var.class": (
        "of a normal distribution with mean and sd: common_essential, more than 95 % of lines "
        "depend on the gene; selective, 5 to 95 %, or sd above 0.2 gene effects; other"
    ),
    "var.cv_r": "correlation of measured with predicted effects in patients left out of training",
    "var.cv_r_low": "lower end of its 95 % interval",
    "var.cv_r_high": "upper end of its 95 % interval",
    "var.q": "p of cv_r being 0, corrected for the number of genes (Benjamini-Hochberg)",
    "var.trusted": "whether cv_r is above 0 and q below 0.05: of such genes, 5 % are so by chance",
    "var.half_width": (
        "half the width of the 90 % interval, which reaches from X - half_width x interval_factor "
        "of the sample to as far above X"
    ),
    "obs.interval_factor": (
        "what half_width is multiplied by in the sample, for what it lacks of the omics"
    ),
    "obsm.X_code": "where the predictor's cell tower places the sample",
    "obsm.X_tsne": "t-SNE of X_code over the samples predicted together; a map to look at",
}
AVERAGE = "an average gene is predicted in its place"  # of one that nothing is known of
HAS_OMIC = "whether the sample had the omic, or another assay that is read as it"
UNITS = {
    f"layers.{DEVIATION}": "sd of the gene",
    "var.cv_r": "1",
    "var.q": "1",
    "obs.interval_factor": "1",
    "obsm.X_tsne": "none",
}
IN_UNITS_OF_EFFECT = ("X", "var.mean", "var.sd", "var.half_width")


@dataclass(frozen=True)
class Predicted:
    """Predicted gene effects (sample, gene), negative meaning dependent, and what to know of them.

    Attributes
    ----------
    obs
        One row per sample, as it came; and ``interval_factor``, where the model knows it.
    genes
        One row per gene: ``mean`` and ``sd`` of its effect, ``screened`` and ``n_gene_sets``; and,
        where the model knows it, how far to trust its predictions: ``cv_r`` on patients left out
        with its interval, ``q``, ``trusted``, and ``half_width`` of a 90 % interval.
    notes_on_samples
        Sentences for the user: omics that were missing or read from another assay.
    with_omic
        Names of the samples that had an omic, per omic that the model reads.
    basis_of_unscreened
        What predictions of genes that were never screened rest on, in words.
    """

    effect: pd.DataFrame
    obs: pd.DataFrame
    genes: pd.DataFrame
    kind: GeneEffectKind
    notes_on_samples: tuple[str, ...] = ()
    with_omic: Mapping[str, pd.Index] = field(default_factory=dict)
    basis_of_unscreened: str = "gene sets alone"

    @property
    def notes(self) -> tuple[str, ...]:
        """Sentences for the user: on samples, then on genes that no screen taught the model."""
        notes = list(self.notes_on_samples)
        unscreened = self.genes.index[~self.genes["screened"]]
        if len(unscreened):
            n_genes = counted(len(unscreened), "gene")
            notes.append(f"{n_genes} never screened; predicted by {self.basis_of_unscreened}")
        in_no_set = self.genes.index[self.genes["n_gene_sets"] == 0]
        if len(in_no_set):
            names = shown(list(in_no_set))
            notes.append(f"no gene set of the model holds {names}; predicted as an average gene")
        wider = self.obs.get("interval_factor", pd.Series(dtype=float)).round(2)
        wider = wider[wider > 1]
        if len(wider):
            samples = "1 sample" if len(wider) == 1 else f"{len(wider):,} samples"
            notes.append(
                f"intervals of {samples} are up to {wider.max():.2f} times as wide, "
                "for what they lack"
            )
        return tuple(notes)

    @property
    def trust_note(self) -> str:
        """How many genes' predictions deserve trust, in a sentence."""
        if "trusted" not in self.genes:
            return "how far to trust the genes is not known; the model was not cross-validated"
        n_screened = int(self.genes["screened"].sum())
        if not n_screened:
            return "how far to trust the genes is not known; none of them was screened"
        by = "at a false discovery rate of 5 %" if "q" in self.genes else "with 95 % confidence"
        trusted = (
            f"{int(self.genes['trusted'].sum())} of {counted(n_screened, 'screened gene')} can be "
            f"trusted: cross-validated r above 0 {by}"
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
        factor = self.obs.get("interval_factor")
        return EffectInterval.around(self.effect, self.genes["half_width"], factor)

    def matrix(
        self,
        obsm: Mapping[str, np.ndarray] | None = None,
        origin: Mapping[str, Any] | None = None,
    ) -> anndata.AnnData:
        """Pack the effects with all that is known, and ``uns["definitions"]`` of what is there.

        The layer ``deviation`` has the effects in SD from the gene's mean. An interval is a number
        per gene, in var, times one per sample, in obs, and no table.

        Parameters
        ----------
        obsm
            Tables (sample, number), such as ``X_code``.
        origin
            What goes into ``uns`` beside the kind, units and definitions, such as the model's hash.
        """
        genes = self.genes.loc[self.effect.columns]
        layers = {DEVIATION: deviation_from_mean(self.effect, genes)} if has_scale(genes) else {}
        obs = self.obs.loc[self.effect.index]
        matrix = about_predicted(obs, genes, self.kind, self.with_omic, [*layers], obsm, origin)
        tables = to_anndata(self.effect, layers=layers)
        matrix.X, matrix.layers = tables.X, tables.layers
        return matrix

    def write(
        self,
        target: Path,
        obsm: Mapping[str, np.ndarray] | None = None,
        origin: Mapping[str, Any] | None = None,
    ) -> None:
        """Write gene effects (sample, gene) with what is known of the genes, all of it or nothing.

        ``.h5ad`` holds what ``matrix`` returns. Other formats hold the effects, and
        ``genes_file`` names a second table with the genes.
        """
        check_writable(target)
        beside = genes_file(target)
        if beside is None:
            write_anndata(self.matrix(obsm, origin), target)
            return
        # The genes first: where there are effects, there is how far to trust them.
        with new_paths(beside, target) as (about_genes, path):
            _write_table(self.genes.loc[self.effect.columns], "gene", about_genes)
            _write_table(self.effect, "sample", path)


def has_scale(genes: pd.DataFrame) -> bool:
    """Whether it is known of genes how their effects vary, so that they have deviations."""
    return {"mean", "sd"} <= {*genes.columns}


def about_predicted(
    obs: pd.DataFrame,
    genes: pd.DataFrame,
    kind: GeneEffectKind,
    with_omic: Mapping[str, pd.Index],
    layers: Sequence[str],
    obsm: Mapping[str, np.ndarray] | None = None,
    origin: Mapping[str, Any] | None = None,
) -> anndata.AnnData:
    """Pack all that ``Predicted.matrix`` holds but its tables: X, and the layers of these names."""
    if has_scale(genes):
        genes = genes.assign(**{"class": gene_class(genes, kind)})
    has = {f"has_{omic}": obs.index.isin(names) for omic, names in with_omic.items()}
    about = anndata.AnnData(
        obs=obs.assign(**has),
        var=genes.rename_axis(None),
        obsm=dict(obsm or {}),
        uns={"kind": str(kind), "deepdep": {"version": version("deepdep")}, **(origin or {})},
    )
    texts = DEFINITIONS | {f"obs.{name}": HAS_OMIC for name in has}
    units = UNITS | dict.fromkeys(IN_UNITS_OF_EFFECT, SCALE[kind])
    held = {"X", *(f"layers.{name}" for name in layers)}
    held |= {f"{part}.{name}" for part in ("obs", "obsm", "var") for name in getattr(about, part)}
    for name, of_places in (("definitions", texts), ("units", units)):
        about.uns[name] = {place: text for place, text in of_places.items() if place in held}
    return about


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
