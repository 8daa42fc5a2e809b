"""All commands in the order of the help; each imports what it needs when it runs.

A new command is a function in a file of its own and a line here: nothing heavier than ``typer``
is imported at the top of these files, so that help is instant.
"""

from importlib.metadata import version
from typing import Annotated

import typer

from deepdep.cli.associate import associate
from deepdep.cli.benchmark import benchmark
from deepdep.cli.download import download
from deepdep.cli.explain import explain
from deepdep.cli.explore import explore
from deepdep.cli.importing import import_
from deepdep.cli.init import init
from deepdep.cli.inspect import inspect
from deepdep.cli.map import map_
from deepdep.cli.models import models
from deepdep.cli.predict import predict
from deepdep.cli.promote import promote
from deepdep.cli.reproduce import reproduce
from deepdep.cli.runs import runs
from deepdep.cli.screen import screen
from deepdep.cli.serve import serve
from deepdep.cli.simulate import simulate
from deepdep.cli.survival import survival
from deepdep.cli.tune import tune
from deepdep.cli.validate import validate
from deepdep.cli.worker import worker
from deepdep.stage import print_result, run_app, show_messages

app = typer.Typer(
    help="Predict which genes a tumour cannot live without.",
    no_args_is_help=True,
    context_settings={"help_option_names": ["-h", "--help"]},
    pretty_exceptions_enable=False,
)


def _print_version(wanted: bool) -> None:
    if wanted:
        print_result(f"deepdep {version('deepdep')}")
        raise typer.Exit


@app.callback()
def _deepdep(
    _: Annotated[
        bool,
        typer.Option(
            "--version", callback=_print_version, is_eager=True, help="Print the version and exit."
        ),
    ] = False,
    verbose: Annotated[
        bool, typer.Option("--verbose", "-v", help="Tell what was changed and left out, too.")
    ] = False,
    quiet: Annotated[
        bool, typer.Option("--quiet", "-q", help="Print results, warnings and errors alone.")
    ] = False,
) -> None:
    if verbose or quiet:
        show_messages("WARNING" if quiet else "DEBUG")


app.command("init")(init)
app.command("simulate")(simulate)
app.add_typer(import_, name="import")
app.command("inspect")(inspect)
app.command("validate")(validate)
app.add_typer(download, name="download")
app.command("predict")(predict)
app.command("map")(map_)
app.command("explain")(explain)
app.command("associate")(associate)
app.command("survival")(survival)
app.command("screen")(screen)
app.command("explore")(explore)
app.command("benchmark")(benchmark)
app.command("tune")(tune)
app.command("worker")(worker)
app.command("models")(models)
app.command("promote")(promote)
app.command("reproduce")(reproduce)
app.add_typer(runs, name="runs")
app.command("serve")(serve)


def main() -> None:
    """Run a command; an error that the user can act on is one line and an exit code."""
    run_app(app)
