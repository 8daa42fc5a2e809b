"""Which alterations make cells depend on which genes: observed in lines, and by the predictor.

*Observed*: measured effects of lines that carry an alteration against those of lines of the same
lineage that do not. *In silico*: the alteration is set and unset in every sample, and all genes are
predicted both ways.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd
from scipy.stats import spearmanr

from deepdep.analysis.alterations import AlterationSettings, alterations_of
from deepdep.analysis.associations import false_discovery
from deepdep.analysis.observed_pairs import (
    Progress,
    explained_by,
    observed_pairs,
    q_of_standing,
)
from deepdep.analysis.response import in_silico_changes, p_of_changes, permuted_changes
from deepdep.data.prepared import Prepared
from deepdep.data.standardized import StandardizedSamples
from deepdep.domain.cohort import Cohort, Samples
from deepdep.domain.drivers import DRIVERS
from deepdep.domain.omics import Omic
from deepdep.errors import BadFileError, DeepDEPError, shown
from deepdep.io.files import new_path, require_file
from deepdep.models import TrainedPredictor
from deepdep.models.closed_form import ClosedFormSettings
from deepdep.settings import Settings

DECIMALS = 6
DEFINITIONS = {
    "alike": "genes whose alteration the same labelled lines carry; nothing tells them apart",
    "difference": "effect of carriers minus that of other lines of the same lineage; below 0, "
    "carriers depend on the gene more",
    "z": "the difference over its SD when the alteration is permuted within lineages, exact",
    "p": "two-sided, of |z| when lines are permuted within lineages, all alterations together: its "
    "share among those of the gene over alterations of about as many carriers; from 3.5 on that of "
    "the pair's own carriers by a saddlepoint approximation, and no less than the former where 5 "
    "permutations reached it",
    "q_of_alteration": "p corrected for the genes of the alteration (Benjamini and Hochberg 1995)",
    "q": "p corrected for all pairs of all alterations",
    "explained_by": "the stronger alteration called for the gene that leaves nothing of a pair",
    "q_standing": "p corrected for all pairs, counting as found those that nothing explains; a "
    "pair is called by this one",
    "in_silico_cell_lines": "mean change of the predicted effect when the alteration is set, "
    "against when it is unset, over cell lines; by the closed form",
    "in_silico_tumors": "the same over tumours",
    "in_silico_p": "two-sided, of the change in cell lines over what is typical of its alteration "
    "and of its gene: share of as large ones among those of all pairs by models to which "
    "alterations were given that had been permuted within lineages",
    "in_silico_q": "in_silico_p corrected for all pairs (Benjamini and Hochberg)",
    "is_deepdep_call": "in silico, in lines: a fall by 5 % of the effect or more, among the 5 % of "
    "pairs that fall most (Chiu 2021, https://doi.org/10.1126/sciadv.abh1275)",
    "rank": "by the mean of both ranks, of |z| and of the in silico change in lines; 1 is first",
}


@dataclass(frozen=True)
class ScreenSettings(Settings):
    """The ``screen`` group of params.yaml."""

    alterations: AlterationSettings
    n_permutations: int  # of lines within lineages
    n_permuted_fits: int  # models fitted to permuted alterations; 0: no p in silico
    fdr: float  # at which a pair is called
    covariates: tuple[str, ...]  # columns of obs that are held fixed, beside lineage and burden
    seed: int


def screen_pairs(
    cohort: Cohort,
    prepared: Prepared,
    predictor: TrainedPredictor,
    settings: ScreenSettings,
    closed_form: ClosedFormSettings,
    progress: Progress | None = None,
) -> pd.DataFrame:
    """Rank pairs of an alteration and a gene by both kinds of evidence.

    Lineage, the logarithm of the number of mutated genes, and columns of ``obs`` that the settings
    name are held fixed: lines whose repair is broken mutate every gene, and depend on WRN.

    Parameters
    ----------
    predictor
        Of every labelled line.
    closed_form
        Settings by which its closed form was fitted, for those that are fitted to permuted ones.

    Returns
    -------
    One row per pair, the strongest first: columns as ``DEFINITIONS`` has them, and ``alteration``,
    ``table``, ``gene``, ``n_carriers``, ``n_lines``.

    Raises
    ------
    DeepDEPError
        Where no alteration has enough carriers, ``obs`` lacks a covariate, or the predictor has no
        closed form.
    """
    lines, measured = cohort.cell_lines, prepared.gene_effect.table
    genes = list(measured.columns)
    alterations = alterations_of(lines.tables, settings.alterations, measured.index)
    if not alterations:
        raise DeepDEPError(
            "screen: no alteration is carried by "
            f"{settings.alterations.min_carriers} labelled lines; lower "
            "screen.alterations.min_carriers in params.yaml, or import mutations or copy numbers"
        )
    alterations = {name: one.distinct(measured.index, DRIVERS) for name, one in alterations.items()}
    lineage, fixed = lines.obs["lineage"], covariates_of(lines, measured.index, settings.covariates)
    observed = observed_pairs(
        measured,
        alterations,
        lineage,
        n_permutations=settings.n_permutations,
        rng=np.random.default_rng(settings.seed),
        covariates=fixed,
        progress=progress,
    )
    explained = explained_by(
        observed, measured, alterations, lineage, fdr=settings.fdr, covariates=fixed
    )
    samples = {"cell_lines": prepared.samples(prepared.cell_lines.index)}
    if len(prepared.tumors):
        samples["tumors"] = StandardizedSamples(prepared.tumor_profiles, prepared.tumors)
    changes = in_silico_changes(predictor, samples, alterations, genes)
    permuted = permuted_changes(
        predictor,
        prepared,
        alterations,
        closed_form,
        n_fits=settings.n_permuted_fits,
        rng=np.random.default_rng(settings.seed),
    )
    p = pd.Series(np.nan, changes.index)
    if permuted.size:
        change = changes["in_silico_cell_lines"].to_numpy()
        p = pd.Series(p_of_changes(change, permuted, len(genes)), changes.index)
    changes = changes.assign(in_silico_p=p, in_silico_q=false_discovery(p))
    observed = observed.assign(
        explained_by=explained, q_standing=q_of_standing(observed["p"], explained)
    )
    alike = pd.concat([one.described[["table", "alike"]] for one in alterations.values()])
    alike = alike.rename_axis("alteration").reset_index()
    observed = observed.merge(alike, on=["alteration", "table"], how="left")
    return ranked(observed, changes, settings.fdr)


def covariates_of(lines: Samples, wanted: pd.Index, named: Sequence[str]) -> pd.DataFrame:
    """Return what is held fixed, as numbers, shape (line, covariate); the unknown are average.

    Raises
    ------
    DeepDEPError
        Where ``obs`` lacks a column, or holds one value of it.
    """
    parts = []
    mutation = lines.tables.get(Omic.MUTATION)
    if mutation is not None:
        parts.append(np.log1p(mutation.table.sum(axis=1)).rename("log_burden").to_frame())
    for name in named:
        if name not in lines.obs:
            raise DeepDEPError(
                f"params.yaml: screen.covariates: {name!r} is no column of the cell lines' obs; "
                f"there are {shown(list(lines.obs.columns), most=10)}"
            )
        column = lines.obs[name]
        if column.nunique() < 2:
            raise DeepDEPError(
                f"params.yaml: screen.covariates: {name!r} has one value in all cell lines; "
                "leave it out"
            )
        is_number = pd.api.types.is_numeric_dtype(column)
        parts.append(
            column.astype(float).to_frame()
            if is_number
            else pd.get_dummies(column, dtype=float).where(column.notna(), np.nan, axis=0)
        )
    if not parts:
        return pd.DataFrame(index=wanted)
    table = pd.concat([part.reindex(wanted) for part in parts], axis=1)
    return table.fillna(table.mean())


def ranked(observed: pd.DataFrame, in_silico: pd.DataFrame, fdr: float) -> pd.DataFrame:
    """Put both kinds of evidence side by side, the strongest pair first.

    ``attrs`` of the table tell how well both agree (Spearman's r over pairs, and how many pairs
    each calls and both do in the same direction) and what each column means.
    """
    keys = ["alteration", "table", "gene"]
    pairs = observed.merge(in_silico, on=keys, how="left")
    strength = pairs["z"].abs()
    change = pairs["in_silico_cell_lines"] * np.sign(pairs["difference"])  # agreeing is above 0
    ranks = [strength.rank(ascending=False), change.fillna(-np.inf).rank(ascending=False)]
    order = (ranks[0] + ranks[1]).rank(method="first").astype(int)
    both = pairs["in_silico_cell_lines"].notna()
    agreement = spearmanr(pairs.loc[both, "z"], pairs.loc[both, "in_silico_cell_lines"])
    called = both & (pairs["q"] <= fdr), pairs["in_silico_q"] <= fdr
    pairs = pairs.assign(rank=order).sort_values("rank", ignore_index=True)
    numbers = pairs.select_dtypes("number").columns.difference(["p", "in_silico_p"])
    pairs[numbers] = pairs[numbers].round(DECIMALS)
    pairs.attrs = {
        "definitions": {k: text for k, text in DEFINITIONS.items() if k in pairs},
        "agreement": {
            "spearman_r": float(agreement.statistic),
            "n_pairs": int(both.sum()),
            "n_called_observed": int(called[0].sum()),
            "n_called_in_silico": int(called[1].sum()),
            "n_called_by_both": int((called[0] & called[1] & (change > 0)).sum()),
        },
    }
    return pairs


def no_pairs() -> pd.DataFrame:
    """Return the table of a cohort that has nothing to screen."""
    texts = ("alteration", "table", "gene", "explained_by", "alike")
    columns = {name: pd.Series(dtype=str) for name in texts}
    numbers = [name for name in DEFINITIONS if name not in columns]
    return pd.DataFrame(columns | {name: pd.Series(dtype=float) for name in numbers})


def write_pairs(pairs: pd.DataFrame, target: Path) -> None:
    """Write a table of pairs, and what its columns mean, as Parquet."""
    with new_path(target) as path:
        pairs.to_parquet(path, index=False)


def read_pairs(source: Path) -> pd.DataFrame:
    """Read what ``write_pairs`` wrote; BadFileError where the file is no such table."""
    require_file(source, "Run `dvc repro screen`")
    try:
        pairs = pd.read_parquet(source)
    except (OSError, ValueError) as error:
        raise BadFileError(source, "is not a table of Parquet", "Run `dvc repro screen`") from error
    absent = {"alteration", "gene", "z", "q_standing", "explained_by", "rank"} - {*pairs.columns}
    if absent:
        raise BadFileError(
            source, f"has no column {shown(sorted(absent))}", "Name a table of `deepdep screen`"
        )
    return pairs
