"""A process that serves: bound before it says so, ended in order."""

import signal
import socket
import sys
from collections.abc import Sequence

import uvicorn

from deepdep.domain.errors import DeepDEPError
from deepdep.serving.app import build_app
from deepdep.serving.service import PredictorService

ANY_ADDRESS = ("", "0.0.0.0", "::")

MOST_CONNECTIONS = 64  # those beyond it are answered 503 at once
SECONDS_TO_END = 30  # for requests that are being answered when the process is told to end


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


def serve(
    service: PredictorService,
    bound: socket.socket,
    host: str,
    allowed_hosts: Sequence[str],
    max_request_mb: int,
) -> None:
    """Answer until SIGTERM or SIGINT; what is being answered then is answered to its end."""
    own = [] if host in ANY_ADDRESS else [host]
    app = build_app(service, [*own, *allowed_hosts], max_request_mb)
    config = uvicorn.Config(
        app,
        log_level="warning",
        access_log=False,  # samples' names are nobody's business
        server_header=False,
        limit_concurrency=MOST_CONNECTIONS,
        timeout_graceful_shutdown=SECONDS_TO_END,
    )
    # Uvicorn raises the signal again when all is answered; to be told to end is no failure.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))
    uvicorn.Server(config).run(sockets=[bound])
