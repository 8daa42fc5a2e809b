"""Tumours from the files of UCSC Xena, the GDC and cBioPortal."""
