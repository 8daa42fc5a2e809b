"""Names and values of samples, which may be patients', are where they have to be, nowhere else."""

import fnmatch
import subprocess
from struct import pack

import numpy as np
import pytest

from deepdep.domain.omics import Omic
from small_project import (
    LOG,
    N_CANARIES,
    planted_effects,
    planted_expressions,
    with_canaries,
)

pytestmark = pytest.mark.slow

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

EXTREMES = (
    "reports/validation.json"  # the largest value of a table, whose it is does not stand there
)


def names_of(cohort):
    lines, tumors = cohort.gene_effect.table.index, cohort.tumors.omics[Omic.EXPRESSION].index
    return [name.encode() for name in (*lines[:N_CANARIES], *tumors[:N_CANARIES])]


def values_in(content):
    """Find planted values: any as six digits or in eight bytes, in four bytes two of them.

    Four bytes are at times something else's.
    """
    values = np.float32([*planted_effects(), *planted_expressions()]).astype(float)  # as stored
    texts = {v: (f"{v:.6g}".encode(), pack("<d", v), pack(">d", v)) for v in values}
    found = [v for v, forms in texts.items() if any(form in content for form in forms)]
    single = [v for v in values if pack("<f", v) in content]
    return found + single * (len(single) > 1)


def test_no_name_and_no_value_of_a_sample_is_where_it_is_not_needed(small, cohort, print_figures):
    names, found_names, found_values, n_files = names_of(cohort), [], [], 0
    for file in small.folder.rglob("*"):
        path = str(file.relative_to(small.folder))
        if file.is_file() and not any(fnmatch.fnmatch(path, p) for p in HOLD_SAMPLES):
            content = file.read_bytes()
            values = values_in(content)
            if path == EXTREMES:
                values = [value for value in values if value < max(planted_expressions()) - 1e-4]
            found_values += [(path, value) for value in values]
            if not any(fnmatch.fnmatch(path, p) for p in CODE):
                n_files += 1
                found_names += [(path, name) for name in names if name in content]
    git = ["git", "cat-file", "--batch-all-objects", "--batch"]
    objects = subprocess.run(git, cwd=small.folder, capture_output=True, check=True).stdout
    message = subprocess.run(
        ["git", "log", "--format=%B"], cwd=small.folder, capture_output=True, check=True
    ).stdout
    printed = (small.folder.parent / LOG).read_bytes()
    found_values += [("git", value) for value in values_in(objects)]
    found_values += [("log", value) for value in values_in(printed)]
    found_names += [("git", name) for name in names if name in message]
    found_names += [("log", name) for name in names if name in printed]
    print_figures(
        "names and values of samples",
        n_names_sought=len(names),
        n_values_sought=2 * N_CANARIES,
        n_files=n_files,
        n_names=len(found_names),
        n_values=len(found_values),
    )
    assert (small.folder / "mlruns" / "mlflow.db").exists()
    assert found_names == []
    assert found_values == []


def test_planted_values_are_found_in_text_and_bytes(cohort):
    effects = with_canaries(cohort).gene_effect.table.astype(float)
    single = effects.astype("float32")
    rounded = effects.to_csv(float_format="%.6g")
    for content in (effects.to_csv(), single.to_csv(), rounded):
        assert len(values_in(content.encode())) == N_CANARIES
    for array in (effects.to_numpy(), single.to_numpy(), effects.to_numpy().astype(">f8")):
        assert len(values_in(array.tobytes())) == N_CANARIES
    assert values_in(cohort.gene_effect.table.to_csv().encode()) == []
