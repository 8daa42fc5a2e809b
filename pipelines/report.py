"""Stage: one page that opens offline, and its figures."""

from pathlib import Path

from deepdep.io.files import new_path, write_text
from deepdep.report.report import ReportSettings, build_report
from deepdep.report.results import read_results
from deepdep.settings import read_settings
from deepdep.stage import run_stage
from deepdep.tracking import tracked_run
from deepdep.tracking.provenance import commit_of_pipeline, project_root


def main(
    prepared: Path,
    models: Path,
    reports: Path,
    predictions: Path,
    tuning: Path,
    html: Path,
    plots: Path,
    params: Path = Path("params.yaml"),
    study: Path | None = None,
) -> None:
    settings = read_settings(params, "report", ReportSettings)
    with tracked_run("study_report" if study else "report", settings) as run:
        results = read_results(prepared, models, reports, predictions, tuning, params, study)
        report = build_report(results, settings, commit_of_pipeline(project_root()))
        with new_path(plots) as folder:
            folder.mkdir()
            for name, png in report.plots.items():
                (folder / f"{name}.png").write_bytes(png)
        write_text(report.html, html)
        run.artifact(html)


if __name__ == "__main__":
    run_stage(main)
