"""What the endpoint takes and answers: as OpenAPI for programs, as a page for people."""

import json
from html import escape
from importlib.metadata import version
from typing import Any, Literal

from fastapi import FastAPI
from fastapi.openapi.utils import get_openapi
from pydantic import BaseModel, ConfigDict, Field
from pydantic.json_schema import models_json_schema

LIBRARIES = ("deepdep", "tensorflow", "keras", "numpy", "pandas")

REQUEST = "PredictionRequest"
JSON_EXAMPLE = {
    "inputs": {
        "samples": ["TCGA-A1"],
        "columns": ["mutation:TP53", "expression:TP53"],
        "values": [[1, None]],
    },
    "params": {"genes": ["KRAS"], "sources": ["tumor"]},
}
CSV_EXAMPLE = "sample,mutation:TP53,expression:TP53\nTCGA-A1,1,4.2\n"


class Inputs(BaseModel):
    """A table of samples, by name: the order of samples and columns means nothing."""

    model_config = ConfigDict(extra="forbid")

    samples: list[str] = Field(description="names", examples=[["TCGA-A1"]])
    columns: list[str] = Field(
        description="<omic>:<feature>; GET /model lists the features and their units",
        examples=[["mutation:TP53", "expression:TP53"]],
    )
    values: list[list[float | None]] = Field(
        description="a row per sample; null where nothing was measured", examples=[[[1, None]]]
    )


class Params(BaseModel):
    """What may be wanted beside."""

    model_config = ConfigDict(extra="forbid")

    genes: list[str] | None = Field(None, description="to predict; else all that were learned")
    sources: list[Literal["tumor", "cell_line", ""]] | None = Field(
        None, description="one per sample; else TCGA barcodes are tumours, others cell lines"
    )
    allow_unknown: bool = Field(
        False, description="predict genes of which the model knows nothing as average ones"
    )


class PredictionRequest(BaseModel):
    """What POST /invocations takes as JSON."""

    model_config = ConfigDict(extra="forbid")

    inputs: Inputs
    params: Params | None = None


class Identity(BaseModel):
    """Which model answers."""

    name: str | None
    version: int | None = Field(description="in the registry; null for a folder")
    sha256: str = Field(description="of the model's manifest, which identifies its content")


class Genes(BaseModel):
    """A list per column, an entry per gene; those of ``cv_r`` on where it was cross-validated."""

    gene: list[str]
    mean: list[float | None] = Field(description="effect over the training lines")
    sd: list[float | None] = Field(description="over the training lines")
    screened: list[bool] = Field(description="whether training lines were screened for it")
    n_gene_sets: list[int] = Field(description="gene sets of the model that hold it")
    cv_r: list[float | None] | None = Field(None, description="r on patients left out")
    cv_r_low: list[float | None] | None = Field(None, description="end of its 95 % interval")
    cv_r_high: list[float | None] | None = Field(None, description="end of its 95 % interval")
    q: list[float | None] | None = Field(None, description="p of cv_r, corrected for all genes")
    trusted: list[bool] | None = Field(None, description="cv_r above 0 and q below 0.05")
    half_width: list[float | None] | None = Field(
        None, description="of the 90 % interval of a sample that lacks nothing"
    )


class Predictions(BaseModel):
    """Gene effects of samples, and how far to trust them."""

    model: Identity
    kind: Literal["gene_effect", "class"] = Field(description="in both, negative is dependent")
    samples: list[str] = Field(description="those predicted, in the order of the request")
    genes: Genes
    effect: list[list[float]] = Field(description="a row per sample, a number per gene")
    low: list[list[float | None]] | None = Field(
        None, description="lower ends of 90 % intervals, to six decimals; as effect"
    )
    high: list[list[float | None]] | None = Field(None, description="upper ends, likewise")
    notes: list[str] = Field(description="what a person should know")


class PredictionAnswer(BaseModel):
    """What POST /invocations answers as JSON."""

    predictions: Predictions


class Health(BaseModel):
    """That the server answers, and with which model."""

    status: Literal["ok"]
    model: Identity


class ModelDescription(BaseModel):
    """What the model reads and predicts."""

    model: Identity
    units: dict[str, str] = Field(description="by table")
    features: dict[str, list[str]] = Field(description="by table")
    genes: list[str]


class Versions(BaseModel):
    """What runs here."""

    model: Identity
    libraries: dict[str, str] = Field(description="by name, deepdep among them")


class Refusal(BaseModel):
    """Why a request was not answered, and what to do."""

    error: str = Field(examples=["request: has no column; give at least one."])


def library_versions() -> dict[str, str]:
    """Return the versions of what predictions depend on."""
    return {name: version(name) for name in LIBRARIES}


def refusals(*statuses: int) -> dict[int | str, dict[str, Any]]:
    """Declare answers of an address that are errors."""
    return {status: {"model": Refusal} for status in statuses}


# Bodies are read by ``requests``, whose errors say more; here is only what they may be.
REQUEST_BODY = {
    "required": True,
    "content": {
        "application/json": {
            "schema": {"$ref": f"#/components/schemas/{REQUEST}"},
            "example": JSON_EXAMPLE,
        },
        "text/csv": {"schema": {"type": "string"}, "example": CSV_EXAMPLE},
    },
}


def openapi(app: FastAPI) -> dict[str, Any]:
    """Return the OpenAPI document of the application."""
    if app.openapi_schema is None:
        document = get_openapi(
            title="deepdep",
            version=version("deepdep"),
            summary="Which genes a tumour or a cell line depends on, from its omics.",
            routes=app.routes,
        )
        _, declared = models_json_schema(
            [(PredictionRequest, "validation")], ref_template="#/components/schemas/{model}"
        )
        document["components"]["schemas"] |= declared["$defs"]
        app.openapi_schema = document
    return app.openapi_schema


STYLE = (
    "body{font:16px/1.5 sans-serif;max-width:50rem;margin:2rem auto;padding:0 1rem}"
    "pre{background:#f4f4f4;padding:.7rem;overflow:auto;font-size:13px}"
    "summary{cursor:pointer}code{font-size:14px}h2{margin-top:2rem;border-top:1px solid #ccc}"
)


def page(document: dict[str, Any]) -> str:
    """Return a page about an OpenAPI document that needs neither scripts nor a network."""
    info, parts = document["info"], []
    for path, operations in document["paths"].items():
        for method, operation in operations.items():
            parts.append(f"<h2><code>{method.upper()} {escape(path)}</code></h2>")
            parts.append(f"<p>{escape(operation['description'])}</p>")
            takes = operation.get("requestBody", {}).get("content", {})
            for kind, content in takes.items():
                example = content["example"]
                parts.append(f"<p>Takes <code>{kind}</code></p>")
                text = example if isinstance(example, str) else json.dumps(example, indent=1)
                parts.append(_folded("for example", text))
            for status, answer in operation["responses"].items():
                kinds = " or ".join(answer.get("content", {}))
                parts.append(f"<p>{status}: {escape(answer['description'])} {kinds}</p>")
    for name, schema in sorted(document["components"]["schemas"].items()):
        parts.append(_folded(name, json.dumps(schema, indent=1)))
    return (
        f"<!doctype html><html lang=en><meta charset=utf-8><title>{info['title']}</title>"
        f"<style>{STYLE}</style><h1>{info['title']} {escape(info['version'])}</h1>"
        f"<p>{escape(info['summary'])} The same for programs: <a href=openapi.json>openapi.json</a>"
        f"</p>{''.join(parts)}</html>\n"
    )


def _folded(title: str, text: str) -> str:
    return (
        f"<details><summary><code>{escape(title)}</code></summary>"
        f"<pre>{escape(text)}</pre></details>"
    )
