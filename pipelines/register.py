"""Register the models of this execution: each becomes the challenger of its champion."""

import json
from pathlib import Path

from deepdep.data.prepared import read_omics
from deepdep.io.files import write_text
from deepdep.registry import find_candidates
from deepdep.stage import print_message, run_stage
from deepdep.tracking import tracked_run


def main(
    models: Path,
    prepared: Path,
    reports: Path,
    registration: Path,
    params: Path = Path("params.yaml"),
) -> None:
    found = find_candidates(models, prepared, reports, read_omics(params))
    with tracked_run("register", settings=None) as run:
        if run.is_offline:
            print_message(
                "no version was registered: MLflow is away. When it is back: "
                "dvc repro --force --single-item register"
            )
        else:
            for candidate in found:
                candidate.register(run)
    # Neither version numbers nor run ids: the stage writes the same file for the same models.
    hashes = {candidate.name: candidate.manifest_sha256 for candidate in found}
    write_text(json.dumps(hashes, indent=1, sort_keys=True) + "\n", registration)


if __name__ == "__main__":
    run_stage(main)
