"""Who may ask over HTTP, on which port, and a process that answers until it is told to end.

Apart from ``app``, whose imports start TensorFlow.
"""

import os
import signal
import socket
import sys
from collections.abc import Iterable
from urllib.parse import urlsplit

import uvicorn
from starlette.responses import JSONResponse
from starlette.types import ASGIApp, Receive, Scope, Send

from deepdep.errors import DeepDEPError

LOOPBACK = ("127.0.0.1", "localhost", "::1")
ANY_ADDRESS = ("", "0.0.0.0", "::")

MOST_CONNECTIONS = 64  # those beyond it are answered 503 at once
SECONDS_TO_END = 30  # for requests that are being answered when the process is told to end


class Guard:
    """Answers 403 to requests for another host, or from another site's page.

    A page cannot choose the ``Host`` and ``Origin`` that a browser sends, even where its own name
    was made to lead here (DNS rebinding).
    """

    def __init__(self, app: ASGIApp, allowed_hosts: Iterable[str]) -> None:
        self._app = app
        self._allowed = {host.lower().strip("[]") for host in (*LOOPBACK, *allowed_hosts)}

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass a request on, or refuse it."""
        problem = ""
        if scope["type"] == "http":
            headers = [(key, value.decode("latin-1")) for key, value in scope["headers"]]
            hosts = [value for key, value in headers if key == b"host"]
            origins = [value for key, value in headers if key == b"origin"]
            if any(_hostname(origin) not in self._allowed for origin in origins):
                problem = "comes from a page of another site, which may not ask."
            if len(hosts) != 1 or _hostname(f"//{hosts[0]}") not in self._allowed:
                problem = (
                    "is for another host; start the server with --allowed-host NAME to serve it."
                )
        if problem:
            await JSONResponse({"error": f"request: {problem}"}, 403)(scope, receive, send)
        else:
            await self._app(scope, receive, send)


def bind(host: str, port: int) -> socket.socket:
    """Take a port before the model is loaded; DeepDEPError where that cannot be."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    try:
        return socket.create_server((host, port), family=family, backlog=MOST_CONNECTIONS)
    except (OSError, OverflowError) as error:
        raise DeepDEPError(
            f"{host}:{port}: cannot be served on ({error}); name another --host or --port."
        ) from None


def address_of(bound: socket.socket) -> str:
    """Return where clients reach a bound socket."""
    host, port = bound.getsockname()[:2]
    return f"http://[{host}]:{port}" if ":" in host else f"http://{host}:{port}"


def answer_on(bound: socket.socket, app: ASGIApp) -> None:
    """Answer until SIGTERM or SIGINT; what is being answered then is answered to its end."""
    config = uvicorn.Config(
        app,
        log_level="warning",
        access_log=False,  # samples' names are nobody's business
        server_header=False,
        limit_concurrency=MOST_CONNECTIONS,
        timeout_graceful_shutdown=SECONDS_TO_END,
    )

    # Uvicorn raises the signal again when all is answered. Nothing is left to be done then, and
    # Python would take seconds to take TensorFlow apart.
    def end(*_: object) -> None:
        sys.stdout.flush()
        sys.stderr.flush()
        os._exit(0)

    signal.signal(signal.SIGTERM, end)
    uvicorn.Server(config).run(sockets=[bound])


def _hostname(address: str) -> str | None:
    try:
        return urlsplit(address).hostname
    except ValueError:
        return None
