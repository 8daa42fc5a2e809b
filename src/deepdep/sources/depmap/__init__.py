"""Releases of DepMap: a folder of CSV files, in either generation of names and layouts."""

from deepdep.sources.depmap.layout import DepMapKind, DepMapLayout, Generation, depmap_layout
from deepdep.sources.depmap.release import read_depmap

__all__ = ["DepMapKind", "DepMapLayout", "Generation", "depmap_layout", "read_depmap"]
