"""``deepdep reproduce``."""

from typing import Annotated

import typer

from deepdep.stage import print_message, print_result, under_way


def reproduce(
    run: Annotated[
        str,
        typer.Argument(
            help="A run's id, or a registered model: NAME@alias, NAME/version, or with models:/ "
            "before it."
        ),
    ],
) -> None:
    """Run a run again from its commit and data, in a temporary folder, and compare its figures.

    Exit code 0 when all are identical, 1 when some differ.
    """
    from deepdep.registry import RecordedRun, is_reference, version_named

    recorded = RecordedRun.find(version_named(run).reproduced_run if is_reference(run) else run)
    if recorded.lock_differs:
        print_message(
            "the run was made with another requirements.lock; the libraries here are used"
        )
    print_message(f"running {recorded.stage} of commit {recorded.commit[:8]} and all that it needs")
    with under_way("reproduce"):
        result = recorded.reproduce()
    print_result(str(result))
    print_message("identical" if result.is_identical else "some figures differ")
    if not result.is_identical:
        raise typer.Exit(1)
