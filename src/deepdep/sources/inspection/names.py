"""What names of samples and of features are, in words."""

import re
from collections.abc import Callable, Sequence

from deepdep.domain.genome import Bins
from deepdep.domain.identifiers import MODEL_ID, is_sample
from deepdep.sources.barcodes import MANGLED, is_barcode
from deepdep.sources.depmap.layout import GENE
from deepdep.sources.gene_effects import COMMON_ESSENTIAL
from deepdep.sources.gene_names import IdKind, id_kind
from deepdep.sources.inspection.found import Names
from deepdep.sources.prep4deepdep.tables import CPG, ENOUGH_TO_TELL

N_EXAMPLES, LONGEST_EXAMPLE = 3, 80

_SYMBOL_AND_ENTREZ = re.compile(r"\S+\|\d+$")  # TP53|7157
_PUBLISHED_BIN = re.compile(r"chr\w+_\d+to\d+_10k$")
_PLACE = re.compile(r".*chr[0-9XY]+[_:]\d+|.+_(\d{1,2}|X|Y)_\d+_\d+$")  # SKI_1_2159133_2160133
_SANGER = re.compile(r"SIDM\d{5}$")
_CCLE = re.compile(r"[A-Z0-9]+_[A-Z]{3,}[A-Z_]*$")  # NIHOVCAR3_OVARY


def sample_names(names: Sequence[str]) -> Names:
    """Describe names of samples."""
    once = list(dict.fromkeys(name.strip() for name in names))
    return Names(len(once), _of_samples(once), _examples(once))


def feature_names(names: Sequence[str]) -> Names:
    """Describe names of features."""
    once = list(dict.fromkeys(name.strip() for name in names))
    return Names(len(once), _of_features(once), _examples(once))


def are_genes(features: Names) -> bool:
    """Whether features are genes, under whatever names."""
    return any(str(kind) in features.identifiers for kind in IdKind)


def are_in_rows(rows: Sequence[str], columns: Sequence[str]) -> bool | None:
    """Tell whether features are in rows; None where names of neither axis tell."""
    samples_in_rows, samples_in_columns = _are_samples(rows), _are_samples(columns)
    if samples_in_rows != samples_in_columns:
        return samples_in_columns
    features_in_rows, features_in_columns = _has_features(rows), _has_features(columns)
    return features_in_rows if features_in_rows != features_in_columns else None


def mostly(names: Sequence[str], is_like: Callable[[str], object]) -> bool:
    """Whether more than half of the names are like that."""
    return 2 * sum(bool(is_like(name)) for name in names) > len(names)


def _examples(names: Sequence[str]) -> tuple[str, ...]:
    return tuple(name[:LONGEST_EXAMPLE] for name in names[:N_EXAMPLES])


def _are_samples(names: Sequence[str]) -> bool:
    return mostly(names, is_sample) or mostly(names, is_barcode)


def _has_features(names: Sequence[str]) -> bool:
    patterns = (COMMON_ESSENTIAL, CPG, GENE, _PLACE)
    known = (any(pattern.match(name) for pattern in patterns) for name in names)
    return sum(known) >= ENOUGH_TO_TELL


def _of_samples(names: Sequence[str]) -> str:
    if mostly(names, re.compile(MODEL_ID).fullmatch):
        return "DepMap ModelID"
    if mostly(names, is_barcode):
        lengths = sorted({len(name) for name in names if is_barcode(name)})
        points = ", points for hyphens" if mostly(names, MANGLED.match) else ""
        return f"TCGA barcode of {' and '.join(map(str, lengths[:3]))} characters{points}"
    if mostly(names, _SANGER.match):
        return "Sanger model id"
    if mostly(names, _CCLE.match):
        return "CCLE name"
    return "names of no known kind"


def _of_features(names: Sequence[str]) -> str:
    bins = Bins.named(names)
    if bins is not None:
        return f"bin on {bins.assembly}"
    for words, is_like in (
        ("CpG probe", CPG.match),
        ("published bin of 10 kb on hg19", _PUBLISHED_BIN.match),
        ("place in the genome", _PLACE.match),
        ("symbol (Entrez id)", GENE.match),
        ("symbol|Entrez id", _SYMBOL_AND_ENTREZ.match),
    ):
        if mostly(names, is_like):
            return words
    return str(id_kind(names))
