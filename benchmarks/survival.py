"""Whether predicted gene effects go with survival in real tumours, more than random genes do.

``python benchmarks/survival.py``. Reads ../shared/real2, or the folder that DEEPDEP_REAL2_DATA
names; without it nothing is run. The closed form of known_answers.py predicts its genes, which were
named before, and random genes, of all tumours; each goes into a Cox model of overall survival with
a hazard per cohort and age beside it, as ``deepdep survival`` fits it. Prints a JSON line for all
of them, one for outcomes permuted within cohorts (a patient's time and event together), of which no
gene tells anything, and one for each gene that was named.
"""

import json

import numpy as np
import pandas as pd

from deepdep.analysis import survival
from known_answers import ANSWERS, real_tumors
from real import TABLES_2
from real_pipeline import absent_data
from real_screen import prepared_cohort

N_RANDOM, N_PERMUTED = 200, 20  # genes
N_DRAWS = 10  # of outcomes permuted
TIME, EVENT, STRATA, COVARIATES = "OS.time", "OS", "cohort", ("age",)
LEVEL, FDR = 0.05, 0.1


def fitted(effect: pd.DataFrame, obs: pd.DataFrame, genes: list[str] | None = None) -> pd.DataFrame:
    return survival(
        effect, obs, time=TIME, event=EVENT, strata=STRATA, covariates=COVARIATES, genes=genes
    )


def watched(clinical: pd.DataFrame) -> pd.DataFrame:
    """Return time, event, cohort and age of patients who were watched at all."""
    obs = clinical[[TIME, EVENT, STRATA, *COVARIATES]].dropna(subset=[TIME, EVENT, STRATA])
    return obs[obs[TIME] > 0].astype({TIME: float, EVENT: float, "age": float})


def permuted(obs: pd.DataFrame, rng: np.random.Generator) -> pd.DataFrame:
    """Deal times and events anew among the patients of each cohort."""
    dealt = obs.copy()
    for rows in obs.groupby(STRATA).indices.values():
        dealt.iloc[rows, :2] = obs.iloc[rng.permutation(rows), :2].to_numpy()
    return dealt


def main() -> None:
    if absent := absent_data(TABLES_2):
        print(json.dumps({"benchmark": "survival", "skipped": f"there is no {absent[0]}"}))
        return
    rng = np.random.default_rng(0)
    answers = set(pd.read_csv(ANSWERS)["gene"])
    cohort, _, predictor = prepared_cohort(answers)
    tumors = real_tumors(cohort)
    learned = predictor.gene_scale.screened.index
    named = sorted(answers & {*learned})
    others = learned[~learned.isin(named)]
    random = sorted(rng.choice(others, N_RANDOM, replace=False))
    effect = predictor.predict(tumors.samples, [*named, *random]).effect
    obs = watched(tumors.clinical.loc[effect.index])
    effect = effect.loc[obs.index]
    found = fitted(effect, obs, named)
    of_random = fitted(effect[random], obs)
    some = effect[random[:N_PERMUTED]]
    of_permuted = pd.concat(fitted(some, permuted(obs, rng)) for _ in range(N_DRAWS))
    figures = {
        "n": len(obs),
        "n_events": int(obs[EVENT].sum()),
        "n_cohorts": int(obs[STRATA].nunique()),
        "n_random": len(of_random),
        "random_below_0.05": round(float((of_random["p"] < LEVEL).mean()), 3),
        "random_at_fdr": round(float((of_random["q"] < FDR).mean()), 3),
        "n_named": len(found),
        "named_below_0.05": round(float((found["p"] < LEVEL).mean()), 3),
        "named_at_fdr": int((found["q"] < FDR).sum()),
        "named_ahead_of_95_percent_of_random": int((found["p_random"] <= LEVEL).sum()),
    }
    print(json.dumps({"benchmark": "survival", **figures}), flush=True)
    shares = {
        "n_draws": N_DRAWS,
        "n_genes": N_PERMUTED,
        "permuted_below_0.05": round(float((of_permuted["p"] < LEVEL).mean()), 3),
        "permuted_at_fdr": int((of_permuted["q"] < FDR).sum()),
    }
    print(json.dumps({"benchmark": "survival", **shares}), flush=True)
    columns = ["hazard_ratio", "low", "high", "p", "q", "p_random"]
    for row in found[["gene", *columns]].to_dict("records"):
        rounded = {key: float(f"{row[key]:.3g}") for key in columns}
        print(json.dumps({"benchmark": "survival", "gene": row["gene"], **rounded}))


if __name__ == "__main__":
    main()
