"""The HTTP endpoint: reads requests, has them answered one by one, and says what is wrong."""

import asyncio
import json
from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor

from fastapi import FastAPI, Request
from fastapi.responses import JSONResponse, PlainTextResponse, Response
from starlette.exceptions import HTTPException

from deepdep.io.predictions import table_text
from deepdep.serving.asked import Asked
from deepdep.serving.errors import RequestError, TooLargeError, UnknownContentError
from deepdep.serving.guard import Guard
from deepdep.serving.parsing import parse_csv, parse_json
from deepdep.serving.service import PredictorService, as_answer

JSON, CSV = "application/json", "text/csv"
PARSERS: dict[str, Callable[[bytes], Asked]] = {JSON: parse_json, CSV: parse_csv}

MEGABYTE = 1 << 20

# Bytes beyond the limit that are read and forgotten: most clients hear no answer while they send.
DISCARDED = 1 << 30


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
        known = {
            "model": service.identity,
            "units": service.units,
            "features": service.features,
            "genes": service.genes,
        }
        return JSONResponse(known)

    @app.post("/invocations")
    async def invocations(request: Request) -> Response:
        parse = _parser(request.headers.get("content-type", ""))
        if request.headers.get("content-encoding", "identity") != "identity":
            raise UnknownContentError("is compressed; send it as it is.")
        as_csv = CSV in request.headers.get("accept", "")
        body = await _body(request, max_request_mb)
        loop = asyncio.get_running_loop()
        return await loop.run_in_executor(worker, _answer, service, parse, body, as_csv)

    @app.exception_handler(RequestError)
    async def refused(request: Request, error: RequestError) -> Response:
        del request
        return JSONResponse({"error": str(error)}, error.status)

    @app.exception_handler(HTTPException)
    async def not_there(request: Request, error: HTTPException) -> Response:
        said = f"request: {request.method} {request.url.path[:99]}: {error.detail}"
        known = "there are POST /invocations, GET /health, GET /ping and GET /model."
        return JSONResponse({"error": f"{said}; {known}"}, error.status_code, error.headers)

    app.add_middleware(Guard, allowed_hosts=tuple(allowed_hosts))
    return app


def _parser(content_type: str) -> Callable[[bytes], Asked]:
    kind, _, parameters = content_type.lower().partition(";")
    charset = parameters.replace(" ", "").replace('"', "")
    if kind.strip() not in PARSERS or charset not in ("", "charset=utf-8"):
        raise UnknownContentError(
            f"its Content-Type is {content_type[:99]!r}; send {' or '.join(PARSERS)} in UTF-8."
        )
    return PARSERS[kind.strip()]


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
    service: PredictorService, parse: Callable[[bytes], Asked], body: bytes, as_csv: bool
) -> Response:
    predicted = service.predict(parse(body))
    if as_csv:
        identity = {f"deepdep-model-{k}": str(v) for k, v in service.identity.items() if v}
        text = table_text(predicted.effect, "sample", ",")
        return Response(text, media_type=CSV, headers=identity)
    answer = {"predictions": as_answer(predicted, service.identity)}
    return Response(json.dumps(answer, allow_nan=False), media_type=JSON)
