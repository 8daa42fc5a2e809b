"""Which genes samples with an annotation need more, or less, than samples without it.

Twice: as it is, by a rank test; and beside covariates, by a linear model of ranks. What goes with a
lineage, with microsatellite instability or with purity would else be told of every annotation that
goes with it too.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from difflib import get_close_matches
from itertools import groupby
from typing import Self

import numpy as np
import pandas as pd
from pandas.api.types import is_bool_dtype, is_numeric_dtype
from scipy.special import ndtr
from scipy.stats import false_discovery_control, rankdata
from scipy.stats import t as student

from deepdep.analysis.alterations import AlterationSettings, alterations_of
from deepdep.domain.cohort import Samples
from deepdep.domain.lineages import UNKNOWN_LINEAGE
from deepdep.domain.omics import Omic
from deepdep.errors import DeepDEPError, shown

MANN_WHITNEY, SPEARMAN = "Mann-Whitney", "Spearman"  # names of tests
USUAL_COVARIATES = ("lineage", "msi_status", "mutational_burden", "purity")
FIGURES = (
    "n",
    "n_with",
    "mean_with",
    "mean_without",
    "size",
    "p",
    "adjusted_size",
    "adjusted_p",
)
AT_ONCE = 256  # comparisons: x 18,000 genes, 37 MB for each column of the result
MOST_VALUES = 50  # of an annotation of text; more are names, and no groups
NO_VARIANCE = 1e-9  # share of an annotation that covariates leave, below which nothing is left


@dataclass(frozen=True)
class _Contrast:
    """One comparison: ``values`` of samples, 0 and 1 where ``value`` names a group."""

    annotation: str
    value: str
    values: pd.Series

    @property
    def is_group(self) -> bool:
        return self.value != ""


def associate(
    effect: pd.DataFrame,
    annotations: pd.DataFrame,
    covariates: pd.DataFrame | None = None,
    *,
    min_samples: int = 5,
) -> pd.DataFrame:
    """Test every gene's effect against every annotation.

    An annotation of two values or of text is tested group by group, each against all other samples
    of which the annotation is known, by the test of Mann and Whitney (SciPy's asymptotic one, ties
    and continuity corrected, two-sided); one of numbers by Spearman's correlation, its p by
    Student's t. Then ranks of effects are regressed on the annotation (on its ranks, where it has
    numbers) and the covariates: ``adjusted_size`` is the partial correlation, its p by Student's t.

    Parameters
    ----------
    effect
        Gene effects, predicted or measured, shape (sample, gene); NaN where not screened.
    annotations
        Shape (sample, annotation), of some or all samples of ``effect``; missing where not known.
    covariates
        Likewise, of all samples. Of text, a column of 0 and 1 per value, missing being one; of
        numbers, their ranks, missing being the mean. One of the name of an annotation is left out
        of its model.
    min_samples
        That each side of a comparison needs, and a correlation twice.

    Returns
    -------
    One row per comparison and gene: ``annotation``, ``value`` (of the group; empty for numbers),
    ``gene``, ``test``, ``n``, ``n_with`` (in the group), ``mean_with`` and ``mean_without`` (of the
    effect), ``size`` (rank-biserial correlation, from -1: every sample of the group needs the gene
    more than any other, to 1; or Spearman's), ``p``, ``q`` over the annotation's rows and
    ``q_all`` over all rows (Benjamini and Hochberg), ``covariates``, ``adjusted_size``,
    ``adjusted_p``, ``adjusted_q`` and ``adjusted_q_all``.

    Raises
    ------
    DeepDEPError
        Where an annotation names samples that have no effect, has one value, or leaves too few
        samples on a side of every comparison.
    """
    beside = pd.DataFrame(index=effect.index) if covariates is None else covariates
    beside = beside.reindex(effect.index)
    unknown = [str(name) for name in annotations.index if name not in effect.index]
    if unknown:
        raise DeepDEPError(
            f"annotations: {len(unknown):,} samples have no gene effects: {shown(unknown)}; "
            "leave these rows out, or bring the effects of these samples."
        )
    contrasts = [
        contrast
        for name in annotations.columns
        for contrast in _contrasts(str(name), annotations[name], min_samples)
    ]
    found = pd.concat(list(_tested(effect, contrasts, beside)), ignore_index=True)
    for p, q in (("p", "q"), ("adjusted_p", "adjusted_q")):
        found[q] = found.groupby("annotation", sort=False)[p].transform(false_discovery)
        found[f"{q}_all"] = false_discovery(found[p])
    first = ["annotation", "value", "gene", "test", "n", "n_with", "mean_with", "mean_without"]
    tested = ["size", "p", "q", "q_all", "covariates"]
    adjusted = ["adjusted_size", "adjusted_p", "adjusted_q", "adjusted_q_all"]
    return found[[*first, *tested, *adjusted]]


def alteration_table(samples: Samples, settings: AlterationSettings) -> pd.DataFrame:
    """Return mutations, amplifications and deletions, True or False, shape (sample, event).

    Named as ``BRAF mutation``; missing where the sample lacks the omic. Of the omics' own tables,
    since two tables of one omic would name an event twice.

    Raises
    ------
    DeepDEPError
        Where samples have neither mutations nor copy number, or too few carry any alteration.
    """
    tables = {name: table for name, table in samples.tables.items() if name in list(Omic)}
    found = alterations_of(tables, settings, samples.obs.index)
    if not found:
        raise DeepDEPError(
            f"the cohort has no alterations: neither mutations nor copy number in which "
            f"{settings.min_carriers} samples carry one; import them, or name annotations."
        )
    return pd.concat([one.carried.astype("boolean") for one in found.values()], axis=1)


def frequent(events: pd.DataFrame, min_samples: int) -> pd.DataFrame:
    """Return the events that at least so many samples have, and as many lack."""
    n_with, n_stated = events.sum().astype(int), events.notna().sum()
    kept = (n_with >= min_samples) & (n_stated - n_with >= min_samples)
    if not kept.any():
        raise DeepDEPError(
            f"none of {len(events.columns):,} alterations is in {min_samples} samples and lacking "
            "in as many; bring more samples, or ask for fewer."
        )
    return events.loc[:, kept]


def columns_named(table: pd.DataFrame, names: Sequence[str], *, table_name: str) -> pd.DataFrame:
    """Return these columns; DeepDEPError, with the nearest name, where one is not there."""
    for name in names:
        if name not in table.columns:
            near = get_close_matches(name, [str(column) for column in table.columns], n=1)
            raise DeepDEPError(
                f"{table_name}: has no annotation {name!r} among {len(table.columns):,}"
                f"{f'; is it {near[0]!r}?' if near else '; name one that it has.'}"
            )
    return table[list(names)]


def _contrasts(name: str, column: pd.Series, min_samples: int) -> Iterator[_Contrast]:
    """Yield the comparisons that an annotation makes."""
    stated = column[column.notna() & ~column.isin([UNKNOWN_LINEAGE])]
    is_number = is_numeric_dtype(stated) and not is_bool_dtype(stated)
    stated = stated.astype(float if is_number else object)
    sizes = {value: int(n) for value, n in stated.value_counts().items()}
    if len(sizes) < 2:
        only = f"one value ({next(iter(sizes))!r})" if sizes else "no value"
        raise DeepDEPError(
            f"annotation {name!r}: has {only} over {len(column):,} samples, and nothing to "
            "compare; leave it out."
        )
    if not is_number and len(sizes) > MOST_VALUES:
        raise DeepDEPError(
            f"annotation {name!r}: has {len(sizes):,} different texts, more than the {MOST_VALUES} "
            "that make groups; leave it out, or group them."
        )
    if is_number and len(sizes) > 2:
        if len(stated) < 2 * min_samples:
            raise DeepDEPError(
                f"annotation {name!r}: has a number in {len(stated)} samples, fewer than "
                f"{2 * min_samples}; bring more samples, or leave it out."
            )
        yield _Contrast(name, "", stated)
        return
    enough = [g for g, n in sizes.items() if min(n, len(stated) - n) >= min_samples]
    if not enough:
        value, n = next(iter(sizes.items()))
        raise DeepDEPError(
            f"annotation {name!r}: no value has {min_samples} samples and as many others to "
            f"compare with; the commonest, {value!r}, has {n} of {len(stated)}."
        )
    groups = sorted(enough, key=lambda group: (str(type(group)), group))
    # Of two values the second says all: True, 1, or the later word.
    for group in groups if len(sizes) > 2 else groups[-1:]:
        text = f"{group:g}" if isinstance(group, float) else str(group)
        yield _Contrast(name, text, (stated == group).astype(float))


@dataclass(frozen=True)
class _Block:
    """Genes that were screened in the same samples, of those that an annotation is known of.

    ``samples`` and ``genes`` are positions; ``effect`` and its ``ranks`` have shape (sample, gene),
    ``basis`` spans the covariates, (sample, direction), and ``rest`` is what it leaves of ranks.
    """

    samples: np.ndarray
    genes: np.ndarray
    effect: np.ndarray
    ranks: np.ndarray
    basis: np.ndarray
    rest: np.ndarray

    @classmethod
    def of(
        cls, effect: np.ndarray, samples: np.ndarray, genes: np.ndarray, beside: np.ndarray
    ) -> Self:
        """Take a block of effects, and of columns that stand for covariates."""
        block = effect[np.ix_(samples, genes)]
        ranks = rankdata(block, axis=0) if len(samples) else block
        basis = basis_of(beside[samples])
        return cls(samples, genes, block, ranks, basis, ranks - basis @ (basis.T @ ranks))


def _tested(
    effect: pd.DataFrame, contrasts: Sequence[_Contrast], covariates: pd.DataFrame
) -> Iterator[pd.DataFrame]:
    """Yield tables of comparisons; those over the same samples and covariates go together."""
    values = effect.to_numpy(float)
    patterns, pattern_of = np.unique(~np.isnan(values), axis=1, return_inverse=True)
    places = [np.flatnonzero(pattern_of.ravel() == k) for k in range(patterns.shape[1])]

    def alike(contrast: _Contrast) -> tuple[bytes, bool, str]:
        is_covariate = contrast.annotation in covariates.columns
        stated = effect.index.isin(contrast.values.index)
        return stated.tobytes(), contrast.is_group, contrast.annotation if is_covariate else ""

    for (_, is_group, covariate), found in groupby(contrasts, alike):
        together = list(found)
        stated = effect.index.isin(together[0].values.index)
        beside = covariates.drop(columns=covariate, errors="ignore")
        columns = design(beside)
        blocks = [
            _Block.of(values, np.flatnonzero(stated & patterns[:, k]), genes, columns)
            for k, genes in enumerate(places)
        ]
        for start in range(0, len(together), AT_ONCE):
            some = together[start : start + AT_ONCE]
            table = _compared(blocks, some, effect, with_groups=is_group)
            yield table.assign(covariates=", ".join(beside.columns))


def _compared(
    blocks: Sequence[_Block],
    contrasts: Sequence[_Contrast],
    effect: pd.DataFrame,
    *,
    with_groups: bool,
) -> pd.DataFrame:
    """Return a row per comparison and gene."""
    of_samples = np.column_stack([c.values.reindex(effect.index) for c in contrasts])
    shape = len(contrasts), effect.shape[1]
    found = {name: np.full(shape, np.nan) for name in FIGURES}
    for block in blocks:
        of_block = _figures(block, of_samples[block.samples], with_groups=with_groups)
        for name, figures in of_block.items():
            found[name][:, block.genes] = figures
    table = pd.DataFrame({name: figures.ravel() for name, figures in found.items()})
    return table.assign(
        annotation=np.repeat([c.annotation for c in contrasts], shape[1]),
        value=np.repeat([c.value for c in contrasts], shape[1]),
        gene=np.tile(effect.columns.to_numpy(object), shape[0]),
        test=MANN_WHITNEY if with_groups else SPEARMAN,
    )


def _figures(block: _Block, values: np.ndarray, *, with_groups: bool) -> dict[str, np.ndarray]:
    """Compare the genes of a block by values (sample, comparison): each (comparison, gene)."""
    found: dict[str, np.ndarray] = {"n": np.full((values.shape[1], 1), float(len(values)))}
    if with_groups:
        n_with = values.sum(axis=0)[:, None]
        with np.errstate(invalid="ignore", divide="ignore"):  # a side without samples has no mean
            found["mean_with"] = values.T @ block.effect / n_with
            found["mean_without"] = (1 - values).T @ block.effect / (len(values) - n_with)
        found["n_with"] = n_with
        found["size"], found["p"] = mann_whitney(block.ranks, values)
    else:
        values = rankdata(values, axis=0) if len(values) else values
        constant = basis_of(np.ones((len(values), 1)))
        centred = block.ranks - constant @ (constant.T @ block.ranks)
        found["size"], found["p"] = partial_correlation(centred, values, constant)
    adjusted = partial_correlation(block.rest, values, block.basis)
    found["adjusted_size"], found["adjusted_p"] = adjusted
    return found


def mann_whitney(ranks: np.ndarray, has: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return rank-biserial correlations and p of groups, both (group, gene).

    As ``scipy.stats.mannwhitneyu(method="asymptotic")`` has p, from ranks that need not be computed
    for each group again. NaN where a side has no sample or all effects are the same.

    Parameters
    ----------
    ranks, has
        Ranks of effects, (sample, gene), and 1 or 0 where a sample is of a group, (sample, group).
    """
    n, n_with = len(has), has.sum(axis=0)[:, None]
    n_pairs = n_with * (n - n_with)
    u = has.T @ ranks - n_with * (n_with + 1) / 2
    spread = ((ranks - (n + 1) / 2) ** 2).sum(axis=0)
    sd = np.sqrt(n_pairs * spread / max(n * (n - 1), 1))
    sd[sd == 0] = np.nan
    p = np.minimum(2 * ndtr(-(np.abs(u - n_pairs / 2) - 0.5) / sd), 1)
    return 2 * u / np.where(n_pairs > 0, n_pairs, np.nan) - 1, p


def basis_of(columns: np.ndarray) -> np.ndarray:
    """Return orthonormal directions that span columns, (sample, direction)."""
    directions, strengths, _ = np.linalg.svd(columns, full_matrices=False)
    return directions[:, strengths > NO_VARIANCE * strengths.max(initial=0)]


def partial_correlation(
    rest: np.ndarray, values: np.ndarray, basis: np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
    """Correlate values with ranks beside other columns; r and p of the slope (Student's t).

    NaN where the other columns leave nothing of the values, or no degree of freedom.

    Parameters
    ----------
    rest
        What ``basis``, which spans the other columns, leaves of the ranks, (sample, gene).
    values
        Shape (sample, comparison); what is returned has shape (comparison, gene).
    """
    freedom = len(values) - basis.shape[1] - 1
    if freedom < 1:
        nothing = np.full((values.shape[1], rest.shape[1]), np.nan)
        return nothing, nothing
    of_values = values - basis @ (basis.T @ values)
    length = (of_values**2).sum(axis=0)
    length[length <= NO_VARIANCE * len(values) * values.var(axis=0)] = np.nan
    lengths = np.sqrt(np.outer(length, (rest**2).sum(axis=0)))
    r = (of_values.T @ rest / np.where(lengths > 0, lengths, np.nan)).clip(-1, 1)
    with np.errstate(divide="ignore"):  # a correlation of 1 has a p of 0
        size = np.abs(r) * np.sqrt(freedom / (1 - r**2))
    return r, 2 * student.sf(size, freedom)


def design(covariates: pd.DataFrame) -> np.ndarray:
    """Return the columns that stand for covariates in a linear model, the constant first."""
    columns: list[np.ndarray] = [np.ones((len(covariates), 1))]
    for name in covariates:
        column = covariates[name]
        if is_numeric_dtype(column) and not is_bool_dtype(column):
            ranks = rankdata(column.to_numpy(float), nan_policy="omit")
            centred = (
                np.nan_to_num(ranks - np.nanmean(ranks)) if column.notna().any() else ranks * 0
            )
            columns += [centred[:, None], column.isna().to_numpy(float)[:, None]]
        else:
            columns.append(pd.get_dummies(column.astype(object), dummy_na=True).to_numpy())
    return np.hstack(columns).astype(float)


def false_discovery(p: pd.Series) -> pd.Series:
    """Return q of each p (Benjamini and Hochberg); NaN counts as no test."""
    q = pd.Series(np.nan, p.index)
    tested = p.notna()
    if tested.any():
        q[tested] = false_discovery_control(p[tested])
    return q
