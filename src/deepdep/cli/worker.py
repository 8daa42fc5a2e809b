"""``deepdep worker``."""

from pathlib import Path
from typing import Annotated

import typer

from deepdep.cli.options import Params
from deepdep.cli.tune import Prepared, StorageFile
from deepdep.stage import print_message


def worker(
    study: Annotated[str, typer.Option(help="Its name, as `deepdep tune` prints it.")],
    prepared: Prepared = Path("prepared"),
    params: Params = Path("params.yaml"),
    storage_file: StorageFile = None,
) -> None:
    """Run trials of a study that `deepdep tune` began; ends with the study, or at SIGTERM."""
    from deepdep.tuning.storage import required_address
    from deepdep.tuning.study import work_on

    work_on(study, prepared, params, required_address(storage_file), print_message)
