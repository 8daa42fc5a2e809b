"""Stage ``validate``: stop here when the cohort is not what the pipeline takes it for."""

from pathlib import Path

from deepdep.data.requirements import ValidateSettings
from deepdep.data.validation import raise_if_failed, validate_cohort
from deepdep.io.atomic import write_text
from deepdep.io.cohort import read_cohort
from deepdep.params import read_settings
from deepdep.stage import run_stage
from deepdep.tracking import tracked_run


def main(data: Path, report: Path, params: Path = Path("params.yaml")) -> None:
    settings = read_settings(params, "validate", ValidateSettings)
    with tracked_run("validate", settings) as run:
        result = validate_cohort(read_cohort(data), settings)
        run.metrics(result.metrics)
        raise_if_failed(result)
        write_text(result.to_json(), report)


if __name__ == "__main__":
    run_stage(main)
