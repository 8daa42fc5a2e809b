"""Chromosomes: their names, and their lengths in the two builds that public files are in."""

import re
from enum import StrEnum
from itertools import accumulate


class Assembly(StrEnum):
    """A build of the human genome; places in one are not places in the other."""

    HG19 = "hg19"
    HG38 = "hg38"


AUTOSOMES = tuple(str(number) for number in range(1, 23))
CHROMOSOMES = (*AUTOSOMES, "X", "Y")

# Bases of the primary chromosomes, in the order of CHROMOSOMES: GRCh37 and GRCh38 of the Genome
# Reference Consortium, 3,095,677,412 and 3,088,269,832 in all.
_HG19 = (
    *(249_250_621, 243_199_373, 198_022_430, 191_154_276, 180_915_260, 171_115_067),
    *(159_138_663, 146_364_022, 141_213_431, 135_534_747, 135_006_516, 133_851_895),
    *(115_169_878, 107_349_540, 102_531_392, 90_354_753, 81_195_210, 78_077_248),
    *(59_128_983, 63_025_520, 48_129_895, 51_304_566, 155_270_560, 59_373_566),
)
_HG38 = (
    *(248_956_422, 242_193_529, 198_295_559, 190_214_555, 181_538_259, 170_805_979),
    *(159_345_973, 145_138_636, 138_394_717, 133_797_422, 135_086_622, 133_275_309),
    *(114_364_328, 107_043_718, 101_991_189, 90_338_345, 83_257_441, 80_373_285),
    *(58_617_616, 64_444_167, 46_709_983, 50_818_468, 156_040_895, 57_227_415),
)

CHROMOSOME_LENGTHS = {
    Assembly.HG19: dict(zip(CHROMOSOMES, _HG19, strict=True)),
    Assembly.HG38: dict(zip(CHROMOSOMES, _HG38, strict=True)),
}

# Tables that passed through R or pandas hold `23` for X, and `7.0` for 7.
_CHROMOSOME = re.compile(r"(?:chr)?0?(\d{1,2}|X|Y)(?:\.0)?$", re.IGNORECASE)
_SEX_CHROMOSOMES = {"23": "X", "24": "Y"}

# Mitochondria (also 25 and 26), unplaced and alternate sequence, decoys, HLA alleles, viruses.
_CONTIG = re.compile(
    r"(chr)?(M|MT|25|26|Un|EBV)([_.].*)?$"
    r"|.*_(random|alt|fix|decoy|hap\d+)$"
    r"|(GL|KI|KB|KE|KN|KQ|KV|KZ|JH|ML|MU|NC_|NT_|NW_)\d+(\.\d+)?$"
    r"|HLA-.*|hs3[78]d\w*$",
    re.IGNORECASE,
)


def chromosome_name(label: str) -> str | None:
    """Name a chromosome ``1`` to ``22``, ``X`` or ``Y``; None where the label is of none of them.

    ``chr1``, ``1`` and ``1.0`` are the same; 23 is X and 24 is Y.
    """
    found = _CHROMOSOME.match(label.strip())
    if found is None:
        return None
    name = found[1].upper()
    name = _SEX_CHROMOSOMES.get(name, name)
    return name if name in CHROMOSOMES else None


def is_contig(label: str) -> bool:
    """Whether a label is of a sequence that is part of a build but of no chromosome."""
    return _CONTIG.match(label.strip()) is not None


def chromosome_offsets(assembly: Assembly) -> dict[str, int]:
    """Count the bases before each chromosome when they are put end to end, in the usual order."""
    lengths = CHROMOSOME_LENGTHS[assembly]
    return dict(zip(lengths, accumulate(lengths.values(), initial=0), strict=False))
