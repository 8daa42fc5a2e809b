"""A project of one's own, laid out from the installed package and brought to a newer one."""

from deepdep.project.layout import add_to_dvc, lay_out, project_files, update

__all__ = ["add_to_dvc", "lay_out", "project_files", "update"]
