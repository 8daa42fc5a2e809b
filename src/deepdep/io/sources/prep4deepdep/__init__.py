"""Tables as Prep4DeepDEP takes them: features in rows, samples in columns, segments on hg19."""

from deepdep.io.sources.prep4deepdep.part import read_prep4deepdep

__all__ = ["read_prep4deepdep"]
