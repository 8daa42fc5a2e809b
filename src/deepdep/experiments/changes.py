"""Training data with something taken out of them, to see what it gave."""

from collections.abc import Callable, Mapping
from dataclasses import replace

import numpy as np
import pandas as pd

from deepdep.data.prepared import Prepared, PreparedOmic
from deepdep.data.splits import LEARNED_FROM
from deepdep.domain.gene_effect import GeneEffect
from deepdep.domain.omics import Omic
from deepdep.experiments.settings import Change

Changed = Callable[[Prepared, np.random.Generator], Prepared]


def changed(prepared: Prepared, change: Change | None, seed: int) -> Prepared:
    """Return the data as a model is to learn from them; what is judged stays as it is."""
    return prepared if change is None else CHANGES[change](prepared, np.random.default_rng(seed))


def _permuted_labels(prepared: Prepared, rng: np.random.Generator) -> Prepared:
    """Move whole lines, so that genes stay correlated; the background moves alike."""
    lines = _learned_from(prepared)
    moved = _moves(lines, rng)
    background = prepared.background
    others = background.table.index.difference(lines)
    return replace(
        prepared,
        gene_effect=_with_rows(prepared.gene_effect, moved),
        background=_with_rows(background, moved | _moves(others, rng)),
    )


def _permuted_fingerprints(prepared: Prepared, rng: np.random.Generator) -> Prepared:
    names = sorted({gene for members in prepared.gene_sets.values() for gene in members})
    new = dict(zip(names, rng.permutation(names), strict=True))
    gene_sets = {
        name: tuple(str(new[gene]) for gene in members)
        for name, members in prepared.gene_sets.items()
    }
    return replace(prepared, gene_sets=gene_sets)


def _permuted(omic: Omic) -> Changed:
    def permute(prepared: Prepared, rng: np.random.Generator) -> Prepared:
        tables = prepared.omics[omic]
        lines = _learned_from(prepared)
        own = tables.cell_lines
        moves = _moves(lines[lines.isin(own.index)], rng)
        return _with_omic(prepared, omic, replace(tables, cell_lines=_moved(own, moves)))

    return permute


def _shuffled_tumors(prepared: Prepared, rng: np.random.Generator) -> Prepared:
    """Keep each feature's distribution, and nothing that features have in common."""
    for omic, tables in prepared.omics.items():
        if tables.tumors is not None:
            values = rng.permuted(tables.tumors.to_numpy(), axis=0)
            shuffled = pd.DataFrame(values, tables.tumors.index, tables.tumors.columns)
            prepared = _with_omic(prepared, omic, replace(tables, tumors=shuffled))
    return prepared


def _no_tumors(prepared: Prepared, rng: np.random.Generator) -> Prepared:
    del rng
    for omic, tables in prepared.omics.items():
        prepared = _with_omic(prepared, omic, replace(tables, tumors=None))
    return prepared


CHANGES: Mapping[Change, Changed] = {
    "permuted_labels": _permuted_labels,
    "permuted_fingerprints": _permuted_fingerprints,
    "permuted_mutation": _permuted(Omic.MUTATION),
    "permuted_expression": _permuted(Omic.EXPRESSION),
    "permuted_methylation": _permuted(Omic.METHYLATION),
    "permuted_copy_number": _permuted(Omic.COPY_NUMBER),
    "shuffled_tumors": _shuffled_tumors,
    "no_tumors": _no_tumors,
}


def omic_permuted_by(change: Change | None) -> Omic | None:
    """Name the omic whose profiles a change permutes, if it permutes any."""
    return next((omic for omic in Omic if change == f"permuted_{omic}"), None)


def _learned_from(prepared: Prepared) -> pd.Index:
    return prepared.lines(*LEARNED_FROM)


def _moves(lines: pd.Index, rng: np.random.Generator) -> dict[str, str]:
    """Say whose row each line gets."""
    names = sorted(lines)
    return dict(zip(names, map(str, rng.permutation(names)), strict=True))


def _moved(table: pd.DataFrame, moves: Mapping[str, str]) -> pd.DataFrame:
    return table.loc[[moves.get(line, line) for line in table.index]].set_axis(table.index)


def _with_rows(effect: GeneEffect, moves: Mapping[str, str]) -> GeneEffect:
    return replace(effect, table=_moved(effect.table, moves))


def _with_omic(prepared: Prepared, omic: Omic, tables: PreparedOmic) -> Prepared:
    return replace(prepared, omics={**prepared.omics, omic: tables})
