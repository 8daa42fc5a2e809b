"""``deepdep validate``."""

from pathlib import Path
from typing import Annotated

import typer

from deepdep.cli.options import Params
from deepdep.stage import print_message, print_result, under_way


def validate(
    data: Annotated[Path, typer.Argument(help="A cohort's folder.")],
    docs: Annotated[
        Path | None, typer.Option(help="Write a page that says what was checked and found.")
    ] = None,
    params: Params = Path("params.yaml"),
) -> None:
    """Check a cohort as the pipeline's first stage does, and print all that it finds."""
    from deepdep.data.cohort import read_cohort
    from deepdep.io.files import write_text
    from deepdep.settings import read_settings
    from deepdep.validation import ValidateSettings, validate_cohort

    settings = read_settings(params, "validate", ValidateSettings)
    with under_way(f"validate {data}"):
        result = validate_cohort(read_cohort(data), settings)
    if docs is not None:
        from deepdep.report.data_docs import data_docs

        write_text(data_docs(result), docs)
    for check in (*result.failed, *result.notes):
        print_result(f"{check.severity}: {check.message}")
    result.require_success()
    print_message(f"{data}: {len(result.checks)} checks, {len(result.notes)} notes")
