"""Files of a public source, brought into a folder."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from difflib import get_close_matches
from pathlib import Path

import requests

from deepdep.errors import BadFileError, DeepDEPError, shown
from deepdep.sources.depmap import download as depmap
from deepdep.sources.download.fetch import Fetched, fetch
from deepdep.sources.download.files import RemoteFile, new_session
from deepdep.sources.tcga import download as xena

BUCKET = "https://storage.googleapis.com/public-download-files/hgnc"
TODAY = "tsv/tsv/hgnc_complete_set.txt"
ARCHIVE = "archive/archive/monthly/tsv/hgnc_complete_set_{date}.txt"


def complete_set(release: str | None, base_url: str | None) -> RemoteFile:
    """Return the table of today, or of a date of the archive (YYYY-MM-DD)."""
    if release is not None and not re.fullmatch(r"\d{4}-\d{2}-\d{2}", release):
        raise DeepDEPError(
            f"--release {release!r}: HGNC's archive goes by dates. "
            "Give one as 2024-10-01, or none for today's table."
        )
    path = TODAY if release is None else ARCHIVE.format(date=release)
    return RemoteFile(path.rpartition("/")[2], f"{(base_url or BUCKET).rstrip('/')}/{path}")


# Gene sets that DeepDEP made its fingerprints of: chemical and genetic perturbations.
MSIGDB_BY_HAND = (
    "MSigDB: its licence asks you to register and to fetch the file yourself, so nothing was "
    "written. Sign in at https://www.gsea-msigdb.org/gsea/msigdb/human/collections.jsp, take the "
    "gene symbols of C2 CGP (c2.cgp.v<version>.Hs.symbols.gmt), then run "
    "`deepdep import gmt FILE --to COHORT`."
)


@dataclass(frozen=True)
class DownloadRequest:
    """What a user asks for; None where they said nothing.

    Attributes
    ----------
    source
        ``depmap``, ``tcga``, ``hgnc`` or ``msigdb``.
    release
        A release of DepMap, or a date of HGNC's archive.
    files
        Names of the only files to bring; empty for those that ``deepdep import`` reads.
    everything
        Bring every file of the source.
    listing
        The portal's listing of DepMap, saved from a browser.
    base_url
        Address of a mirror, in place of the source's own.
    """

    source: str
    release: str | None = None
    files: tuple[str, ...] = ()
    everything: bool = False
    listing: Path | None = None
    base_url: str | None = None


@dataclass(frozen=True)
class DownloadReport:
    """What is in the folder now, and what was left out."""

    fetched: tuple[Fetched, ...]
    notes: tuple[str, ...]

    @property
    def lines(self) -> list[str]:
        """One line per file and per note."""
        return [*map(_line, self.fetched), *self.notes]


@dataclass(frozen=True)
class _Choice:
    files: tuple[RemoteFile, ...]
    notes: tuple[str, ...] = ()


def download(request: DownloadRequest, to: Path) -> DownloadReport:
    """Have the files that are asked for in the folder ``to``, each whole and verified.

    A file that is there and right is left as it is; one that is there and different is an error.
    Files that came before an error, or before an interruption, stay, and so does the part of the
    file that was under way.
    """
    _refuse_contradiction(request)
    if to.exists() and not to.is_dir():
        raise BadFileError(to, "is a file", "Give a folder, or a name that is free")
    was_there = to.exists()
    try:
        with new_session() as session:
            choice = _choose(request, session)
            # Those that are there come first: what is wrong with them is known at once.
            files = sorted(choice.files, key=lambda file: not (to / file.name).exists())
            fetched = tuple(fetch(file, to, session) for file in files)
    except OSError as error:
        raise BadFileError(
            to,
            f"cannot be written ({error.strerror or error})",
            "Make room, or give another folder",
        ) from error
    finally:
        if not was_there:
            _remove_if_empty(to)
    return DownloadReport(fetched, choice.notes)


def _choose(request: DownloadRequest, session: requests.Session) -> _Choice:
    if request.source == "tcga":
        return _choose_tcga(request)
    if request.source == "hgnc":
        return _Choice((complete_set(request.release, request.base_url),))
    return _choose_depmap(request, session)


def _choose_depmap(request: DownloadRequest, session: requests.Session) -> _Choice:
    listing = depmap.read_listing(request.listing, request.base_url, session)
    release = depmap.find_release(listing, request.release)
    files = depmap.files_of(listing, release)
    if request.everything:
        return _Choice(tuple(files.values()))
    if request.files:
        return _Choice(_named(request.files, files, release))
    chosen = depmap.read_by_import(files)
    if not chosen:
        raise DeepDEPError(
            f"{release}: has no file that `deepdep import depmap` reads; it has "
            f"{shown(list(files))}. Choose with --file, or take another release."
        )
    return _Choice(chosen)


def _choose_tcga(request: DownloadRequest) -> _Choice:
    files = xena.pan_cancer_files(request.base_url)
    if request.everything:
        return _Choice(tuple(files.values()))
    if request.files:
        by_name = {file.name: file for file in files.values()}
        return _Choice(_named(request.files, files | by_name, "TCGA"))
    left_out = ", ".join(holds for holds in files if holds not in xena.BY_DEFAULT)
    note = f"left out: {left_out}; bring them with --file or --all"
    return _Choice(tuple(files[holds] for holds in xena.BY_DEFAULT), (note,))


def _named(
    names: Sequence[str], files: Mapping[str, RemoteFile], source: str
) -> tuple[RemoteFile, ...]:
    for name in names:
        if name not in files:
            near = get_close_matches(name, files) or sorted(files)
            raise DeepDEPError(
                f"--file {name!r}: {source} has no such file. It has {shown(near)}; names count "
                "exactly as they are listed."
            )
    return tuple(dict.fromkeys(files[name] for name in names))


def _refuse_contradiction(request: DownloadRequest) -> None:
    source = request.source
    if source == "msigdb":
        raise DeepDEPError(MSIGDB_BY_HAND)
    if request.base_url is not None and not request.base_url.startswith(("http://", "https://")):
        raise DeepDEPError(f"--base-url {request.base_url!r}: give one with http:// or https://.")
    if request.release is not None and source == "tcga":
        raise DeepDEPError("--release: Xena's pan-cancer tables have one release; leave it out.")
    if request.listing is not None and source != "depmap":
        raise DeepDEPError(f"--listing: {source} has no listing; leave it out.")
    if source == "hgnc" and (request.files or request.everything):
        raise DeepDEPError("--file and --all: hgnc has one file; leave them out.")
    if request.files and request.everything:
        raise DeepDEPError("--file and --all: give one of them.")


def _line(fetched: Fetched) -> str:
    md5 = fetched.file.md5
    gzipped = fetched.file.name.endswith(".gz")
    verified = f"md5 {md5}" if md5 else "size and gzip checksum" if gzipped else "size"
    how = "was there" if fetched.was_there else "downloaded"
    return f"{fetched.file.name}: {how}, {fetched.size:,} bytes, verified by {verified}"


def _remove_if_empty(folder: Path) -> None:
    if folder.is_dir() and not any(folder.iterdir()):
        folder.rmdir()
