"""Tumours from the files of UCSC Xena, the GDC and cBioPortal."""

from deepdep.io.sources.tcga.importer import read_tcga

__all__ = ["read_tcga"]
