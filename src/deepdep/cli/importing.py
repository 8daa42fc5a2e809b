"""``deepdep import``."""

from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

from deepdep.cli.options import To
from deepdep.stage import print_result


class ImportSource(StrEnum):
    """Whose files ``import`` reads."""

    DEPMAP = "depmap"
    TCGA = "tcga"
    PREP4DEEPDEP = "prep4deepdep"
    TABLES = "tables"
    ANNDATA = "anndata"
    GMT = "gmt"


class Build(StrEnum):
    """Genome builds."""

    HG19 = "hg19"
    HG38 = "hg38"


class CopyNumberUnit(StrEnum):
    """Units of a copy-number table that its values do not tell apart."""

    LINEAR = "linear"
    LOG2_PLUS_1 = "log2(x+1)"
    LOG2_RATIO = "log2(CN/2)"


class ListFills(StrEnum):
    """What stands for the features of a list that the files lack."""

    NONE = "none"
    PUBLISHED = "published"


def import_(
    source: Annotated[ImportSource, typer.Argument(help="Whose files they are.")],
    path: Annotated[Path, typer.Argument(help="The folder, or file, to read.")],
    to: To,
    gene_effect: Annotated[
        str | None, typer.Option(help="tables: name of the table in PATH/gene_effect.")
    ] = None,
    gene_sets: Annotated[Path | None, typer.Option(help="A GMT file to bring along.")] = None,
    genes_table: Annotated[
        Path | None, typer.Option(help="HGNC's complete set, for ids and former symbols.")
    ] = None,
    assembly: Annotated[Build | None, typer.Option(help="Genome build of segments.")] = None,
    bin_width: Annotated[
        int | None, typer.Option(min=1000, help="Average copy number in bins of so many bases.")
    ] = None,
    copy_number_unit: Annotated[
        CopyNumberUnit | None, typer.Option(help="Where the values do not tell it.")
    ] = None,
    feature_lists: Annotated[
        Path | None, typer.Option(help="A folder of lists: keep those features only.")
    ] = None,
    fills: Annotated[
        ListFills, typer.Option(help="What stands for listed features that the files lack.")
    ] = ListFills.NONE,
    allow_missing_features: Annotated[
        bool, typer.Option(help="Even if more than a fifth of the list is not there.")
    ] = False,
) -> None:
    """Turn public files into files of the cohort TO; a report goes to TO.import.txt."""
    from deepdep.data.importing import import_files
    from deepdep.domain.genome import Assembly
    from deepdep.sources.feature_lists import Fills
    from deepdep.sources.importing import ImportRequest

    request = ImportRequest(
        source=source.value,
        path=path,
        gene_effect=gene_effect,
        gene_sets=gene_sets,
        genes_table=genes_table,
        assembly=None if assembly is None else Assembly(assembly.value),
        bin_width=bin_width,
        copy_number_unit=None if copy_number_unit is None else copy_number_unit.value,
        feature_lists=feature_lists,
        fills=Fills(fills.value),
        allow_missing_features=allow_missing_features,
    )
    print_result("\n".join(import_files(request, to).lines))
