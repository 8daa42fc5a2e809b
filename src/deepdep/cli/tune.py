"""``deepdep tune``."""

from pathlib import Path
from typing import Annotated, Literal

import typer

from deepdep.cli.options import Params
from deepdep.stage import print_message, print_result

Prepared = Annotated[Path, typer.Option(help="The folder that the stage prepare wrote.")]
StorageFile = Annotated[
    Path | None,
    typer.Option(help="File with the database's address, in place of DEEPDEP_TUNE_STORAGE."),
]


def tune(
    prepared: Prepared = Path("prepared"),
    params: Params = Path("params.yaml"),
    to: Annotated[Path, typer.Option("--to", help="Folder of the results.")] = Path("tuning"),
    group: Annotated[
        Literal["joint", "pretrain", "finetune"] | None,
        typer.Option(help="Which settings to search; by default as params.yaml says."),
    ] = None,
    n_trials: Annotated[
        int | None,
        typer.Option(min=0, help="Trials to complete; by default as params.yaml says."),
    ] = None,
    workers: Annotated[
        int | None,
        typer.Option(min=0, help="Processes on this machine; 0 waits for `deepdep worker`."),
    ] = None,
    scheduler: Annotated[
        str | None, typer.Option(help="Address of a Dask scheduler whose workers do the trials.")
    ] = None,
    gpus: Annotated[bool, typer.Option(help="Give each trial a GPU of its own.")] = False,
    storage_file: StorageFile = None,
    replay: Annotated[
        int | None, typer.Option(min=0, help="Only train this trial again, and compare.")
    ] = None,
) -> None:
    """Search the settings of params.yaml's tune group; go on where it was cut off."""
    from deepdep.tracking import tracked_run
    from deepdep.tuning.settings import Group
    from deepdep.tuning.storage import required_address, storage_address
    from deepdep.tuning.study import FILES, Definition, replayed, tune_at

    alone = workers is None and scheduler is None
    address = storage_address(storage_file) if alone else required_address(storage_file)
    study = Definition.read(prepared, params, None if group is None else Group(group), n_trials)
    if replay is not None:
        print_result(replayed(study, address, replay))
        return
    dask_workers = None
    if not alone:
        from deepdep.tuning.workers import DaskWorkers

        dask_workers = DaskWorkers(prepared, params, workers, scheduler, gpus, storage_file)
    with tracked_run("tune", study.settings) as run:
        tuned = tune_at(address, study, run, print_message, dask_workers)
        study.write(tuned, *(to / name for name in FILES))
    print_message(f"{to}: best values, trials and importances")
