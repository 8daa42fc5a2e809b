"""Stage: which alterations make cells depend on which genes, in lines and by the predictor."""

from contextlib import closing
from pathlib import Path

from deepdep.analysis.alterations import names_alterations
from deepdep.analysis.synthetic_lethality import (
    ScreenSettings,
    no_pairs,
    screen_pairs,
    write_pairs,
)
from deepdep.data.cohort import read_cohort
from deepdep.data.prepared import read_omics, read_prepared
from deepdep.models import load_predictor
from deepdep.models.closed_form import ClosedFormSettings
from deepdep.settings import read_settings
from deepdep.stage import Progress, print_message, run_stage
from deepdep.tracking import tracked_run


def main(
    data: Path,
    prepared: Path,
    predictor: Path,
    tuned: Path,
    pairs: Path,
    params: Path = Path("params.yaml"),
) -> None:
    settings = read_settings(params, "screen", ScreenSettings)
    cohort, ready = read_cohort(data), read_prepared(prepared, read_omics(params))
    with tracked_run("screen", settings) as run, closing(Progress("screen", "round")) as progress:
        if any(map(names_alterations, cohort.cell_lines.tables.values())):
            model = load_predictor(predictor)
            path = "finetune.closed_form"
            closed_form = read_settings(params, path, ClosedFormSettings, tuned=tuned)
            found = screen_pairs(cohort, ready, model, settings, closed_form, progress)
        else:
            print_message("the lines have neither mutations nor copy number: nothing is screened")
            found = no_pairs()
        run.metrics(
            {"n_pairs": len(found), "n_called": int((found["q_standing"] <= settings.fdr).sum())}
        )
        write_pairs(found, pairs)


if __name__ == "__main__":
    run_stage(main)
