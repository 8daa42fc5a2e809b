"""A list of gene symbols, one per line, gzipped or not; the first column of a CSV serves too."""

from pathlib import Path

from deepdep.errors import BadFileError
from deepdep.io.text import open_text

HEADERS = {"gene", "symbol", "hugo_symbol"}


def read_gene_list(source: Path) -> list[str]:
    """Return the symbols in order, each once; ``#`` starts a comment, a header is left out."""
    try:
        lines = _read_text(source).splitlines()
    except (OSError, UnicodeDecodeError):
        raise BadFileError(
            source, "cannot be read as text", "Give a file with one gene symbol per line"
        ) from None
    first_fields = [line.split("#")[0].replace("\t", ",").split(",")[0] for line in lines]
    symbols = [field.strip().strip('"') for field in first_fields]
    return list(dict.fromkeys(s for s in symbols if s and s.lower() not in HEADERS))


def _read_text(source: Path) -> str:
    if source.suffix != ".gz":
        return source.read_text(encoding="utf-8-sig")
    with open_text(source) as text:
        return text.read()
