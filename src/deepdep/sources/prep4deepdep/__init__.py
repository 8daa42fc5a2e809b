"""Tables as Prep4DeepDEP takes them: features in rows, samples in columns, segments on hg19."""

from deepdep.sources.prep4deepdep.read import read_prep4deepdep

__all__ = ["read_prep4deepdep"]
