"""Stage ``validate``: stop here when the cohort is not what the pipeline takes it for."""

from pathlib import Path

from deepdep.data.cohort import read_cohort
from deepdep.io.files import write_text
from deepdep.report.data_docs import data_docs
from deepdep.settings import read_settings
from deepdep.stage import run_stage
from deepdep.tracking import tracked_run
from deepdep.tracking.provenance import commit_of_pipeline, project_root
from deepdep.validation import ValidateSettings, validate_cohort


def main(data: Path, report: Path, docs: Path, params: Path = Path("params.yaml")) -> None:
    settings = read_settings(params, "validate", ValidateSettings)
    with tracked_run("validate", settings) as run:
        result = validate_cohort(read_cohort(data), settings)
        run.metrics(result.metrics)
        result.require_success()
        page = data_docs(result, commit_of_pipeline(project_root()))
        write_text(result.to_json(), report)
        write_text(page, docs)
        run.artifact(docs)


if __name__ == "__main__":
    run_stage(main)
