"""The HTTP endpoint: who may ask, what is read and answered, and the process that serves."""

import asyncio
import json
import re
import signal
import socket
import sys
from collections.abc import Callable, Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor
from urllib.parse import urlsplit

import uvicorn
from fastapi import FastAPI, Request
from fastapi.responses import JSONResponse, PlainTextResponse, Response
from starlette.exceptions import HTTPException
from starlette.types import ASGIApp, Receive, Scope, Send

from deepdep.errors import DeepDEPError
from deepdep.models.predicted import table_text
from deepdep.serving.requests import (
    PredictionRequest,
    RequestError,
    TooLargeError,
    UnknownContentError,
    parse_csv,
    parse_json,
)
from deepdep.serving.service import PredictorService

LOOPBACK = ("127.0.0.1", "localhost", "::1")
ANY_ADDRESS = ("", "0.0.0.0", "::")

MOST_CONNECTIONS = 64  # those beyond it are answered 503 at once
SECONDS_TO_END = 30  # for requests that are being answered when the process is told to end

JSON, CSV = "application/json", "text/csv"
PARSERS: dict[str, Callable[[bytes], PredictionRequest]] = {JSON: parse_json, CSV: parse_csv}

MEGABYTE = 1 << 20

# Bytes beyond the limit that are read and forgotten: most clients hear no answer while they send.
DISCARDED = 1 << 30


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


def parser_of(content_type: str) -> Callable[[bytes], PredictionRequest]:
    """Return what reads a body of a Content-Type; UnknownContentError where nothing does."""
    kind, _, parameters = content_type.lower().partition(";")
    charset = parameters.replace(" ", "").replace('"', "")
    if kind.strip() not in PARSERS or charset not in ("", "charset=utf-8"):
        raise UnknownContentError(
            f"its Content-Type is {content_type[:99]!r}; send {' or '.join(PARSERS)} in UTF-8."
        )
    return PARSERS[kind.strip()]


def preferred_format(accept: Sequence[str]) -> str:
    """Return which of ``PARSERS`` a client would rather have, by its Accept headers (RFC 9110).

    Each is worth what the most specific range says that it matches. Of equals it is the one that
    is named more specifically, then the one that is named first; JSON where none is wanted.
    """
    ranges = [part.split(";") for header in accept for part in header.lower().split(",")]
    worth = {JSON: (0.0, -1, 0), CSV: (0.0, -1, 0)}  # q, how specific, how early
    for place, (named, *parameters) in enumerate(ranges):
        q = 1.0
        for name, _, value in (parameter.strip().partition("=") for parameter in parameters):
            if name.strip() == "q":
                q = float(value) if re.fullmatch(r"\s*[01](\.\d{0,3})?\s*", value) else 1.0
        for kind in worth:
            main = kind.partition("/")[0]
            patterns = ["*/*", f"{main}/*", kind]
            specific = patterns.index(named.strip()) if named.strip() in patterns else -1
            if specific > worth[kind][1]:
                worth[kind] = (q, specific, -place)
    best = max(worth, key=lambda kind: worth[kind])
    return best if worth[best][0] else JSON


def build_app(
    service: PredictorService, allowed_hosts: Iterable[str], max_request_mb: int
) -> FastAPI:
    """Return the application; see docs/serving.md for what it answers."""
    app = FastAPI(openapi_url=None)
    # One thread: TensorFlow uses every core for one request, and health is answered meanwhile.
    worker = ThreadPoolExecutor(1, "predict")

    @app.get("/ping")
    async def ping() -> Response:
        return PlainTextResponse("\n")

    @app.get("/health")
    async def health() -> Response:
        return JSONResponse({"status": "ok", "model": service.identity})

    @app.get("/model")
    async def model() -> Response:
        return JSONResponse(
            {
                "model": service.identity,
                "units": service.units,
                "features": service.features,
                "genes": service.genes,
            }
        )

    @app.post("/invocations")
    async def invocations(request: Request) -> Response:
        parse = parser_of(request.headers.get("content-type", ""))
        if request.headers.get("content-encoding", "identity") != "identity":
            raise UnknownContentError("is compressed; send it as it is.")
        as_csv = preferred_format(request.headers.getlist("accept")) == CSV
        body = await _body(request, max_request_mb)
        loop = asyncio.get_running_loop()
        return await loop.run_in_executor(worker, _answer, service, parse, body, as_csv)

    @app.exception_handler(RequestError)
    async def refused(request: Request, error: RequestError) -> Response:
        del request
        return JSONResponse({"error": str(error)}, error.status)

    @app.exception_handler(HTTPException)
    async def not_there(request: Request, error: HTTPException) -> Response:
        problem = f"request: {request.method} {request.url.path[:99]}: {error.detail}"
        paths = "there are POST /invocations, GET /health, GET /ping and GET /model."
        return JSONResponse({"error": f"{problem}; {paths}"}, error.status_code, error.headers)

    app.add_middleware(Guard, allowed_hosts=tuple(allowed_hosts))
    return app


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
    named = [] if host in ANY_ADDRESS else [host]
    app = build_app(service, [*named, *allowed_hosts], max_request_mb)
    config = uvicorn.Config(
        app,
        log_level="warning",
        access_log=False,  # samples' names are nobody's business
        server_header=False,
        limit_concurrency=MOST_CONNECTIONS,
        timeout_graceful_shutdown=SECONDS_TO_END,
    )
    # Uvicorn raises the signal again when all is answered; to end on it is no failure.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))
    uvicorn.Server(config).run(sockets=[bound])


async def _body(request: Request, max_request_mb: int) -> bytes:
    """Read a body, and keep no more of it than is allowed, whatever its header says."""
    limit = max_request_mb * MEGABYTE
    parts, n_bytes = [], 0
    if int(request.headers.get("content-length", 0)) <= limit + DISCARDED:
        async for part in request.stream():
            n_bytes += len(part)
            if n_bytes > limit + DISCARDED:
                break
            if n_bytes <= limit:
                parts.append(part)
            else:
                parts.clear()
        if n_bytes <= limit:
            return b"".join(parts)
    raise TooLargeError(
        f"is larger than {max_request_mb} MB; send fewer samples at a time, or start the server "
        "with a larger --max-request-mb."
    )


def _answer(
    service: PredictorService,
    parse: Callable[[bytes], PredictionRequest],
    body: bytes,
    as_csv: bool,
) -> Response:
    if as_csv:
        predicted = service.predict(parse(body))
        identity = {f"deepdep-model-{k}": str(v) for k, v in service.identity.items() if v}
        text = table_text(predicted.effect, "sample", ",")
        return Response(text, media_type=CSV, headers=identity)
    answer = {"predictions": service.answer(parse(body))}
    return Response(json.dumps(answer, allow_nan=False), media_type=JSON)


def _hostname(address: str) -> str | None:
    try:
        return urlsplit(address).hostname
    except ValueError:
        return None
