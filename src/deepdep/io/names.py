"""Names of samples and features, and the ways in which files spoil them."""

from collections.abc import Iterable, Sequence
from pathlib import Path

from deepdep.domain.identifiers import dates_among, is_sample
from deepdep.errors import BadFileError
from deepdep.io.text import QUOTE


def checked_samples(names: Sequence[str], source: Path) -> list[str]:
    """Names of samples without surrounding blanks; empty or repeated ones are errors."""
    if not names:
        raise BadFileError(source, "has a header and no row", "Bring the file again")
    return checked_names(names, "row", source)


def checked_features(names: Sequence[str], source: Path) -> list[str]:
    """Names of features; empty, repeated and Excel-made ones, and names of samples, are errors."""
    if not names:
        raise BadFileError(
            source, "has one column only", "Bring a table with samples in rows, features in columns"
        )
    features = checked_names(names, "column", source)
    samples = [name for name in features if is_sample(name)]
    if 2 * len(samples) > len(features):
        raise BadFileError(
            source,
            f"columns are samples, such as {samples[0]!r}",
            "Transpose the table: samples in rows, features in columns",
        )
    refuse_dates(features, source)
    return features


def refuse_repeated(names: Sequence[str], axis: str, source: Path) -> None:
    """Raise BadFileError for a name that occurs twice."""
    seen: set[str] = set()
    for name in names:
        if name in seen:
            raise BadFileError(
                source, "occurs more than once", "Keep one of them", where=f"{axis} {name!r}"
            )
        seen.add(name)


def checked_names(names: Sequence[str], axis: str, source: Path) -> list[str]:
    """Names without surrounding blanks; an empty, repeated or quoted one is an error."""
    stripped = [name.strip() for name in names]
    refuse_nul(stripped, axis, source)
    refuse_quotes(stripped, axis, source)
    if "" in stripped:
        number = stripped.index("") + 2  # in the file, after the header or the first column
        raise BadFileError(source, "has no name", "Name it", where=f"{axis} {number}")
    refuse_repeated(stripped, axis, source)
    return stripped


def refuse_nul(texts: Iterable[str], axis: str, source: Path) -> None:
    """Raise BadFileError for a text with a NUL, which HDF5 cannot store."""
    for text in texts:
        if "\0" in text:
            raise BadFileError(
                source, "holds a NUL character", "Remove it", where=f"{axis} {text!r}"
            )


def refuse_quotes(names: Iterable[str], axis: str, source: Path) -> None:
    """Raise BadFileError for a name with a stray quotation mark: it would be another name."""
    for name in names:
        if QUOTE in name:
            raise BadFileError(
                source,
                "holds a stray quotation mark",
                "Remove it, or export the table again",
                where=f"{axis} {name!r}",
            )


def refuse_dates(features: Sequence[str], source: Path, axis: str = "column") -> None:
    """Raise BadFileError for a name that Excel made of a gene's."""
    for name in dates_among(features):
        raise BadFileError(
            source,
            "is a date that Excel made of a gene name",
            "Restore the names (2-Sep was SEPTIN2), or export the table without Excel",
            where=f"{axis} {name!r}",
        )
