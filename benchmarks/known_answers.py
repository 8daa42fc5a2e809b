"""Whether predictions for real tumours give the answers that are known.

``python benchmarks/known_answers.py``. Reads ../shared/real2, or the folder that DEEPDEP_REAL2_DATA
names; without it nothing is run. The answers, which group of tumours needs which gene more or less,
stand in known_answers.csv with their sources, written down before any prediction was looked at. The
closed form is fitted to all labelled lines, and learns the genes of the list whatever share of the
lines depends on them. Tumours of `validation` taught nothing.

For each answer: how many tumours are in the group, the area under the curve (AUC) by which the
predicted effect tells them from the others, above 0.5 where it is right, p of the rank test and q
over the list. Where the group is defined by a feature that the model reads, that is circular, and
`hidden` is the same with those features taken away, which is the test. Beside it: AUC by the gene's
own expression, and by the mean predicted effect of the tumour's cohort.
"""

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path

import numpy as np
import pandas as pd
from scipy.stats import false_discovery_control, mannwhitneyu

from deepdep.analysis.alterations import Alterations, AlterationSettings, alterations_of
from deepdep.domain.cohort import Cohort, OmicTable, Samples
from deepdep.domain.omics import Omic
from deepdep.models import TrainedPredictor
from deepdep.settings import read_settings
from deepdep.sources.samples import read_any_samples
from pipeline_runs.project import ROOT
from real import TABLES_2
from real_pipeline import absent_data
from real_screen import prepared_cohort

ANSWERS = Path(__file__).with_name("known_answers.csv")
ENOUGH = 5  # tumours on each side


@dataclass(frozen=True)
class Tumors:
    """Samples, and what is known of them beside what the model reads."""

    samples: Samples
    clinical: pd.DataFrame

    @cached_property
    def alterations(self) -> Mapping[str, Alterations]:
        """What they carry, by table, be it one tumour alone."""
        settings = read_settings(ROOT / "params.yaml", "screen.alterations", AlterationSettings)
        settings = replace(settings, deletion=-1.0, min_carriers=1)
        tables = {str(omic): self.samples.tables[omic] for omic in self.samples.omics}
        return alterations_of(tables, settings, self.samples.obs.index)

    def members(self, answer: pd.Series) -> pd.Series:
        """Tell who is in the group, True or False; of tumours of which it is known."""
        group = str(answer["group"])
        if "=" in group:
            column, value = group.split("=")
            known = self.clinical[column].dropna()
            values = value.split() if column == "cohort" else [value]
            is_number = pd.api.types.is_numeric_dtype(known)
            found = known == float(value) if is_number else known.isin(values)
            if column.endswith(("ihc", "fish")):
                found = found[known.isin(["positive", "negative"])]
        else:
            found = next(
                (one.carried[group] for one in self.alterations.values() if group in one.carried),
                pd.Series(dtype=bool),
            )
        cohorts = str(answer["cohorts"]).split() if pd.notna(answer["cohorts"]) else []
        if cohorts:
            of_cohort = self.clinical["cohort"].reindex(found.index)
            found = found[of_cohort.isin(cohorts)]
        return found.astype(bool)

    def without(self, features: str) -> Samples:
        """Take features away, such as ``mutation:BRAF``."""
        tables = dict(self.samples.tables)
        for name in features.split():
            omic, feature = name.split(":")
            if omic in tables:
                table = tables[omic]
                tables[omic] = OmicTable(
                    table.table.drop(columns=feature, errors="ignore"), table.unit
                )
        return Samples.of_tables(tables, self.samples.obs)


def told(
    answer: pd.Series, tumors: Tumors, predictor: TrainedPredictor, effect: pd.DataFrame
) -> dict:
    """Judge one answer."""
    gene, needs_more = str(answer["gene"]), answer["need"] == "more"
    row = {"gene": gene, "group": answer["group"], "where": answer["where"]}
    members = tumors.members(answer)
    members = members[members.index.isin(effect.index)]
    n_with = int(members.sum())
    if gene not in effect or min(n_with, len(members) - n_with) < ENOUGH:
        return row | {"n_with": n_with, "n": len(members), "cannot": "too few tumours or no gene"}
    sign = -1.0 if needs_more else 1.0
    predicted = sign * effect.loc[members.index, gene]
    cohort = tumors.clinical["cohort"].reindex(members.index)
    row |= {"n_with": n_with, "n": len(members), **area(predicted, members)}
    row["cohort_mean"] = area(predicted.groupby(cohort).transform("mean"), members)["auc"]
    expression = tumors.samples.omics.get(Omic.EXPRESSION)
    if expression is not None and gene in expression:
        own = expression[gene].reindex(members.index).dropna()
        if 0 < members[own.index].sum() < len(own):
            row["own_expression"] = area(-sign * own, members[own.index])["auc"]
    if pd.notna(answer["hidden"]):
        hidden = predictor.predict(tumors.without(str(answer["hidden"])), [gene]).effect[gene]
        shared = members.index.intersection(hidden.index)
        row["hidden"] = area(sign * hidden[shared], members[shared])
        has = tumors.samples.omics[Omic.EXPRESSION].index
        shared = shared.intersection(has)
        if min(members[shared].sum(), (~members[shared]).sum()) >= ENOUGH:
            row["hidden_with_expression"] = area(sign * hidden[shared], members[shared])
    return row


def area(value: pd.Series, members: pd.Series) -> dict[str, float]:
    """Return AUC, above 0.5 where members have more of the value, and p of the rank test."""
    value = value.astype(float)  # whose p reaches lower
    test = mannwhitneyu(value[members], value[~members])
    n_pairs = int(members.sum()) * int((~members).sum())
    return {"auc": round(float(test.statistic) / n_pairs, 3), "p": float(f"{test.pvalue:.2g}")}


def real_tumors(cohort: Cohort) -> Tumors:
    """Join the cohort's tumours with what is known of their patients."""
    if cohort.tumors is None:
        raise ValueError("the cohort has no tumours")
    clinical = pd.read_parquet(TABLES_2 / "tumors" / "clinical.parquet")
    clinical.index = clinical.index.str[:12]
    names = pd.Series(cohort.tumors.obs.index.str[:12], cohort.tumors.obs.index)
    return Tumors(cohort.tumors, clinical.reindex(names).set_axis(names.index))


def rows() -> Iterator[dict]:
    answers = pd.read_csv(ANSWERS)
    cohort, _, predictor = prepared_cohort(set(answers["gene"]))
    judged = pd.read_parquet(TABLES_2 / "validation" / "clinical.parquet")
    validation = read_any_samples(TABLES_2 / "validation")
    places = {
        "tumors": real_tumors(cohort),
        "validation": Tumors(
            validation, judged.reindex(validation.obs.index.str[:12]).set_axis(validation.obs.index)
        ),
    }
    effects = {
        where: predictor.predict(
            tumors.samples, sorted({*answers["gene"]} & {*predictor.gene_scale.screened.index})
        ).effect
        for where, tumors in places.items()
    }
    for _, answer in answers.iterrows():
        where = str(answer["where"])
        yield told(answer, places[where], predictor, effects[where])


def main() -> None:
    if absent := absent_data(TABLES_2):
        print(json.dumps({"benchmark": "known_answers", "skipped": f"there is no {absent[0]}"}))
        return
    found = list(rows())
    tests = [row["hidden"]["p"] if "hidden" in row else row["p"] for row in found if "p" in row]
    q = iter(false_discovery_control(np.array(tests)))
    for row in found:
        if "p" in row:
            row["q"] = float(f"{next(q):.2g}")
        print(json.dumps({"benchmark": "known_answers", **row}), flush=True)


if __name__ == "__main__":
    main()
