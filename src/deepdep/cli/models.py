"""``deepdep models``."""

import json
from dataclasses import asdict

from deepdep.cli.options import AsJson
from deepdep.stage import print_result


def models(as_json: AsJson = False) -> None:
    """List the registered models, their aliases and figures."""
    from deepdep.registry import format_versions, list_versions

    versions = list_versions()
    if as_json:
        print_result(json.dumps([asdict(version) for version in versions], default=str))
    else:
        print_result(format_versions(versions))
