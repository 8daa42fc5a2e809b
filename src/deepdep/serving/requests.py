"""What a request asks for, in JSON or CSV, and the errors of those that cannot be answered."""

import json
import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import chain
from pathlib import Path
from typing import Any, NoReturn

import numpy as np
import pandas as pd

from deepdep.domain.cohort import Source
from deepdep.errors import DeepDEPError, shown
from deepdep.io.tables import is_annotation, read_table
from deepdep.registry.packages import ALLOW_UNKNOWN, COLUMNS, GENES, SAMPLES, SOURCES, VALUES
from deepdep.sources.samples import source_of_names

LONGEST_ERROR, LONGEST_NAME = 800, 200  # characters
INPUTS, PARAMS = "inputs", "params"
SOURCE_COLUMN = "_source"  # of a CSV


class RequestError(DeepDEPError):
    """A request that is not as docs/serving.md describes it."""

    status = 400

    def __init__(self, problem: str) -> None:
        text = problem if problem.startswith("request: ") else f"request: {problem}"
        if len(text) > LONGEST_ERROR:  # names may be of any length
            half = LONGEST_ERROR // 2
            text = f"{text[:half]} ... {text[-half:]}"
        super().__init__(text)


class TooLargeError(RequestError):
    """A request that would take too much memory or time."""

    status = 413


class UnknownContentError(RequestError):
    """A request in a format that is not read."""

    status = 415


@dataclass(frozen=True)
class PredictionRequest:
    """A table (sample, column), NaN where nothing was measured, and what to predict of it.

    Names must be plain and distinct, numbers finite. Whether a column is known is the model's
    matter, which knows plain names only.

    Attributes
    ----------
    columns
        ``<omic>:<feature>``, such as ``expression:TP53``.
    genes
        To predict; None for all that the model learned.
    sources
        ``tumor`` or ``cell_line`` per sample, empty where the name shall tell; None for all.
    allow_unknown
        Whether a gene of which the model knows nothing is predicted as an average one.
    """

    samples: list[str]
    columns: list[str]
    values: np.ndarray
    genes: list[str] | None = None
    sources: list[str] | None = None
    allow_unknown: bool = False

    def __post_init__(self) -> None:
        _require_names(self.samples, "sample")
        if self.genes is not None:
            _require_names(self.genes, "gene")
        if not self.columns:
            raise RequestError("has no column; give at least one.")
        _require_distinct(self.columns, "column")
        expected = (len(self.samples), len(self.columns))
        if self.values.shape != expected:
            raise RequestError(
                f"values have the shape {self.values.shape}; {expected[0]} samples and "
                f"{expected[1]} columns need {expected}."
            )
        infinite = np.isinf(self.values)
        if infinite.any():
            row, column = divmod(int(np.argmax(infinite)), expected[1])
            place = f"sample {self.samples[row]!r}, column {self.columns[column]!r}"
            raise RequestError(f"{place} is infinite; leave null where nothing was measured.")
        if self.sources is not None and len(self.sources) != len(self.samples):
            raise RequestError(
                f"has {len(self.sources)} sources for {len(self.samples)} samples; "
                "give one each, or none."
            )

    @property
    def sources_of_samples(self) -> pd.Series:
        """``tumor`` or ``cell_line`` per sample, as its name tells where the request does not."""
        by_name = source_of_names(pd.Index(self.samples))
        if self.sources is None:
            return by_name
        given = pd.Series(self.sources, by_name.index)
        given = given.where(given != "", by_name)
        wrong = given[~given.isin(list(Source))]
        if len(wrong):
            raise RequestError(
                f"source is {wrong.iloc[0][:50]!r}; say {' or '.join(Source)}, or leave it out."
            )
        return given


def parse_json(body: bytes) -> PredictionRequest:
    """Read ``{"inputs": {"samples", "columns", "values"}, "params": {"genes", ...}}``."""
    try:
        document = json.loads(
            body.decode("utf-8"),
            object_pairs_hook=_without_repeats,
            parse_constant=_refuse_constant,
        )
    except UnicodeDecodeError as error:
        raise RequestError(f"is not UTF-8 at byte {error.start}; encode it so.") from None
    except RecursionError:
        raise RequestError("lists are nested too deeply; values are rows of numbers.") from None
    except ValueError as error:
        raise RequestError(f"is not JSON ({error}); see docs/serving.md.") from None
    document = _mapping(document, "the body", (INPUTS, PARAMS))
    inputs = _mapping(document.get(INPUTS), INPUTS, (SAMPLES, COLUMNS, VALUES))
    params = _mapping(document.get(PARAMS) or {}, PARAMS, (GENES, SOURCES, ALLOW_UNKNOWN))
    allow_unknown = params.get(ALLOW_UNKNOWN) or False
    if not isinstance(allow_unknown, bool):
        raise RequestError(f"{ALLOW_UNKNOWN} is no boolean; say true or false.")
    samples = _names(inputs.get(SAMPLES), SAMPLES)
    columns = _names(inputs.get(COLUMNS), COLUMNS)
    return PredictionRequest(
        samples,
        columns,
        _numbers(inputs.get(VALUES), samples, columns),
        _names(params[GENES], GENES) if params.get(GENES) else None,
        _names(params[SOURCES], SOURCES) if params.get(SOURCES) else None,
        allow_unknown,
    )


def parse_csv(body: bytes) -> PredictionRequest:
    """Read a table whose first column names samples; ``_source`` may say where they come from.

    As strictly as ``io.tables.read_table``, which reads it.
    """
    with tempfile.TemporaryDirectory(prefix="deepdep-") as folder:
        path = Path(folder) / "request.csv"
        path.write_bytes(body)
        try:
            table = read_table(path)
        except DeepDEPError as error:
            raise RequestError(str(error).replace(str(path), "request")) from None
    odd = [name for name in table.columns if is_annotation(name) and name != SOURCE_COLUMN]
    if odd:
        raise RequestError(f"column {shown(odd)} is not known; leave it out.")
    return PredictionRequest(
        list(table.index),
        [name for name in table.columns if name != SOURCE_COLUMN],
        table.drop(columns=SOURCE_COLUMN, errors="ignore").to_numpy(np.float64),
        sources=list(table[SOURCE_COLUMN]) if SOURCE_COLUMN in table else None,
    )


def parse_tensors(inputs: Mapping[str, Any], params: Mapping[str, Any]) -> PredictionRequest:
    """Read what MLflow makes of the same JSON: arrays by name, whose kinds it has checked."""
    genes, sources = (list(map(str, np.ravel(params.get(key, [])))) for key in (GENES, SOURCES))
    return PredictionRequest(
        [*map(str, np.ravel(inputs[SAMPLES]))],
        [*map(str, np.ravel(inputs[COLUMNS]))],
        np.asarray(inputs[VALUES], np.float64),
        genes or None,
        sources or None,
        bool(params.get(ALLOW_UNKNOWN, False)),
    )


def _require_names(names: Sequence[str], what: str) -> None:
    if not names:
        raise RequestError(f"has no {what}; give at least one.")
    odd = [
        name
        for name in names
        if not 0 < len(name) <= LONGEST_NAME or not name.isprintable() or name.isspace()
    ]
    if odd:
        raise RequestError(
            f"{what} {shown([name[:LONGEST_NAME] for name in odd])} is no name; give 1 to "
            f"{LONGEST_NAME} printable characters."
        )
    _require_distinct(names, what)


def _require_distinct(names: Sequence[str], what: str) -> None:
    """Refuse a name that occurs twice."""
    if len(set(names)) < len(names):
        seen: set[str] = set()
        twice = next(name for name in names if name in seen or seen.add(name))  # type: ignore[func-returns-value]
        raise RequestError(f"{what} {twice!r} occurs more than once; keep one.")


def _without_repeats(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    mapping = dict(pairs)
    if len(mapping) < len(pairs):
        raise RequestError(f"a key of {shown(list(mapping))} occurs more than once; keep one.")
    return mapping


def _refuse_constant(name: str) -> NoReturn:
    raise RequestError(f"{name} is no number of JSON; give null where nothing was measured.")


def _mapping(value: Any, what: str, keys: tuple[str, ...]) -> dict[str, Any]:
    if not isinstance(value, dict):
        raise RequestError(f"{what} is not an object of {', '.join(keys)}; see docs/serving.md.")
    odd = [key for key in value if key not in keys]
    if odd:
        raise RequestError(
            f"{what} has {shown([key[:99] for key in odd])}; there are {', '.join(keys)}."
        )
    return value


def _names(value: Any, what: str) -> list[str]:
    if not isinstance(value, list) or not set(map(type, value)) <= {str}:
        raise RequestError(f"{what} is not a list of texts; give one text each.")
    return value


def _numbers(value: Any, samples: list[str], columns: list[str]) -> np.ndarray:
    if not isinstance(value, list) or not all(isinstance(row, list) for row in value):
        raise RequestError(f"{VALUES} is not a list of rows; give a list of numbers per sample.")
    if len(value) != len(samples):
        raise RequestError(
            f"{VALUES} have {len(value)} rows for {len(samples)} samples; give one row each."
        )
    for name, row in zip(samples, value, strict=True):
        if len(row) != len(columns):
            raise RequestError(
                f"sample {name!r} has {len(row)} values for {len(columns)} columns; give one each."
            )
    numeric = {int, float, type(None)}  # and no bool, which is an int
    if not set(map(type, chain.from_iterable(value))) <= numeric:
        sample, column, cell = next(
            (sample, column, cell)
            for sample, row in zip(samples, value, strict=True)
            for column, cell in zip(columns, row, strict=True)
            if type(cell) not in numeric
        )
        raise RequestError(
            f"sample {sample!r}, column {column!r} is {str(cell)[:50]!r}, not a number; "
            "give a number or null."
        )
    try:
        numbers = np.array(value, np.float64)  # null becomes NaN
    except (ValueError, OverflowError):
        raise RequestError(f"{VALUES} hold a number that is too large.") from None
    return numbers.reshape(len(samples), len(columns))
