"""The unit of an omic's table, told from its values; tables in no known unit are refused."""

import math
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from enum import StrEnum
from pathlib import Path
from typing import Self

import numpy as np
import pandas as pd

from deepdep.domain.cohort import CohortPart, OmicTable, Source
from deepdep.domain.notes import Notes, Size, UnitChange, UnitGuess
from deepdep.domain.omics import DEFAULT_UNITS, UNITS, WHOLE, Omic, omic_of_table, table_omic
from deepdep.errors import BadFileError, DeepDEPError, UnusableUnitError
from deepdep.io.tables import place, refuse_cells

# How far the mean and standard deviation of a sample may be from 0 and 1 in a table of z-scores.
Z_SCORE_TOLERANCE = 0.1


# What a value out of range most likely is, and what to bring instead.
_REMEDIES = {
    Omic.MUTATION: "Bring 1 for a mutated gene, 0 for others",
    Omic.EXPRESSION: "Raw TPM or counts, or z-scores? Bring log2(TPM+1)",
    Omic.METHYLATION: "M-values or per cent? Bring beta values from 0 to 1",
    Omic.COPY_NUMBER: "Bring log2(CN/2), or calls from -2 to 2",
    Omic.PROTEIN: "Raw signals or intensities? Bring log2 of them",
    Omic.METABOLITE: "Raw areas or abundances? Bring log10 of them",
}

UNIT = UNITS[DEFAULT_UNITS[Omic.COPY_NUMBER]]

# cBioPortal's, and taken by it for a deep deletion.
PARTIAL_DELETION = -1.5

CALLS_LOOKED_AT = 2_000_000  # as many tell what all do
STRAY_CALLS = 0.1  # of the values other than 0: more, and they are ratios

EPIC_V2 = r"(?<=\d|[FR])_[TB][CO]\d+$"  # strand, conversion and replicate: cg00000029_TC21

NORMALISED = re.compile(r"norm(?!al(?!i[sz]))", re.IGNORECASE)  # and not of normal tissue

# Words in names and headers for counts, and for counts by length or by library.
UNUSABLE_EXPRESSION = {
    "FPKM": re.compile(r"fpkm", re.IGNORECASE),
    "RPKM": re.compile(r"rpkm", re.IGNORECASE),
    "CPM": re.compile(r"(?<![a-z])(log)?cpm(?![a-z])", re.IGNORECASE),
    "raw counts": re.compile(r"counts?(?![a-z])|htseq", re.IGNORECASE),
}

# What tells raw counts. Medians over genes of the distance to other samples are of normalised
# libraries within a factor of two; four-fold between the tenth and the ninetieth of a hundred is
# depth of sequencing.
ENOUGH_COUNTS, ENOUGH_SAMPLES, ENOUGH_GENES = 20, 4, 20
LOG2_DEPTH = 2.0
LOOKED_AT, GENES_LOOKED_AT = 200_000, 2_000
FLOAT32 = 4e-7  # of a logarithm below 8

# log2(x+1) of a ratio of 255, 510 copies of a diploid gene: no amplification reaches it.
MOST_LOG2_PLUS_1 = 8

# Ratios to the ploidy have a median near 1, and absolute copies near 2: half-way between them.
COPIES_ABOVE = 1.5


class Scale(StrEnum):
    """How a number stands for copies of a gene."""

    LINEAR = "linear"  # relative to the sample's ploidy: 1 where nothing is gained or lost
    LOG2_PLUS_1 = "log2(x+1)"  # of that
    LOG2 = "log2(CN/2)"
    COPIES = "copies"


# What a user may say that a table is in, beside the units that are stored, and what it becomes.
TURNED = {
    "TPM": "log2(TPM+1)",
    "ln(TPM+1)": "log2(TPM+1)",
    "norm_count": "log2(norm_count+1)",
    "ln(norm_count+1)": "log2(norm_count+1)",
    "M-value": "beta",
    str(Scale.LINEAR): UNIT.name,
    str(Scale.LOG2_PLUS_1): UNIT.name,
    str(Scale.COPIES): UNIT.name,
}

FOLDERS = {Source.CELL_LINE: "cell_lines", Source.TUMOR: "tumors"}

# Units that values do not tell from one another.
ALIKE = ("log2(TPM+1)", "log2(norm_count+1)")


@dataclass(frozen=True)
class StatedUnits:
    """What a user says that tables are in: ``expression``, or ``tumors/expression`` alone.

    Attributes
    ----------
    by_table
        A unit of ``units_of`` the table's omic.
    """

    by_table: Mapping[str, str]

    @classmethod
    def read(cls, texts: Sequence[str]) -> Self:
        """Read texts such as ``expression=log2(TPM+1)``."""
        units: dict[str, str] = {}
        for text in texts:
            table, _, unit = (part.strip() for part in text.partition("="))
            folder, _, name = table.rpartition("/")
            omic = table_omic(name) if folder in ("", *FOLDERS.values()) else None
            if omic is None:
                raise DeepDEPError(
                    f"--unit {text!r}: {table!r} is no omic. "
                    f"Say one of {', '.join(Omic)}, as in --unit 'expression=log2(TPM+1)'."
                )
            readable = {_bare(unit): unit for unit in units_of(omic)}
            if _bare(unit) not in readable:
                raise DeepDEPError(
                    f"--unit {text!r}: {unit!r} is no unit of {omic} that import reads. "
                    f"Say one of {', '.join(readable.values())}."
                )
            unit = readable[_bare(unit)]
            if units.setdefault(table, unit) != unit:
                raise DeepDEPError(f"--unit {table}: {units[table]} and {unit}. Say one of them.")
        return cls(units)

    def of(self, name: str, source_of_samples: Source) -> str | None:
        """Return the unit of a table; None where nothing was said."""
        of_all = self.by_table.get(name)
        return self.by_table.get(f"{FOLDERS[source_of_samples]}/{name}", of_all)

    def require_tables(self, part: CohortPart, source: Path) -> None:
        """Raise BadFileError where a table that was named is not in what was read."""
        there = {"cell_lines": part.cell_lines, "tumors": part.tumors}
        tables = {f"{folder}/{name}" for folder, of in there.items() if of for name in of.tables}
        for table in self.by_table:
            if not any(name in (table, f"{name.partition('/')[0]}/{table}") for name in tables):
                raise BadFileError(source, f"brings no {table}", f"Leave --unit {table}=... out")


NO_UNITS = StatedUnits({})


def units_of(omic: Omic) -> list[str]:
    """List what a table of an omic may be in: units that are stored, then those that are turned."""
    stored = [unit.name for unit in UNITS.values() if unit.omic is omic]
    return [*stored, *(unit for unit, becomes in TURNED.items() if becomes in stored)]


def turned(table: pd.DataFrame, unit: str, source: Path, notes: Notes) -> OmicTable:
    """Turn a table in a unit of ``units_of`` to one that is stored; its range is checked later."""
    if unit in UNITS:
        return OmicTable(table, unit)
    if unit in list(Scale):
        return OmicTable(to_log2_ratio(table, Scale(unit), source, notes), UNIT.name)
    values = table.to_numpy(np.float32)
    if unit == "M-value":  # log2(beta / (1 - beta))
        values = 1 / (1 + np.exp2(-values))
    else:
        refuse_cells(table, values < 0, source, f"and {unit} is never negative", "Say its unit")
        in_ln = unit.startswith("ln(")
        values = values / np.float32(math.log(2)) if in_ln else np.log2(values + np.float32(1))
    notes.add(UnitChange(unit, TURNED[unit]))
    return OmicTable(pd.DataFrame(values, table.index, table.columns), TURNED[unit])


def omic_table(
    table: pd.DataFrame,
    name: str,
    stated: str | None,
    source_of_samples: Source,
    source: Path,
    notes: Notes,
) -> OmicTable:
    """Read a table in the unit that was said, or else its values tell.

    Parameters
    ----------
    name
        Of the table: an omic or a supplement.
    stated
        A unit of ``units_of`` its omic; None where neither user nor file says it.
    """
    if stated is not None and stated != "0/1":
        return in_unit(table, stated, source, notes)
    recognised = recognise_omic(table, omic_of_table(name), source_of_samples, source, notes)
    if recognised.unit in ALIKE:
        others = tuple(unit for unit in ALIKE if unit != recognised.unit)
        notes.add(UnitGuess(name, recognised.unit, others))
        return replace(recognised, is_guess=True)
    return recognised


def recognise_omic(
    table: pd.DataFrame, omic: Omic, source_of_samples: Source, source: Path, notes: Notes
) -> OmicTable:
    """Tell the unit of a table from its values, and drop what was never measured."""
    size = notes.place()
    measured = without_empty(table, source, notes)
    if omic is Omic.METHYLATION:
        measured = by_probe(measured, notes)
    if omic is Omic.MUTATION:
        recognised = _mutations(measured, source, notes)
    elif omic is Omic.COPY_NUMBER and are_calls(measured.to_numpy()):
        recognised = OmicTable(_calls(measured, source, notes), "call")
    else:
        values = measured.to_numpy(np.float32)
        unit = _unit_of(values, omic, source_of_samples, source)
        _require_range(measured, values, unit, source)
        if omic is Omic.EXPRESSION and unit != "z-score":
            refuse_counts(values, source)
        if unit == "z-score":
            _require_standardised(measured, values, source)
        recognised = OmicTable(pd.DataFrame(values, measured.index, measured.columns), unit)
    size.add(Size(*recognised.table.shape, recognised.unit))
    count_constant(recognised.table, notes)
    return recognised


def in_unit(table: pd.DataFrame, unit: str, source: Path, notes: Notes) -> OmicTable:
    """Turn a table of a known unit to one that is stored, and drop what was never measured."""
    size = notes.place()
    stored = turned(table, unit, source, notes)
    measured = without_empty(stored.table, source, notes)
    if UNITS[stored.unit].omic is Omic.METHYLATION:
        measured = by_probe(measured, notes)
    values = measured.to_numpy(np.float32)
    require_unit(measured, stored.unit, source)
    if unit == "z-score":
        _require_standardised(measured, values, source)
    numbers = pd.DataFrame(values, measured.index, measured.columns)
    size.add(Size(*numbers.shape, stored.unit))
    count_constant(numbers, notes)
    return OmicTable(numbers, stored.unit)


def require_unit(table: pd.DataFrame, unit: str, source: Path) -> None:
    """Raise BadFileError for a value that a table in this unit cannot hold."""
    values = table.to_numpy()
    _require_range(table, values, unit, source)
    if unit in WHOLE:
        wrong = (values != np.floor(values)) & ~np.isnan(values)
        what = f"no whole number, and {unit} holds no other"
        refuse_cells(table, wrong, source, what, "Name the unit that it is in")


def without_empty(
    table: pd.DataFrame, source: Path, notes: Notes, *, feature: str = "feature"
) -> pd.DataFrame:
    """Drop samples and features of which nothing was measured; nothing left is an error."""
    measured = table.notna().to_numpy()
    samples, features = np.any(measured, axis=1), np.any(measured, axis=0)
    if not measured.any():
        raise BadFileError(source, "has no sample with a value left", "Bring a table with values")
    if samples.all() and features.all():
        return table  # a copy of a large one is costly
    for kept, thing in ((samples, "sample"), (features, feature)):
        notes.count(int((~kept).sum()), thing, "without any value left out")
    return table.iloc[np.flatnonzero(samples), np.flatnonzero(features)]


def refuse_empty(table: pd.DataFrame, source: Path) -> None:
    """Raise BadFileError for a sample or feature of which nothing was measured."""
    measured = table.notna().to_numpy()
    for names, axis in ((table.index, 1), (table.columns, 0)):
        empty = ~measured.any(axis=axis)
        if empty.any():
            where = f"{'row' if axis else 'column'} {names[int(np.argmax(empty))]!r}"
            raise BadFileError(
                source, "has no value", "Remove it, or bring its values", where=where
            )


def count_constant(table: pd.DataFrame, notes: Notes, feature: str = "feature") -> None:
    """Note how many features have one value in all samples, where there are several samples."""
    values = table.to_numpy()
    n_constant = int((np.nanmin(values, axis=0) == np.nanmax(values, axis=0)).sum())
    if len(table) > 1:
        notes.count(n_constant, feature, "with one value in all samples")


def scale_of_values(table: pd.DataFrame) -> Scale | None:
    """Tell the scale from the values; None where they could be linear or log2(x+1)."""
    values = table.to_numpy()
    if np.nanmin(values, initial=0) < 0:
        return Scale.LOG2
    return Scale.LINEAR if np.nanmax(values, initial=0) > MOST_LOG2_PLUS_1 else None


def to_log2_ratio(table: pd.DataFrame, scale: Scale, source: Path, notes: Notes) -> pd.DataFrame:
    """Return log2(CN/2); a gene without any copy left, and the like, gets the lowest value.

    Copies are divided by their mean over the genes of the sample.
    """
    if scale is Scale.LOG2:
        return table
    given = table.to_numpy()
    wrong = given < 0
    if scale is Scale.LOG2_PLUS_1:
        wrong = wrong | (given > MOST_LOG2_PLUS_1)
    of_ratios = "" if scale is Scale.COPIES else " of a ratio to the ploidy"
    what = f"which {scale}{of_ratios} cannot be"
    remedy = "Bring the release's file as it was published, or say --unit copy_number=..."
    refuse_cells(table, wrong, source, what, remedy)
    if scale is Scale.LINEAR and np.nanmedian(given) > COPIES_ABOVE:
        raise BadFileError(
            source,
            f"centres on {np.nanmedian(given):.2g}: copies, not ratios to the sample's ploidy",
            "Say --unit copy_number=copies, or divide them by the ploidy",
        )
    values = table.to_numpy(np.float32)
    ratios = np.exp2(values) - 1 if scale is Scale.LOG2_PLUS_1 else values
    change = UnitChange(f"{scale} ratios", "log2")
    if scale is Scale.COPIES:
        n_measured = (~np.isnan(values)).sum(axis=1, keepdims=True)
        mean = np.nansum(values, axis=1, keepdims=True) / np.maximum(n_measured, 1)
        none = (mean == 0) & (given == 0)
        refuse_cells(table, none, source, "as are all of the sample's", "Leave the sample out")
        ratios = values / np.where(mean == 0, 1, mean)
        change = UnitChange(str(scale), "log2 of their ratio to the sample's mean")
    with np.errstate(divide="ignore"):
        log2 = np.log2(ratios)
    notes.add(change)
    fate = f"of hardly any copy set to {UNIT.minimum:g}, the lowest value"
    notes.count(int((log2 < UNIT.minimum).sum()), "value", fate)
    raised = np.maximum(log2, np.float32(UNIT.minimum))
    return pd.DataFrame(raised, table.index, table.columns)


def are_calls(values: np.ndarray) -> bool:
    """Whether copy number is given as calls, a few strays among them or not.

    Calls are whole; nine of ten values other than 0 are enough, unless the others are log2(CN/2) of
    whole copies too.
    """
    some = values.reshape(-1)[:: max(1, values.size // CALLS_LOOKED_AT)]
    measured = some[~np.isnan(some)]
    if measured.size and measured.min() >= 0 and measured.max() > 2 and np.median(measured) > 0.5:
        return False  # copies
    others = measured[measured != 0]
    strays = others[others != np.floor(others)]
    if len(strays) > STRAY_CALLS * len(others):
        return False
    copies = 2 * np.exp2(strays.astype(np.float64))
    of_whole_copies = np.abs(copies - np.round(copies)) < 0.01
    return not len(strays) or not of_whole_copies.all()


def without_replicate(probe: str) -> str:
    """Return the name of a probe without the suffix of EPIC v2."""
    return re.sub(EPIC_V2, "", probe)


def by_probe(table: pd.DataFrame, notes: Notes) -> pd.DataFrame:
    """Name probes without the suffix of EPIC v2, and average those that are there several times."""
    names = table.columns.astype(str)
    plain = names.str.replace(EPIC_V2, "", regex=True)
    n_renamed = int((plain != names).sum())
    if not n_renamed:
        return table
    twice = plain.duplicated(keep=False)
    single = table.loc[:, ~twice].set_axis(plain[~twice], axis=1)
    averaged = table.loc[:, twice].T.groupby(plain[twice], sort=False).mean().T
    notes.count(n_renamed, "probe", "named without the suffix of EPIC v2", list(names[:1]))
    notes.count(averaged.shape[1], "probe", "averaged over replicates", list(averaged.columns))
    return pd.concat([single, averaged], axis=1).loc[:, plain.unique()]


def unusable_expression(text: str) -> str | None:
    """Tell the unit that a name speaks of, where expression in it cannot be used; else None."""
    found = [unit for unit, part in UNUSABLE_EXPRESSION.items() if part.search(text)]
    is_normalised = NORMALISED.search(text) or "tpm" in text.lower()
    return None if not found or (found == ["raw counts"] and is_normalised) else found[0]


def refuse_unusable_name(text: str, source: Path) -> None:
    """Raise UnusableUnitError for a name, or header, of expression that is not normalised."""
    unit = unusable_expression(text)
    if unit is not None:
        problem = f"holds {unit}, which differ from sample to sample in sum"
        raise UnusableUnitError(source, problem, "Bring TPM, or normalised counts")


def refuse_counts(values: np.ndarray, source: Path) -> None:
    """Raise UnusableUnitError for log2(x+1), shape (sample, gene), of raw counts.

    They are whole, and larger in one library than in another by a factor that is the same in all
    genes. What has too few genes or samples to tell is let pass, and so is what is out of range.
    """
    limits = UNITS[DEFAULT_UNITS[Omic.EXPRESSION]]
    if not (np.nanmin(values) >= limits.minimum and np.nanmax(values) <= limits.maximum):
        return
    remedy = "Bring log2(TPM+1), or counts normalised for library size"
    some = values.reshape(-1)[:: max(1, values.size // LOOKED_AT)].astype(np.float64)
    some = np.unique(some[some > 0])
    decimals = next((d for d in range(7) if (np.abs(some - some.round(d)) < 1e-6).all()), 7)
    error = np.exp2(some) * np.log(2) * (0.5 * 10.0**-decimals + FLOAT32)
    counts, error = (np.exp2(some) - 1)[error < 0.1], error[error < 0.1]
    is_whole = np.abs(counts - np.round(counts)) <= error
    if len(counts) >= ENOUGH_COUNTS and is_whole.mean() > 0.99:
        problem = "holds log2(x+1) of whole numbers: raw counts, not normalised"
        raise UnusableUnitError(source, problem, remedy)
    genes = np.linspace(0, values.shape[1] - 1, min(values.shape[1], GENES_LOOKED_AT), dtype=int)
    logs = values[:, genes]
    logs = logs[:, ~np.isnan(logs).all(axis=0)]
    logs = logs[:, np.nanmedian(logs, axis=0) > 1]  # genes that are silent tell nothing
    logs = logs[~np.isnan(logs).all(axis=1)]
    if len(logs) < ENOUGH_SAMPLES or logs.shape[1] < ENOUGH_GENES:
        return
    depth = np.nanmedian(logs - np.nanmedian(logs, axis=0), axis=1)
    low, high = np.quantile(depth, (0.1, 0.9))
    if high - low > LOG2_DEPTH:
        problem = f"holds counts, not normalised: libraries differ {2 ** (high - low):.0f}-fold"
        raise UnusableUnitError(source, problem, remedy)


def _bare(unit: str) -> str:
    return unit.casefold().replace(" ", "")


def _mutations(table: pd.DataFrame, source: Path, notes: Notes) -> OmicTable:
    values = table.to_numpy()
    missing = np.isnan(values)
    if missing.any():
        where = place(table, missing)
        raise BadFileError(source, "is missing", _REMEDIES[Omic.MUTATION], where=where)
    wrong = ~np.isin(values, (0, 1, 2))
    refuse_cells(table, wrong, source, "neither 0 nor 1", _REMEDIES[Omic.MUTATION])
    # DepMap counts mutated copies.
    notes.count(int((values == 2).sum()), "value", "of 2 taken as 1")
    # uint8 is stored sparse
    mutated = pd.DataFrame(np.minimum(values, 1).astype(np.uint8), table.index, table.columns)
    return OmicTable(mutated, "0/1")


def _calls(table: pd.DataFrame, source: Path, notes: Notes) -> pd.DataFrame:
    """Return whole calls: cBioPortal's -1.5 becomes -2; any other stray is a BadFileError."""
    values = table.to_numpy(np.float32)
    partial = values == PARTIAL_DELETION
    notes.count(int(partial.sum()), "call", "of -1.5, a deletion of part of a gene, taken as -2")
    values = np.where(partial, np.float32(-2), values)
    wrong = ~np.isin(values, (-2, -1, 0, 1, 2)) & ~np.isnan(values)
    what = "among calls, which are whole numbers from -2 to 2"
    refuse_cells(table, wrong, source, what, "Correct the cell, or bring log2(CN/2)")
    return pd.DataFrame(values, table.index, table.columns)


def _unit_of(values: np.ndarray, omic: Omic, source_of_samples: Source, source: Path) -> str:
    if omic is Omic.EXPRESSION:
        if np.nanmin(values) < 0:
            return "z-score"
        return "log2(norm_count+1)" if source_of_samples is Source.TUMOR else "log2(TPM+1)"
    measured = values[~np.isnan(values)]
    if omic is Omic.COPY_NUMBER and measured.min() >= 0 and np.median(measured) > 0.5:
        raise BadFileError(
            source,
            "has no negative value and centres on 1: a linear ratio, or log2(x+1)",
            "Bring log2(CN/2), or calls from -2 to 2",
        )
    return DEFAULT_UNITS[omic]


def _require_range(table: pd.DataFrame, values: np.ndarray, unit: str, source: Path) -> None:
    limits = UNITS[unit]
    wrong = (values < limits.minimum) | (values > limits.maximum)
    what = f"and {unit} lies in {limits.minimum:g} to {limits.maximum:g}"
    refuse_cells(table, wrong, source, what, _REMEDIES[limits.omic])


def _require_standardised(table: pd.DataFrame, values: np.ndarray, source: Path) -> None:
    mean, sd = np.nanmean(values, axis=1), np.nanstd(values, axis=1)
    wrong = (np.abs(mean) > Z_SCORE_TOLERANCE) | (np.abs(sd - 1) > Z_SCORE_TOLERANCE)
    if wrong.any():
        first = int(np.argmax(wrong))
        raise BadFileError(
            source,
            f"has negative values but is not standardised: mean {mean[first]:.2f}, "
            f"standard deviation {sd[first]:.2f} over its genes",
            "Bring log2(TPM+1), or z-scores within each sample",
            where=f"row {table.index[first]!r}",
        )
