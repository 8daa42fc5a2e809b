"""What the distance of a sample from the lines learned from says, on the demo cohort.

``python benchmarks/distance.py [PROJECT]``, in which ``make repro`` has run. Of the judged model,
over test lines: does the distance of a line tell how far its predictions err (mean absolute error
over genes, each in SD of the gene)? Of the released model: how often are the nearest lines of the
sample's own lineage, how far do tumours lie beside lines, and how often are planted dependencies
called, in tumours that carry the cause and in others? Prints one JSON line.
"""

import argparse
import json
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

import anndata
import numpy as np
import pandas as pd
from scipy.stats import spearmanr

from deepdep.analysis.cohort_map import CALL, N_NEAREST, CallSettings, map_cohort
from deepdep.analysis.dependency_map import Call
from deepdep.data.prepared import Prepared, read_prepared
from deepdep.data.splits import Split
from deepdep.io.documents import read_csv
from deepdep.io.matrices import read_anndata, to_frame
from deepdep.models import load_predictor
from deepdep.settings import read_settings
from deepdep.simulation import DEMO, simulate
from pipeline_runs.project import ROOT

PARAMS = ROOT / "params.yaml"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("project", nargs="?", type=Path, default=Path())
    args = parser.parse_args()
    judged, released = (mapped(args.project, model) for model in ("judged", "predictor"))
    tumors, lines = released.tumors.obs, released.cell_lines.obs
    figures = {
        "benchmark": "distance",
        **error_by_distance(judged),
        "neighbors_of_own_lineage_tumors": of_own_lineage(tumors, lines["lineage"]),
        "neighbors_of_own_lineage_lines": of_own_lineage(lines, lines["lineage"]),
        "median_distance_tumors": round(float(tumors["distance"].median()), 3),
        "median_distance_lines": round(float(lines["distance"].median()), 3),
        "share_of_tumors_beyond_95_percent": round(
            float((tumors["distance_rank"] > 0.95).mean()), 3
        ),
        **calls_of_planted(released),
    }
    print(json.dumps(figures))


@dataclass(frozen=True)
class Mapped:
    """A cohort, and the files that its predictions make."""

    prepared: Prepared
    tumors: anndata.AnnData
    cell_lines: anndata.AnnData


def mapped(project: Path, model: str) -> Mapped:
    predictor = load_predictor(project / "models" / model)
    prepared = read_prepared(project / "prepared", list(predictor.features))
    per_gene = read_csv(project / "reports" / "per_gene.csv", ["gene", "model", "r"])
    calls = CallSettings(
        read_settings(PARAMS, "report.min_deviation", float),
        read_settings(PARAMS, "report.min_samples_per_lineage", int),
    )
    found = map_cohort(prepared, predictor, per_gene, seed=1, calls=calls)
    with TemporaryDirectory() as folder:
        files = Path(folder) / "tumors.h5ad", Path(folder) / "cell_lines.h5ad"
        found.tumors.write(files[0])
        found.cell_lines.write(files[1])
        return Mapped(prepared, *map(read_anndata, files))


def error_by_distance(judged: Mapped) -> dict[str, float]:
    """Correlate distances and errors over test lines."""
    prepared = judged.prepared
    test = prepared.lines(Split.TEST)
    errors = (to_frame(judged.cell_lines) - prepared.gene_effect.table).loc[test].abs()
    error = (errors / judged.cell_lines.var["sd"]).mean(axis=1)
    found = spearmanr(judged.cell_lines.obs.loc[test, "distance"], error)
    return {
        "n_test_lines": len(test),
        "rho_of_error": round(float(found.statistic), 3),
        "p_of_error": round(float(found.pvalue), 3),
    }


def of_own_lineage(obs: pd.DataFrame, lineage_of_line: pd.Series) -> float:
    """Share of the nearest lines that are of the sample's lineage."""
    names = obs[[f"nearest_line_{k}" for k in range(1, N_NEAREST + 1)]].astype(str)
    lineages = names.apply(lambda column: column.map(lineage_of_line.astype(str)))
    return round(float(lineages.eq(obs["lineage"].astype(str), axis=0).to_numpy().mean()), 3)


def calls_of_planted(released: Mapped) -> dict[str, float]:
    """Count calls of planted lineage dependencies and addictions, in carriers and in others."""
    truth = simulate(DEMO, np.random.default_rng(0)).truth
    calls = to_frame(released.tumors, CALL)
    found: dict[str, float] = {}
    for kind in ("lineage_dependency", "addiction"):
        facts = truth.planted[(truth.planted["kind"] == kind) & truth.planted["gene"].isin(calls)]
        facts = facts[facts["effect"] < 0]
        carries = np.stack([truth.carriers.loc[calls.index, name] for name in facts["carriers"]])
        of_fact = calls[facts["gene"]].to_numpy().T
        for name, call in (("selective", Call.SELECTIVE), ("typical", Call.LINEAGE_TYPICAL)):
            for who, where in (("carriers", carries), ("others", ~carries)):
                found[f"{kind}_{name}_{who}"] = round(float((of_fact[where] == call).mean()), 3)
        found[f"{kind}_n_carriers"] = int(carries.sum())
    return found


if __name__ == "__main__":
    main()
