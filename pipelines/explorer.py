"""Stage: a page on which to look up tumours, genes, alterations and lineages, offline."""

from pathlib import Path

from deepdep.io.files import write_text
from deepdep.report.explorer import ExplorerData, explorer_page
from deepdep.stage import run_stage
from deepdep.tracking import tracked_run
from deepdep.tracking.provenance import commit_of_pipeline, project_root


def main(project: Path, html: Path) -> None:
    with tracked_run("explorer", None) as run, ExplorerData.open(project) as data:
        page = explorer_page(data, commit_of_pipeline(project_root()))
        run.metrics({"n_bytes": len(page.encode())})
        write_text(page, html)
        run.artifact(html)


if __name__ == "__main__":
    run_stage(main)
