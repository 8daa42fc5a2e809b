"""What the names and values of a table tell: of what its axes are, and which omic it may hold."""

import re
from collections.abc import Callable, Sequence
from contextlib import suppress
from pathlib import Path

import numpy as np
import pandas as pd

from deepdep.domain.cohort import Source
from deepdep.domain.gene_effect import DEPENDENT_AT, GeneEffectKind
from deepdep.domain.genome import Bins
from deepdep.domain.identifiers import CPG_PROBE, MODEL_ID, NO_GENE_TABLE, is_sample
from deepdep.domain.notes import Notes
from deepdep.domain.omics import Omic
from deepdep.errors import BadFileError
from deepdep.sources.barcodes import MANGLED, is_barcode, is_simulated, is_tumor
from deepdep.sources.depmap.layout import GENE
from deepdep.sources.gene_effects import COMMON_ESSENTIAL, LEAST_ESSENTIALS, recognise_gene_effect
from deepdep.sources.gene_names import IdKind, by_symbol, id_kind
from deepdep.sources.inspection.found import GENE_EFFECT_CONTENT, Names
from deepdep.sources.tcga.layouts import omic_of_name
from deepdep.sources.tcga.matrix import possible_omics
from deepdep.sources.units import Scale, recognise_omic, to_log2_ratio

CPG = re.compile(rf"(?:{CPG_PROBE})$")

ENOUGH_TO_TELL = 5  # so many names of the other axis are no accident

N_EXAMPLES, LONGEST_EXAMPLE = 3, 80

_SYMBOL_AND_ENTREZ = re.compile(r"\S+\|\d+$")  # TP53|7157
_PUBLISHED_BIN = re.compile(r"chr\w+_\d+to\d+_10k$")
_PLACE = re.compile(r".*chr[0-9XY]+[_:]\d+|.+_(\d{1,2}|X|Y)_\d+_\d+$")  # SKI_1_2159133_2160133
_SANGER = re.compile(r"SIDM\d{5}$")
_CCLE = re.compile(r"[A-Z0-9]+_[A-Z]{3,}[A-Z_]*$")  # NIHOVCAR3_OVARY

LINEAR_COPY_NUMBER = "linear copy number"

# Ratios to the ploidy centre on 1.
CENTRE_OF_RATIOS = (0.8, 1.2)


def sample_names(names: Sequence[str]) -> Names:
    """Describe names of samples."""
    once = list(dict.fromkeys(name.strip() for name in names))
    return Names(len(once), _kind_of_samples(once), _examples(once))


def feature_names(names: Sequence[str]) -> Names:
    """Describe names of features."""
    once = list(dict.fromkeys(name.strip() for name in names))
    return Names(len(once), _kind_of_features(once), _examples(once))


def are_genes(features: Names) -> bool:
    """Whether features are genes, under whatever names."""
    return any(str(kind) in features.identifiers for kind in IdKind)


def are_in_rows(rows: Sequence[str], columns: Sequence[str]) -> bool | None:
    """Tell whether features are in rows; None where names of neither axis tell."""
    samples_in_rows, samples_in_columns = (
        mostly(names, is_sample) or mostly(names, is_barcode) for names in (rows, columns)
    )
    if samples_in_rows != samples_in_columns:
        return samples_in_columns
    patterns = (COMMON_ESSENTIAL, CPG, GENE, _PLACE)
    features_in_rows, features_in_columns = (
        sum(any(p.match(name) for p in patterns) for name in names) >= ENOUGH_TO_TELL
        for names in (rows, columns)
    )
    return features_in_rows if features_in_rows != features_in_columns else None


def mostly(names: Sequence[str], is_like: Callable[[str], object]) -> bool:
    """Whether more than half of the names are like that."""
    return 2 * sum(bool(is_like(name)) for name in names) > len(names)


def fitting_contents(
    table: pd.DataFrame, source: Path, *, of_depmap: bool = False
) -> tuple[str, ...]:
    """List what a table (sample, feature) may be; one thing, where the name of the file says it.

    Returns
    -------
    Omics, ``gene_effect``, and where ``of_depmap`` also ``linear copy number``.
    """
    if table.isna().to_numpy().all():
        return ()
    try:
        named = by_symbol(table, NO_GENE_TABLE, source, Notes())
    except BadFileError:
        named = table
    effect = _effect(named, source)
    omics = [] if effect is True else _omics(named, source)
    fits = [*map(str, omics), *([GENE_EFFECT_CONTENT] if effect is not False else [])]
    if of_depmap and Omic.EXPRESSION in omics:
        low, high = CENTRE_OF_RATIOS
        if low < np.nanmedian(named.to_numpy()) < high:
            with suppress(BadFileError):
                to_log2_ratio(named, Scale.LINEAR, source, Notes())
                fits.append(LINEAR_COPY_NUMBER)
    named_after = str(omic_of_name(source.name))
    return (named_after,) if named_after in fits else tuple(fits)


def source_of_samples(table: pd.DataFrame) -> Source:
    """Tell tumours by their names."""
    return Source.TUMOR if any(map(is_tumor, table.index)) else Source.CELL_LINE


def _examples(names: Sequence[str]) -> tuple[str, ...]:
    return tuple(name[:LONGEST_EXAMPLE] for name in names[:N_EXAMPLES])


def _kind_of_samples(names: Sequence[str]) -> str:
    if mostly(names, re.compile(MODEL_ID).fullmatch):
        return "DepMap ModelID"
    if mostly(names, is_barcode):
        lengths = sorted({len(name) for name in names if is_barcode(name)})
        points = ", points for hyphens" if mostly(names, MANGLED.match) else ""
        return f"TCGA barcode of {' and '.join(map(str, lengths[:3]))} characters{points}"
    if mostly(names, is_simulated):
        return "name of a simulated tumour"
    if mostly(names, _SANGER.match):
        return "Sanger model id"
    if mostly(names, _CCLE.match):
        return "CCLE name"
    return "names of no known kind"


def _kind_of_features(names: Sequence[str]) -> str:
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


def _omics(table: pd.DataFrame, source: Path) -> list[Omic]:
    possible = possible_omics(table.to_numpy(np.float32).T, list(table.columns), source)
    if len(possible) == 1 and possible != [Omic.MUTATION]:
        return possible  # if in a unit that is refused, import says so
    units = {omic: _unit(table, omic, source) for omic in possible}
    if units.get(Omic.EXPRESSION) == "z-score":  # no other table is standardised by sample
        return [Omic.EXPRESSION]
    return [omic for omic in possible if units[omic] is not None]


def _unit(table: pd.DataFrame, omic: Omic, source: Path) -> str | None:
    try:
        return recognise_omic(table, omic, source_of_samples(table), source, Notes()).unit
    except BadFileError:
        return None


def _effect(table: pd.DataFrame, source: Path) -> bool | None:
    """Whether numbers are gene effects; None where they may be."""
    values = table.to_numpy()
    if np.nanmin(values) >= 0 and np.nanmax(values) != 2:
        return False  # without a negative one, but for classes from 0 to 2
    try:
        effect = recognise_gene_effect(table, source, Notes())
    except BadFileError:
        return False
    are_whole = (np.isnan(values) | (values == np.floor(values))).all()
    if effect.kind is GeneEffectKind.GENE_EFFECT and are_whole:
        return False
    essentials = [gene for gene in effect.table.columns if COMMON_ESSENTIAL.match(gene)]
    if len(essentials) >= LEAST_ESSENTIALS:
        typical = float(effect.table[essentials].median().median())
        return typical <= DEPENDENT_AT[effect.kind]
    standardised = _unit(table, Omic.EXPRESSION, source) == "z-score"
    return False if standardised else None
