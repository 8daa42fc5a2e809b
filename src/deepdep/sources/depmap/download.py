"""A release of DepMap, through the listing of files that its portal publishes."""

import csv
import io
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from difflib import get_close_matches
from pathlib import Path
from urllib.parse import urljoin

import requests

from deepdep.errors import DeepDEPError
from deepdep.sources.download.files import RemoteFile, looks_like_page, read_text

PORTAL = "https://depmap.org/portal"
LISTING = "api/download/files"
COLUMNS = ("release", "release_date", "filename", "url", "md5_hash")
PUBLIC = "DepMap Public "
NO_MD5 = ("", "nan", "none", "null")

README = "README.txt"  # tells `deepdep import depmap` which release it is

# What `deepdep import depmap` reads: of each kind one file, under the names that it has from 25Q2
# on and had before.
READ_BY_IMPORT = (
    ("Model.csv",),
    ("CRISPRGeneEffect.csv",),
    (
        "OmicsExpressionTPMLogp1HumanProteinCodingGenes.csv",
        "OmicsExpressionProteinCodingGenesTPMLogp1.csv",
    ),
    ("OmicsSomaticMutations.csv",),
    ("OmicsSomaticMutationsMatrixDamaging.csv",),
    ("OmicsSomaticMutationsMatrixHotspot.csv",),
    ("OmicsCNGeneWGS.csv", "OmicsCNGene.csv"),
    ("OmicsCNSegmentsWGS.csv",),
)


@dataclass(frozen=True)
class Listing:
    """The portal's listing: one row per file of a release, with the columns ``COLUMNS``."""

    rows: tuple[dict[str, str], ...]
    url: str  # what addresses without a host are relative to


def read_listing(saved: Path | None, base_url: str | None, session: requests.Session) -> Listing:
    """Read the listing that was saved from a browser, or ask the portal for it.

    Raises
    ------
    DeepDEPError
        The portal cannot be reached or refuses, or what it sends is not its listing; says how to
        bring it by hand.
    """
    url = f"{(base_url or PORTAL).rstrip('/')}/{LISTING}"
    if saved is not None:
        return Listing(_rows(_saved_text(saved), str(saved), url), url)
    return Listing(_rows(read_text(url, session, _by_hand(url)), url, url), url)


def find_release(listing: Listing, wanted: str | None) -> str:
    """Return the full name of a release; ``wanted`` may leave out ``DepMap Public``."""
    releases = _newest_first(listing)
    newest = [name for name in releases if name.startswith(PUBLIC)] or releases
    if wanted is None:
        raise DeepDEPError(f"Say which release with --release; the newest are {_some(newest)}.")
    names = {name.casefold(): name for name in releases}
    asked = " ".join(wanted.split())
    for name in (asked, PUBLIC + asked):
        if name.casefold() in names:
            return names[name.casefold()]
    near = get_close_matches(PUBLIC + asked, releases) + get_close_matches(asked, releases)
    raise DeepDEPError(
        f"--release {wanted!r}: the portal lists no such release; the nearest are "
        f"{_some(near or newest)}, the newest {_some(newest)}."
    )


def files_of(listing: Listing, release: str) -> dict[str, RemoteFile]:
    """Return the files of a release by name; a name that holds a path is an error."""
    files: dict[str, RemoteFile] = {}
    for row in listing.rows:
        if row["release"] != release:
            continue
        md5, url = row["md5_hash"].strip().lower(), row["url"].strip()
        file = RemoteFile(
            name=row["filename"],
            url=urljoin(listing.url, url) if url else "",
            md5=None if md5 in NO_MD5 else md5,
        )
        if files.setdefault(file.name, file).md5 != file.md5:
            raise DeepDEPError(
                f"{release}: the listing has {file.name!r} twice, with two checksums. "
                "Bring the listing again, or another release."
            )
    return files


def read_by_import(files: Mapping[str, RemoteFile]) -> tuple[RemoteFile, ...]:
    """Choose what ``deepdep import depmap`` reads; none if the release has no table of its."""
    present = [[name for name in names if name in files] for names in READ_BY_IMPORT]
    tables = tuple(files[found[0]] for found in present if found)
    return (*tables, files[README]) if tables and README in files else tables


def _rows(text: str, source: str, url: str) -> tuple[dict[str, str], ...]:
    if looks_like_page(text[:1024].encode()):
        raise DeepDEPError(f"{source}: is a web page, not the portal's listing. {_by_hand(url)}.")
    reader = csv.DictReader(io.StringIO(text, newline=""), strict=True)
    try:
        rows = tuple(reader)
    except csv.Error as error:
        raise _not_the_listing(source, f"line {reader.line_num} is no CSV ({error})") from error
    missing = set(COLUMNS) - set(reader.fieldnames or ())
    if missing:
        raise _not_the_listing(source, f"it lacks the column {min(missing)!r}")
    for n, row in enumerate(rows, start=1):
        if None in row or None in row.values():
            raise _not_the_listing(source, f"row {n} has not one field per column")
    if not rows:
        raise _not_the_listing(source, "it has no rows")
    return rows


def _not_the_listing(source: str, problem: str) -> DeepDEPError:
    return DeepDEPError(
        f"{source}: is not the portal's listing of files: {problem}. Expected are the columns "
        f"{', '.join(COLUMNS)}; bring it again, or check --base-url."
    )


def _saved_text(saved: Path) -> str:
    try:
        return saved.read_text(encoding="utf-8-sig")
    except (OSError, UnicodeDecodeError) as error:
        raise DeepDEPError(
            f"{saved}: cannot be read as text. Check the path, and save the listing as CSV."
        ) from error


def _by_hand(url: str) -> str:
    return (
        f"The portal may answer persons only: open {url} in a browser, save the listing, and run "
        "the command again with --listing and that file"
    )


def _newest_first(listing: Listing) -> list[str]:
    dates = {row["release"]: row["release_date"] for row in listing.rows}
    return sorted(dates, key=lambda name: (dates[name], name), reverse=True)


def _some(names: Sequence[str]) -> str:
    return ", ".join(repr(name) for name in list(dict.fromkeys(names))[:3])
