"""``deepdep reproduce``."""

from typing import Annotated

import typer

from deepdep.stage import print_message, print_result


def reproduce(
    run: Annotated[
        str, typer.Argument(help="A run's id, or a registered model: NAME@alias or NAME/version.")
    ],
) -> None:
    """Run a run again from its commit and data, in a temporary folder, and compare its figures.

    Exit code 0 when all are identical, 1 when some differ.
    """
    from deepdep.registry import RecordedRun, version_named

    is_model = "@" in run or "/" in run
    recorded = RecordedRun.find(version_named(run).run_id if is_model else run)
    if recorded.lock_differs:
        print_message(
            "the run was made with another requirements.lock; the libraries here are used"
        )
    print_message(f"running {recorded.stage} of commit {recorded.commit[:8]} and all that it needs")
    result = recorded.reproduce()
    print_result(str(result))
    print_message("identical" if result.is_identical else "some figures differ")
    if not result.is_identical:
        raise typer.Exit(1)
