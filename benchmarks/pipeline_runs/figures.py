"""What a benchmark of the whole pipeline prints."""

import json
from typing import Any

from pipeline_runs.project import Project, Reproduction

STRATA = ("all", "selective")


def pipeline_figures(project: Project, reproduction: Reproduction) -> dict[str, Any]:
    """Collect the times of a run, its cohort's counts and every model's metrics.

    A stage's time is told in seconds and as its share of the whole, so that machines compare.
    """
    metrics = json.loads((project.folder / "reports" / "metrics.json").read_text(encoding="utf-8"))
    return {
        "seconds": round(reproduction.seconds, 1),
        "stages": {
            stage: {"seconds": round(seconds, 1), "share": round(seconds / reproduction.seconds, 3)}
            for stage, seconds in reproduction.stage_seconds.items()
        },
        "cohort": metrics["cohort"],
        "models": {model: _of_strata(strata) for model, strata in metrics["models"].items()},
        "differences": {
            name: _of_strata(strata) for name, strata in metrics["differences"].items()
        },
    }


def _of_strata(strata: dict[str, Any]) -> dict[str, Any]:
    return {stratum: strata[stratum] for stratum in STRATA if stratum in strata}
