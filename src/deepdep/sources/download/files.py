"""A file that someone publishes: what its server answers, and the part that is here already."""

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, astuple, dataclass
from difflib import get_close_matches
from http import HTTPStatus
from pathlib import Path
from urllib.parse import urlsplit

import requests
import urllib3
from requests.adapters import HTTPAdapter
from urllib3.util import Retry

from deepdep.errors import DeepDEPError, escaped_address, shown, shown_address
from deepdep.io.files import write_text

MAX_NAME = 200  # letters; file systems allow 255 bytes, and a part's name is longer
MD5 = re.compile(r"[0-9a-f]{32}")
NOT_IN_NAMES = re.compile(r"[/\\:*?\"<>|\x00-\x1f]")
PIECE = 1 << 17  # bytes
TIMEOUT = (10, 60)  # seconds to connect, and between two pieces
TEMPORARY_FAULTS = (429, 500, 502, 503, 504)  # a later request may succeed
MAX_TEXT = 64 << 20  # bytes of a listing

IN_A_BROWSER = (
    "Open the address in a browser, save the file under its name in the folder, and run the "
    "command again: it verifies and keeps what is there"
)


@dataclass(frozen=True)
class RemoteFile:
    """A file on a server, the name it gets here, and its checksum where its source states one.

    Raises
    ------
    DeepDEPError
        The name holds a path, or the address is not one of the web.
    """

    name: str
    url: str  # empty where the source gives no address
    md5: str | None = None  # 32 hexadecimal digits, lower case

    def __post_init__(self) -> None:
        unfit = NOT_IN_NAMES.search(self.name) or self.name.startswith(".")
        if unfit or not 0 < len(self.name) <= MAX_NAME:
            raise DeepDEPError(
                f"{self.name[:MAX_NAME]!r}: is not a plain file name, so it is not downloaded. "
                "Do not trust the listing that it comes from; tell whoever runs that server."
            )
        if self.url and urlsplit(self.url).scheme not in ("http", "https"):
            raise DeepDEPError(
                f"{plain(self.url)}: is not a web address (http or https). Check --base-url."
            )
        if self.md5 is not None and not MD5.fullmatch(self.md5):
            raise DeepDEPError(
                f"{self.name}: its checksum {self.md5[:40]!r} is not an md5. "
                "Download the listing again; it may have been edited."
            )


@dataclass(frozen=True)
class Choice:
    """The files of a source to bring, and notes on those that are left out."""

    files: tuple[RemoteFile, ...]
    notes: tuple[str, ...] = ()


def select_files(
    files: Mapping[str, RemoteFile], names: Sequence[str], *, everything: bool, source: str
) -> tuple[RemoteFile, ...]:
    """Return all files, or those of the names; none if neither is wanted."""
    if names and everything:
        raise DeepDEPError("--file and --all: give one of them.")
    for name in names:
        if name not in files:
            near = get_close_matches(name, files) or sorted(files)
            raise DeepDEPError(
                f"--file {name!r}: {source} has no such file. It has {shown(near)}; spell "
                "names as they are listed."
            )
    # A file may have two names.
    return tuple(dict.fromkeys(files.values() if everything else [files[name] for name in names]))


def base_address(given: str | None, default: str) -> str:
    """Return the address of a source, or of the mirror that is given, without a slash behind it."""
    if given is not None and not given.startswith(("http://", "https://")):
        raise DeepDEPError(f"--base-url {given!r}: give one with http:// or https://.")
    return escaped_address(given or default).rstrip("/")


def plain(url: str) -> str:
    """Return an address without its query, which may hold a signature, and without a password."""
    return shown_address(url)


@dataclass(frozen=True)
class Version:
    """What tells a file on a server from a later one of the same name; None where nothing does.

    Attributes
    ----------
    size
        Bytes of the whole file.
    etag, last_modified
        As the server states them.
    md5
        As the source's listing states it.
    """

    size: int | None
    etag: str | None
    last_modified: str | None
    md5: str | None

    @classmethod
    def of(cls, response: requests.Response, md5: str | None) -> "Version":
        """Return what an answer states of the whole file, with the md5 of the source's listing."""
        headers = response.headers
        if response.status_code != HTTPStatus.OK:
            size = headers.get("Content-Range", "").rpartition("/")[2]
        else:
            size = headers.get("Content-Length", "") if "Content-Encoding" not in headers else ""
        return cls(
            size=int(size) if size.isdecimal() else None,
            etag=headers.get("ETag"),
            last_modified=headers.get("Last-Modified"),
            md5=md5,
        )

    def agrees_with(self, other: "Version") -> bool:
        """Tell whether both state something in common, and nothing differently."""
        stated = [
            (mine, theirs)
            for mine, theirs in zip(astuple(self), astuple(other), strict=True)
            if mine is not None and theirs is not None
        ]
        return bool(stated) and all(mine == theirs for mine, theirs in stated)

    @property
    def condition(self) -> str | None:
        """What If-Range may hold: an ETag for equal bytes (RFC 9110, 13.1.5), or else a date."""
        strong = self.etag is not None and not self.etag.startswith("W/")
        return self.etag if strong else self.last_modified


class Part:
    """``NAME.part`` beside the file to be, with ``NAME.part.json`` that holds its version."""

    def __init__(self, target: Path) -> None:
        self.path = target.with_name(f"{target.name}.part")
        self._note = target.with_name(f"{target.name}.part.json")

    @property
    def size(self) -> int:
        """Bytes that are there."""
        return self.path.stat().st_size if self.path.is_file() else 0

    @property
    def version(self) -> Version | None:
        """What the bytes are the beginning of; None if unknown, and then they are of no use."""
        try:
            return Version(**json.loads(self._note.read_text(encoding="utf-8")))
        except (OSError, ValueError, TypeError):
            return None

    def begin(self, version: Version) -> None:
        """Begin anew. At no time do old bytes stand beside the note of a new version."""
        self.remove()
        write_text(json.dumps(asdict(version), indent=1) + "\n", self._note)
        self.path.touch()

    def remove(self) -> None:
        """Forget what is there."""
        self.path.unlink(missing_ok=True)
        self._note.unlink(missing_ok=True)


class Connection:
    """Connections that are tried again, with growing pauses, when a server is not ready."""

    def __init__(self) -> None:
        retry = Retry(
            total=3,
            backoff_factor=0.5,
            status_forcelist=TEMPORARY_FAULTS,
            allowed_methods=("GET", "HEAD"),
            raise_on_status=False,
            respect_retry_after_header=False,  # it may be hours
        )
        self._session = requests.Session()
        for scheme in ("http://", "https://"):
            self._session.mount(scheme, HTTPAdapter(max_retries=retry))
        # Byte positions are those of the file as it is stored.
        self._session.headers.update({"User-Agent": "deepdep", "Accept-Encoding": "identity"})

    def __enter__(self) -> "Connection":
        return self

    def __exit__(self, *_: object) -> None:
        self._session.close()

    def get(
        self, url: str, headers: dict[str, str] | None = None, by_hand: str = IN_A_BROWSER
    ) -> requests.Response:
        """Return an answer that holds a file, the rest of one, or says that there is no rest.

        Raises
        ------
        DeepDEPError
            The server cannot be reached, fails, refuses, or sends a web page; the last two say how
            to bring the file ``by_hand``.
        """
        try:
            response = self._session.get(url, headers=headers, stream=True, timeout=TIMEOUT)
        except requests.RequestException as error:
            raise _unreachable(url, error) from error
        problem = _problem(response, by_hand)
        if problem is not None:
            response.close()
            raise problem
        return response

    def read_text(self, url: str, by_hand: str) -> str:
        """Return a text on a server; raises as ``get`` does."""
        content = b""
        with self.get(url, by_hand=by_hand) as response:
            pieces = pieces_of(response)
            try:
                while len(content) < MAX_TEXT and (piece := next(pieces, b"")):
                    content += piece
            except urllib3.exceptions.HTTPError as error:
                raise DeepDEPError(
                    f"{url}: the connection broke. Run the command again."
                ) from error
        return content.decode("utf-8-sig", errors="replace")

    def size(self, url: str) -> int | None:
        """Return how many bytes a file has on its server; None when that does not tell."""
        try:
            response = self._session.head(url, allow_redirects=True, timeout=TIMEOUT)
        except requests.RequestException as error:
            raise _unreachable(url, error) from error
        return None if _problem(response, IN_A_BROWSER) else Version.of(response, None).size


def pieces_of(response: requests.Response) -> Iterator[bytes]:
    """Yield the bytes as they are stored; a broken connection is an HTTPError of urllib3."""
    return iter(response.raw.stream(PIECE, decode_content=False))


def looks_like_page(head: bytes) -> bool:
    """Tell a web page, or a server's error message in XML, by its first bytes."""
    return head.removeprefix(b"\xef\xbb\xbf").lstrip().startswith(b"<")


def web_page(url: str, by_hand: str = IN_A_BROWSER) -> DeepDEPError:
    """Say that a web page came in place of a file."""
    return DeepDEPError(
        f"{plain(url)}: the server sent a web page, not the file; it may ask for a login, or "
        f"whether you are a person. {by_hand}."
    )


def _problem(response: requests.Response, by_hand: str) -> DeepDEPError | None:
    status = response.status_code
    if status in (HTTPStatus.NOT_FOUND, HTTPStatus.GONE):
        problem = f"there is no such file ({status})"
        remedy = "Check --base-url, and whether the source has moved it"
    elif status in TEMPORARY_FAULTS:
        problem = f"the server fails ({status})"
        remedy = "Run the command again later: it goes on where it stopped"
    elif status not in (200, 206, 416):
        problem = (
            f"the server refuses ({status}); it may ask for a login, or the address has expired"
        )
        remedy = by_hand
    elif response.headers.get("Content-Type", "").startswith("text/html"):
        return web_page(response.url, by_hand)
    else:
        return None
    return DeepDEPError(f"{plain(response.url)}: {problem}. {remedy}.")


def _unreachable(url: str, error: requests.RequestException) -> DeepDEPError:
    reason = getattr(error.args[0], "reason", error) if error.args else error
    return DeepDEPError(
        f"{plain(url)}: cannot be reached ({str(reason).rpartition(': ')[2]}). "
        "Check the address and the network, then run the command again."
    )
