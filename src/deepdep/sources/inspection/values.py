"""What a table whose name tells nothing may hold: what the recognisers of import accept."""

from pathlib import Path

import numpy as np
import pandas as pd

from deepdep.domain.cohort import Source
from deepdep.domain.gene_effect import DEPENDENT_AT, GeneEffectKind
from deepdep.domain.identifiers import NO_GENE_TABLE
from deepdep.domain.notes import Notes
from deepdep.domain.omics import Omic
from deepdep.errors import BadFileError
from deepdep.sources.barcodes import is_barcode
from deepdep.sources.gene_effects import COMMON_ESSENTIAL, LEAST_ESSENTIALS, recognise_gene_effect
from deepdep.sources.gene_names import by_symbol
from deepdep.sources.inspection.references import GENE_EFFECT_CONTENT
from deepdep.sources.tcga.layouts import omic_of_name
from deepdep.sources.tcga.matrix import possible_omics
from deepdep.sources.units import Scale, recognise_omic, to_log2_ratio

LINEAR_COPY_NUMBER = "linear copy number"

# Ratios to the ploidy centre on 1.
CENTRE_OF_RATIOS = (0.8, 1.2)


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
    named = _by_symbol(table, source)
    effect = _effect(named, source)
    omics = [] if effect is True else _omics(named, source)
    fits = [*map(str, omics), *([GENE_EFFECT_CONTENT] if effect is not False else [])]
    if of_depmap and Omic.EXPRESSION in omics and _centres_on_1(named, source):
        fits.append(LINEAR_COPY_NUMBER)
    said = omic_of_name(source.name)
    return (str(said),) if str(said) in fits else tuple(fits)


def source_of_samples(table: pd.DataFrame) -> Source:
    """Tell tumours by their barcodes."""
    return Source.TUMOR if any(map(is_barcode, table.index)) else Source.CELL_LINE


def _by_symbol(table: pd.DataFrame, source: Path) -> pd.DataFrame:
    try:
        return by_symbol(table, NO_GENE_TABLE, source, Notes())
    except BadFileError:
        return table


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
    lowest, highest = np.nanmin(table.to_numpy()), np.nanmax(table.to_numpy())
    if lowest >= 0 and highest != 2:  # without a negative one, but for classes from 0 to 2
        return False
    try:
        known = recognise_gene_effect(table, source, Notes())
    except BadFileError:
        return False
    if known.kind is GeneEffectKind.GENE_EFFECT and _are_whole(table):
        return False
    essentials = [gene for gene in known.table.columns if COMMON_ESSENTIAL.match(gene)]
    if len(essentials) >= LEAST_ESSENTIALS:
        typical = float(known.table[essentials].median().median())
        return typical <= DEPENDENT_AT[known.kind]
    standardised = _unit(table, Omic.EXPRESSION, source) == "z-score"
    return False if standardised else None


def _are_whole(table: pd.DataFrame) -> bool:
    values = table.to_numpy()
    return bool((np.isnan(values) | (values == np.floor(values))).all())


def _centres_on_1(table: pd.DataFrame, source: Path) -> bool:
    low, high = CENTRE_OF_RATIOS
    if not low < np.nanmedian(table.to_numpy()) < high:
        return False
    try:
        to_log2_ratio(table, Scale.LINEAR, source, Notes())
    except BadFileError:
        return False
    return True
