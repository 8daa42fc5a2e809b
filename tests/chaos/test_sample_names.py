"""Names of samples, which may be patients', are where they have to be and nowhere else."""

import fnmatch
import subprocess

import pytest

pytestmark = pytest.mark.slow

N_CANARIES = 20  # tumours, and as many cell lines
# Which show made-up names.
CODE = (".git/*", "benchmarks/*", "docs/*", "notebooks/*", "src/*", "tests/*", "*.md")
OF_MODELS = ("kernel_*", "unscreened_*")  # what the closed form compares samples with, by line
HOLD_SAMPLES = (
    "data/*",
    "prepared/*",
    "predictions/*",
    ".dvc/cache/*",  # the same files, and those below
    "reports/explorer.html",  # samples are looked up there
    "reports/report.html",  # names the tumours with the strongest predictions
    "reports/test_predictions.h5ad",
    *(f"models/*/{name}" for name in OF_MODELS),
    *(f"mlruns/artifacts/*/{name}" for name in (*OF_MODELS, "report.html", "evidence/*")),
)


def test_no_name_of_a_sample_is_where_it_is_not_needed(small, cohort, print_figures):
    canaries = [*cohort.tumors.obs.index[:N_CANARIES], *cohort.cell_lines.obs.index[:N_CANARIES]]
    found, n_looked_at = [], 0
    for file in small.folder.rglob("*"):
        name = str(file.relative_to(small.folder))
        if not file.is_file() or any(fnmatch.fnmatch(name, p) for p in (*CODE, *HOLD_SAMPLES)):
            continue
        n_looked_at += 1
        content = file.read_bytes()
        found += [(name, canary) for canary in canaries if canary.encode() in content]
    changed = subprocess.run(
        ["git", "show", "HEAD", "--format=%B"], cwd=small.folder, capture_output=True, check=True
    ).stdout
    found += [("git", canary) for canary in canaries if canary.encode() in changed]
    print_figures(
        "names of samples", n_canaries=len(canaries), n_files=n_looked_at, n_found=len(found)
    )
    assert (small.folder / "mlruns" / "mlflow.db").exists()
    assert found == []
