"""Stage: gene effects of every tumour and every cell line."""

from contextlib import closing
from pathlib import Path

from deepdep.analysis.cohort_map import CallSettings, map_cohort
from deepdep.data.prepared import read_omics, read_prepared
from deepdep.io.documents import read_csv
from deepdep.io.manifest import manifest_sha256
from deepdep.models import load_predictor
from deepdep.settings import read_settings
from deepdep.stage import Progress, run_stage
from deepdep.tracking import tracked_run
from deepdep.tracking.provenance import origin_of


def main(
    prepared: Path,
    predictor: Path,
    per_gene: Path,
    tumors: Path,
    cell_lines: Path,
    params: Path = Path("params.yaml"),
) -> None:
    cohort = read_prepared(prepared, read_omics(params))
    table = read_csv(per_gene, ["gene", "model", "r"])
    seed = read_settings(params, "report.seed", int)
    calls = CallSettings(
        read_settings(params, "report.min_deviation", float),
        read_settings(params, "report.min_samples_per_lineage", int),
    )
    origin = origin_of({"name": predictor.name, "sha256": manifest_sha256(predictor)})
    with tracked_run("predict", None) as run, closing(Progress("predict", "sample")) as progress:
        trained = load_predictor(predictor)
        mapped = map_cohort(cohort, trained, table, progress, seed=seed, calls=calls, origin=origin)
        run.metrics(
            {"n_tumors": len(mapped.tumors.about), "n_cell_lines": len(mapped.cell_lines.about)}
        )
        mapped.tumors.write(tumors)
        mapped.cell_lines.write(cell_lines)


if __name__ == "__main__":
    run_stage(main)
