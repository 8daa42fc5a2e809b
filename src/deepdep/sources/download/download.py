"""Files of a public source, brought into a folder."""

import re
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from deepdep.errors import BadFileError, DeepDEPError
from deepdep.sources.download.fetch import Fetched, fetch
from deepdep.sources.download.files import Choice, Connection, RemoteFile, base_address


class RemoteSource(Protocol):
    """A public source, with what a user wants of it."""

    def choose(self, connection: Connection) -> Choice:
        """Return the files to bring; DeepDEPError if the source has no such files."""


@dataclass(frozen=True)
class HGNCDownload:
    """HGNC's complete set of genes: today's table, or that of a date of its archive.

    Attributes
    ----------
    release
        The date, as YYYY-MM-DD.
    base_url
        Address of a mirror, in place of the source's own.
    """

    release: str | None = None
    base_url: str | None = None

    def choose(self, _: Connection) -> Choice:
        """Return the one table."""
        path = "tsv/tsv/hgnc_complete_set.txt"
        if self.release is not None:
            if not re.fullmatch(r"\d{4}-\d{2}-\d{2}", self.release):
                raise DeepDEPError(
                    f"--release {self.release!r}: HGNC's archive goes by dates. "
                    "Give one as 2024-10-01, or none for today's table."
                )
            path = f"archive/archive/monthly/tsv/hgnc_complete_set_{self.release}.txt"
        own = "https://storage.googleapis.com/public-download-files/hgnc"
        address = f"{base_address(self.base_url, own)}/{path}"
        return Choice((RemoteFile(path.rpartition("/")[2], address),))


@dataclass(frozen=True)
class MSigDBDownload:
    """Gene sets of MSigDB, which only people may fetch."""

    def choose(self, _: Connection) -> Choice:
        """Raise an error that says how to fetch the sets that DeepDEP made its fingerprints of."""
        raise DeepDEPError(
            "MSigDB: its licence asks you to register and to fetch the file yourself, so nothing "
            "was written. Sign in at https://www.gsea-msigdb.org/gsea/msigdb/human/collections.jsp,"
            " take the gene symbols of C2 CGP (c2.cgp.v<version>.Hs.symbols.gmt), then run "
            "`deepdep import gmt FILE --to COHORT`."
        )


@dataclass(frozen=True)
class DownloadReport:
    """What is in the folder now, and what was left out."""

    fetched: tuple[Fetched, ...]
    notes: tuple[str, ...]

    @property
    def lines(self) -> list[str]:
        """One line per file and per note."""
        return [*map(str, self.fetched), *self.notes]


def download(source: RemoteSource, to: Path) -> DownloadReport:
    """Have the chosen files of a source in the folder ``to``, each whole and verified.

    A file that is there and right is left as it is; one that is there and different is an error.
    Files that came before an error, or before an interruption, stay, and so does the part of the
    file that was under way.
    """
    if to.exists() and not to.is_dir():
        raise BadFileError(to, "is a file", "Give a folder, or a name that is free")
    was_there = to.exists()
    try:
        with Connection() as connection:
            choice = source.choose(connection)
            # Those that are there come first: what is wrong with them is known at once.
            files = sorted(choice.files, key=lambda file: not (to / file.name).exists())
            fetched = tuple(fetch(file, to, connection) for file in files)
    except OSError as error:
        raise BadFileError(
            to,
            f"cannot be written ({error.strerror or error})",
            "Make room, or give another folder",
        ) from error
    finally:
        if not was_there and to.is_dir() and not any(to.iterdir()):
            to.rmdir()
    return DownloadReport(fetched, choice.notes)
