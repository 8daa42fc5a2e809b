"""A server on 127.0.0.1 that stands for the public hosts: it ranges, cuts, changes, and logs."""

import hashlib
import threading
from collections.abc import Iterator
from dataclasses import dataclass, field
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import unquote, urlsplit

import pytest

LISTING_HEADER = "release,release_date,filename,url,md5_hash"


@dataclass
class Served:
    """A file on the server, and how the server behaves when it is asked for it.

    ``cuts`` holds, request by request, after how many bytes of the answer the connection drops;
    ``status`` answers every request, unless there are ``statuses``, which are used up first.
    """

    body: bytes
    content_type: str = "application/octet-stream"
    etag: str | None = None
    last_modified: str | None = None
    ranges: bool = True
    heeds_if_range: bool = True
    range_offset: int = 0  # a faulty server: it begins so many bytes late
    cuts: list[int] = field(default_factory=list)
    stall: int | None = None  # after so many bytes it sends no more, until the server stops
    status: int = 200
    statuses: list[int] = field(default_factory=list)
    headers: dict[str, str] = field(default_factory=dict)
    next: "Served | None" = None  # what stands there after the first request


@dataclass(frozen=True)
class Asked:
    """One request, as the server saw it, and its answer's status."""

    method: str
    path: str
    range: str | None
    if_range: str | None
    status: int


class _Quiet(ThreadingHTTPServer):
    daemon_threads = True

    def handle_error(self, request: object, client_address: object) -> None:
        pass  # a client that went away


class Server:
    """Files by path (unquoted, with the leading slash), and what was asked for."""

    def __init__(self) -> None:
        self.files: dict[str, Served] = {}
        self.log: list[Asked] = []
        self.stalled, self.stopped = threading.Event(), threading.Event()
        self._http = _Quiet(("127.0.0.1", 0), _handler(self))
        self.url = f"http://127.0.0.1:{self._http.server_address[1]}"

    def start(self) -> None:
        threading.Thread(target=self._http.serve_forever, args=(0.01,), daemon=True).start()

    def stop(self) -> None:
        self.stopped.set()
        self._http.shutdown()
        self._http.server_close()

    def gets(self, path: str) -> list[Asked]:
        """Return the GET requests for a path, in order."""
        return [asked for asked in self.log if asked.method == "GET" and asked.path == path]

    def serve(self, path: str, body: bytes, **how: object) -> Served:
        """Serve a file; ``how`` are fields of Served."""
        self.files[path] = served = Served(body, **how)  # type: ignore[arg-type]
        return served

    def serve_next(self, path: str, body: bytes, **how: object) -> None:
        """Serve another file there, once the one that is there was asked for."""
        self.files[path].next = Served(body, **how)  # type: ignore[arg-type]

    def list_release(self, bodies: dict[str, bytes], release: str = "DepMap Public 24Q4") -> None:
        """Serve files, and the portal's listing of them with their true md5."""
        rows = [LISTING_HEADER]
        for name, body in bodies.items():
            self.serve(f"/store/{name}", body, etag=f'"{_md5(body)}"')
            url = f"{self.url}/store/{name}?Signature=abc"
            rows.append(f"{release},2024-12-16,{name},{url},{_md5(body)}")
        self.serve_listing("\n".join(rows) + "\n")

    def serve_listing(self, text: str, content_type: str = "text/csv") -> None:
        """Serve a text where the portal has its listing."""
        self.serve("/portal/api/download/files", text.encode(), content_type=content_type)


def _handler(server: Server) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_GET(self) -> None:
            self._answer()

        def do_HEAD(self) -> None:
            self._answer()

        def _answer(self) -> None:
            path = unquote(urlsplit(self.path).path)
            served = server.files.get(path)
            if served is None:
                self._send(path, 404, b"<html>not found</html>", {"Content-Type": "text/html"})
                return
            if served.next is not None:
                server.files[path] = served.next
            status = served.statuses.pop(0) if served.statuses else served.status
            headers = {"Content-Type": served.content_type} | served.headers
            if served.etag:
                headers["ETag"] = served.etag
            if served.last_modified:
                headers["Last-Modified"] = served.last_modified
            body = served.body
            start = _range_start(self.headers, served)
            if status == HTTPStatus.OK and start is not None and start >= len(body):
                headers["Content-Range"] = f"bytes */{len(body)}"
                status, body = 416, b""
            elif status == HTTPStatus.OK and start is not None:
                start += served.range_offset
                headers["Content-Range"] = f"bytes {start}-{len(body) - 1}/{len(body)}"
                status, body = 206, body[start:]
            cut = served.cuts.pop(0) if served.cuts and self.command == "GET" else served.stall
            self._send(path, status, body, headers, cut, stall=served.stall is not None)

        def _send(
            self,
            path: str,
            status: int,
            body: bytes,
            headers: dict[str, str],
            cut: int | None = None,
            *,
            stall: bool = False,
        ) -> None:
            asked = self.headers.get("Range"), self.headers.get("If-Range")
            server.log.append(Asked(self.command, path, *asked, status))
            self.send_response(status)
            for name, value in headers.items():
                self.send_header(name, value)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            if self.command == "HEAD":
                return
            self.wfile.write(body if cut is None else body[:cut])
            if stall:
                server.stalled.set()
                server.stopped.wait(20)
            if cut is not None:
                self.close_connection = True

        def log_message(self, *args: object) -> None:
            pass

    return Handler


def _range_start(headers: object, served: Served) -> int | None:
    asked = headers.get("Range")  # type: ignore[attr-defined]
    if asked is None or not served.ranges:
        return None
    condition = headers.get("If-Range")  # type: ignore[attr-defined]
    changed = condition not in (None, served.etag, served.last_modified)
    if served.heeds_if_range and changed:
        return None
    return int(asked.removeprefix("bytes=").removesuffix("-").split("-")[0])


def _md5(body: bytes) -> str:
    return hashlib.md5(body, usedforsecurity=False).hexdigest()


@pytest.fixture
def server(monkeypatch: pytest.MonkeyPatch) -> Iterator[Server]:
    """Yield an empty server on the loopback address; no proxy stands between."""
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")
    server = Server()
    server.start()
    yield server
    server.stop()
