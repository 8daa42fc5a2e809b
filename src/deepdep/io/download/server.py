"""What a server answers, and which of its answers are no file."""

import re
from collections.abc import Iterator
from http import HTTPStatus

import requests
import urllib3
from requests.adapters import HTTPAdapter
from urllib3.util import Retry

from deepdep.domain.errors import DeepDEPError
from deepdep.io.download.part import Version
from deepdep.io.download.remote_file import plain

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
