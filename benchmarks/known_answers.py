"""Whether predictions for real tumours give the answers that are known.

``python benchmarks/known_answers.py``. Reads ../shared/real2, or the folder that DEEPDEP_REAL2_DATA
names; without it nothing is run. The answers, which group of tumours needs which gene more or less,
stand in known_answers.csv with their sources, written down before any prediction was looked at. The
closed form is fitted to all labelled lines, and learns the genes of the list whatever share of the
lines depends on them. Tumours of `validation` taught nothing.

For each answer: how many tumours are in the group, the area under the curve (AUC) by which the
predicted effect tells them from the others, above 0.5 where it is right. Where the group is defined
by a feature that the model reads, that is circular, and what is `tested` is the same with those
features taken away; else it is the same. Of what is tested: a 95 % interval, p of the rank test and
q over the list; AUC over tumours that have expression, and beside it that of the gene's own
expression over the same; AUC by the mean of the tumour's cohort; and AUC and p among tumours of the
same cohort alone, in which no lineage can help. The last line counts.

With ``--aligned`` what goes with purity is taken out of the tumours' expression first, as
``prepare.purity`` does, learned from the tumours of the cohort that state it. The closed form,
which reads no tumours, is the same. With ``--lines`` nothing is predicted: of answers whose group
is an alteration, what measured effects of the labelled lines show.
"""

import argparse
import json
from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path

import numpy as np
import pandas as pd
from scipy.stats import false_discovery_control, mannwhitneyu, norm, rankdata

from deepdep.analysis.alterations import Alterations, AlterationSettings, alterations_of
from deepdep.data.purity import PuritySettings, fit_purity
from deepdep.domain.cohort import Cohort, OmicTable, Samples
from deepdep.domain.gene_effect import DEPENDENT_AT
from deepdep.domain.omics import Omic
from deepdep.models import TrainedPredictor
from deepdep.settings import read_settings
from deepdep.sources.samples import read_any_samples
from pipeline_runs.project import ROOT
from real import TABLES_2
from real_pipeline import absent_data
from real_screen import prepared_cohort

ANSWERS = Path(__file__).with_name("known_answers.csv")
PURITY = PuritySettings("purity_cpe", (str(Omic.EXPRESSION),), (100.0, 1000.0, 10_000.0))
FDR = 0.1
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


def judged_answer(
    answer: pd.Series, tumors: Tumors, effect: pd.DataFrame, effect_hidden: pd.DataFrame
) -> dict:
    """Judge one answer, by effects predicted with everything and with the features hidden."""
    gene, sign = str(answer["gene"]), -1.0 if answer["need"] == "more" else 1.0
    row = {"gene": gene, "group": answer["group"], "where": answer["where"]}
    members = tumors.members(answer)
    members = members[members.index.isin(effect.index) & members.index.isin(effect_hidden.index)]
    n_with = int(members.sum())
    row |= {"n_with": n_with, "n": len(members)}
    if gene not in effect or min(n_with, len(members) - n_with) < ENOUGH:
        return row | {"cannot": "too few tumours or no gene"}
    cohort = tumors.clinical["cohort"].reindex(members.index)
    row["auc"] = area(sign * effect.loc[members.index, gene], members)["auc"]
    value = sign * effect_hidden.loc[members.index, gene].astype(float)
    row |= {"is_hidden": bool(pd.notna(answer["hidden"])), "tested": area(value, members)}
    row["cohort_mean"] = area(value.groupby(cohort).transform("mean"), members)["auc"]
    row["within_cohorts"] = area_within(value, members, cohort)
    expression = tumors.samples.omics[Omic.EXPRESSION]
    has = members.index.isin(expression.index)
    if min(members[has].sum(), (~members[has]).sum()) >= ENOUGH:
        row["with_expression"] = area(value[has], members[has])
        if gene in expression:
            own = -sign * expression.loc[members.index[has], gene]
            row["own_expression"] = area(own, members[has])["auc"]
    return row


def area(value: pd.Series, members: pd.Series) -> dict[str, float]:
    """Return AUC, above 0.5 where members have more of the value, its interval and p.

    The interval is of 95 %, by DeLong, DeLong and Clarke-Pearson (Biometrics 1988); p of the rank
    test of Mann and Whitney, two-sided.
    """
    value = value.astype(float)  # whose p reaches lower
    test = mannwhitneyu(value[members], value[~members])
    n_pairs = int(members.sum()) * int((~members).sum())
    auc, ranks = float(test.statistic) / n_pairs, rankdata(value)
    variance = 0.0
    for side in (members.to_numpy(), ~members.to_numpy()):
        placed = (ranks[side] - rankdata(value.to_numpy()[side])) / (~side).sum()
        variance += placed.var(ddof=1) / side.sum()
    half = 1.96 * variance**0.5
    ends = {"low": round(max(auc - half, 0), 3), "high": round(min(auc + half, 1), 3)}
    return {"auc": round(auc, 3), **ends, "p": float(f"{test.pvalue:.2g}")}


def area_within(value: pd.Series, members: pd.Series, cohort: pd.Series) -> dict[str, float] | None:
    """Compare members with others of the same cohort alone; None where no cohort has both.

    AUC over all such pairs, and p of their sum of ranks, the normal approximation with ties.
    """
    above, n_pairs, variance = 0.0, 0, 0.0
    for names in cohort.groupby(cohort).groups.values():
        is_member, ranks = members[names].to_numpy(), rankdata(value[names])
        n, n_with = len(ranks), int(is_member.sum())
        if 0 < n_with < n:
            pairs = n_with * (n - n_with)
            above += ranks[is_member].sum() - n_with * (n_with + 1) / 2
            variance += pairs / (n * (n - 1)) * ((ranks - ranks.mean()) ** 2).sum()
            n_pairs += pairs
    if not variance:
        return None
    p = 2 * norm.sf(abs(above - n_pairs / 2) / variance**0.5)
    return {"auc": round(above / n_pairs, 3), "p": float(f"{p:.2g}")}


def in_lines(cohort: Cohort) -> list[dict]:
    """Say of each answer whose group is an alteration what the labelled lines show themselves."""
    if cohort.gene_effect is None:
        raise ValueError("the cohort has no gene effects")
    lines, measured = cohort.cell_lines, cohort.gene_effect.table
    about = lines.obs.assign(cohort=lines.obs["lineage"])
    found = []
    answers = pd.read_csv(ANSWERS)
    for _, answer in answers[~answers["group"].str.contains("=")].iterrows():
        gene = str(answer["gene"])
        members = Tumors(lines, about).members(answer)
        effect = measured[gene].dropna() if gene in measured else pd.Series(dtype=float)
        members = members[members.index.isin(effect.index)]
        row = {"gene": gene, "group": answer["group"], "n_with": int(members.sum())}
        row["n"] = len(members)
        if min(members.sum(), (~members).sum()) >= ENOUGH:
            effect = effect[members.index].astype(float)
            value = effect * (-1 if answer["need"] == "more" else 1)
            dependent = effect <= DEPENDENT_AT[cohort.gene_effect.kind]
            row["dependent_with"] = round(float(dependent[members].mean()), 3)
            row["dependent_without"] = round(float(dependent[~members].mean()), 3)
            row |= area(value, members)
            row["within_lineages"] = area_within(value, members, about.loc[members.index, "cohort"])
        found.append(row)
    return found


def real_tumors(cohort: Cohort) -> Tumors:
    """Join the cohort's tumours with what is known of their patients."""
    if cohort.tumors is None:
        raise ValueError("the cohort has no tumours")
    clinical = pd.read_parquet(TABLES_2 / "tumors" / "clinical.parquet")
    clinical.index = clinical.index.str[:12]
    names = pd.Series(cohort.tumors.obs.index.str[:12], cohort.tumors.obs.index)
    return Tumors(cohort.tumors, clinical.reindex(names).set_axis(names.index))


def aligned(predictor: TrainedPredictor, tumors: Tumors) -> TrainedPredictor:
    """Return the same predictor, but that it takes purity out of tumours' expression."""
    space = predictor.features[Omic.EXPRESSION]
    profiles = predictor.standardize(tumors.samples).profiles[Omic.EXPRESSION]
    obs = tumors.samples.obs[["lineage"]].assign(purity_cpe=tumors.clinical["purity_cpe"])
    space = fit_purity(space, profiles, obs, PURITY)
    return replace(predictor, features={**predictor.features, str(Omic.EXPRESSION): space})


def rows(*, with_alignment: bool) -> list[dict]:
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
    effects, found = {}, {}
    if with_alignment:
        predictor = aligned(predictor, places["tumors"])
    genes = sorted({*answers["gene"]} & {*predictor.gene_scale.screened.index})
    for (where, hidden), group in answers.fillna({"hidden": ""}).groupby(["where", "hidden"]):
        tumors = places[str(where)]
        if where not in effects:
            effects[where] = predictor.predict(tumors.samples, genes).effect
        effect = effects[where]
        if hidden:
            effect = predictor.predict(tumors.without(str(hidden)), genes).effect
        for number in group.index:
            found[number] = judged_answer(answers.loc[number], tumors, effects[where], effect)
    return [found[number] for number in answers.index]


def main() -> None:
    arguments = argparse.ArgumentParser(description=__doc__)
    arguments.add_argument("--aligned", action="store_true")
    arguments.add_argument("--lines", action="store_true")
    chosen = arguments.parse_args()
    with_alignment = chosen.aligned
    if absent := absent_data(TABLES_2):
        print(json.dumps({"benchmark": "known_answers", "skipped": f"there is no {absent[0]}"}))
        return
    if chosen.lines:
        cohort = prepared_cohort(set(pd.read_csv(ANSWERS)["gene"]))[0]
        for row in in_lines(cohort):
            print(json.dumps({"benchmark": "known_answers", "where": "lines"} | row))
        return
    found = rows(with_alignment=with_alignment)
    for key in ("tested", "within_cohorts"):
        tests = [row[key] for row in found if row.get(key)]
        q = false_discovery_control(np.array([test["p"] for test in tests]))
        for test, of_test in zip(tests, q, strict=True):
            test["q"] = float(f"{of_test:.2g}")
    named = {"benchmark": "known_answers", "aligned": with_alignment}
    for row in found:
        print(json.dumps(named | row), flush=True)
    print(json.dumps(named | counted(found)))


def counted(found: list[dict]) -> dict[str, int]:
    """Count the answers that point the right way at the FDR, and those ahead of own expression."""
    tested = [row for row in found if "tested" in row]
    counts = {"n": len(tested)}
    for key in ("tested", "within_cohorts"):
        having = [row[key] for row in tested if row[key]]
        right = [each for each in having if each["q"] <= FDR and each["auc"] > 0.5]
        counts |= {f"n_{key}": len(having), f"n_{key}_right": len(right)}
    beside = [row for row in tested if "own_expression" in row]
    ahead = [row for row in beside if row["with_expression"]["auc"] > row["own_expression"]]
    return counts | {"n_beside_own_expression": len(beside), "n_ahead_of_it": len(ahead)}


if __name__ == "__main__":
    main()
