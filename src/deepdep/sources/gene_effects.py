"""Gene effects from a table of any origin: their kind told from the values, their sign checked."""

import re
from pathlib import Path

import numpy as np
import pandas as pd

from deepdep.domain.gene_effect import GeneEffect, GeneEffectKind
from deepdep.domain.identifiers import NO_GENE_TABLE, GeneTable, symbol_within
from deepdep.domain.notes import Count, Notes, Size, UnitChange
from deepdep.errors import BadFileError, shown
from deepdep.io.tables import TABLE_SUFFIXES, read_table, without_annotations
from deepdep.sources.cell_lines import Models, with_names_before_r
from deepdep.sources.gene_names import by_symbol
from deepdep.sources.units import count_constant, without_empty

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
    source: Path,
    models: Models,
    cell_lines: pd.Index | None,
    notes: Notes,
    genes: GeneTable = NO_GENE_TABLE,
) -> GeneEffect:
    """Gene effects of the screened lines that ``gene_effect_of`` keeps, named by ModelID."""
    notes = notes.about(f"gene_effect/{source.name}")
    by_gene = by_symbol(without_annotations(read_table(source)), genes, source, notes)
    named = models.with_ids(by_gene, notes)
    return gene_effect_of(named, source, models, cell_lines, notes)


def gene_effect_of(
    named: pd.DataFrame, source: Path, models: Models, cell_lines: pd.Index | None, notes: Notes
) -> GeneEffect:
    """Check what was read of ``source``, and say whose the lines are.

    Parameters
    ----------
    cell_lines
        Lines that have an omic. Of the others those are kept whose patient is known, so that
        what is learned from them is never of a patient who is tested on. None keeps all.
    notes
        On this table only: the one on its size goes before those on its names.
    """
    if cell_lines is not None:
        omics = pd.DataFrame(index=cell_lines)
        alike = with_names_before_r({"effects": named, "omics": omics}, source, notes)
        pairs = zip(alike["omics"].index, cell_lines, strict=True)
        back = {name: line for name, line in pairs if name != line}
        named = alike["effects"].rename(index=back) if back else alike["effects"]
    effects = recognise_gene_effect(named, source, notes)
    table = effects.table
    bare = table.index[:0] if cell_lines is None else table.index.difference(cell_lines)
    if len(bare) == len(table):
        raise BadFileError(
            source,
            f"none of its lines has an omic: {shown(list(bare))}",
            "Name the lines of all tables alike, by ModelID",
        )
    unknown = bare.difference(models.obs.index)
    without_omic = notes.place()
    labelled = without_empty(table.drop(index=unknown), source, notes, feature="gene")
    notes.add_first(Size(*labelled.shape, effects.kind, "cell line", "gene"))
    what = "without any omic, whose labels only tell which genes go together"
    without_omic.count(len(labelled.index.intersection(bare)), "screened line", what)
    what = "left out, without any omic or known patient"
    without_omic.count(len(unknown), "line", what, list(unknown))
    count_constant(labelled, notes, "gene")
    if models.obs.empty:
        return GeneEffect(labelled, effects.kind)
    patients = models.obs["patient_id"].reindex(labelled.index)
    if cell_lines is not None:  # a line with an omic that ``models`` lacks is its own patient
        patients = patients.fillna(pd.Series(labelled.index, index=labelled.index))
    lineage = models.obs["lineage"].reindex(labelled.index)
    return GeneEffect(labelled, effects.kind, patients, lineage)


def recognise_gene_effect(table: pd.DataFrame, source: Path, notes: Notes) -> GeneEffect:
    """Gene effects in which negative means dependent, or a BadFileError."""
    values = table.to_numpy()
    measured = values[~np.isnan(values)]
    if not measured.size:
        raise BadFileError(source, "holds no value", "Bring the file again")
    if np.isin(measured, (-1, 0, 1, 2)).all():
        if not (measured > 0).any():
            raise BadFileError(
                source,
                "holds whole numbers but no dependency class 1 or 2",
                "Classes are 0 weak, 1 dependency, 2 strong, -1 missing",
            )
        classes = table.to_numpy(np.float32)
        missing = classes == -1
        turned = np.where(missing, np.nan, 0 - classes)
        notes.add(UnitChange("classes 0, 1, 2", "0, -1, -2, so that negative means dependent"))
        notes.add(Count(int(missing.sum()), "value", "of -1 taken as missing"))
        effects = pd.DataFrame(turned, index=table.index, columns=table.columns)
        return GeneEffect(effects, GeneEffectKind.CLASS)
    effects = table.astype(np.float32)
    check_effects(effects, source, notes)
    return GeneEffect(effects, GeneEffectKind.GENE_EFFECT)


def check_effects(effects: pd.DataFrame, source: Path, notes: Notes) -> None:
    """Raise BadFileError for probabilities and a reversed sign; note the sign."""
    values = effects.to_numpy()
    if np.nanmin(values) >= 0 and np.nanmax(values) <= 1:
        raise BadFileError(
            source,
            "holds values from 0 to 1 only: a probability of dependency, not a gene effect",
            "Bring the gene effect (CRISPRGeneEffect, not CRISPRGeneDependency)",
        )
    essentials, in_rows = (
        [name for name in names if COMMON_ESSENTIAL.match(symbol_within(name))]
        for names in (effects.columns, effects.index)
    )
    if len(in_rows) >= LEAST_ESSENTIALS > len(essentials):
        raise BadFileError(
            source,
            f"is transposed: rows are genes, such as {in_rows[0]!r}",
            "Transpose it: cell lines in rows, genes in columns",
        )
    if len(essentials) < LEAST_ESSENTIALS:
        low, high = (float(np.nanquantile(values, share)) for share in (0.01, 0.99))
        looks = ""
        if low + high > 0:
            looks = f"; it looks reversed, as values reach {high:+.2f} above 0 and {low:.2f} below"
        notes.add(
            f"sign not checked: fewer than {LEAST_ESSENTIALS} well-known common essential genes "
            f"among its columns; make sure that negative means dependent{looks}"
        )
        return
    typical = float(effects[essentials].median().median())
    if typical > 0:
        raise BadFileError(
            source,
            f"has the sign reversed: the median of {len(essentials)} common essential genes such "
            f"as {essentials[0]!r} is {typical:+.2f}",
            "Bring gene effects in which negative means dependent",
        )
    notes.add(f"median of {len(essentials)} well-known common essential genes {typical:.2f}")
