"""The one split of the pipeline: the predictor and its baselines on unseen patients."""

import json
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any, Self

import numpy as np
import pandas as pd

from deepdep.data.prepared import Prepared
from deepdep.data.splits import LEARNED_FROM, Split
from deepdep.domain.gene_effect import GeneEffect, GeneEffectKind
from deepdep.evaluation.comparison import PREDICTOR, Comparison, EvaluateSettings, evaluate
from deepdep.evaluation.fold import Stratum
from deepdep.io.documents import PER_GENE, csv_text
from deepdep.io.files import write_text
from deepdep.io.matrices import read_anndata, to_anndata, to_frame, write_anndata
from deepdep.models import Model
from deepdep.models.baselines import BaselineSettings, Task, predict_baselines
from deepdep.settings import Settings
from deepdep.statistics.resampling import Resamples, resample_counts

# Lines with the same profile must tie: beyond this, how a sum was split over threads shows, and
# ranks turn it into another metric.
DECIMALS = 6

HEADLINE = (
    "mean_gene_r",
    "mean_gene_r_low",
    "mean_gene_r_high",
    "within_lineage_r",
    "auroc",
    "skill",
    "coverage",
)
CLINICAL = (Stratum.DRIVERS, Stratum.WITH_CAUSE)
TRACKED = ("mean_gene_r", "mean_gene_r_low", "mean_gene_r_high", "median_gene_r", "skill", "auroc")


@dataclass(frozen=True)
class JudgeSettings(Settings):
    """The ``evaluate`` group of params.yaml."""

    seed: int
    protocol: EvaluateSettings
    baselines: BaselineSettings


@dataclass(frozen=True)
class UnseenLines:
    """Measured effects of unseen patients' lines, and each model's predictions of them."""

    measured: pd.DataFrame  # (cell line, gene), NaN where not screened
    kind: GeneEffectKind
    predicted: dict[str, pd.DataFrame]  # same labels, by model
    obs: pd.DataFrame  # patient_id and lineage

    def write(self, target: Path) -> None:
        """Write one matrix, with a layer per model."""
        uns = {"kind": str(self.kind)}
        matrix = to_anndata(self.measured, obs=self.obs, uns=uns, layers=self.predicted)
        write_anndata(matrix, target)

    @classmethod
    def read(cls, source: Path) -> Self:
        """Read what ``write`` wrote."""
        matrix = read_anndata(source)
        return cls(
            measured=to_frame(matrix),
            kind=GeneEffectKind(matrix.uns["kind"]),
            predicted={str(model): to_frame(matrix, model) for model in matrix.layers},
            obs=pd.DataFrame(matrix.obs).astype(str),
        )


@dataclass(frozen=True)
class Judged:
    """Metrics, per-gene table and the predictions they were computed from.

    Where there is no test line, there are no models in any of the three.
    """

    metrics: dict[str, Any]
    per_gene: pd.DataFrame
    lines: UnseenLines  # of the test

    @classmethod
    def nothing(cls, prepared: Prepared) -> Self:
        """Return what there is to say where no line was kept to judge by: sizes of the cohort."""
        obs = prepared.splits.loc[[], ["patient_id", "lineage"]]
        labels = prepared.gene_effect.table.loc[[]]
        return cls(
            metrics={"cohort": prepared.counts, **asdict(Comparison({}, {})), "membership": {}},
            per_gene=pd.DataFrame(columns=list(PER_GENE)),
            lines=UnseenLines(labels, prepared.gene_effect.kind, {}, obs),
        )

    @property
    def table(self) -> pd.DataFrame:
        """Figures over all genes, one row per model: mean per-gene r, its interval, skill ..."""
        models = self.metrics["models"]
        return pd.DataFrame({name: strata["all"] for name, strata in models.items()}).T

    def tracked(self, model: str) -> dict[str, float]:
        """Return a model's figures under the names that all runs share."""
        strata = self.metrics["models"][model]
        return {
            f"test_{name}" if stratum == "all" else f"test_{stratum}_{name}": values[name]
            for stratum, values in strata.items()
            for name in TRACKED
            if values[name] is not None
        }

    @property
    def headline(self) -> dict[str, dict[str, float | None]]:
        """The figures that say how good the predictor is on patients not seen.

        Over all genes; and the first of them over groups of genes that a clinician asks for.
        Nothing where there is no test line.
        """
        if not self.metrics["models"]:
            return {}
        ours = self.metrics["models"][PREDICTOR]["all"]
        headline = {
            "test": {"n_lines": len(self.lines.obs), "n_genes": ours["n_genes"]},
            PREDICTOR: {name: ours[name] for name in HEADLINE},
        }
        baselines = self.table["mean_gene_r"].drop(PREDICTOR).dropna().astype(float)
        if len(baselines):
            best = baselines.idxmax()
            lead = self.metrics["differences"][f"{PREDICTOR} - {best}"]["all"]["mean_gene_r"]
            headline["best_baseline"] = {
                "mean_gene_r": baselines[best],
                "lead": lead["difference"],
                "lead_low": lead["low"],
                "lead_high": lead["high"],
            }
        for stratum in CLINICAL:
            if stratum in (of := self.metrics["models"][PREDICTOR]):
                headline[stratum] = {name: of[stratum][name] for name in ("n_genes", *HEADLINE[:3])}
        return headline

    def write(self, headline: Path, metrics: Path, per_gene: Path, predictions: Path) -> None:
        """Write the figures, few and all, the per-gene table, and what models say of test lines."""
        self.lines.write(predictions)
        write_text(csv_text(self.per_gene), per_gene)
        write_text(json.dumps(self.metrics, indent=1) + "\n", metrics)
        write_text(json.dumps(self.headline, indent=1) + "\n", headline)


def judge(model: Model, prepared: Prepared, settings: JudgeSettings) -> Judged:
    """Predict the test lines with a model and with every baseline, and compare.

    The baselines learn from the training and the validation lines, as the predictor does. In the
    tables the model is the ``predictor``. Without test lines the tables are empty.

    Examples
    --------
    >>> ridge = deepdep.Baseline("ridge", settings.baselines).fit(prepared)
    >>> deepdep.evaluate(ridge, prepared, settings.evaluate).table.index.tolist()
    ['predictor', 'gene_mean', 'lineage_mean', 'ridge']
    """
    settings.protocol.require_genes(
        {*prepared.background.table.columns, *prepared.genes}.union(*prepared.gene_sets.values())
    )
    effects, test, genes = prepared.gene_effect, prepared.lines(Split.TEST), prepared.genes
    if test.empty:
        return Judged.nothing(prepared)
    task = Task.of_prepared(prepared, test, genes, settings.baselines)
    predicted = model.predict(prepared.samples(test), list(genes))
    predictions = {PREDICTOR: predicted.effect, **predict_baselines(task)}
    predictions = {model: table.round(DECIMALS) for model, table in predictions.items()}
    measured = GeneEffect(prepared.labels(Split.TEST), effects.kind)
    interval = replace(predicted, effect=predictions[PREDICTOR]).interval
    obs = prepared.splits.loc[test, ["patient_id", "lineage"]]
    rng = np.random.default_rng(settings.seed)
    evaluation = evaluate(
        predictions,
        measured,
        GeneEffect(prepared.labels(*LEARNED_FROM), effects.kind),
        obs,
        settings.protocol,
        intervals={} if interval is None else {PREDICTOR: interval},
        rng=rng,
    )
    learned_from = model.predict(prepared.samples(prepared.lines(*LEARNED_FROM)), list(genes))
    of_members, of_others = (
        ((table - effects.table.loc[table.index, table.columns]) ** 2).mean(axis=1)
        for table in (learned_from.effect.round(DECIMALS), predictions[PREDICTOR])
    )
    membership_figures = membership(
        of_members,
        of_others,
        prepared.splits["patient_id"],
        n_bootstrap=settings.protocol.n_bootstrap,
        rng=rng,
    )
    return Judged(
        metrics={
            "cohort": prepared.counts,
            **asdict(evaluation.comparison),
            "membership": membership_figures,
        },
        per_gene=evaluation.per_gene,
        lines=UnseenLines(measured.table, measured.kind, predictions, obs),
    )


def membership(
    learned_from: pd.Series,
    unseen: pd.Series,
    patient_id: pd.Series,
    *,
    n_bootstrap: int,
    rng: np.random.Generator,
) -> dict[str, float]:
    """Say how well errors tell lines that a predictor learned from from those of unseen patients.

    Who has a line's measured effects, and may ask for its predictions, guesses from a small error
    that it was learned from: the plainest attack there is (Yeom et al. 2018, Privacy Risk in
    Machine Learning). Others may tell more.

    Parameters
    ----------
    learned_from, unseen
        A line's mean squared error, by its name; one without a measured effect has NaN.
    patient_id
        By line.

    Returns
    -------
    ``auc``, the chance that of a line of either kind the one that was learned from has the smaller
    error, 0.5 where errors tell nothing; ``low`` and ``high`` of its 95 % interval, by a bootstrap
    over patients. Nothing where there is no line of a kind.
    """
    members, others = learned_from.dropna(), unseen.dropna()
    if members.empty or others.empty:
        return {}
    gap = others.to_numpy() - members.to_numpy()[:, None]
    wins = (gap > 0) + 0.5 * (gap == 0)  # (line learned from, other line)
    of_members, of_others = (
        resample_counts(patient_id[errors.index], n_boot=n_bootstrap, rng=rng).astype(float)
        for errors in (members, others)
    )
    weighted = ((of_members @ wins) * of_others).sum(axis=1)
    auc = pd.Series(weighted / (of_members.sum(axis=1) * of_others.sum(axis=1)))
    interval = Resamples(float(wins.mean()), auc).percentiles()
    figures = {"auc": float(wins.mean()), "low": interval.low, "high": interval.high}
    return {name: round(figure, DECIMALS) for name, figure in figures.items()}
