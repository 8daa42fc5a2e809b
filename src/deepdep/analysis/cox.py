"""Whether patients whose tumours need a gene more live longer or shorter, beside cohort and age.

A signature of random genes predicts survival in some cancers (Venet et al., PLoS Computational
Biology 2011, doi:10.1371/journal.pcbi.1002240), as proliferation goes with much. So each gene
stands beside all others: how many of them go with survival at least as strongly.
"""

import warnings
from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from deepdep.analysis.associations import basis_of, columns_named, design, false_discovery
from deepdep.errors import DeepDEPError
from deepdep.stage import Progress

if TYPE_CHECKING:
    from statsmodels.duration.hazard_regression import PHRegResults

MIN_EVENTS_PER_COLUMN = 5  # Vittinghoff and McCulloch 2007, doi:10.1093/aje/kwk052
TEST = "Wald (Cox)"
NO_SPREAD = 1e-9  # SD of effects below which a gene tells samples from each other by nothing
COLUMNS = ["gene", "n", "n_events", "log_hazard", "se", "hazard_ratio", "low", "high", "p"]


def survival(
    effect: pd.DataFrame,
    obs: pd.DataFrame,
    *,
    time: str,
    event: str,
    strata: str | None = None,
    covariates: Sequence[str] = (),
    genes: Sequence[str] | None = None,
) -> pd.DataFrame:
    """Fit a Cox model per gene: hazard ~ effect + covariates, within strata.

    Statsmodels' ``PHReg`` with Efron's treatment of ties; the hazard ratio is per SD of the gene's
    effect, so that above 1 patients whose tumours need the gene *less* live shorter.

    Parameters
    ----------
    effect
        Predicted gene effects, shape (sample, gene).
    obs
        Clinical columns of the samples, shape (sample, column).
    time, event
        Columns: time to the event or to the end of watching, above 0, in any unit; and 1 or True
        where the event was seen, 0 or False where watching ended before.
    strata
        Column each value of which has a baseline hazard of its own, such as the cohort.
    covariates
        Columns held fixed, as in ``associate``. Samples of a group in which no event was seen,
        such as those of unknown age, tell nothing of hazards and are left out.
    genes
        To test; all without. The others are the null of random genes and are fitted too.

    Returns
    -------
    One row per gene, the smallest p first: ``test``, ``n``, ``n_events``, ``log_hazard`` and
    ``se``, ``hazard_ratio`` with ``low`` and ``high`` (95 %, Wald), ``p`` (Wald, two-sided), ``q``
    (Benjamini and Hochberg over the genes named), ``p_random``: the share of all genes, this one
    included, that go with survival at least as strongly, and ``n_random``, how many those are. NaN
    where effects are all the same, or part those who died from others, so that no fit ends.

    Raises
    ------
    DeepDEPError
        Where a column is not there or is not what it should be, or too few events are left.
    """
    tested = list(effect.columns) if genes is None else list(genes)
    for gene in tested:
        if gene not in effect.columns:
            raise DeepDEPError(
                f"gene {gene!r} has no effects among {effect.shape[1]:,}; see --gene"
            )
    named = [time, event, *([strata] if strata else []), *covariates]
    table = columns_named(obs.reindex(effect.index), list(dict.fromkeys(named)), table_name="obs")
    watched = table[[time, event]].notna().all(axis=1) & (table[strata].notna() if strata else True)
    seen = _events(table.loc[watched, event])
    days = _times(table.loc[watched, time])
    columns = design(table.loc[watched, list(covariates)])[:, 1:]
    tells = ~_in_groups_without_events(columns, seen.to_numpy())
    days, seen, columns = days[tells], seen[tells], columns[tells]
    groups = table.loc[seen.index, strata].astype(str) if strata else None
    fixed = _spanning(columns, groups)
    if seen.sum() < MIN_EVENTS_PER_COLUMN * (fixed.shape[1] + 1):
        raise DeepDEPError(
            f"{event}: {int(seen.sum())} events in {len(seen):,} samples are too few for a gene "
            f"and {fixed.shape[1]} columns of covariates, {MIN_EVENTS_PER_COLUMN} each; name fewer."
        )
    start = _fit(days, fixed, seen, groups).params if fixed.shape[1] else np.empty(0)
    progress = Progress("survival", "gene")
    rows = []
    for number, gene in enumerate(effect.columns):
        progress(number, effect.shape[1])
        of_gene = effect.loc[seen.index, gene]
        rows.append((gene, *_cox(of_gene, days, seen, groups, fixed, start)))
    progress.close()
    found = pd.DataFrame(rows, columns=COLUMNS)
    strength = (found["log_hazard"] / found["se"]).abs()
    n_random = int(strength.notna().sum())
    found["p_random"] = strength.rank(ascending=False, method="max") / n_random
    found["n_random"] = n_random
    found = found[found["gene"].isin(tested)].sort_values("p", kind="stable", ignore_index=True)
    found.insert(len(COLUMNS), "q", false_discovery(found["p"]))
    found.insert(1, "test", TEST)
    return found


def _cox(
    effect: pd.Series,
    days: pd.Series,
    seen: pd.Series,
    groups: pd.Series | None,
    fixed: np.ndarray,
    start: np.ndarray,
) -> tuple[float, ...]:
    """Return what ``COLUMNS`` name of one gene, NaN where its effects tell nothing or too much.

    ``start`` has the logarithms of hazard of the columns of ``fixed``, without the gene.
    """
    from statsmodels.tools.sm_exceptions import ConvergenceWarning

    has = effect.notna().to_numpy()
    counts = float(has.sum()), float(seen[has].sum())
    sd = effect.std()
    if not counts[1] or not sd > NO_SPREAD:
        return (*counts, *[np.nan] * (len(COLUMNS) - 3))
    columns = np.column_stack([(effect - effect.mean()) / sd, fixed])[has]
    groups = None if groups is None else groups[has]
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("error", ConvergenceWarning)
            result = _fit(days[has], columns, seen[has], groups, np.append(0.0, start))
    except (ConvergenceWarning, np.linalg.LinAlgError):
        return (*counts, *[np.nan] * (len(COLUMNS) - 3))
    log_hazard, se, p = (float(of[0]) for of in (result.params, result.bse, result.pvalues))
    low, high = np.exp(result.conf_int()[0])
    return (*counts, log_hazard, se, float(np.exp(log_hazard)), float(low), float(high), p)


def _fit(
    days: pd.Series,
    columns: np.ndarray,
    seen: pd.Series,
    groups: pd.Series | None,
    start: np.ndarray | None = None,
) -> "PHRegResults":
    from statsmodels.duration.hazard_regression import PHReg

    strata = None if groups is None else groups.to_numpy()
    model = PHReg(days.to_numpy(), columns, seen.to_numpy(), strata=strata, ties="efron")
    return model.fit(disp=0, start_params=start)


def _in_groups_without_events(columns: np.ndarray, seen: np.ndarray) -> np.ndarray:
    """Which samples are of a group, a column of 0 and 1, in which no event was seen.

    Its hazard would be 0, on the way to which the fit never ends; such samples tell nothing.
    """
    is_group = np.isin(columns, (0, 1)).all(axis=0)
    without = is_group & (seen @ columns == 0)
    return (columns[:, without] == 1).any(axis=1)


def _events(column: pd.Series) -> pd.Series:
    values = pd.to_numeric(column, errors="coerce")
    if not values.isin([0, 1]).all():
        odd = column[~values.isin([0, 1])].iloc[0]
        raise DeepDEPError(
            f"{column.name}: holds {str(odd)!r}; an event is 1 (seen) or 0 (watching ended before)."
        )
    return values.astype(float)


def _times(column: pd.Series) -> pd.Series:
    values = pd.to_numeric(column, errors="coerce")
    if not (values > 0).all():
        sample = values.index[~(values > 0)][0]
        raise DeepDEPError(
            f"{column.name}: sample {sample!r} has {str(column[sample])!r}; times are numbers "
            "above 0, so leave such samples out or mend them."
        )
    return values.astype(float)


def _spanning(columns: np.ndarray, groups: pd.Series | None) -> np.ndarray:
    """Return independent columns that tell samples of one stratum apart as these do."""
    table = pd.DataFrame(columns)
    middle = table.mean() if groups is None else table.groupby(groups.to_numpy()).transform("mean")
    return basis_of((table - middle).to_numpy()) * np.sqrt(len(table))
