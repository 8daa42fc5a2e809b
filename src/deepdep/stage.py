"""What every stage and command does at its edge: arguments in, one line and an exit code out."""

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import typer

from deepdep.domain.errors import DeepDEPError

INTERRUPTED = 130


@contextmanager
def one_line_errors() -> Iterator[None]:
    """Turn an error that a user can act on into one line on standard error and its exit code."""
    try:
        yield
    except DeepDEPError as error:
        print(f"error: {' '.join(str(error).split())}", file=sys.stderr)  # noqa: T201
        raise SystemExit(error.exit_code) from None
    except KeyboardInterrupt:
        raise SystemExit(INTERRUPTED) from None


def run_stage(main: Callable[..., None]) -> None:
    """Run a stage script: the signature of its ``main`` is its command line."""
    app = typer.Typer(add_completion=False, pretty_exceptions_enable=False)
    app.command()(main)
    with one_line_errors():
        app()
