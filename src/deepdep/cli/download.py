"""``deepdep download``."""

from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

from deepdep.stage import print_result


class DownloadSource(StrEnum):
    """Whose files ``download`` brings."""

    DEPMAP = "depmap"
    TCGA = "tcga"
    HGNC = "hgnc"
    MSIGDB = "msigdb"


def download(
    source: Annotated[DownloadSource, typer.Argument(help="Whose files to bring.")],
    to: Annotated[Path, typer.Option("--to", help="The folder that they go to.")],
    release: Annotated[
        str | None, typer.Option(help="depmap: as 24Q4; hgnc: a date of its archive.")
    ] = None,
    file: Annotated[
        list[str] | None, typer.Option(help="Only the file of this name; may be repeated.")
    ] = None,
    everything: Annotated[
        bool, typer.Option("--all", help="Every file, not only those that import reads.")
    ] = False,
    listing: Annotated[
        Path | None, typer.Option(help="depmap: the portal's listing, saved from a browser.")
    ] = None,
    base_url: Annotated[
        str | None,
        typer.Option(envvar="DEEPDEP_BASE_URL", help="A mirror, for the source's own address."),
    ] = None,
) -> None:
    """Bring public files into the folder TO: continued where they stopped, verified, kept."""
    from deepdep.sources.download.download import DownloadRequest
    from deepdep.sources.download.download import download as download_files

    request = DownloadRequest(
        source=source.value,
        release=release,
        files=tuple(file or ()),
        everything=everything,
        listing=listing,
        base_url=base_url,
    )
    print_result("\n".join(download_files(request, to).lines))
