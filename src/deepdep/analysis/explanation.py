"""One prediction explained: its causes, and the lines most like the sample with what they showed.

Apart from ``causes``, which knows neither labels nor text.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import pandas as pd

from deepdep.analysis.causes import Causes, causes_of_gene
from deepdep.analysis.neighbors import Neighbors, patients_of, similarities
from deepdep.data.prepared import Prepared
from deepdep.data.standardized import StandardizedSamples
from deepdep.models import TrainedPredictor

N_WITNESSES = 5
WITNESSES = ["line", "lineage", "similarity", "measured"]


@dataclass(frozen=True)
class Explanation:
    """What one predicted gene effect is made of, and how far to trust it.

    Attributes
    ----------
    about_gene
        As a row of ``Predicted.genes``.
    interval
        Ends of the 90 % interval; None from a model that gives none.
    gene_sets
        As ``Causes.of_gene_sets`` returns them.
    witnesses
        The lines of other patients most like the sample that were screened for the gene, the
        nearest first: ``line``, ``lineage``, ``similarity`` (see ``neighbors.similarities``) and
        ``measured``, their gene effect.
    """

    causes: Causes
    about_gene: pd.Series
    interval: tuple[float, float] | None
    gene_sets: pd.DataFrame
    witnesses: pd.DataFrame

    def as_dict(self, n: int) -> dict[str, Any]:
        """Return everything as JSON has it, None where nothing is known; ``n`` features and sets.

        ``other_features`` sums those that are not listed.
        """
        causes = self.causes
        return {
            "sample": causes.sample,
            "gene": causes.gene,
            "predicted": causes.predicted,
            "interval": self.interval,
            "about_gene": _records(self.about_gene.to_frame().T)[0],
            "baseline": causes.baseline,
            "parts": causes.by_part.to_dict(),
            "features": _records(causes.features.head(n)),
            "n_other_features": max(len(causes.features) - n, 0),
            "other_features": float(causes.features["contribution"].iloc[n:].sum()),
            "others": causes.others.to_dict(),
            "gene_sets": _records(self.gene_sets.head(n).reset_index()),
            "nearest_lines": _records(self.witnesses),
        }

    def text(self, n: int) -> str:
        """Return everything as people read it; ``n`` features and gene sets."""
        return "\n".join([*self._prediction(), "", *self._sum(n), *self._sets(n), *self._lines()])

    def _prediction(self) -> Iterator[str]:
        causes, about = self.causes, self.about_gene
        head = f"{causes.gene} in {causes.sample}: predicted gene effect {causes.predicted:.3f}"
        if self.interval is not None:
            head += ", 90 % interval {:.3f} to {:.3f}".format(*self.interval)
        yield head
        if about.get("trusted") is not None and about["screened"]:
            word = "trusted" if about["trusted"] else "not trusted"
            yield f"{causes.gene} is {word}: r {about['cv_r']:.2f} in patients left out of training"

    def _sum(self, n: int) -> Iterator[str]:
        causes = self.causes
        yield f"{causes.baseline:+8.3f}  an average sample"
        for row in causes.features.head(n).itertuples():
            yield f"{row.contribution:+8.3f}  {row.table} {row.feature} ({row.difference:+.3g})"
        rest = causes.features["contribution"].iloc[n:]
        if len(rest):
            yield f"{rest.sum():+8.3f}  {len(rest):,} other features"
        for name, contribution in causes.others.items():
            yield f"{contribution:+8.3f}  {name}"
        yield f"{causes.predicted:+8.3f}  together"

    def _sets(self, n: int) -> Iterator[str]:
        if len(self.gene_sets):
            how = f"{self.gene_sets['test'].iloc[0]}, {len(self.gene_sets):,} sets"
            yield f"\nfeatures by gene set; a feature is in several; q: {how}"
        for row in self.gene_sets.head(n).itertuples():
            size = f"{row.n_features} features"
            yield f"{row.contribution:+8.3f}  {row.Index} ({size}, q {row.q:.2g})"

    def _lines(self) -> Iterator[str]:
        if len(self.witnesses):
            yield "\nmeasured in the cell lines most like the sample"
        for row in self.witnesses.itertuples():
            alike = f"similarity {row.similarity:.2f}"
            yield f"{row.measured:+8.3f}  {row.line} {row.lineage} ({alike})"


def explain(
    predictor: TrainedPredictor,
    samples: StandardizedSamples,
    sample: str,
    gene: str,
    prepared: Prepared | None,
) -> Explanation:
    """Explain the prediction of a gene, screened or not, in one of some samples.

    Parameters
    ----------
    samples
        As the predictor standardises them.
    prepared
        Where measured effects are; without it there are no witnesses.
    """
    tables = {
        name: table.loc[table.index == sample]
        for name, table in samples.profiles.items()
        if sample in table.index
    }
    alone = StandardizedSamples(tables, samples.obs.loc[[sample]])
    causes = causes_of_gene(predictor, alone, gene).of(sample)
    about = predictor.prepare_genes([gene]).described.iloc[0]
    interval = None
    if "half_width" in about:
        factor = 1.0
        if predictor.lack_factors is not None:
            shares = alone.shares_of_features(predictor.features)
            factor = float(predictor.lack_factors.of(shares)[sample])
        half = float(about["half_width"]) * factor
        interval = (causes.predicted - half, causes.predicted + half)
    witnesses = pd.DataFrame(columns=WITNESSES)
    if prepared is not None:
        witnesses = _witnesses(predictor, alone, gene, prepared)
    return Explanation(causes, about, interval, causes.of_gene_sets(predictor.gene_sets), witnesses)


def _witnesses(
    predictor: TrainedPredictor, alone: StandardizedSamples, gene: str, prepared: Prepared
) -> pd.DataFrame:
    measured = prepared.measured(gene)
    lines = prepared.samples(
        prepared.cell_lines.index[prepared.cell_lines.index.isin(measured.index)]
    )
    patients = patients_of(lines.obs)
    (name,) = alone.names
    of_sample = patients.get(name, patients_of(alone.obs)[name])
    alike = similarities(predictor, alone, lines)
    nearest = Neighbors.of(alike, pd.Series({name: of_sample}), patients, N_WITNESSES)
    found = nearest.lines.loc[name].dropna()
    return pd.DataFrame(
        {
            "line": found.to_numpy(),
            "lineage": lines.obs["lineage"].reindex(found).to_numpy(),
            "similarity": nearest.similarity.loc[name].loc[found.index].to_numpy(float),
            "measured": measured[found].to_numpy(float),
        },
        columns=WITNESSES,
    )


def _records(table: pd.DataFrame) -> list[dict[str, Any]]:
    """Return rows as plain values, None in place of NaN."""
    plain = table.astype(object).mask(table.isna(), None)
    rows = plain.to_dict("records")
    return [{str(name): getattr(v, "item", lambda v=v: v)() for name, v in r.items()} for r in rows]
