"""What every stage and command does at its edge: arguments in, one line and an exit code out."""

import os
import sys
from collections.abc import Callable
from typing import NoReturn

import typer
from typer.exceptions import TyperException

from deepdep.domain.errors import DeepDEPError

BAD_USAGE = 2
INTERRUPTED = 130


def run_stage(main: Callable[..., None]) -> None:
    """Run a stage script: the signature of its ``main`` is its command line."""
    app = typer.Typer(add_completion=False, pretty_exceptions_enable=False)
    app.command()(main)
    run_app(app)


def run_app(app: typer.Typer) -> None:
    """Run commands and exit; an error that a user can act on is one line on standard error."""
    forbid_pickles()
    try:
        code = app(standalone_mode=False)
    except TyperException as error:
        message = error.format_message().rstrip(".?")
        if not message:  # nothing asked: the help was shown
            raise SystemExit(BAD_USAGE) from None
        _end(f"{message}; see --help.", BAD_USAGE)
    except DeepDEPError as error:
        _end(str(error), error.exit_code)
    except (KeyboardInterrupt, typer.Abort):
        raise SystemExit(INTERRUPTED) from None
    raise SystemExit(code or 0)


def forbid_pickles() -> None:
    """Have MLflow, in this process and those it starts, refuse whatever would be unpickled."""
    os.environ["MLFLOW_ALLOW_PICKLE_DESERIALIZATION"] = "false"


def _end(message: str, code: int) -> NoReturn:
    print(f"error: {' '.join(message.split())}", file=sys.stderr)  # noqa: T201
    raise SystemExit(code) from None
