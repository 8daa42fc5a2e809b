"""Gene effects from a table of any origin: their kind told from the values, their sign checked."""

import re
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pandas as pd

from deepdep.domain.gene_effect import GeneEffect, GeneEffectKind
from deepdep.domain.identifiers import NO_GENE_TABLE, GeneTable
from deepdep.domain.notes import Noted, about, counted
from deepdep.errors import BadFileError, shown
from deepdep.io.tables import TABLE_SUFFIXES, read_table, without_annotations
from deepdep.sources.cell_lines import Models, with_model_ids
from deepdep.sources.gene_names import by_symbol
from deepdep.sources.units import constant_note, without_empty

# Ribosome, proteasome, RNA polymerase II, translation initiation, chaperonin, spliceosome, coatomer
# and nucleolus: no line grows without them.
COMMON_ESSENTIAL = re.compile(
    r"(RP[LS]\d+[AX]?|RPSA|PSM[AB][1-7]|POLR2[A-L]|EIF(2S[1-3]|3[A-I]|4A3|5B)"
    r"|CCT([2-578]|6A)|SNRP(D[1-3]|[EFG])|SF3[AB][1-3]|COP(A|B[12]|Z1)|NOP5[68])$"
)

# Fewer of them say nothing: paralogs among them can be lost.
LEAST_ESSENTIALS = 5


def table_named(name: str, folder: Path) -> Path:
    """Path of the one table in ``folder`` with this name, whatever its kind."""
    found = [folder / f"{name}{suffix}" for suffix in TABLE_SUFFIXES]
    found = [path for path in found if path.is_file()]
    if not found:
        there = ", ".join(sorted(path.name for path in folder.glob("[!.]*"))) or "nothing"
        raise BadFileError(folder, f"has no table named {name!r}", f"It holds: {there}")
    if len(found) > 1:
        raise BadFileError(found[1], f"is a second table named {name!r}", "Keep one")
    return found[0]


def read_gene_effect_table(
    source: Path, models: Models, cell_lines: pd.Index | None, genes: GeneTable = NO_GENE_TABLE
) -> Noted[GeneEffect]:
    """Gene effects of the screened lines that ``gene_effect_of`` keeps, named by ModelID."""
    by_gene = by_symbol(without_annotations(read_table(source)), genes, source)
    named = with_model_ids(by_gene.value, models)
    renamed = Noted(named.value, (*by_gene.notes, *named.notes))
    labels = gene_effect_of(renamed, source, models, cell_lines)
    return Noted(labels.value, about(f"gene_effect/{source.name}", labels.notes))


def gene_effect_of(
    named: Noted[pd.DataFrame], source: Path, models: Models, cell_lines: pd.Index | None
) -> Noted[GeneEffect]:
    """Check what was read of ``source``, and say whose the lines are.

    Parameters
    ----------
    cell_lines
        Lines that have an omic. Of the others those are kept whose patient is known, so that
        what is learned from them is never of a patient who is tested on. None keeps all.
    """
    known = recognise_gene_effect(named.value, source)
    table = known.value.table
    bare = table.index[:0] if cell_lines is None else table.index.difference(cell_lines)
    if len(bare) == len(table):
        raise BadFileError(
            source,
            f"none of its lines has an omic: {shown(list(bare))}",
            "Name the lines of all tables alike, by ModelID",
        )
    strangers = bare.difference(models.obs.index)
    labelled = without_empty(table.drop(index=strangers), source, feature="gene")
    n_lines, n_genes = labelled.value.shape
    notes = (
        f"{counted(n_lines, 'cell line')} x {counted(n_genes, 'gene')}, {known.value.kind}",
        *named.notes,
        *known.notes,
        *_without_omic(labelled.value.index.intersection(bare), strangers),
        *labelled.notes,
        *constant_note(labelled.value, "gene"),
    )
    patients = _patients(labelled.value.index, models, cell_lines)
    return Noted(GeneEffect(labelled.value, known.value.kind, patients), notes)


def recognise_gene_effect(table: pd.DataFrame, source: Path) -> Noted[GeneEffect]:
    """Gene effects in which negative means dependent, or a BadFileError."""
    values = table.to_numpy()
    measured = values[~np.isnan(values)]
    if not measured.size:
        raise BadFileError(source, "holds no value", "Bring the file again")
    if np.isin(measured, (-1, 0, 1, 2)).all():
        return _classes(table, source)
    effects = table.astype(np.float32)
    return Noted(GeneEffect(effects, GeneEffectKind.GENE_EFFECT), check_effects(effects, source))


def check_effects(effects: pd.DataFrame, source: Path) -> tuple[str, ...]:
    """Raise BadFileError for probabilities and a reversed sign; return a note on the sign."""
    values = effects.to_numpy()
    if np.nanmin(values) >= 0 and np.nanmax(values) <= 1:
        raise BadFileError(
            source,
            "holds values from 0 to 1 only: a probability of dependency, not a gene effect",
            "Bring the gene effect (CRISPRGeneEffect, not CRISPRGeneDependency)",
        )
    return _sign_note(effects, source)


def _classes(table: pd.DataFrame, source: Path) -> Noted[GeneEffect]:
    values = table.to_numpy(np.float32)
    if not (values > 0).any():
        raise BadFileError(
            source,
            "holds whole numbers but no dependency class 1 or 2",
            "Classes are 0 weak, 1 dependency, 2 strong, -1 missing",
        )
    missing = values == -1
    turned = np.where(missing, np.nan, 0 - values)
    notes = (
        "classes 0, 1, 2 turned to 0, -1, -2, so that negative means dependent",
        f"{counted(int(missing.sum()), 'value')} of -1 taken as missing",
    )
    effects = pd.DataFrame(turned, index=table.index, columns=table.columns)
    return Noted(GeneEffect(effects, GeneEffectKind.CLASS), notes)


def _sign_note(effects: pd.DataFrame, source: Path) -> tuple[str, ...]:
    essentials = [gene for gene in effects.columns if COMMON_ESSENTIAL.match(gene)]
    if len(essentials) < LEAST_ESSENTIALS:
        return (
            "sign not checked: fewer than "
            f"{LEAST_ESSENTIALS} well-known common essential genes among its columns",
        )
    typical = float(effects[essentials].median().median())
    if typical > 0:
        raise BadFileError(
            source,
            f"has the sign reversed: the median of {len(essentials)} common essential genes such "
            f"as {essentials[0]!r} is {typical:+.2f}",
            "Bring gene effects in which negative means dependent",
        )
    return (f"median of {len(essentials)} well-known common essential genes {typical:.2f}",)


def _patients(lines: pd.Index, models: Models, cell_lines: pd.Index | None) -> pd.Series | None:
    """Patient by line; one with an omic that ``models`` lacks is its own, as among cell lines."""
    if models.obs.empty:
        return None
    known = models.obs["patient_id"].reindex(lines)
    return known if cell_lines is None else known.fillna(pd.Series(lines, index=lines))


def _without_omic(kept: pd.Index, strangers: pd.Index) -> Iterator[str]:
    if len(kept):
        lines = counted(len(kept), "screened line")
        yield f"{lines} without any omic, whose labels only tell which genes go together"
    if len(strangers):
        lines, names = counted(len(strangers), "line"), shown(list(strangers))
        yield f"{lines} left out, without any omic or known patient: {names}"
