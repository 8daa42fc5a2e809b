"""A file that someone publishes: what its server answers, and the part that is here already."""

import json
import re
from collections.abc import Iterator
from dataclasses import asdict, astuple, dataclass
from http import HTTPStatus
from pathlib import Path
from urllib.parse import urlsplit

import requests
import urllib3
from requests.adapters import HTTPAdapter
from urllib3.util import Retry

from deepdep.errors import DeepDEPError
from deepdep.io.files import write_text

MAX_NAME = 200  # letters; file systems allow 255 bytes, and a part's name is longer
MD5 = re.compile(r"[0-9a-f]{32}")
NOT_IN_NAMES = re.compile(r"[/\\:*?\"<>|\x00-\x1f]")


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
                "Bring the listing again; it may have been edited."
            )


def plain(url: str) -> str:
    """Return an address without its query, which may hold a signature."""
    return url.partition("?")[0]


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


PIECE = 1 << 17  # bytes
TIMEOUT = (10, 60)  # seconds to connect, and between two pieces
PASSING_FAULTS = (429, 500, 502, 503, 504)  # a server asked again may answer
MAX_TEXT = 64 << 20  # bytes of a listing

IN_A_BROWSER = (
    "Open the address in a browser, save the file under its name in the folder, and run the "
    "command again: it verifies and keeps what is there"
)


def new_session() -> requests.Session:
    """Open connections that are tried again, with growing pauses, when a server is not ready."""
    retry = Retry(
        total=3,
        backoff_factor=0.5,
        status_forcelist=PASSING_FAULTS,
        allowed_methods=("GET", "HEAD"),
        raise_on_status=False,
        respect_retry_after_header=False,  # it may be hours
    )
    session = requests.Session()
    for scheme in ("http://", "https://"):
        session.mount(scheme, HTTPAdapter(max_retries=retry))
    # Byte positions are those of the file as it is stored.
    session.headers.update({"User-Agent": "deepdep", "Accept-Encoding": "identity"})
    return session


def get(
    session: requests.Session,
    url: str,
    headers: dict[str, str] | None = None,
    by_hand: str = IN_A_BROWSER,
) -> requests.Response:
    """Return an answer that holds a file, the rest of one, or says that there is no rest.

    Raises
    ------
    DeepDEPError
        The server cannot be reached, fails, refuses, or sends a web page; the last two say how to
        bring the file ``by_hand``.
    """
    try:
        response = session.get(url, headers=headers, stream=True, timeout=TIMEOUT)
    except requests.RequestException as error:
        raise _unreachable(url, error) from error
    problem = _problem(response, by_hand)
    if problem is not None:
        response.close()
        raise problem
    return response


def read_text(url: str, session: requests.Session, by_hand: str) -> str:
    """Return a text on a server; raises as ``get`` does."""
    content = b""
    with get(session, url, by_hand=by_hand) as response:
        pieces = pieces_of(response)
        try:
            while len(content) < MAX_TEXT and (piece := next(pieces, b"")):
                content += piece
        except urllib3.exceptions.HTTPError as error:
            raise DeepDEPError(f"{url}: the connection broke. Run the command again.") from error
    return content.decode("utf-8-sig", errors="replace")


def size_on_server(url: str, session: requests.Session) -> int | None:
    """Return how many bytes a file has on its server; None when it does not tell."""
    try:
        response = session.head(url, allow_redirects=True, timeout=TIMEOUT)
    except requests.RequestException as error:
        raise _unreachable(url, error) from error
    return None if _problem(response, IN_A_BROWSER) else version_of(response, None).size


def pieces_of(response: requests.Response) -> Iterator[bytes]:
    """Yield the bytes as they are stored; a broken connection is an HTTPError of urllib3."""
    return iter(response.raw.stream(PIECE, decode_content=False))


def version_of(response: requests.Response, md5: str | None) -> Version:
    """Return what an answer says of the whole file, with what the source's listing says."""
    headers = response.headers
    if response.status_code != HTTPStatus.OK:
        size = headers.get("Content-Range", "").rpartition("/")[2]
    else:
        size = headers.get("Content-Length", "") if "Content-Encoding" not in headers else ""
    return Version(
        size=int(size) if size.isdecimal() else None,
        etag=headers.get("ETag"),
        last_modified=headers.get("Last-Modified"),
        md5=md5,
    )


def first_byte_of(response: requests.Response) -> int | None:
    """Return the position in the file where the rest begins that a server sends."""
    found = re.match(r"bytes (\d+)-", response.headers.get("Content-Range", ""))
    return int(found[1]) if found else None


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
    status, address = response.status_code, plain(response.url)
    if status in (HTTPStatus.NOT_FOUND, HTTPStatus.GONE):
        return DeepDEPError(
            f"{address}: there is no such file ({status}). "
            "Check --base-url, and whether the source has moved it."
        )
    if status in PASSING_FAULTS:
        return DeepDEPError(
            f"{address}: the server fails ({status}). "
            "Run the command again later: it goes on where it stopped."
        )
    if status not in (200, 206, 416):
        return DeepDEPError(
            f"{address}: the server refuses ({status}); it may ask for a login, or the address "
            f"has expired. {by_hand}."
        )
    if response.headers.get("Content-Type", "").startswith("text/html"):
        return web_page(response.url, by_hand)
    return None


def _unreachable(url: str, error: requests.RequestException) -> DeepDEPError:
    reason = getattr(error.args[0], "reason", error) if error.args else error
    return DeepDEPError(
        f"{plain(url)}: cannot be reached ({str(reason).rpartition(': ')[2]}). "
        "Check the address and the network, then run the command again."
    )
