"""``deepdep download SOURCE``: a subcommand per source."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from deepdep.stage import print_result

if TYPE_CHECKING:
    from deepdep.sources.download import RemoteSource

download = typer.Typer(
    help="Bring public files into a folder: continued where they stopped, verified, kept.",
    no_args_is_help=True,
)

To = Annotated[Path, typer.Option("--to", help="The folder that they go to.")]
Files = Annotated[
    list[str] | None, typer.Option("--file", help="Only the file of this name; may be repeated.")
]
Everything = Annotated[
    bool, typer.Option("--all", help="Every file, not only those that import reads.")
]
BaseUrl = Annotated[
    str | None,
    typer.Option(envvar="DEEPDEP_BASE_URL", help="A mirror, for the source's own address."),
]


@download.command()
def depmap(
    to: To,
    release: Annotated[str | None, typer.Option(help="Such as 24Q4.")] = None,
    file: Files = None,
    everything: Everything = False,
    listing: Annotated[
        Path | None, typer.Option(help="The portal's listing, saved from a browser.")
    ] = None,
    base_url: BaseUrl = None,
) -> None:
    """Bring cell lines and gene effects: a release of DepMap."""
    from deepdep.sources.depmap.download import DepMapDownload

    _download(DepMapDownload(release, tuple(file or ()), everything, listing, base_url), to)


@download.command()
def tcga(
    to: To, file: Files = None, everything: Everything = False, base_url: BaseUrl = None
) -> None:
    """Bring tumours: the TCGA pan-cancer tables of UCSC Xena."""
    from deepdep.sources.tcga.download import TCGADownload

    _download(TCGADownload(tuple(file or ()), everything, base_url), to)


@download.command()
def hgnc(
    to: To,
    release: Annotated[
        str | None, typer.Option(help="A date of the archive, such as 2024-10-01.")
    ] = None,
    base_url: BaseUrl = None,
) -> None:
    """Bring symbols and ids of genes, for import's --genes-table."""
    from deepdep.sources.download import HGNCDownload

    _download(HGNCDownload(release, base_url), to)


@download.command()
def msigdb(to: To) -> None:
    """Say how to fetch gene sets by hand, as their licence asks."""
    from deepdep.sources.download import MSigDBDownload

    _download(MSigDBDownload(), to)


def _download(source: "RemoteSource", to: Path) -> None:
    from deepdep.sources.download import download as download_files

    print_result("\n".join(download_files(source, to).lines))
