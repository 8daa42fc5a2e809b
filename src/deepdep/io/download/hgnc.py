"""HGNC's complete set of gene names, as of today or of a day of its monthly archive."""

import re

from deepdep.domain.errors import DeepDEPError
from deepdep.io.download.remote_file import RemoteFile

BUCKET = "https://storage.googleapis.com/public-download-files/hgnc"
TODAY = "tsv/tsv/hgnc_complete_set.txt"
ARCHIVE = "archive/archive/monthly/tsv/hgnc_complete_set_{date}.txt"


def complete_set(release: str | None, base_url: str | None) -> RemoteFile:
    """Return the table of today, or of a date of the archive (YYYY-MM-DD)."""
    if release is not None and not re.fullmatch(r"\d{4}-\d{2}-\d{2}", release):
        raise DeepDEPError(
            f"--release {release!r}: HGNC's archive goes by dates. "
            "Give one as 2024-10-01, or none for today's table."
        )
    path = TODAY if release is None else ARCHIVE.format(date=release)
    return RemoteFile(path.rpartition("/")[2], f"{(base_url or BUCKET).rstrip('/')}/{path}")
