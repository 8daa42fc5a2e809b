from fastapi import FastAPI

from deepdep.serving.description import (
    JSON_EXAMPLE,
    REQUEST_BODY,
    PredictionAnswer,
    PredictionRequest,
    openapi,
    page,
    refusals,
)


def application() -> FastAPI:
    app = FastAPI()

    @app.post(
        "/invocations",
        response_model=PredictionAnswer,
        responses=refusals(400),
        openapi_extra={"requestBody": REQUEST_BODY},
    )
    async def invocations():
        """Predict <b>effects</b>."""

    return app


def references(node) -> set[str]:
    if isinstance(node, dict):
        found = {node["$ref"]} if "$ref" in node else set()
        return found.union(*map(references, node.values()))
    return set().union(*map(references, node)) if isinstance(node, list) else set()


def test_all_that_is_referred_to_is_declared():
    document = openapi(application())
    schemas = {f"#/components/schemas/{name}" for name in document["components"]["schemas"]}
    assert references(document)
    assert references(document) <= schemas


def test_the_example_is_a_request():
    PredictionRequest.model_validate(JSON_EXAMPLE, strict=True)


def test_the_page_shows_every_address_and_runs_nothing():
    text = page(openapi(application()))
    assert "POST /invocations" in text
    assert "Predict &lt;b&gt;effects&lt;/b&gt;." in text
    assert "TCGA-A1,1,4.2" in text
    assert "PredictionRequest" in text
