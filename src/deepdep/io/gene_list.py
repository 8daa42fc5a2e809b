"""A list of gene symbols, one per line; the first column of a CSV serves too."""

from pathlib import Path

from deepdep.domain.errors import BadFileError

HEADERS = {"gene", "symbol", "hugo_symbol"}


def read_gene_list(source: Path) -> list[str]:
    """Return the symbols in order, each once; ``#`` starts a comment, a header is left out."""
    try:
        lines = source.read_text(encoding="utf-8-sig").splitlines()
    except (OSError, UnicodeDecodeError):
        raise BadFileError(
            source, "cannot be read as text", "Give a file with one gene symbol per line"
        ) from None
    first_fields = [line.split("#")[0].replace("\t", ",").split(",")[0] for line in lines]
    symbols = [field.strip().strip('"') for field in first_fields]
    return list(dict.fromkeys(s for s in symbols if s and s.lower() not in HEADERS))
