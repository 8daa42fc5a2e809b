"""The explorer over HTTP: its page, and what the page asks for, read from the files each time."""

import socket
from collections.abc import Callable
from typing import Any

from fastapi import FastAPI
from fastapi.responses import HTMLResponse, JSONResponse, RedirectResponse, Response
from starlette.exceptions import HTTPException
from starlette.middleware.gzip import GZipMiddleware
from starlette.requests import Request

from deepdep.report.explorer import ExplorerData, UnknownNameError, served_page
from deepdep.serving.listening import Guard, answer_on

SMALL = 4096  # bytes that are not worth packing


def build_explorer(data: ExplorerData) -> FastAPI:
    """Return the application: the page at ``/``, answers below ``/data``.

    Each answer reads a row, a column or the filtered rows of a table, in one of the server's
    threads.
    """
    app = FastAPI(docs_url=None, redoc_url=None, openapi_url=None)
    page, overview = served_page(), JSONResponse(data.overview()).body
    data.warm_up()
    answers: dict[str, Callable[..., dict[str, Any]]] = {
        "sample": data.sample,
        "gene": data.gene,
        "feature": data.feature,
        "lineage": data.lineage,
        "alteration": data.alteration,
        "pairs_of": data.pairs_of,
        "causes": data.causes_of,
    }
    for name, answer in answers.items():
        app.get(f"/data/{name}", name=name, response_class=JSONResponse, response_model=None)(
            answer
        )

    @app.get("/")
    def face() -> Response:
        return HTMLResponse(page)

    @app.get("/explorer.html")
    def named_as_the_file() -> Response:
        return RedirectResponse("/")

    @app.get("/data/overview")
    def overview_of_all() -> Response:
        return Response(overview, media_type="application/json")

    @app.exception_handler(UnknownNameError)
    async def unknown(request: Request, error: UnknownNameError) -> Response:
        del request
        return JSONResponse({"error": str(error)}, 404)

    @app.exception_handler(HTTPException)
    async def not_there(request: Request, error: HTTPException) -> Response:
        problem = f"request: {request.method} {request.url.path[:99]}: {error.detail}; open /."
        return JSONResponse({"error": problem}, error.status_code)

    app.add_middleware(GZipMiddleware, minimum_size=SMALL, compresslevel=1)
    app.add_middleware(Guard, allowed_hosts=())
    return app


def explore(data: ExplorerData, bound: socket.socket, ready: Callable[[], None]) -> None:
    """Answer until the process is told to end; call ``ready`` when the first answer can come."""
    app = build_explorer(data)
    ready()
    answer_on(bound, app)
