"""Tumours from the files of UCSC Xena, the GDC and cBioPortal."""

from deepdep.sources.tcga.read import read_tcga

__all__ = ["read_tcga"]
