"""Folds by patient, by lineage, by gene, or by patient and gene: drawn once, kept as a table."""

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path

import numpy as np
import pandas as pd

from deepdep.data.splits import deal
from deepdep.domain.folds import COLUMNS, PARTS, Fold, folds_table
from deepdep.domain.lineages import UNKNOWN_LINEAGE
from deepdep.errors import BadFileError, DeepDEPError, shown
from deepdep.io.documents import csv_text, read_csv
from deepdep.io.files import write_text
from deepdep.settings import Settings

TRAIN, VALIDATION = 0, 1  # parts that patients to learn from are dealt to
DRAW_AGAIN = "Draw the folds again"  # the remedy for a damaged file


class SplitMode(StrEnum):
    """What is unseen in a test."""

    PATIENT = "patient"
    LINEAGE = "lineage"
    GENE = "gene"
    BOTH = "both"  # patient and gene


@dataclass(frozen=True)
class FoldSettings(Settings):
    """How folds are drawn."""

    mode: SplitMode
    n_folds: int  # of patients, of genes, or of both; a lineage is a fold of its own
    validation: float  # share of the lines that are not judged on
    seed: int
    min_lines_per_lineage: int  # lineages with fewer are judged in no fold; mode lineage only


def draw_folds(
    obs: pd.DataFrame, genes: pd.Index, gene_groups: pd.Series, settings: FoldSettings
) -> list[Fold]:
    """Draw folds, which depend on the names and the seed and on no order.

    ``patient``: each line is judged in one fold; lineages are spread over the folds.

    ``lineage``: the lines of one lineage are judged, by a model that saw no patient of it. A
    patient with lines of several lineages is judged in the one that most of them have, and trains
    for none of them, so that a few lines are never judged. Lines of unknown lineage are left out:
    they may be of the one that is judged. Lineages that are too small train in every fold.

    ``gene``: each gene is judged in one fold, on all lines, those that were trained on included:
    a screen of these lines that lacks these genes is the question. Nothing is learned from a
    label of a judged gene, but other genes of the same lines are known, as they are to the
    baseline that copies the nearest gene. Validation lines are unseen, their genes are not.

    ``both``: fold k judges the patients of fold k of ``patient`` on the genes of fold k of
    ``gene`` (same seed): neither side was seen. Each line and each gene is judged once, so the
    folds cover one pair in ``n_folds``.

    Parameters
    ----------
    obs
        One row per labelled cell line; columns ``patient_id`` and ``lineage``.
    genes
        Those to be predicted.
    gene_groups
        Group by gene, as ``gene_groups`` returns it; a group is judged as a whole.

    Raises
    ------
    DeepDEPError
        When there are too few patients, gene groups or lineages for the settings.
    """
    if settings.n_folds < 2:
        raise DeepDEPError(f"n_folds {settings.n_folds}: is too few; choose 2 or more.")
    if not 0 < settings.validation < 1:
        raise DeepDEPError(
            f"validation {settings.validation}: is no share; choose one above 0 and below 1."
        )
    lines = obs[["patient_id", "lineage"]].astype(str).sort_index()
    if settings.mode is SplitMode.LINEAGE:
        lines = lines[lines["lineage"] != UNKNOWN_LINEAGE]
    patients = _patients(lines)
    every_gene = _sorted(genes)
    # Each has its own numbers, so that modes with the same seed share what they can.
    of_lines, of_genes, of_validation = np.random.default_rng(settings.seed).spawn(3)
    unseen_lines = _unseen_lines(lines, patients, settings, of_lines)
    unseen_genes = _unseen_genes(every_gene, gene_groups, settings, of_genes)
    folds = []
    for name, unseen in unseen_lines.items():
        learned = _train_or_validation(patients.drop(unseen.patients), settings, of_validation)
        part = lines["patient_id"].map(learned)
        test_genes = unseen_genes.get(name, every_gene)
        folds.append(
            Fold(
                name=name,
                train=_sorted(part.index[part == TRAIN]),
                validation=_sorted(part.index[part == VALIDATION]),
                test=_sorted(unseen.test),
                train_genes=every_gene.difference(test_genes) if unseen_genes else every_gene,
                test_genes=test_genes,
            )
        )
    return folds


def write_folds(folds: Sequence[Fold], target: Path) -> None:
    """Write folds as CSV; ``read_folds`` returns them as they were."""
    write_text(csv_text(folds_table(folds)), target)


def read_folds(source: Path) -> list[Fold]:
    """Read folds in the order of the file.

    A row that is no part of a fold or is there twice, and a fold that lacks a part, is a
    BadFileError.
    """
    table = read_csv(source, COLUMNS)
    parts = pd.Series([*zip(table["kind"], table["part"], strict=True)], table.index, dtype=object)
    unnamed = table[list(COLUMNS)].isna().any(axis=1)
    for wrong, problem in (
        (unnamed, "an entry is missing"),
        (~parts.isin(set(PARTS.values())), "is no part of a fold"),
        (table.duplicated(list(COLUMNS)), "is there twice"),
    ):
        if wrong.any():
            row = int(np.argmax(wrong.to_numpy()))
            where = f"line {row + 2}, {', '.join(map(str, table.iloc[row]))}"
            raise BadFileError(source, problem, DRAW_AGAIN, where=where)
    by_name = table.groupby("fold", sort=False)
    folds = [_fold(str(name), of_fold, source) for name, of_fold in by_name]
    if not folds:
        raise BadFileError(source, "holds no fold", DRAW_AGAIN)
    return folds


@dataclass(frozen=True)
class _Unseen:
    """Lines that a fold judges on, and the patients that it learns nothing from."""

    test: pd.Index
    patients: pd.Index


def _patients(lines: pd.DataFrame) -> pd.DataFrame:
    """Lines of each patient, and the lineage that most of them have; of equals, the first."""
    n_lines = lines.groupby(["patient_id", "lineage"]).size().rename("size").reset_index()
    common_first = n_lines.sort_values("size", ascending=False, kind="stable")
    lineage = common_first.drop_duplicates("patient_id").set_index("patient_id")["lineage"]
    return pd.DataFrame({"size": n_lines.groupby("patient_id")["size"].sum(), "stratum": lineage})


def _unseen_lines(
    lines: pd.DataFrame, patients: pd.DataFrame, settings: FoldSettings, rng: np.random.Generator
) -> dict[str, _Unseen]:
    if settings.mode is SplitMode.GENE:
        return dict.fromkeys(_names(settings.n_folds), _Unseen(lines.index, patients.index[:0]))
    if settings.mode is SplitMode.LINEAGE:
        judged_in = lines["patient_id"].map(patients["stratum"])
        unseen = {}
        for lineage, of_lineage in lines.groupby("lineage"):
            test = of_lineage.index[judged_in[of_lineage.index] == lineage]
            if len(test) >= settings.min_lines_per_lineage:
                unseen[str(lineage)] = _Unseen(test, pd.Index(of_lineage["patient_id"].unique()))
        if not unseen:
            raise DeepDEPError(
                f"min_lines_per_lineage {settings.min_lines_per_lineage}: no lineage has as many "
                "lines; choose fewer."
            )
        return unseen
    fold_of_patient = _dealt(patients, settings.n_folds, rng, "patients")
    fold_of_line = lines["patient_id"].map(fold_of_patient)
    return {
        name: _Unseen(
            fold_of_line.index[fold_of_line == name],
            fold_of_patient.index[fold_of_patient == name],
        )
        for name in _names(settings.n_folds)
    }


def _unseen_genes(
    genes: pd.Index, gene_groups: pd.Series, settings: FoldSettings, rng: np.random.Generator
) -> dict[str, pd.Index]:
    """Genes that each fold judges on; empty where all folds judge on all genes."""
    if settings.mode not in (SplitMode.GENE, SplitMode.BOTH):
        return {}
    groups = gene_groups.loc[genes].astype(str)
    units = pd.DataFrame({"size": groups.value_counts(), "stratum": ""})
    fold_of_gene = groups.map(_dealt(units, settings.n_folds, rng, "groups of genes"))
    return {name: genes[fold_of_gene == name] for name in _names(settings.n_folds)}


def _dealt(units: pd.DataFrame, n_folds: int, rng: np.random.Generator, what: str) -> pd.Series:
    """Name of the fold of each unit."""
    if len(units) < n_folds:
        raise DeepDEPError(
            f"n_folds {n_folds}: there are only {len(units)} {what}; choose fewer folds."
        )
    names = dict(enumerate(_names(n_folds)))
    return deal(units, [1 / n_folds] * n_folds, rng).map(names)


def _train_or_validation(
    patients: pd.DataFrame, settings: FoldSettings, rng: np.random.Generator
) -> pd.Series:
    part = deal(patients, [1 - settings.validation, settings.validation], rng)
    if part.nunique() < 2:
        raise DeepDEPError(
            f"validation {settings.validation}: {len(patients)} patients to learn from are too "
            "few to set some apart; bring more labelled cell lines or change the share."
        )
    return part


def _names(n_folds: int) -> list[str]:
    """Names that sort as numbers do."""
    return [f"{number:0{len(str(n_folds))}d}" for number in range(1, n_folds + 1)]


def _sorted(names: pd.Index) -> pd.Index:
    return pd.Index(sorted(names), dtype=object)


def _fold(name: str, table: pd.DataFrame, source: Path) -> Fold:
    names = {
        attribute: pd.Index(
            sorted(table["name"][(table["kind"] == kind) & (table["part"] == part)]), dtype=object
        )
        for attribute, (kind, part) in PARTS.items()
    }
    missing = [attribute for attribute, members in names.items() if members.empty]
    if missing:
        raise BadFileError(source, f"has no {shown(missing)}", DRAW_AGAIN, where=f"fold {name!r}")
    return Fold(name, **names)
