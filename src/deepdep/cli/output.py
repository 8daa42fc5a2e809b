"""Where commands write: results on standard output, all that is said of them on standard error."""

import sys


def show(result: str) -> None:
    """Write what the command was asked for."""
    print(result)  # noqa: T201


def say(message: str) -> None:
    """Write what a person should know, and a program that reads the result need not."""
    print(message, file=sys.stderr)  # noqa: T201
