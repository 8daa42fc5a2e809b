"""``deepdep import SOURCE``: a subcommand per source, with the options that its files need."""

from pathlib import Path
from typing import Annotated, Any, Literal

import typer

from deepdep.cli.options import To
from deepdep.stage import print_result, under_way

import_ = typer.Typer(
    help="Turn public files into files of the cohort TO; a report goes to TO.import.txt.",
    no_args_is_help=True,
)

Source = Annotated[Path, typer.Argument(help="The folder, or file, to read.")]
GeneSets = Annotated[Path | None, typer.Option(help="A GMT file to bring along.")]
GenesTable = Annotated[
    Path | None, typer.Option(help="HGNC's complete set, for ids and former symbols.")
]
Assembly = Annotated[Literal["hg19", "hg38"] | None, typer.Option(help="Genome build of segments.")]
BinWidth = Annotated[
    int | None, typer.Option(min=1000, help="Average copy number in bins of so many bases.")
]
CopyNumberUnit = Annotated[
    Literal["linear", "log2(x+1)", "log2(CN/2)"] | None,
    typer.Option(help="The same as --unit copy_number=..."),
]
Units = Annotated[
    list[str] | None,
    typer.Option(
        "--unit",
        metavar="OMIC=UNIT",
        help="What a table is in, such as 'expression=log2(TPM+1)'; may be repeated.",
    ),
]
FeatureLists = Annotated[
    Path | None, typer.Option(help="A folder of lists: keep those features only.")
]
Fills = Annotated[
    Literal["none", "published"],
    typer.Option(help="What stands for listed features that the files lack."),
]
AllowMissing = Annotated[
    bool, typer.Option(help="Even if more than a fifth of the list is not there.")
]


Probes = Annotated[
    Path | None, typer.Option(help="Of methylation arrays, keep the probes that a file lists.")
]
Promoters = Annotated[
    Path | None,
    typer.Option(help="Average betas by promoter: Illumina's manifest, or a table probe, gene."),
]
MostVariable = Annotated[
    int | None, typer.Option(min=1, help="Of methylation arrays, keep so many probes, by variance.")
]


# What a command is given is all passed on: its parameters are the options of its import.


@import_.command()
def depmap(
    context: typer.Context,
    path: Source,
    to: To,
    gene_sets: GeneSets = None,
    genes_table: GenesTable = None,
    assembly: Assembly = None,
    bin_width: BinWidth = None,
    copy_number_unit: CopyNumberUnit = None,
    unit: Units = None,
    feature_lists: FeatureLists = None,
    fills: Fills = "none",
    allow_missing_features: AllowMissing = False,
) -> None:
    """Read cell lines and gene effects of a release of DepMap."""
    _import(**locals())


@import_.command()
def tcga(
    context: typer.Context,
    path: Source,
    to: To,
    gene_sets: GeneSets = None,
    genes_table: GenesTable = None,
    assembly: Assembly = None,
    bin_width: BinWidth = None,
    copy_number_unit: CopyNumberUnit = None,
    unit: Units = None,
    probes: Probes = None,
    promoters: Promoters = None,
    most_variable: MostVariable = None,
    feature_lists: FeatureLists = None,
    fills: Fills = "none",
    allow_missing_features: AllowMissing = False,
) -> None:
    """Read tumours from tables of UCSC Xena, the GDC or cBioPortal."""
    _import(**locals())


@import_.command()
def prep4deepdep(
    context: typer.Context,
    path: Source,
    to: To,
    gene_sets: GeneSets = None,
    genes_table: GenesTable = None,
    assembly: Assembly = None,
    bin_width: BinWidth = None,
    unit: Units = None,
    feature_lists: FeatureLists = None,
    fills: Fills = "none",
    allow_missing_features: AllowMissing = False,
) -> None:
    """Read samples from the tables that DeepDEP's own preparation tool reads."""
    _import(**locals())


@import_.command()
def tables(
    context: typer.Context,
    path: Source,
    to: To,
    gene_effect: Annotated[
        str | None, typer.Option(help="Name of the table in PATH/gene_effect.")
    ] = None,
    gene_sets: GeneSets = None,
    genes_table: GenesTable = None,
    unit: Units = None,
    feature_lists: FeatureLists = None,
    fills: Fills = "none",
    allow_missing_features: AllowMissing = False,
) -> None:
    """Read samples, gene effects and gene sets from a folder of plain tables."""
    _import(**locals())


@import_.command()
def anndata(
    context: typer.Context,
    path: Source,
    to: To,
    gene_sets: GeneSets = None,
    genes_table: GenesTable = None,
    unit: Units = None,
    feature_lists: FeatureLists = None,
    fills: Fills = "none",
    allow_missing_features: AllowMissing = False,
) -> None:
    """Read samples and gene effects from AnnData and MuData files."""
    _import(**locals())


@import_.command()
def gmt(context: typer.Context, path: Source, to: To, genes_table: GenesTable = None) -> None:
    """Read gene sets, which make the fingerprints of genes."""
    _import(**locals())


def _import(
    context: typer.Context,
    path: Path,
    to: Path,
    assembly: str | None = None,
    copy_number_unit: str | None = None,
    unit: list[str] | None = None,
    fills: str = "none",
    **options: Any,
) -> None:
    from deepdep.data.importing import import_files
    from deepdep.domain import genome
    from deepdep.sources import feature_lists
    from deepdep.sources.importing import ImportRequest

    units = list(unit or ())
    if copy_number_unit is not None:
        units.append(f"copy_number={copy_number_unit}")
    request = ImportRequest(
        str(context.info_name),
        path,
        assembly=None if assembly is None else genome.Assembly(assembly),
        units=tuple(units),
        fills=feature_lists.Fills(fills),
        **options,
    )
    with under_way(f"import {path.name}"):
        report = import_files(request, to)
    print_result("\n".join(report.lines))
