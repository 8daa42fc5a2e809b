"""Puts the files of a new project into a wheel, from where they are in the repository."""

from pathlib import Path
from typing import Any

from hatchling.builders.hooks.plugin.interface import BuildHookInterface


class ProjectFiles(BuildHookInterface):
    """Adds ``project-files`` of pyproject.toml, which ``deepdep init`` lays out.

    An editable install finds them beside the package, where they may change.
    """

    def initialize(self, version: str, build_data: dict[str, Any]) -> None:
        """Name what the wheel holds beside the package."""
        if version != "editable":
            for name in self.config["project-files"]:
                source = str(Path(self.root, name))
                build_data["force_include"][source] = f"deepdep/project/template/{name}"
