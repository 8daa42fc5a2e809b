"""The whole pipeline on real public tables, in a fresh copy, from their import to the report.

The tables stay where they are: ../shared/real, or the folder that DEEPDEP_REAL_DATA names; the
gene list is in ../shared/peers, or where DEEPDEP_PEER_DATA says. Without them nothing is run.
"""

import json
import os
import tempfile
from pathlib import Path

import yaml

from pipeline_runs.figures import pipeline_figures
from pipeline_runs.project import ROOT, Project, copy_with_demo_cohort

SHARED = ROOT.parent / "shared"
TABLES = Path(os.environ.get("DEEPDEP_REAL_DATA", SHARED / "real"))
PEERS = Path(os.environ.get("DEEPDEP_PEER_DATA", SHARED / "peers"))
GENE_LIST = PEERS / "prep4deepdep" / "reference" / "depoi_1298.csv"
GENE_EFFECT = "dependency_class_22q1"
OVERRIDES = Path(__file__).with_name("real_params.yaml")


def absent_data(tables: Path = TABLES) -> list[Path]:
    """List what the pipeline needs and is not there."""
    return [path for path in (tables, GENE_LIST) if not path.exists()]


def project_with_real_tables(folder: Path) -> Project:
    """Make a project in a new folder as a user with own tables would."""
    project = copy_with_demo_cohort(folder)
    tables = str(TABLES.resolve())
    project.must(
        "deepdep", "import", "tables", tables, "--gene-effect", GENE_EFFECT, "--to", "data"
    )
    project.must("dvc", "add", "--quiet", "data")
    project.override_params(yaml.safe_load(OVERRIDES.read_text(encoding="utf-8")))
    project.override_params({"prepare": {"gene_list": str(GENE_LIST.resolve())}})
    return project


def run_pipeline(project: Project, *targets: str) -> dict:
    """Run the pipeline, up to some stages if they are named, and return its figures."""
    reproduction = project.repro(*targets)
    if reproduction.returncode:
        raise RuntimeError(reproduction.output)
    return pipeline_figures(project, reproduction)


if __name__ == "__main__":
    if absent := absent_data():
        figures = {"skipped": f"there is no {absent[0]}"}
    else:
        with tempfile.TemporaryDirectory() as scratch:
            figures = run_pipeline(project_with_real_tables(Path(scratch) / "deepdep"))
    print(json.dumps({"benchmark": "real_pipeline", **figures}))
