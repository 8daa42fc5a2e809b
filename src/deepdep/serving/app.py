"""The HTTP endpoint of a model: what is read and answered."""

import asyncio
import json
import re
import socket
import threading
from collections.abc import Callable, Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor

from fastapi import FastAPI, Request
from fastapi.responses import HTMLResponse, JSONResponse, PlainTextResponse, Response
from starlette.exceptions import HTTPException

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
from deepdep.serving.listening import ANY_ADDRESS, Guard, answer_on
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

N_WORKERS = 8
JSON, CSV = "application/json", "text/csv"
PARSERS: dict[str, Callable[[bytes], PredictionRequest]] = {JSON: parse_json, CSV: parse_csv}

MEGABYTE = 1 << 20

# Bytes beyond the limit that are read and forgotten: most clients hear no answer while they send.
DISCARDED = 1 << 30

_PARSING = threading.Lock()  # one body at a time: JSON takes many times its length in memory


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
    # One is predicted while others are read, written, and wait to be predicted together.
    workers = ThreadPoolExecutor(N_WORKERS, "predict")

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
            workers, _answer, service, parse, body, as_csv
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


def serve(
    service: PredictorService,
    bound: socket.socket,
    host: str,
    allowed_hosts: Sequence[str],
    max_request_mb: int,
) -> None:
    """Answer until SIGTERM or SIGINT; what is being answered then is answered to its end."""
    named = [] if host in ANY_ADDRESS else [host]
    answer_on(bound, build_app(service, [*named, *allowed_hosts], max_request_mb))


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
    with _PARSING:
        request = parse(body)
    if as_csv:
        predicted = service.predict(request)
        identity = {f"deepdep-model-{k}": str(v) for k, v in service.identity.items() if v}
        text = table_text(predicted.effect, "sample", ",")
        return Response(text, media_type=CSV, headers=identity), len(predicted.effect)
    answer = service.answer(request)
    text = json.dumps({"predictions": answer}, allow_nan=False)
    return Response(text, media_type=JSON), len(answer["samples"])
