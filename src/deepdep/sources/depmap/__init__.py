"""Releases of DepMap: a folder of CSV files, in either generation of names and layouts."""
