"""Stage: because of what samples depend on the genes that they need most, and how sure that is."""

from contextlib import closing
from pathlib import Path

from deepdep.analysis.cohort_causes import (
    CausesSettings,
    explain_cohort,
    fits_without_folds,
    write_causes,
)
from deepdep.data.prepared import read_omics, read_prepared
from deepdep.io.matrices import read_anndata
from deepdep.models import load_predictor
from deepdep.models.closed_form import ClosedFormSettings
from deepdep.settings import read_settings
from deepdep.stage import Progress, run_stage
from deepdep.tracking import tracked_run


def main(
    prepared: Path,
    predictor: Path,
    tuned: Path,
    tumors: Path,
    cell_lines: Path,
    causes: Path,
    params: Path = Path("params.yaml"),
) -> None:
    settings = read_settings(params, "explain", CausesSettings)
    deviation = read_settings(params, "report.min_deviation", float)
    closed_form = read_settings(params, "finetune.closed_form", ClosedFormSettings, tuned=tuned)
    cohort = read_prepared(prepared, read_omics(params))
    mapped = [read_anndata(file) for file in (tumors, cell_lines)]
    with (
        tracked_run("explain", settings) as run,
        closing(Progress("explain", "sample")) as progress,
    ):
        model = load_predictor(predictor)
        folds = fits_without_folds(model, cohort, closed_form)
        found = explain_cohort(
            model, cohort, mapped, folds, settings, progress, min_deviation=deviation
        )
        run.metrics({"n_dependencies": len(found[["sample", "gene"]].drop_duplicates())})
        write_causes(found, causes)


if __name__ == "__main__":
    run_stage(main)
