"""All baselines by name, and one of them as a model of the same contract as the predictor."""

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, replace

import pandas as pd

from deepdep.data.prepared import Prepared
from deepdep.data.splits import LEARNED_FROM
from deepdep.data.standardized import StandardizedSamples, standardize
from deepdep.domain.cohort import Samples
from deepdep.domain.lineages import UNKNOWN_LINEAGE
from deepdep.domain.omics import Omic
from deepdep.errors import DeepDEPError
from deepdep.models.baselines.regression import (
    common_factor,
    elastic_net,
    random_forest,
    ridge,
    ridge_expression,
)
from deepdep.models.baselines.simple import (
    fingerprint_ridge,
    gene_mean,
    lineage_mean,
    nearest_genes,
    nearest_lines,
    own_expression,
)
from deepdep.models.baselines.task import BaselineSettings, Task
from deepdep.models.gene_scale import GeneScale
from deepdep.models.predicted import Predicted

# Effects of the task's (line, gene), by name of the baseline.
BASELINES: Mapping[str, Callable[[Task], pd.DataFrame]] = {
    "gene_mean": gene_mean,
    "lineage_mean": lineage_mean,
    "common_factor": common_factor,
    "own_expression": own_expression,
    "nearest_lines": nearest_lines,
    "ridge_expression": ridge_expression,
    "ridge": ridge,
    "elastic_net": elastic_net,
    "random_forest": random_forest,
    "fingerprint_ridge": fingerprint_ridge,
    "nearest_genes": nearest_genes,
}

FROM_EXPRESSION = frozenset({"common_factor", "own_expression", "nearest_lines"})
FOR_UNSEEN_GENES = frozenset({"fingerprint_ridge", "nearest_genes"})


def predict_baselines(task: Task) -> dict[str, pd.DataFrame]:
    """Predict with every baseline that the settings name and the omics allow.

    The gene mean is always there, first: without it, overall figures say nothing.
    """
    names = dict.fromkeys(["gene_mean", *task.settings.models])
    return {name: BASELINES[name](task) for name in names if allows(task.omics, name)}


def allows(omics: Collection[Omic], name: str) -> bool:
    """Tell whether a baseline has what it reads.

    Those that read expression need it; ``ridge_expression`` is there when expression is one of
    several omics, else it is ``ridge``.
    """
    has_expression = Omic.EXPRESSION in omics
    if name == "ridge_expression":
        return has_expression and len(omics) > 1
    return has_expression or name not in FROM_EXPRESSION


@dataclass(frozen=True)
class Baseline:
    """A model that needs no network, by the same contract as ``Predictor``.

    Parameters
    ----------
    name
        One of ``BASELINES``.

    Examples
    --------
    >>> ridge = deepdep.Baseline("ridge", settings.baselines).fit(prepared)
    >>> ridge.predict(cohort.tumors, ["BRAF", "WRN"]).effect.shape
    (120, 2)
    """

    name: str
    settings: BaselineSettings
    prepared: Prepared | None = None

    def __post_init__(self) -> None:
        if self.name not in BASELINES:
            raise DeepDEPError(
                f"{self.name!r} is not a baseline; choose one of {', '.join(BASELINES)}."
            )

    def fit(self, prepared: Prepared) -> "Baseline":
        """Return the baseline that learns from the training and the validation lines.

        It keeps the data: what it makes of them depends on the genes that it is to predict.
        """
        if not allows(prepared.omics, self.name):
            raise DeepDEPError(
                f"{self.name}: needs expression beside what was prepared; add it to omics, or "
                "choose another baseline."
            )
        return replace(self, prepared=prepared)

    def predict(
        self,
        samples: Samples | StandardizedSamples,
        genes: Sequence[str] | None = None,
        *,
        file_name: str = "samples",
    ) -> Predicted:
        """Predict gene effects of samples as measured, or standardised as they were prepared.

        Parameters
        ----------
        genes
            By default all that were learned; of others NaN, but from the baselines for unseen
            genes. A sample with the name of a line learned from is taken for that line.
        """
        prepared = self.prepared
        if prepared is None:
            raise DeepDEPError(f"{self.name}: was not fitted; call fit(prepared) first.")
        if isinstance(samples, Samples):
            samples = standardize(
                samples, prepared.features, prepared.translations, file_name=file_name
            )
        names = prepared.genes if genes is None else pd.Index(list(genes))
        learned = prepared.lines(*LEARNED_FROM)
        new = samples.names[~samples.names.isin(learned)]
        described = samples.obs.loc[new].reindex(columns=["patient_id", "lineage"])
        task = replace(
            Task.of_prepared(prepared, samples.names, names, self.settings),
            omics={
                omic: pd.concat([_rows(table, learned), _rows(samples.profiles.get(omic), new)])
                for omic, table in prepared.profiles.items()
            },
            obs=pd.concat(
                [
                    prepared.splits.loc[learned, ["patient_id", "lineage"]],
                    described.fillna({"lineage": UNKNOWN_LINEAGE}),
                ]
            ),
        )
        scale = GeneScale.fit(task.screened, prepared.gene_sets)
        return Predicted(
            effect=BASELINES[self.name](task),
            obs=samples.obs,
            genes=scale.describe(list(names), prepared.gene_sets),
            kind=prepared.gene_effect.kind,
            notes_on_samples=samples.notes,
        )


def _rows(table: pd.DataFrame | None, names: pd.Index) -> pd.DataFrame | None:
    """Those of the samples that have the omic."""
    return None if table is None else table.loc[table.index.isin(names)]
