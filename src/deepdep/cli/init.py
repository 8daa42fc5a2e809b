"""``deepdep init``."""

import shutil
import sys
from pathlib import Path
from typing import Annotated

import typer

from deepdep.errors import DeepDEPError
from deepdep.stage import print_message, under_way


def init(
    folder: Annotated[Path, typer.Argument(help="The project; it is made if it is not there.")],
    demo: Annotated[
        bool, typer.Option("--demo", help="Simulate the demo cohort into the project's data.")
    ] = False,
    no_git: Annotated[
        bool, typer.Option("--no-git", help="Keep data and results by DVC alone.")
    ] = False,
    as_update: Annotated[
        bool,
        typer.Option("--update", help="Bring a project's pipeline to the installed package."),
    ] = False,
) -> None:
    """Make a project of your own: settings, pipeline, and what keeps its versions.

    Where the folder is in no Git repository, one is begun. Nothing is written over.

    Example: deepdep init my-study --demo
    """
    from deepdep.project import add_to_dvc, lay_out, update

    if as_update:
        if demo or no_git:
            raise DeepDEPError("--update: goes with neither --demo nor --no-git.")
        update(folder)
        print_message(f"{folder}: follows the installed package; `git diff` shows what changed")
        return
    data = folder / "data"
    with under_way("init"):
        kept_by = lay_out(folder, with_git=not no_git, further=data.name if demo else None)
        if demo:
            from deepdep.cli.simulate import simulate

            simulate(data)
            add_to_dvc(folder, data.name)
    print_message(f"{folder}: a project{', ' if kept_by else ''}{kept_by}")
    steps = ["deepdep import SOURCE FILES --to data", "dvc add data"] * (not demo) + ["dvc repro"]
    enter = [f"cd {folder}"] * (folder.resolve() != Path.cwd())
    print_message(f"next: {' && '.join(enter + steps)}")
    python = shutil.which("python")
    if python is None or Path(python).parent != Path(sys.executable).parent:
        print_message(f"first put the programs of deepdep on the path: {_activation()}")


def _activation() -> str:
    programs = Path(sys.executable).parent
    is_environment = (programs / "activate").is_file()
    return f"source {programs}/activate" if is_environment else f'export PATH={programs}:"$PATH"'
