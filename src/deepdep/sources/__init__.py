"""Files that others publish: each source tells, describes and reads its own."""

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from deepdep.sources.source import FileSource


def sources() -> "tuple[FileSource, ...]":
    """Every source, in the order in which they are asked what a file is."""
    from deepdep.sources import anndata, lists, prep4deepdep
    from deepdep.sources.depmap import release as depmap
    from deepdep.sources.tables import describe as tables
    from deepdep.sources.tcga import read as tcga

    return (
        lists.LISTS,
        depmap.DEPMAP,
        tcga.TCGA,
        prep4deepdep.PREP4DEEPDEP,
        tables.TABLES,
        anndata.ANNDATA,
        lists.GENE_SETS,
    )
