"""The explorer as one HTML file: with its data within, or as the face of a server.

Scripts are allowed by their hash alone, so that no name in the data can become one.
"""

import base64
import gzip
import hashlib
import json
from functools import cache
from importlib.resources import files

import numpy as np
import vl_convert
from markupsafe import Markup

from deepdep.report.explorer.data import EFFECT_STEP, FEATURE_STEP, Answer, ExplorerData
from deepdep.report.page import render_template

VEGA_LITE = "6.4"
MOST_BYTES = 10_000_000  # of the page with its data
MOST_CELLS = 5_000_000  # effects: more are not packed in order to see whether they fit
NOTHING = -32768  # in 16 bits, where nothing is known


def explorer_page(data: ExplorerData, code: str | None = None) -> str:
    """Return the page with all of its data; features are left out where it would be too large.

    Where effects alone are too many, return a page that says how to start ``deepdep explore``.
    ``code`` says in words which commit made it.
    """
    if data.n_cells <= MOST_CELLS:
        held = embedded(data) | {"code": code}
        page = _rendered(_json(held))
        if len(page.encode()) > MOST_BYTES:
            overview = held["overview"] | {"features": {}}
            page = _rendered(_json(held | {"features": {}, "overview": overview}))
        if len(page.encode()) <= MOST_BYTES:
            return page
    return render_template("explorer_elsewhere.html.j2", n_effects=f"{data.n_cells:,}")


def served_page() -> str:
    """Return the page that asks its server for each answer."""
    return _rendered(_json({"served": True}))


def embedded(data: ExplorerData) -> Answer:
    """Collect every answer; effects and features as matrices of 16 bits."""
    data.warm_up()
    overview = data.overview()
    effects = {key: packed(one.matrix()[:], EFFECT_STEP) for key, one in data.sources.items()}
    measured, calls = data.cell_lines.matrix("measured"), {}
    for key, one in data.sources.items():
        of_source = one.matrix("call")
        if of_source is not None:
            calls[key] = packed(of_source[:], 1)
    if measured is not None:
        effects["measured"] = packed(measured[:], EFFECT_STEP)
    features = {
        name: {
            key: packed(table.matrix(key, one.obs.index), FEATURE_STEP)
            for key, one in data.sources.items()
        }
        for name, table in data.features.items()
    }
    return {
        "overview": overview,
        "effects": effects,
        "calls": calls,
        "features": features,
        "correlated": {gene: data.correlated(gene) for gene in data.genes},
        "lineages": {name: data.lineage(name) for name in overview["lineages"]},
        "alterations": {
            one["name"]: data.alteration(one["name"]) for one in overview["alterations"]
        },
        "causes": data.all_causes(),
    }


def packed(values: np.ndarray, step: float) -> Answer:
    """Pack a matrix as multiples of ``step`` in 16 bits: all low bytes, then all high ones."""
    numbers = np.asarray(values, float)
    whole = np.clip(np.round(np.nan_to_num(numbers) / step), NOTHING + 1, -NOTHING - 1)
    codes = np.where(np.isnan(numbers), NOTHING, whole).astype("<i2")
    planes = codes.ravel().view(np.uint8).reshape(-1, 2).T
    return {"step": step, "shape": list(numbers.shape), "bytes": compressed(planes.tobytes())}


def compressed(content: bytes) -> str:
    """Return bytes as the page unpacks them: gzip, in letters; the same for the same bytes."""
    return base64.b64encode(gzip.compress(content, 9, mtime=0)).decode("ascii")


def _json(held: Answer) -> str:
    return json.dumps(held, allow_nan=False, separators=(",", ":"))


def _rendered(held: str) -> str:
    templates = files("deepdep.report") / "templates"
    scripts = [_vega(), (templates / "explorer.js").read_text("utf-8")]
    return render_template(
        "explorer.html.j2",
        scripts=[Markup(script) for script in scripts],
        hashes=[_hash(script) for script in scripts],
        held=compressed(held.encode()),
    )


@cache
def _vega() -> str:
    """Return the script that draws, which sets ``vegaEmbed``."""
    script = vl_convert.javascript_bundle("window.vegaEmbed = vegaEmbed;", VEGA_LITE)
    return script.replace("</script", "<\\/script")


def _hash(script: str) -> str:
    digest = hashlib.sha256(script.encode()).digest()
    return f"'sha256-{base64.b64encode(digest).decode('ascii')}'"
