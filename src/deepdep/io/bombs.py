"""Files of a few megabytes that unpack to gigabytes, and would fill the memory."""

from pathlib import Path

from deepdep.domain.errors import BadFileError

# Tables of zeros shrink most, to a two-hundredth; gzip itself cannot do better than a thousandth.
MAX_RATIO = 500
RATIO_COUNTS_FROM = 64 << 20  # bytes, unpacked
MAX_UNPACKED = 32 << 30


def refuse_bomb(unpacked: int, stored: int, source: Path) -> None:
    """Raise BadFileError where ``stored`` bytes unpack to far too many."""
    too_dense = unpacked > RATIO_COUNTS_FROM and unpacked > MAX_RATIO * stored
    if too_dense or unpacked > MAX_UNPACKED:
        raise BadFileError(
            source,
            f"unzips to more than {unpacked >> 20:,} MB from {stored >> 10:,} kB",
            "It is no table but a zip bomb, or far too large; bring another file",
        )
