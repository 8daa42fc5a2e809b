"""``deepdep explore``."""

import json
from pathlib import Path
from typing import Annotated

import typer

from deepdep.cli.options import AsJson
from deepdep.stage import print_message, print_result

HOST = "127.0.0.1"  # what is known of patients is shown on this machine alone


def explore(
    project: Annotated[
        Path, typer.Option(help="The folder with predictions, prepared and reports.")
    ] = Path(),
    port: Annotated[int, typer.Option(min=0, max=65535, help="0 takes a free one.")] = 8050,
    as_json: AsJson = False,
) -> None:
    """Serve the explorer of a cohort of any size, on this machine alone.

    The page is that of reports/explorer.html; what it shows is read from the files when it is
    asked for. With --json, a line says the address when it can be opened.

    Example: deepdep explore --port 8050
    """
    from deepdep.report.explorer import ExplorerData
    from deepdep.serving.explorer import explore as serve_explorer
    from deepdep.serving.listening import address_of, bind

    with ExplorerData.open(project) as data, bind(HOST, port) as bound:
        address = address_of(bound)

        def ready() -> None:
            if as_json:
                print_result(json.dumps({"address": address}))
            else:
                print_message(f"the explorer is on {address}; end it with Ctrl+C")

        serve_explorer(data, bound, ready)
