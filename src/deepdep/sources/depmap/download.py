"""A release of DepMap, through the listing of files that its portal publishes."""

import csv
import io
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from difflib import get_close_matches
from pathlib import Path
from urllib.parse import urljoin

from deepdep.errors import DeepDEPError, shown
from deepdep.sources.depmap.layout import TABLES
from deepdep.sources.download.files import (
    Choice,
    Connection,
    RemoteFile,
    base_address,
    looks_like_page,
    select_files,
)

PORTAL = "https://depmap.org/portal"
LISTING = "api/download/files"
COLUMNS = ("release", "release_date", "filename", "url", "md5_hash")
PUBLIC = "DepMap Public "
NO_MD5 = ("", "nan", "none", "null")

README = "README.txt"  # tells `deepdep import depmap` which release it is

# What `deepdep import depmap` reads: of each kind one file, under the names that it has from 25Q2
# on, had before, and had up to 22Q2.
READ_BY_IMPORT = tuple(
    tuple(f"{name}.csv" for name in (*reversed(TABLES[key].names[0]), *TABLES[key].earlier))
    for key in (
        *("models", "gene_effect", "expression", "mutations", "damaging", "hotspot"),
        *("copy_number", "segments"),
    )
)


@dataclass(frozen=True)
class DepMapDownload:
    """A release of DepMap, and which of its files to bring.

    Attributes
    ----------
    release
        Its name; ``DepMap Public`` may be left out. None is an error that names the newest.
    names
        Names of the only files to bring; empty for those that ``deepdep import`` reads.
    everything
        Bring every file of the release.
    listing
        The portal's listing, saved from a browser.
    base_url
        Address of a mirror, in place of the portal's own.
    """

    release: str | None
    names: tuple[str, ...] = ()
    everything: bool = False
    listing: Path | None = None
    base_url: str | None = None

    def choose(self, connection: Connection) -> Choice:
        """Return the files to bring."""
        listing = Listing.read(self.listing, self.base_url, connection)
        release = listing.find_release(self.release)
        files = listing.files_of(release)
        chosen = select_files(files, self.names, everything=self.everything, source=release)
        chosen = chosen or read_by_import(files)
        if not chosen:
            raise DeepDEPError(
                f"{release}: has no file that `deepdep import depmap` reads; it has "
                f"{shown(list(files))}. Choose with --file, or take another release."
            )
        return Choice(chosen)


@dataclass(frozen=True)
class Listing:
    """The portal's listing: one row per file of a release, with the columns ``COLUMNS``."""

    rows: tuple[dict[str, str], ...]
    url: str  # what addresses without a host are relative to

    @classmethod
    def read(cls, saved: Path | None, base_url: str | None, connection: Connection) -> "Listing":
        """Read the listing that was saved from a browser, or request it from the portal.

        Raises
        ------
        DeepDEPError
            The portal cannot be reached or refuses, or what it sends is not its listing; says how
            to bring it by hand.
        """
        url = f"{base_address(base_url, PORTAL)}/{LISTING}"
        by_hand = (
            f"The portal may refuse programs: open {url} in a browser, save the listing, and "
            "run the command again with --listing and that file"
        )
        if saved is None:
            source, text = url, connection.read_text(url, by_hand)
        else:
            source = str(saved)
            try:
                text = saved.read_text(encoding="utf-8-sig")
            except (OSError, UnicodeDecodeError) as error:
                raise DeepDEPError(
                    f"{saved}: cannot be read as text. Check the path, and save the listing as CSV."
                ) from error
        if looks_like_page(text[:1024].encode()):
            raise DeepDEPError(f"{source}: is a web page, not the portal's listing. {by_hand}.")
        return cls(_rows(text, source), url)

    def find_release(self, name: str | None) -> str:
        """Return the full name of a release; ``name`` may leave out ``DepMap Public``."""
        dates = {row["release"]: row["release_date"] for row in self.rows}
        releases = sorted(dates, key=lambda name: (dates[name], name), reverse=True)
        newest = [release for release in releases if release.startswith(PUBLIC)] or releases
        if name is None:
            raise DeepDEPError(f"Name a release with --release; the newest are {_some(newest)}.")
        full_names = {release.casefold(): release for release in releases}
        short = " ".join(name.split())
        for spelling in (short, PUBLIC + short):
            if spelling.casefold() in full_names:
                return full_names[spelling.casefold()]
        near = get_close_matches(PUBLIC + short, releases) + get_close_matches(short, releases)
        raise DeepDEPError(
            f"--release {name!r}: the portal lists no such release; the nearest are "
            f"{_some(near or newest)}, the newest {_some(newest)}."
        )

    def files_of(self, release: str) -> dict[str, RemoteFile]:
        """Return the files of a release by name; a name that holds a path is an error."""
        files: dict[str, RemoteFile] = {}
        for row in self.rows:
            if row["release"] != release:
                continue
            md5, url = row["md5_hash"].strip().lower(), row["url"].strip()
            file = RemoteFile(
                name=row["filename"],
                url=urljoin(self.url, url) if url else "",
                md5=None if md5 in NO_MD5 else md5,
            )
            if files.setdefault(file.name, file).md5 != file.md5:
                raise DeepDEPError(
                    f"{release}: the listing has {file.name!r} twice, with two checksums. "
                    "Download the listing again, or take another release."
                )
        return files


def read_by_import(files: Mapping[str, RemoteFile]) -> tuple[RemoteFile, ...]:
    """Choose what ``deepdep import depmap`` reads; none if the release has no table of its."""
    present = [[name for name in names if name in files] for names in READ_BY_IMPORT]
    tables = tuple(files[found[0]] for found in present if found)
    return (*tables, files[README]) if tables and README in files else tables


def _rows(text: str, source: str) -> tuple[dict[str, str], ...]:
    reader = csv.DictReader(io.StringIO(text, newline=""), strict=True)
    rows: tuple[dict[str, str], ...] = ()
    problem, cause = None, None
    try:
        rows = tuple(reader)
        missing = set(COLUMNS) - set(reader.fieldnames or ())
        ragged = [n for n, row in enumerate(rows, start=1) if None in (*row, *row.values())]
        if missing:
            problem = f"it lacks the column {min(missing)!r}"
        elif ragged:
            problem = f"row {ragged[0]} does not have one field per column"
        elif not rows:
            problem = "it has no rows"
    except csv.Error as error:
        problem, cause = f"line {reader.line_num} is not CSV ({error})", error
    if problem is not None:
        raise DeepDEPError(
            f"{source}: is not the portal's listing of files: {problem}. Expected are the columns "
            f"{', '.join(COLUMNS)}; download it again, or check --base-url."
        ) from cause
    return rows


def _some(names: Sequence[str]) -> str:
    return ", ".join(repr(name) for name in list(dict.fromkeys(names))[:3])
