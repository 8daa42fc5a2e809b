"""What samples that lack features cost: r and intervals on left-out lines of a cohort.

``python benchmarks/lacking.py COHORT [--params FILE] [--panel TABLE] [--seeds 1,2]``. For each seed
patients are dealt anew; the closed form is fitted without the test lines, which are then predicted
as they are, with a share of the features of one omic (drawn at random, or those of a panel's
table), with that omic alone, and without it. Prints a JSON line per case, averaged over seeds; and
how often intervals hold over lines that lack an omic, lie far from what was learned (by their
expression), or are of one lineage.
"""

import argparse
import json
import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import cast

import numpy as np
import pandas as pd
from sklearn.neighbors import NearestNeighbors

from deepdep.data.cohort import read_cohort
from deepdep.data.prepare import PrepareSettings, prepare
from deepdep.data.prepared import Prepared, read_omics
from deepdep.data.splits import LEARNED_FROM, Split
from deepdep.domain.cohort import Cohort, OmicTable, Samples
from deepdep.domain.omics import Omic
from deepdep.io.tables import read_table
from deepdep.models import TrainedEncoder, TrainedPredictor
from deepdep.models.predicted import Predicted
from deepdep.models.settings import EncoderSettings
from deepdep.settings import read_settings
from deepdep.sources.gene_names import read_gene_list
from deepdep.statistics.conformal import EffectInterval
from deepdep.statistics.metrics import pearson_per_gene
from deepdep.training.cross_fit import fit_predictor
from deepdep.training.settings import FinetuneSettings
from pipeline_runs.project import ROOT

MIN_LINES = 4  # of a subset
SHARES = (0.75, 0.5, 0.25, 0.1, 0.05)
# Of encoders that nothing reads: the closed form stands alone.
UNUSED = EncoderSettings(
    widths=(2,),
    activation="linear",
    code_activation="linear",
    restored_activation="linear",
    corruption=0.0,
)


@dataclass(frozen=True)
class Case:
    """What is left of test lines: the features of an omic, and whether other omics are."""

    name: str
    omic: Omic
    features: pd.Index
    alone: bool = False

    def of(self, tables: Mapping[Omic, pd.DataFrame]) -> dict[Omic, pd.DataFrame]:
        """Take away what the case lacks."""
        left = {} if self.alone else {o: t for o, t in tables.items() if o is not self.omic}
        if len(self.features):
            table = tables[self.omic]
            left[self.omic] = table.loc[:, table.columns.isin(self.features)]
        return left


def cases(
    predictor: TrainedPredictor, panel: pd.Index | None, rng: np.random.Generator
) -> Iterator[Case]:
    for omic, space in predictor.features.items():
        features = space.table.index
        yield Case("without it", omic, features[:0])
        yield Case("alone", omic, features, alone=True)
        for share in SHARES:
            some = features[rng.permutation(len(features))[: math.ceil(share * len(features))]]
            yield Case(f"{share:.0%}", omic, some)
            yield Case(f"{share:.0%} alone", omic, some, alone=True)
    if panel is not None:
        yield Case("panel", Omic.EXPRESSION, panel)
        yield Case("panel alone", Omic.EXPRESSION, panel, alone=True)


def judged(
    predictor: TrainedPredictor, samples: Samples, measured: pd.DataFrame
) -> dict[str, float]:
    predicted = predictor.predict(samples, list(measured.columns))
    of_lines = measured.loc[predicted.effect.index]
    interval = predicted.interval
    found = {
        "n_lines": float(len(of_lines)),
        "r": float(pearson_per_gene(of_lines, predicted.effect).mean()),
    }
    if interval is not None:
        found |= covered(predicted, of_lines)
    return found


def covered(predicted: Predicted, measured: pd.DataFrame) -> dict[str, float]:
    """Return coverage as it is, and as it were if all samples' intervals were as wide."""
    constant = EffectInterval.around(predicted.effect, predicted.genes["half_width"])
    factor = predicted.obs.get("interval_factor", pd.Series(1.0, predicted.obs.index))
    interval = cast(EffectInterval, predicted.interval)
    return {
        "coverage": float(interval.coverage(measured).mean()),
        "coverage_constant": float(constant.coverage(measured).mean()),
        "factor": float(factor[measured.index].mean()),
    }


def subsets(
    predictor: TrainedPredictor, prepared: Prepared, asked: Samples, measured: pd.DataFrame
) -> Iterator[dict]:
    """Yield coverage over lines that have all omics or lack one, by distance and lineage."""
    predicted = predictor.predict(asked, list(measured.columns))
    lines = predicted.effect.index
    has = pd.DataFrame({str(o): lines.isin(t.index) for o, t in asked.omics.items()}, lines)
    groups = {"all omics": lines[has.all(axis=1)]}
    groups |= {f"no {omic}": lines[~has[omic]] for omic in has}
    expression = prepared.profiles[Omic.EXPRESSION].fillna(0)
    learned = expression[expression.index.isin(prepared.lines(*LEARNED_FROM))].to_numpy()
    judged_lines = lines[lines.isin(expression.index)]
    nearest = NearestNeighbors(n_neighbors=5).fit(learned)
    distance, _ = nearest.kneighbors(expression.loc[judged_lines].to_numpy())
    rank = pd.Series(distance.mean(axis=1), judged_lines).rank(pct=True)
    groups |= {
        "nearest quarter": rank.index[rank <= 0.25],
        "farthest quarter": rank.index[rank > 0.75],
    }
    for lineage, of_lineage in prepared.splits.loc[lines].groupby("lineage"):
        groups[str(lineage)] = of_lineage.index
    for name, some in groups.items():
        if len(some) >= MIN_LINES:
            found = covered(predicted, measured.loc[some])
            yield {"omic": "", "left": name, "share": 0.0, "n_lines": float(len(some))} | found


def fitted(prepared: Prepared, params: Path) -> TrainedPredictor:
    settings = replace(read_settings(params, "finetune", FinetuneSettings), n_members=0)
    encoders = {
        omic: TrainedEncoder(UNUSED.build(len(space.table), name=str(omic)), UNUSED, space)
        for omic, space in prepared.features.items()
    }
    return fit_predictor(prepared, encoders, settings).predictor


def run(cohort: Cohort, params: Path, panel: pd.Index | None, seed: int) -> Iterator[dict]:
    settings = read_settings(params, "prepare", PrepareSettings)
    settings = replace(settings, split=replace(settings.split, seed=seed))
    genes = read_gene_list(ROOT / settings.gene_list)
    prepared = prepare(cohort, settings, read_omics(params), genes)
    predictor = fitted(prepared, params)
    measured = prepared.labels(Split.TEST).astype(float)
    lines, samples = measured.index, cohort.cell_lines
    whole = {o: t.loc[t.index.isin(lines)] for o, t in samples.omics.items()}
    all_features = Case("everything", next(iter(whole)), pd.Index([]))
    for case in (all_features, *cases(predictor, panel, np.random.default_rng(seed))):
        left = whole if case is all_features else case.of(whole)
        tables = {str(o): OmicTable(t, samples.units[o]) for o, t in left.items()}
        if not tables:
            continue
        asked = Samples.of_tables(tables, samples.obs.loc[lines])
        omic = "" if case is all_features else str(case.omic)
        features = predictor.features[case.omic].table.index
        share = float(features.isin(case.features).mean())
        yield {"omic": omic, "left": case.name, "share": share} | judged(predictor, asked, measured)
        if case is all_features:
            yield from subsets(predictor, prepared, asked, measured)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("cohort", type=Path)
    parser.add_argument("--params", type=Path, default=ROOT / "params.yaml")
    parser.add_argument("--panel", type=Path, help="a table of expression, for its columns")
    parser.add_argument("--seeds", default="1,2")
    given = parser.parse_args()
    panel = None if given.panel is None else read_table(given.panel).columns
    cohort = read_cohort(given.cohort)
    rows = [
        row
        for seed in map(int, given.seeds.split(","))
        for row in run(cohort, given.params, panel, seed)
    ]
    means = pd.DataFrame(rows).groupby(["omic", "left"], sort=False).mean().reset_index()
    for row in means.round(4).to_dict("records"):
        print(json.dumps({"benchmark": "lacking", **row}), flush=True)


if __name__ == "__main__":
    main()
