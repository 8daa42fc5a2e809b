"""Tumours against cell lines, omic by omic: whether one number means the same in both.

An encoder learns from tumours and is used on cell lines.
"""

from dataclasses import dataclass

import numpy as np
import pandas as pd

from deepdep.domain.cohort import Samples
from deepdep.domain.identifiers import are_places
from deepdep.domain.omics import Omic
from deepdep.validation import expectations as expect
from deepdep.validation.expectations import Expectation, ValidateSettings

WITHIN_SAMPLE = "standardised within each sample"

MIN_SHARED = 20  # fewer features give no distribution
N_BINS = 30
ROWS_AT_A_TIME = 256


@dataclass(frozen=True)
class SourceComparison:
    """How an omic is distributed in tumours and in cell lines, over their shared features.

    Attributes
    ----------
    unit
        In which they were compared.
    n_shared
        Features that were compared.
    mean_r
        Pearson's r of the tumours' with the cell lines' feature means.
    mean_shift
        Difference of the overall means, tumours minus cell lines, in SD of all values; NaN where
        samples were standardised, which takes it out.
    shifted_share
        Share of the features whose means differ by more than the settings' ``shift`` SD.
    edges
        Limits of the bins that the feature means are counted in.
    cell_lines, tumors
        Features per bin.
    """

    omic: str  # or the table of an assay
    unit: str
    n_shared: int
    mean_r: float
    mean_shift: float
    shifted_share: float
    edges: tuple[float, ...]
    cell_lines: tuple[int, ...]
    tumors: tuple[int, ...]

    @classmethod
    def of(
        cls,
        omic: str,
        unit: str,
        line_moments: pd.DataFrame,
        tumor_moments: pd.DataFrame,
        *,
        shift: float,
    ) -> "SourceComparison":
        """Compare the columns ``mean`` and ``sd`` of the same features."""
        shared = (line_moments["mean"] + tumor_moments["mean"]).notna().to_numpy()
        lines, tumors = line_moments[shared], tumor_moments[shared]
        difference = tumors["mean"] - lines["mean"]
        variance = (lines["sd"].fillna(0) ** 2 + tumors["sd"].fillna(0) ** 2) / 2
        between = (lines["mean"].var() + tumors["mean"].var()) / 2
        overall_sd = np.sqrt(variance.mean() + between)
        tells_shift = overall_sd > 0 and unit != WITHIN_SAMPLE
        shifted = difference.abs() > shift * np.sqrt(variance)
        vary = all(moments["mean"].min() < moments["mean"].max() for moments in (lines, tumors))
        means = np.concatenate([lines["mean"], tumors["mean"]])
        edges = np.histogram_bin_edges(means, N_BINS) if len(means) else np.zeros(N_BINS + 1)
        counts = [np.histogram(moments["mean"], edges)[0] for moments in (lines, tumors)]
        return cls(
            omic=omic,
            unit=unit,
            n_shared=int(shared.sum()),
            mean_r=_rounded(lines["mean"].corr(tumors["mean"]) if vary else np.nan),
            mean_shift=_rounded(difference.mean() / overall_sd if tells_shift else np.nan),
            shifted_share=_rounded(shifted.mean()),
            edges=tuple(_rounded(edge) for edge in edges),
            cell_lines=tuple(int(count) for count in counts[0]),
            tumors=tuple(int(count) for count in counts[1]),
        )


def compare_sources(
    cell_lines: Samples,
    tumors: Samples,
    line_features: dict[str, pd.DataFrame],
    tumor_features: dict[str, pd.DataFrame],
    settings: ValidateSettings,
) -> list[SourceComparison]:
    """Compare each omic that both have with enough features in common.

    Parameters
    ----------
    line_features, tumor_features
        Feature summaries by omic.

    Notes
    -----
    Where the units differ, each sample is standardised over the shared features first.
    """
    compared = []
    for omic in both_have(cell_lines, tumors):
        described = []
        for features in (line_features[omic], tumor_features[omic]):
            first = features[~features["feature"].duplicated()]  # a repeated one counts once
            described.append(first.assign(position=first.index).set_index("feature"))
        shared = described[0].index.intersection(described[1].index, sort=False)
        if len(shared) < MIN_SHARED:
            continue
        measured = (cell_lines.tables[omic], tumors.tables[omic])
        unit = measured[0].unit
        moments = [features.loc[shared, ["mean", "sd"]] for features in described]
        if measured[1].unit != unit:
            unit = WITHIN_SAMPLE
            moments = [
                _moments_within_sample(each.table, features.loc[shared, "position"])
                for each, features in zip(measured, described, strict=True)
            ]
        compared.append(SourceComparison.of(omic, unit, *moments, shift=settings.shift))
    return compared


def both_have(cell_lines: Samples, tumors: Samples) -> list[str]:
    """List the tables that both have."""
    return [name for name in cell_lines.tables if name in tumors.tables]


def overlap_summary(
    cell_lines: Samples, tumors: Samples, comparisons: list[SourceComparison]
) -> pd.DataFrame:
    """Put into a frame what tumours and cell lines must have in common.

    Returns
    -------
    One row per omic that both have: ``omic``, ``n_shared`` features, ``shared_share`` of the
    features of the cell lines, ``same_unit``, ``same_assembly`` (0 or 1; 1 where features are no
    places), ``stated_assembly``, ``mean_r``, ``mean_shift`` (without sign) and
    ``shifted_share``, NaN where they were not compared.
    """
    by_omic = {compared.omic: compared for compared in comparisons}
    rows = []
    for omic in both_have(cell_lines, tumors):
        of_lines, of_tumors = cell_lines.tables[omic], tumors.tables[omic]
        features = of_lines.table.columns
        n_shared = len(set(features) & set(of_tumors.table.columns))
        need_assembly = of_lines.omic is Omic.COPY_NUMBER and are_places(features)
        assemblies = {cell_lines.assembly, tumors.assembly} if need_assembly else set()
        compared = by_omic.get(omic)
        rows.append(
            {
                "omic": str(omic),
                "n_shared": n_shared,
                "shared_share": n_shared / max(features.nunique(), 1),
                "same_unit": int(of_lines.unit == of_tumors.unit),
                "same_assembly": int(len(assemblies - {None}) < 2),
                "stated_assembly": int(None not in assemblies),
                "mean_r": compared.mean_r if compared else np.nan,
                "mean_shift": abs(compared.mean_shift) if compared else np.nan,
                "shifted_share": compared.shifted_share if compared else np.nan,
            }
        )
    return pd.DataFrame(rows)


def overlap(settings: ValidateSettings) -> list[Expectation]:
    """List what the overlap summary must satisfy."""
    bins = "tumours and cell lines have {omic} in bins of different assemblies"
    build = "Import both with the same --assembly: a bin is another place in another assembly"
    shared = "tumours and cell lines share {observed} features of {omic}"
    rename = "Name the features alike in both, by HGNC symbol or probe"
    share = "tumours have a share of {observed} of the cell lines' features of {omic}"
    in_tumors, fuller = "share of the lines' features in tumours", "Bring fuller tumours"
    unit = "tumours and cell lines have {omic} in different units"
    within = "Standardise it within each sample"
    unstated = "tumours or cell lines do not say of which assembly their bins of {omic} are"
    stated = "the assembly of bins is stated"
    same = expect.throughout
    return [
        same("same_assembly", 1, "bins are of one assembly", bins, "one assembly", build),
        expect.at_least("n_shared", 1, "shared features", shared, rename),
        expect.at_least(
            "shared_share", settings.min_shared_share, in_tumors, share, fuller
        ).as_note(),
        same("same_unit", 1, "one unit in both", unit, "one unit", within).as_note(),
        same("stated_assembly", 1, stated, unstated, "a stated one", "Import both again").as_note(),
        *_distributions(settings),
    ]


def _distributions(settings: ValidateSettings) -> list[Expectation]:
    r = "the means of features of {omic} in tumours and in cell lines correlate with r {observed}"
    labels = "Make sure that both come from like assays, and that no labels were shuffled"
    apart = "the overall means of {omic} in tumours and cell lines lie {observed} SD apart"
    measure = "Make sure that both are in the unit they claim"
    over = f"share of features shifted by over {settings.shift:g} SD"
    shifted = (
        "a share of {observed} of the features of {omic} has means in tumours and cell lines "
        f"that lie more than {settings.shift:g} SD apart"
    )
    scale = "Keep `scale: by_source` in params.yaml, which takes such differences out"
    return [
        expect.at_least("mean_r", settings.min_mean_r, "r of feature means", r, labels).as_note(),
        expect.at_most(
            "mean_shift", settings.max_mean_shift, "SD between overall means", apart, measure
        ).as_note(),
        expect.at_most("shifted_share", settings.max_shifted_share, over, shifted, scale).as_note(),
    ]


def _moments_within_sample(table: pd.DataFrame, positions: pd.Series) -> pd.DataFrame:
    """Return ``mean`` and ``sd`` of features after each sample was standardised over them."""
    columns = positions.to_numpy()
    n, total, squares = (np.zeros(len(columns)) for _ in range(3))
    for start in range(0, len(table), ROWS_AT_A_TIME):
        rows = table.iloc[start : start + ROWS_AT_A_TIME, columns].to_numpy(np.float32)
        measured = np.isfinite(rows)
        n_measured = np.maximum(measured.sum(axis=1, keepdims=True), 1)
        centred = np.where(measured, rows, 0)
        centred -= centred.sum(axis=1, keepdims=True) / n_measured
        centred *= measured
        sd = np.sqrt((centred**2).sum(axis=1, keepdims=True) / n_measured)
        centred /= np.where(sd > 0, sd, 1)
        n += measured.sum(axis=0)
        total += centred.sum(axis=0)
        squares += (centred**2).sum(axis=0)
    with np.errstate(divide="ignore", invalid="ignore"):
        mean = total / np.where(n > 0, n, np.nan)
        sd = np.sqrt(np.maximum(squares / np.where(n > 0, n, np.nan) - mean**2, 0))
    return pd.DataFrame({"mean": mean, "sd": sd}, index=positions.index)


def _rounded(value: float) -> float:
    return float(f"{value:.6g}")
