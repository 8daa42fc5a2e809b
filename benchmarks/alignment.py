"""Whether aligning tumours to lines, lines kept fixed, improves what is predicted of real tumours.

``python benchmarks/alignment.py``. Reads ../shared/real2, or the folder that DEEPDEP_REAL2_DATA
names; without it nothing is run. Of the tumours that have expression, whose profiles are changed
before the closed form of known_answers.py reads them, in one of these ways, or in none:

*purity*: purity is estimated from expression (ridge, fitted to consensus purity within cohorts of
the other half of the tumours), and what goes with it within cohorts is taken from every gene;
*contrastive N*: the N directions of expression in which tumours vary most beyond lines
(eigenvectors of the difference of both covariances, within cohorts) are taken away.

Prints a JSON line for each: how well purity is estimated, |r| of measured purity with predicted
effects in breast tumours (median and largest over genes), the share of a tumour's nearest lines
that are of its lineage, and AUC of each known answer that these tumours can test. Features that
define groups are hidden from the model, all together.
"""

import json
from collections.abc import Iterator
from dataclasses import replace

import numpy as np
import pandas as pd
from scipy.stats import rankdata
from sklearn.linear_model import RidgeCV

from deepdep.analysis.neighbors import Neighbors, patients_of, similarities
from deepdep.data.prepared import Prepared
from deepdep.data.standardized import StandardizedSamples
from deepdep.domain.omics import Omic
from deepdep.models import TrainedPredictor
from known_answers import ANSWERS, ENOUGH, Tumors, area, real_tumors
from real import TABLES_2
from real_pipeline import absent_data
from real_screen import prepared_cohort

N_COMPONENTS = (2, 8)
N_NEAREST = 5
PENALTIES = (100.0, 1000.0, 10_000.0)
COHORT = "BRCA"


def within(values: np.ndarray, cohort: pd.Series) -> np.ndarray:
    """Take each cohort's mean away."""
    table = pd.DataFrame(values)
    return (table - table.groupby(cohort.to_numpy()).transform("mean")).to_numpy()


def without_purity(
    profiles: pd.DataFrame, purity: pd.Series, cohort: pd.Series
) -> tuple[pd.DataFrame, float]:
    """Take what goes with purity, as estimated, away; and return r of the estimate within cohorts.

    Each half of the tumours is estimated, and corrected, by what the other half taught.
    """
    x = within(np.nan_to_num(profiles.to_numpy(float)), cohort)
    stated = purity.notna().to_numpy()
    y = np.full(len(purity), np.nan)
    y[stated] = within(purity[stated].to_numpy(float)[:, None], cohort[stated])[:, 0]
    half = np.random.default_rng(0).permutation(len(profiles)) % 2
    changed, estimated = profiles.to_numpy(float).copy(), np.zeros(len(profiles))
    for one in (0, 1):
        taught, others = stated & (half != one), half == one
        model = RidgeCV(PENALTIES).fit(x[taught], y[taught])
        of_taught, estimated[others] = model.predict(x[half != one]), model.predict(x[others])
        slopes = of_taught @ x[half != one] / (of_taught @ of_taught)
        changed[others] -= np.outer(estimated[others], slopes)
    r = float(np.corrcoef(estimated[stated], y[stated])[0, 1])
    return pd.DataFrame(changed, profiles.index, profiles.columns).astype(np.float32), r


def without_components(
    profiles: pd.DataFrame, lines: pd.DataFrame, cohort: pd.Series, n: int
) -> pd.DataFrame:
    """Take away directions in which tumours vary within cohorts, and lines do not."""
    values, of_lines = np.nan_to_num(profiles.to_numpy(float)), np.nan_to_num(lines.to_numpy(float))
    of_tumors = np.cov(within(values, cohort).T)
    _, vectors = np.linalg.eigh(of_tumors - np.cov(of_lines.T))
    top = vectors[:, -n:]
    centred = values - values.mean(axis=0)
    changed = profiles.to_numpy(float) - centred @ top @ top.T
    return pd.DataFrame(changed, profiles.index, profiles.columns).astype(np.float32)


def variants(
    samples: StandardizedSamples, lines: StandardizedSamples, tumors: Tumors
) -> Iterator[tuple[str, StandardizedSamples, dict]]:
    """Yield the tumours as they are, and changed in each way."""
    profiles, about = samples.profiles[Omic.EXPRESSION], tumors.clinical.loc[samples.names]
    profiles, cohort = profiles.loc[samples.names], about["cohort"]
    yield "none", samples, {}
    changed, r = without_purity(profiles, about["purity_cpe"], cohort)
    yield "purity", with_expression(samples, changed), {"purity_estimated_r": round(r, 3)}
    for n in N_COMPONENTS:
        changed = without_components(profiles, lines.profiles[Omic.EXPRESSION], cohort, n)
        yield f"contrastive {n}", with_expression(samples, changed), {}


def with_expression(samples: StandardizedSamples, profiles: pd.DataFrame) -> StandardizedSamples:
    return replace(samples, profiles={**samples.profiles, str(Omic.EXPRESSION): profiles})


def told(
    predictor: TrainedPredictor,
    samples: StandardizedSamples,
    lines: StandardizedSamples,
    tumors: Tumors,
    prepared: Prepared,
) -> dict:
    """Judge one variant."""
    effect = predictor.predict(samples).effect
    about = tumors.clinical.loc[samples.names]
    some = about.index[(about["cohort"] == COHORT) & about["purity_cpe"].notna()]
    ranks = rankdata(effect.loc[some], axis=0)
    r = np.corrcoef(ranks.T, rankdata(about.loc[some, "purity_cpe"]))[-1, :-1]
    labelled = lines.obs.loc[lines.names.isin(prepared.gene_effect.table.index)]
    with_labels = StandardizedSamples(lines.profiles, labelled)
    alike = similarities(predictor, replace(samples, obs=samples.obs), with_labels)
    nearest = Neighbors.of(alike, patients_of(samples.obs), patients_of(labelled), N_NEAREST).lines
    of_lines = labelled["lineage"].reindex(nearest.to_numpy().ravel()).to_numpy()
    same = of_lines.reshape(nearest.shape) == samples.obs["lineage"].to_numpy()[:, None]
    areas = {}
    for _, answer in pd.read_csv(ANSWERS).iterrows():
        members = tumors.members(answer) if answer["where"] == "tumors" else pd.Series(dtype=bool)
        members = members[members.index.isin(effect.index)]
        enough = min(int(members.sum()), int((~members).sum())) >= ENOUGH
        if enough and answer["gene"] in effect:
            sign = -1.0 if answer["need"] == "more" else 1.0
            value = sign * effect.loc[members.index, str(answer["gene"])]
            areas[f"{answer['gene']} {answer['group']}"] = area(value, members)["auc"]
    return {
        "n_tumors": len(effect),
        "purity_median_r": round(float(np.nanmedian(np.abs(r))), 3),
        "purity_largest_r": round(float(np.nanmax(np.abs(r))), 3),
        "nearest_lines_of_the_lineage": round(float(same.mean()), 3),
        "auc_mean": round(float(np.mean(list(areas.values()))), 3),
        "auc": areas,
    }


def main() -> None:
    if absent := absent_data(TABLES_2):
        print(json.dumps({"benchmark": "alignment", "skipped": f"there is no {absent[0]}"}))
        return
    answers = pd.read_csv(ANSWERS)
    cohort, prepared, predictor = prepared_cohort(set(answers["gene"]))
    tumors = real_tumors(cohort)
    hidden = " ".join(answers["hidden"].dropna().unique())
    bare = predictor.standardize(tumors.without(hidden))
    names = bare.names[bare.names.isin(bare.profiles[Omic.EXPRESSION].index)]
    samples = StandardizedSamples(
        {name: of.loc[of.index.isin(names)] for name, of in bare.profiles.items()},
        bare.obs.loc[names],
    )
    lines = prepared.samples(prepared.cell_lines.index)
    for name, changed, figures in variants(samples, lines, tumors):
        found = told(predictor, changed, lines, tumors, prepared)
        print(
            json.dumps({"benchmark": "alignment", "aligned": name, **figures, **found}), flush=True
        )


if __name__ == "__main__":
    main()
