"""What a request asks for: a labelled table of numbers, and of which genes."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from deepdep.domain.errors import shown
from deepdep.serving.errors import RequestError

LONGEST_NAME = 200


@dataclass(frozen=True)
class Asked:
    """A table (sample, column), NaN where nothing was measured.

    Attributes
    ----------
    columns
        ``<omic>:<feature>``, such as ``expression:TP53``.
    genes
        To predict; None for all that the model learned.
    sources
        ``tumor`` or ``cell_line`` per sample, empty where the name shall tell; None for all.
    """

    samples: list[str]
    columns: list[str]
    values: np.ndarray
    genes: list[str] | None = None
    sources: list[str] | None = None


def checked(asked: Asked) -> Asked:
    """Return what is asked for, with plain and distinct names and finite numbers.

    Whether a column is known is the model's matter, which knows plain names only.
    """
    _require_names(asked.samples, "sample")
    if asked.genes is not None:
        _require_names(asked.genes, "gene")
    if not asked.columns:
        raise RequestError("has no column; give at least one.")
    _require_distinct(asked.columns, "column")
    expected = (len(asked.samples), len(asked.columns))
    if asked.values.shape != expected:
        raise RequestError(
            f"values have the shape {asked.values.shape}; {expected[0]} samples and {expected[1]} "
            f"columns need {expected}."
        )
    infinite = np.isinf(asked.values)
    if infinite.any():
        row, column = divmod(int(np.argmax(infinite)), expected[1])
        place = f"sample {asked.samples[row]!r}, column {asked.columns[column]!r}"
        raise RequestError(f"{place} is infinite; leave null where nothing was measured.")
    if asked.sources is not None and len(asked.sources) != len(asked.samples):
        raise RequestError(
            f"has {len(asked.sources)} sources for {len(asked.samples)} samples; "
            "give one each, or none."
        )
    return asked


def _require_names(names: Sequence[str], what: str) -> None:
    if not names:
        raise RequestError(f"has no {what}; give at least one.")
    odd = [name for name in names if not _is_name(name)]
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


def _is_name(name: str) -> bool:
    return 0 < len(name) <= LONGEST_NAME and name.isprintable() and not name.isspace()
