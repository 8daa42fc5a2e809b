"""The HTTP endpoint: who may ask, what is read and answered, and the process that serves."""

import asyncio
import json
import os
import re
import signal
import socket
import sys
from collections.abc import Callable, Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor
from urllib.parse import urlsplit

import uvicorn
from fastapi import FastAPI, Request
from fastapi.responses import HTMLResponse, JSONResponse, PlainTextResponse, Response
from starlette.exceptions import HTTPException
from starlette.types import ASGIApp, Receive, Scope, Send

from deepdep.errors import DeepDEPError
from deepdep.models.predicted import table_text
from deepdep.serving.description import (
    REQUEST_BODY,
    Health,
    ModelDescription,
    PredictionAnswer,
    Versions,
    library_versions,
    openapi,
    page,
    refusals,
)
from deepdep.serving.metrics import CONTENT_TYPE, Counted, Metrics
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
    app = FastAPI(docs_url=None, redoc_url=None)  # whose pages would load scripts of others
    app.openapi = lambda: openapi(app)  # type: ignore[method-assign]
    metrics = Metrics()
    # One thread: TensorFlow uses every core for one request, and health is answered meanwhile.
    worker = ThreadPoolExecutor(1, "predict")

    @app.get("/ping", response_class=PlainTextResponse)
    async def ping() -> Response:
        """Answer as long as the process lives."""
        return PlainTextResponse("\n")

    @app.get("/health", response_model=Health)
    async def health() -> Response:
        """Tell which model answers."""
        return JSONResponse({"status": "ok", "model": service.identity})

    @app.get("/version", response_model=Versions)
    async def versions() -> Response:
        """Tell which model answers, and the versions of the libraries that predict."""
        return JSONResponse({"model": service.identity, "libraries": library_versions()})

    @app.get("/metrics", response_class=PlainTextResponse)
    async def figures() -> Response:
        """Count requests and their times, as Prometheus reads it."""
        return Response(metrics.text(service.identity), media_type=CONTENT_TYPE)

    @app.get("/docs", include_in_schema=False)
    async def documentation() -> Response:
        headers = {"content-security-policy": "default-src 'none'; style-src 'unsafe-inline'"}
        return HTMLResponse(page(app.openapi()), headers=headers)

    @app.get("/model", response_model=ModelDescription)
    async def model() -> Response:
        """List what the model reads, in which units, and the genes that it learned."""
        return JSONResponse(
            {
                "model": service.identity,
                "units": service.units,
                "features": service.features,
                "genes": service.genes,
            }
        )

    @app.post(
        "/invocations",
        response_model=PredictionAnswer,
        responses=refusals(400, 403, 413, 415, 503),
        openapi_extra={"requestBody": REQUEST_BODY},
    )
    async def invocations(request: Request) -> Response:
        """Predict gene effects of samples; with `Accept: text/csv`, the effects as a table."""
        parse = parser_of(request.headers.get("content-type", ""))
        if request.headers.get("content-encoding", "identity") != "identity":
            raise UnknownContentError("is compressed; send it as it is.")
        as_csv = preferred_format(request.headers.getlist("accept")) == CSV
        body = await _body(request, max_request_mb)
        loop = asyncio.get_running_loop()
        answer, n_samples = await loop.run_in_executor(
            worker, _answer, service, parse, body, as_csv
        )
        metrics.n_samples += n_samples
        return answer

    @app.exception_handler(RequestError)
    async def refused(request: Request, error: RequestError) -> Response:
        del request
        return JSONResponse({"error": str(error)}, error.status)

    @app.exception_handler(HTTPException)
    async def not_there(request: Request, error: HTTPException) -> Response:
        problem = f"request: {request.method} {request.url.path[:99]}: {error.detail}"
        paths = "there are POST /invocations, GET /health, /ping, /model, /version and /docs."
        return JSONResponse({"error": f"{problem}; {paths}"}, error.status_code, error.headers)

    app.add_middleware(Guard, allowed_hosts=tuple(allowed_hosts))
    paths = {route.path for route in app.routes if hasattr(route, "path")}
    app.add_middleware(Counted, metrics=metrics, paths=paths, predicting="/invocations")
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

    # Uvicorn raises the signal again when all is answered. Nothing is left to be done then, and
    # Python would take seconds to take TensorFlow apart.
    def end(*_: object) -> None:
        sys.stdout.flush()
        sys.stderr.flush()
        os._exit(0)

    signal.signal(signal.SIGTERM, end)
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
) -> tuple[Response, int]:
    """Answer a request; return how many samples were predicted, too."""
    if as_csv:
        predicted = service.predict(parse(body))
        identity = {f"deepdep-model-{k}": str(v) for k, v in service.identity.items() if v}
        text = table_text(predicted.effect, "sample", ",")
        return Response(text, media_type=CSV, headers=identity), len(predicted.effect)
    answer = service.answer(parse(body))
    text = json.dumps({"predictions": answer}, allow_nan=False)
    return Response(text, media_type=JSON), len(answer["samples"])


def _hostname(address: str) -> str | None:
    try:
        return urlsplit(address).hostname
    except ValueError:
        return None
