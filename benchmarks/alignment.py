"""Whether aligning tumours to lines, lines kept fixed, improves what is predicted of real tumours.

``python benchmarks/alignment.py``. Reads ../shared/real2, or the folder that DEEPDEP_REAL2_DATA
names; without it nothing is run. Of the tumours that have expression, whose profiles are changed
before the closed form of known_answers.py reads them, in one of these ways, or in none; each half
of the tumours by what the other half taught:

*purity*: purity is estimated from expression, and what goes with it is taken from every gene, of
each tumour alone, as ``prepare.purity`` does, or with the mean of its lineage known;
*mutual neighbours*: tumours move by the differences of tumours and lines that are among each
other's 20 nearest, those of tumours that are like them counting most;
*contrastive N*: the N directions of expression in which tumours vary most beyond lines
(eigenvectors of the difference of both covariances, within lineages) are taken away.

Prints a JSON line for each: |r| of measured purity with predicted effects in breast tumours (ranks,
median and largest over genes), the share of a tumour's nearest lines that are of its lineage, and
AUC of each known answer that these tumours can test. Features that define groups are hidden from
the model, all together.

``--demo PROJECT``, in which ``make repro`` has run: the same of the demo cohort's tumours and the
released model, which is not fitted anew. Purity is what the simulation mixed them by; in place of
known answers stand the planted dependencies: AUC by which predicted effects tell who carries the
cause from who does not, its mean over those of a kind.
"""

import argparse
import json
from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path

import numpy as np
import pandas as pd
from scipy.stats import rankdata

from deepdep.analysis.neighbors import Neighbors, patients_of, similarities
from deepdep.data.prepared import Prepared, read_prepared
from deepdep.data.purity import fit_purity
from deepdep.data.standardized import StandardizedSamples
from deepdep.domain.cohort import Source
from deepdep.domain.features import PURITY_COLUMNS, FeatureSpace
from deepdep.domain.omics import Omic
from deepdep.models import TrainedPredictor, load_predictor
from deepdep.models.kernel import squared_distances
from deepdep.simulation import DEMO, Truth, simulate
from deepdep.simulation.assay import Mixture
from deepdep.simulation.biology import Biology
from deepdep.simulation.patients import draw_obs
from known_answers import ANSWERS, ENOUGH, PURITY, Tumors, area, real_tumors
from real import TABLES_2
from real_pipeline import absent_data
from real_screen import prepared_cohort

N_COMPONENTS = (2, 8)
N_MUTUAL, WIDTH = 20, 0.5  # nearest of the other kind; of the Gaussian, in the median distance
N_NEAREST = 5
COHORT = "BRCA"


@dataclass(frozen=True)
class Expression:
    """Standardised expression of tumours and of lines, and what is known of the tumours."""

    tumors: pd.DataFrame  # (tumour, gene)
    lines: pd.DataFrame  # (line, gene)
    obs: pd.DataFrame  # lineage and purity
    space: FeatureSpace

    @property
    def half(self) -> np.ndarray:
        """In which half each tumour is; one half is aligned by what the other taught."""
        return np.random.default_rng(0).permutation(len(self.tumors)) % 2

    def by_halves(self, aligned: "Way") -> pd.DataFrame:
        """Align each half by what the other taught."""
        parts = []
        for one in (0, 1):
            taught, others = self.tumors[self.half != one], self.tumors[self.half == one]
            parts.append(aligned(replace(self, tumors=taught), others))
        return pd.concat(parts).loc[self.tumors.index].astype(np.float32)


# Aligns some tumours, (tumour, gene), by what others taught.
Way = Callable[[Expression, pd.DataFrame], pd.DataFrame]


def within(values: np.ndarray, lineage: pd.Series) -> np.ndarray:
    """Take each lineage's mean away."""
    table = pd.DataFrame(values)
    return (table - table.groupby(lineage.to_numpy()).transform("mean")).to_numpy()


def without_purity(taught: Expression, tumors: pd.DataFrame) -> pd.DataFrame:
    """Align each tumour alone, as ``prepare.purity`` does."""
    space = fit_purity(taught.space, taught.tumors, taught.obs, PURITY)
    return space.without_purity(tumors, Source.TUMOR)


def without_purity_in_batch(taught: Expression, tumors: pd.DataFrame) -> pd.DataFrame:
    """Align tumours of a lineage together, the mean of their estimates being no purity."""
    space = fit_purity(taught.space, taught.tumors, taught.obs, PURITY)
    _, weights, slopes = (space.table[name].to_numpy() for name in PURITY_COLUMNS)
    purity = (np.nan_to_num(tumors.to_numpy(float)) @ weights)[:, None]
    return tumors - within(purity, taught.obs.loc[tumors.index, "lineage"]) * slopes


def moved_to_lines(taught: Expression, tumors: pd.DataFrame) -> pd.DataFrame:
    """Move tumours by the differences of mutual neighbours among tumours that are like them."""
    known, lines = (np.nan_to_num(t.to_numpy(float)) for t in (taught.tumors, taught.lines))
    between = squared_distances(known, lines)
    is_near = [np.argsort(np.argsort(between, axis=axis), axis=axis) < N_MUTUAL for axis in (0, 1)]
    of_tumor, of_line = np.nonzero(is_near[0] & is_near[1])
    moves = lines[of_line] - known[of_tumor]
    distance = squared_distances(np.nan_to_num(tumors.to_numpy(float)), known[of_tumor])
    weight = np.exp(-distance / (2 * WIDTH**2 * np.median(distance)))
    return tumors + weight @ moves / weight.sum(axis=1, keepdims=True)


def without_components(taught: Expression, tumors: pd.DataFrame, n: int) -> pd.DataFrame:
    """Take away directions in which tumours vary within lineages, and lines do not."""
    known, lines = (np.nan_to_num(t.to_numpy(float)) for t in (taught.tumors, taught.lines))
    lineage = taught.obs.loc[taught.tumors.index, "lineage"]
    both = [within(known, lineage), lines - lines.mean(axis=0)]
    rows = np.concatenate([each / np.sqrt(len(each)) for each in both])
    sign = np.repeat([1.0, -1.0], [len(each) for each in both])
    # Eigenvectors of the difference of both covariances lie in the span of the rows.
    basis, strength, _ = np.linalg.svd(rows.T, full_matrices=False)
    basis = basis[:, strength > 1e-9 * strength[0]]
    inner = rows @ basis
    _, vectors = np.linalg.eigh(inner.T @ (sign[:, None] * inner))
    top = basis @ vectors[:, -n:]
    centred = np.nan_to_num(tumors.to_numpy(float)) - known.mean(axis=0)
    return tumors - centred @ top @ top.T


WAYS: dict[str, Way] = {
    "purity, each tumour alone": without_purity,
    "purity, a lineage together": without_purity_in_batch,
    "mutual neighbours": moved_to_lines,
    **{f"contrastive {n}": partial(without_components, n=n) for n in N_COMPONENTS},
}


def with_expression(samples: StandardizedSamples, profiles: pd.DataFrame) -> StandardizedSamples:
    return replace(samples, profiles={**samples.profiles, str(Omic.EXPRESSION): profiles})


def r_of_estimate(expression: Expression) -> float:
    """Correlate purity as estimated by what the other half taught with stated purity, in lineages.

    What is taken from a gene is the estimate times its slope.
    """

    def estimated(taught: Expression, tumors: pd.DataFrame) -> pd.DataFrame:
        space = fit_purity(taught.space, taught.tumors, taught.obs, PURITY)
        mean, weights, _ = (space.table[name].to_numpy() for name in PURITY_COLUMNS)
        purity = np.nan_to_num(tumors.to_numpy(float) - mean) @ weights
        return pd.DataFrame({"purity": purity}, tumors.index)

    stated = expression.obs[PURITY.column].reindex(expression.tumors.index).dropna()
    estimate = expression.by_halves(estimated).loc[stated.index]
    lineage = expression.obs.loc[stated.index, "lineage"]
    both = within(np.column_stack([estimate, stated]).astype(float), lineage)
    return float(np.corrcoef(both.T)[0, 1])


def judged(
    predictor: TrainedPredictor,
    samples: StandardizedSamples,
    lines: StandardizedSamples,
    tumors: Tumors,
    prepared: Prepared,
) -> dict:
    """Judge one way."""
    effect = predictor.predict(samples).effect
    about = tumors.clinical.loc[samples.names]
    some = about.index[(about["cohort"] == COHORT) & about["purity_cpe"].notna()]
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
        **purity_left(effect.loc[some], about.loc[some, "purity_cpe"]),
        "nearest_lines_of_the_lineage": of_own_lineage(predictor, samples, lines, prepared),
        "n_answers": len(areas),
        "auc_mean": round(float(np.mean(list(areas.values()))), 3),
        "auc": areas,
    }


def purity_left(effect: pd.DataFrame, purity: pd.Series) -> dict[str, float]:
    """Correlate the ranks of purity and of each gene's predicted effects."""
    r = np.abs(spearman(effect, purity))
    return {
        "purity_median_r": round(float(np.nanmedian(r)), 3),
        "purity_largest_r": round(float(np.nanmax(r)), 3),
    }


def spearman(effect: pd.DataFrame, values: pd.Series) -> np.ndarray:
    ranks = rankdata(effect, axis=0)
    ranks -= ranks.mean(axis=0)
    of_values = rankdata(values) - (len(values) + 1) / 2
    lengths = np.linalg.norm(ranks, axis=0) * np.linalg.norm(of_values)
    return of_values @ ranks / np.where(lengths > 0, lengths, np.nan)


def of_own_lineage(
    predictor: TrainedPredictor,
    samples: StandardizedSamples,
    lines: StandardizedSamples,
    prepared: Prepared,
) -> float:
    """Return which share of the nearest labelled lines is of the tumour's lineage."""
    labelled = lines.obs.loc[lines.names.isin(prepared.gene_effect.table.index)]
    alike = similarities(predictor, samples, StandardizedSamples(lines.profiles, labelled))
    nearest = Neighbors.of(alike, patients_of(samples.obs), patients_of(labelled), N_NEAREST).lines
    of_lines = labelled["lineage"].reindex(nearest.to_numpy().ravel()).to_numpy()
    same = of_lines.reshape(nearest.shape) == samples.obs["lineage"].to_numpy()[:, None]
    return round(float(same.mean()), 3)


def of_demo(project: Path) -> None:
    """Judge each way on the demo cohort."""
    predictor = load_predictor(project / "models" / "predictor")
    prepared = read_prepared(project / "prepared", list(predictor.features))
    truth = simulate(DEMO, np.random.default_rng(0)).truth
    samples = StandardizedSamples(prepared.tumor_profiles, prepared.tumors)
    of_expression = samples.profiles[Omic.EXPRESSION]
    names = samples.names[samples.names.isin(of_expression.index)]
    samples = replace(samples, obs=samples.obs.loc[names])
    lines = prepared.samples(prepared.cell_lines.index)
    purity = purity_of_demo().loc[names]
    expression = Expression(
        of_expression.loc[names],
        lines.profiles[Omic.EXPRESSION],
        samples.obs[["lineage"]].assign(purity_cpe=purity),
        predictor.features[Omic.EXPRESSION],
    )
    r = round(r_of_estimate(expression), 3)
    print(json.dumps({"benchmark": "alignment", "of": "demo", "purity_estimated_r": r}), flush=True)
    lineage = samples.obs["lineage"]
    for name, way in {"none": None, **WAYS}.items():
        changed = samples if way is None else with_expression(samples, expression.by_halves(way))
        effect = predictor.predict(changed).effect
        beyond = pd.DataFrame(within(effect.to_numpy(float), lineage), names, effect.columns)
        found = {
            "n_tumors": len(names),
            **purity_left(beyond, pd.Series(within(purity.to_numpy()[:, None], lineage)[:, 0])),
            "nearest_lines_of_the_lineage": of_own_lineage(predictor, changed, lines, prepared),
            **areas_of_planted(effect, truth),
        }
        print(json.dumps({"benchmark": "alignment", "of": "demo", "aligned": name, **found}))


def purity_of_demo() -> pd.Series:
    """Return what the demo's tumours were mixed by, drawn again as ``simulate`` draws it."""
    rngs = np.random.default_rng(0).spawn(6)  # of samples, genes, patients, omics
    obs = draw_obs(DEMO, Biology.load(DEMO.n_lineages), rngs[0])
    return pd.Series(Mixture.draw(obs, rngs[3]).cancer, obs.index)


def areas_of_planted(effect: pd.DataFrame, truth: Truth) -> dict[str, float]:
    """Return by kind of planted dependency the mean AUC, of those that enough tumours carry."""
    areas: dict[str, list[float]] = {}
    for fact in truth.planted[truth.planted["effect"].ne(0)].itertuples():
        if fact.gene not in effect or fact.carriers not in truth.carriers:
            continue
        carries = truth.carriers.loc[effect.index, str(fact.carriers)].astype(bool)
        if min(carries.sum(), (~carries).sum()) >= ENOUGH:
            value = np.sign(float(fact.effect)) * effect[str(fact.gene)]
            areas.setdefault(str(fact.kind), []).append(area(value, carries)["auc"])
    return {f"auc_{kind}": round(float(np.mean(each)), 3) for kind, each in areas.items()} | {
        f"n_{kind}": len(each) for kind, each in areas.items()
    }


def main() -> None:
    arguments = argparse.ArgumentParser(description=__doc__)
    arguments.add_argument("--demo", type=Path)
    project = arguments.parse_args().demo
    if project is not None:
        of_demo(project)
        return
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
    expression = Expression(
        samples.profiles[Omic.EXPRESSION].loc[names],
        lines.profiles[Omic.EXPRESSION],
        samples.obs[["lineage"]].assign(purity_cpe=tumors.clinical.loc[names, "purity_cpe"]),
        predictor.features[Omic.EXPRESSION],
    )
    print(
        json.dumps(
            {
                "benchmark": "alignment",
                "n_stating_purity": int(expression.obs["purity_cpe"].notna().sum()),
                "purity_estimated_r": round(r_of_estimate(expression), 3),
            }
        ),
        flush=True,
    )
    for name, way in {"none": None, **WAYS}.items():
        changed = samples if way is None else with_expression(samples, expression.by_halves(way))
        found = judged(predictor, changed, lines, tumors, prepared)
        print(json.dumps({"benchmark": "alignment", "aligned": name, **found}), flush=True)


if __name__ == "__main__":
    main()
