"""Lists of features and bins as DeepDEP 2021 was published with."""

from collections.abc import Mapping
from dataclasses import replace
from enum import StrEnum
from pathlib import Path

import numpy as np
import pandas as pd

from deepdep.domain.cohort import CohortPart, Samples
from deepdep.domain.features import (
    FeatureLists,
    ListedFeaturesMissingError,
    match_features,
)
from deepdep.domain.genome import Assembly, Bins, beyond_chromosome, chromosome_name
from deepdep.domain.identifiers import NO_GENE_TABLE, GeneTable
from deepdep.domain.notes import Count, Notes, counted
from deepdep.domain.omics import DEFAULT_UNITS, UNITS, Omic
from deepdep.errors import BadFileError, shown, written
from deepdep.io.columns import Choice, header_of, read_columns
from deepdep.io.files import require_folder
from deepdep.io.names import checked_names, refuse_repeated
from deepdep.io.tables import TABLE_SUFFIXES, read_annotations
from deepdep.sources.gene_names import read_public_gene_sets

GMT_SUFFIXES = (".gmt", ".gmt.gz")

# Columns of names and of typical values.
LIST_COLUMNS = {
    Omic.MUTATION: ("Gene", "Median"),
    Omic.EXPRESSION: ("Gene", "Mean"),
    Omic.METHYLATION: ("Probe", "Mean"),
}
BIN_COLUMNS = ("CNA", "Chr", "Start", "End")
GENES_OF_INTEREST = "genes of interest"
GENE_SETS = "gene sets"

PUBLISHED_WIDTH = 10_000  # bases; the list's places are in this unit
MOST_BINS = 100_000  # four times the longest chromosome


class Fills(StrEnum):
    """What stands for values that samples lack."""

    NONE = "none"
    PUBLISHED = "published"


def read_feature_lists(folder: Path) -> FeatureLists:
    """Read the lists of a folder, any subset of them.

    Mutation has the columns ``Gene, Median``, expression ``Gene, Mean``, methylation
    ``Probe, Mean``, copy number ``CNA, Chr, Start, End``; genes of interest are a column ``Gene``
    alone, and gene sets a GMT file. Names of files do not matter.
    """
    require_folder(folder, "Name a folder of feature lists")
    files: dict[str, Path] = {}
    for path in sorted(folder.glob("[!.]*")):
        if not path.name.endswith((*TABLE_SUFFIXES, *GMT_SUFFIXES)):
            continue
        content = GENE_SETS if path.name.endswith(GMT_SUFFIXES) else list_content(path)
        if content in files:
            raise BadFileError(
                path, f"is a second list of {content}", f"Keep it or {files[content].name}"
            )
        files[content] = path
    if not files:
        raise BadFileError(
            folder, "holds no feature list", "Put lists there, such as one of Gene and Mean"
        )
    return read_list_files(files, str(folder))


def read_list_files(files: Mapping[str, Path], origin: str) -> FeatureLists:
    """Read lists by content: an omic, genes of interest, gene sets."""
    bins = read_bins(files[Omic.COPY_NUMBER]) if Omic.COPY_NUMBER in files else None
    typical = {
        omic: _typical_values(files[omic], omic, *columns)
        for omic, columns in LIST_COLUMNS.items()
        if omic in files
    }
    if bins is not None:
        typical[Omic.COPY_NUMBER] = pd.Series(0.0, index=pd.Index(bins.table["name"], name=None))
    gene_sets = None
    if GENE_SETS in files:
        gene_sets = read_public_gene_sets(files[GENE_SETS], NO_GENE_TABLE, Notes())
    genes = None
    if GENES_OF_INTEREST in files:
        listed = read_columns(files[GENES_OF_INTEREST], lambda _: Choice([0], [])).texts["Gene"]
        genes = tuple(checked_names(list(listed), "row", files[GENES_OF_INTEREST]))
    return FeatureLists(
        origin=origin,
        typical={omic: typical[omic] for omic in Omic if omic in typical},
        bins=bins,
        genes_of_interest=genes,
        gene_sets=gene_sets,
    )


def apply_feature_lists(
    part: CohortPart,
    lists: FeatureLists,
    fills: Fills,
    notes: Notes,
    *,
    allow_missing: bool,
    genes: GeneTable = NO_GENE_TABLE,
) -> CohortPart:
    """Keep exactly the listed features, by name and in the order of the lists.

    What is missing stays NaN, or gets the published fill. An omic without a list stays as it is,
    and so does a supplement.
    The gene sets of the lists are taken where the part has none.

    Parameters
    ----------
    allow_missing
        Whether samples may lack more than a fifth of the features.
    genes
        Where a table of genes gave samples the current symbols, the lists, which name genes as
        of 2018, are matched by it; features keep their listed names.
    """
    cell_lines, tumors = (
        None
        if samples is None
        else _listed(samples, name, lists, fills, genes, allow_missing, notes)
        for name, samples in (("cell lines", part.cell_lines), ("tumors", part.tumors))
    )
    of_lists = notes.about(lists.origin)
    if lists.gene_sets is not None:
        kept = "left out, there are others" if part.gene_sets is not None else "taken"
        of_lists.add(Count(len(lists.gene_sets), "gene set", f"of the lists {kept}"))
    if lists.genes_of_interest is not None:
        what = "of interest listed; prepare.gene_list is where to name the file"
        of_lists.add(Count(len(lists.genes_of_interest), "gene", what))
    now = genes.by_previous
    gene_sets = part.gene_sets or {
        name: tuple(dict.fromkeys(now.get(gene, gene) for gene in members)) if now else members
        for name, members in (lists.gene_sets or {}).items()
    }
    return replace(part, cell_lines=cell_lines, tumors=tumors, gene_sets=gene_sets or None)


def read_bins(source: Path) -> Bins:
    """Read a list of bins as DeepDEP was published with: ``CNA,Chr,Start,End``, on hg19.

    ``chr7_5473to5474_10k`` is from 54,730,000 to 54,740,000, counted from 0. A bin whose columns
    say another place than its name is a BadFileError, and so is one beyond its chromosome.
    """
    listed = read_annotations(source)
    for column in BIN_COLUMNS:
        if column not in listed.columns:
            raise BadFileError(source, f"lacks the column {column!r}", "Bring the list of bins")
    refuse_repeated(list(listed["CNA"]), "bin", source)
    table = pd.DataFrame(
        {
            "name": listed["CNA"],
            "chromosome": listed["Chr"].map(chromosome_name),
            "start": _places(listed["Start"]),
            "end": _places(listed["End"]),
        }
    )
    first, last = table["start"] / PUBLISHED_WIDTH, table["end"] / PUBLISHED_WIDTH
    places = zip(table["name"], table["chromosome"], first, last, strict=True)
    named = np.array([name == f"chr{c}_{a:g}to{b:g}_10k" for name, c, a, b in places])
    has_place = table["chromosome"].notna() & (table["start"] < table["end"])
    wrong, problem = ~(named & has_place.to_numpy()), "is not the place that its columns say"
    if not wrong.any():
        wrong, problem = beyond_chromosome(table, Assembly.HG19), "is beyond its chromosome"
    if wrong.any():
        name = table["name"].iloc[int(np.argmax(wrong))]
        remedy = "Bring the list of bins as it was published"
        raise BadFileError(source, problem, remedy, where=f"bin {name!r}")
    return Bins(table, Assembly.HG19)


def list_content(source: Path) -> str:
    """Tell from its header what a list is of; BadFileError for another file."""
    header = header_of(source)
    if set(BIN_COLUMNS) <= {*header}:
        return Omic.COPY_NUMBER
    if header == ["Gene"]:
        return GENES_OF_INTEREST
    for omic, columns in LIST_COLUMNS.items():
        if {*columns} <= {*header}:
            return omic
    raise BadFileError(
        source,
        f"has the columns of no feature list: {shown(header)}",
        "Name them Gene and Mean, Gene and Median, Probe and Mean, or take the file away",
        where="line 1",
    )


def _typical_values(source: Path, omic: Omic, names: str, values: str) -> pd.Series:
    read = read_columns(source, lambda h: Choice([h.index(names)], [h.index(values)]))
    features = checked_names(list(read.texts[names]), "row", source)
    unit = UNITS[DEFAULT_UNITS[omic]]
    typical = read.numbers[:, 0].astype(float)
    wrong = ~((typical >= unit.minimum) & (typical <= unit.maximum))
    if wrong.any():
        first = int(np.argmax(wrong))
        raise BadFileError(
            source,
            f"is {written(typical[first], unit.minimum, unit.maximum)}, and {unit.name} lies in "
            f"{unit.minimum:g} to {unit.maximum:g}",
            "Correct the list",
            where=f"row {features[first]!r}, column {values!r}",
        )
    return pd.Series(typical, index=pd.Index(features, dtype=object))


def _listed(
    samples: Samples,
    name: str,
    lists: FeatureLists,
    fills: Fills,
    genes: GeneTable,
    allow_missing: bool,
    notes: Notes,
) -> Samples:
    omics: dict[Omic, pd.DataFrame] = {}
    for omic, table in samples.omics.items():
        label = f"{name}: {omic}"
        if omic not in lists.typical:
            omics[omic] = table
            notes.about(name, omic).add("no list of it; all features kept")
            continue
        match = match_features(table.columns, lists.typical[omic].index, genes)
        if match.lacks_too_many and not allow_missing:
            what = "segments" if omic is Omic.COPY_NUMBER else "a table that has them"
            remedy = f"Bring {what}, or say --allow-missing-features."
            raise ListedFeaturesMissingError(match.missing, label, lists.origin, remedy)
        taken = match.take(table)
        published = lists.published_fills(omic) if fills is Fills.PUBLISHED else None
        omics[omic], values = taken, taken.to_numpy()
        if published is not None and values.dtype.kind == "f":  # else nothing is missing
            filled = np.where(np.isnan(values), published.to_numpy(values.dtype), values)
            omics[omic] = pd.DataFrame(filled, taken.index, taken.columns)
        fate = "left missing" if published is None else "filled as published"
        of_omic = notes.about(name, omic)
        n_listed, n_missing = len(match.features), len(match.missing)
        n_gaps = int(np.isnan(values).sum()) - n_missing * len(taken)
        of_omic.add(f"{n_listed - n_missing:,} of {counted(n_listed, 'listed feature')} matched")
        of_omic.count(match.n_renamed, "listed gene", "matched by the symbol it has now")
        of_omic.count(n_missing, "listed feature", f"not there, {fate}", match.missing)
        of_omic.count(n_gaps, "missing value", f"of the others {fate}")
        of_omic.count(table.shape[1] - (n_listed - n_missing), "feature", "left out, not listed")
    for supplement in samples.supplements:
        notes.about(name, supplement).add("a supplement; all features kept")
    return replace(samples, omics=omics)


def _places(column: pd.Series) -> pd.Series:
    """Turn numbers of bins to bases; what is no place becomes -1, which no name holds."""
    numbers = pd.to_numeric(column, errors="coerce")
    placed = numbers.between(0, MOST_BINS)
    return (numbers.where(placed, -1) * PUBLISHED_WIDTH).where(placed, -1).astype(np.int64)
