"""The commands users type, a file each."""

from deepdep.cli.app import main

__all__ = ["main"]
