"""A page on which a biologist asks: a tumour, a gene, an alteration, a lineage, a feature.

``ExplorerData`` reads what is asked for; ``explorer_page`` makes the page that holds all of it,
and ``served_page`` the one that asks the server of ``deepdep explore``.
"""

from deepdep.report.explorer.data import ExplorerData, UnknownNameError
from deepdep.report.explorer.page import explorer_page, served_page

__all__ = ["ExplorerData", "UnknownNameError", "explorer_page", "served_page"]
