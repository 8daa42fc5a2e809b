"""The features a model reads: chosen, filled and scaled by training rows, or as lists say."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Annotated, Any, Literal, get_args

import numpy as np
import pandas as pd
from pydantic import GetPydanticSchema
from pydantic_core import core_schema

from deepdep.domain.cohort import Source
from deepdep.domain.features import (
    MIN_SHARE_OF_FEATURES,
    NEARLY_ALL_FEATURES,
    FeatureLists,
    FeatureSpace,
    ListedFeaturesMissingError,
    match_features,
)
from deepdep.domain.identifiers import NO_GENE_TABLE
from deepdep.domain.omics import Omic, TableName, omic_of_table
from deepdep.errors import DeepDEPError, MissingFeaturesError
from deepdep.settings import Settings

# Standardised values beyond this are outliers that would steer a whole gradient step.
CLIP = 8.0

ROWS_AT_ONCE, COLUMNS_AT_ONCE = 512, 1024  # of large tables, to need little memory beside them


@dataclass(frozen=True)
class FeatureSettings(Settings):
    """One omic, or table of it, of the ``prepare.features`` group of params.yaml."""

    max_features: int | None  # the most variable ones in training lines; null keeps all
    min_changed_share: float  # share of training lines that differ from the commonest value
    max_missing_share: float
    tumor_features: Literal["shared", "union"]  # what to do with features that tumours lack
    within_sample: bool  # standardise each sample over its features first
    scale: Literal["by_source", "none"]  # standardise each feature, tumours and lines apart


Preset = Literal["deepdep-2021"]

# What stands for values that samples lack: learned from training rows, or the published constants.
ListedFills = Literal["training", "published"]


def _preset_or_mapping(value: Any, mapping: core_schema.ValidatorFunctionWrapHandler) -> Any:
    if not isinstance(value, str):
        return mapping(value)
    if value not in get_args(Preset):
        raise ValueError(f"{value!r} is not one of: {', '.join(get_args(Preset))}")
    return value


# A union that names the key at fault as if there were no union.
Features = Annotated[
    dict[TableName, FeatureSettings] | Preset,
    GetPydanticSchema(
        lambda _, schema_of: core_schema.no_info_wrap_validator_function(
            _preset_or_mapping, schema_of(dict[TableName, FeatureSettings])
        )
    ),
]


def fit_features(
    cell_lines: pd.DataFrame,
    tumors: pd.DataFrame | None,
    settings: FeatureSettings,
    units: Mapping[Source, str],
    *,
    table_name: str,
) -> FeatureSpace:
    """Choose features and learn their fills and scales.

    Parameters
    ----------
    cell_lines
        Training cell lines only, shape (cell line, feature).
    tumors
        Tumours, which carry no labels; None when the omic has none.
    """
    in_tumors = cell_lines.columns.isin([] if tumors is None else tumors.columns)
    candidates = cell_lines.columns
    if tumors is not None and settings.tumor_features == "shared":
        candidates = candidates[in_tumors]
    chosen = _choose(_comparable(cell_lines[candidates], settings.within_sample), settings)
    if not chosen:
        raise DeepDEPError(
            f"{table_name}: none of {len(candidates)} features passes prepare.features; "
            "lower min_changed_share, raise max_missing_share, or take the omic out of omics."
        )
    scales = _scales(_comparable(cell_lines[chosen], settings.within_sample), settings)
    if tumors is None:
        tumor_scales = scales
    else:
        shared = [feature for feature in chosen if feature in tumors.columns]
        tumor_scales = _scales(_comparable(tumors[shared], settings.within_sample), settings)
        # A feature that tumours lack is never read; it takes the lines' numbers.
        tumor_scales = tumor_scales.reindex(chosen).fillna(scales)
    table = pd.concat(
        {
            "in_tumors": pd.Series(in_tumors, index=cell_lines.columns)[chosen],
            "center_cell_line": scales["center"],
            "scale_cell_line": scales["scale"],
            "center_tumor": tumor_scales["center"],
            "scale_tumor": tumor_scales["scale"],
        },
        axis=1,
    )
    return FeatureSpace(table.rename_axis("feature"), settings.within_sample, dict(units))


def fit_listed_features(
    cell_lines: pd.DataFrame,
    tumors: pd.DataFrame | None,
    omic: str,
    lists: FeatureLists,
    fills: ListedFills,
    units: Mapping[Source, str],
    *,
    table_name: str,
) -> FeatureSpace:
    """Take the features of a list and learn what stands for missing values.

    Cell lines and tumours are those of ``fit_features``.
    """
    if omic not in lists.typical:
        raise DeepDEPError(
            f"{lists.origin}: holds no list of {omic}; add it, or take {omic} out of omics."
        )
    features = lists.typical[omic].index
    match = match_features(cell_lines.columns, features, NO_GENE_TABLE)
    if match.lacks_too_many:
        raise ListedFeaturesMissingError(
            match.missing, table_name, lists.origin, "Import the tables with --feature-lists."
        )
    learned = _fills(cell_lines, tumors, omic, lists, fills)
    table = pd.DataFrame(
        {
            "in_tumors": features.isin([] if tumors is None else tumors.columns),
            "center_cell_line": 0.0,
            "scale_cell_line": 1.0,
            "center_tumor": 0.0,
            "scale_tumor": 1.0,
            "fill_cell_line": learned[Source.CELL_LINE],
            "fill_tumor": learned[Source.TUMOR],
        },
        index=features.rename("feature"),
    )
    return FeatureSpace(table, within_sample=False, units=dict(units))


def transform_features(
    samples: pd.DataFrame, space: FeatureSpace, source: Source, *, unit: str, table_name: str
) -> pd.DataFrame:
    """Return samples in a fitted feature space, float32.

    What was not measured is filled as the space has it, and else stays NaN.

    Raises
    ------
    MissingFeaturesError
        When the samples have fewer than a twentieth of the features that the space needs.
    """
    if not space.within_sample and unit not in space.units.values():
        raise DeepDEPError(
            f"{table_name}: is in {unit}, the model learned from "
            f"{' and '.join(sorted(set(space.units.values())))}; convert the table."
        )
    features = space.table.index
    needed = features[space.needed(source)]
    missing = needed[~needed.isin(samples.columns)]
    if len(needed) - len(missing) < MIN_SHARE_OF_FEATURES * len(needed):
        raise MissingFeaturesError(list(missing), len(needed), table_name)
    fills = space.fills(source)
    center, scale = (space.table[f"{part}_{source}"].to_numpy() for part in ("center", "scale"))
    standardized = np.empty((len(samples), len(features)), np.float32)
    n_at_once = ROWS_AT_ONCE if len(samples) > ROWS_AT_ONCE else max(1, len(samples))
    for first in range(0, len(samples), n_at_once):
        rows = slice(first, first + n_at_once)
        part = _comparable(samples.iloc[rows].reindex(columns=features), space.within_sample)
        if space.within_sample:
            part = _as_of_all_features(part, space, source)
        values = part.to_numpy()  # pandas looks at each of thousands of columns
        if fills is not None:
            values = np.where(np.isnan(values), fills.to_numpy(), values)
        if space.is_scaled:
            values = ((values - center) / scale).clip(-CLIP, CLIP)
        standardized[rows] = values
    return space.without_purity(pd.DataFrame(standardized, samples.index, features), source)


def _choose(lines: pd.DataFrame, settings: FeatureSettings) -> list[str]:
    usable = lines.isna().mean() <= settings.max_missing_share
    changed = 1 - lines.apply(_share_of_commonest)
    usable &= changed >= max(settings.min_changed_share, 1 / len(lines))
    kept = lines.columns[usable]
    if settings.max_features is not None and len(kept) > settings.max_features:
        variance = lines[kept].var().sort_values(ascending=False, kind="stable")
        kept = kept[kept.isin(variance.index[: settings.max_features])]
    return list(kept)


def _share_of_commonest(column: pd.Series) -> float:
    _, counts = np.unique(column.dropna(), return_counts=True)
    return counts.max() / counts.sum() if len(counts) else 1.0


def _comparable(samples: pd.DataFrame, within_sample: bool) -> pd.DataFrame:
    """Return the samples as they are, or each standardised over the features it has."""
    if not within_sample:
        return samples
    centered = samples.sub(samples.mean(axis=1), axis=0)
    return centered.div(samples.std(axis=1).replace(0, 1), axis=0)


def _as_of_all_features(values: pd.DataFrame, space: FeatureSpace, source: Source) -> pd.DataFrame:
    """Return samples as if standardised over all features, of which they may lack many.

    Those of a panel are no sample of all: their mean and spread are what the space has of them.
    """
    has, needed = np.ascontiguousarray(values.notna()), space.needed(source)
    few = has[:, needed].mean(axis=1) < NEARLY_ALL_FEATURES
    if not few.any():
        return values
    center, scale = (space.table[f"{part}_{source}"].to_numpy() for part in ("center", "scale"))
    n = np.maximum(has[few].sum(axis=1), 1)
    # Sums, and no products of matrices, whose last bits depend on the other samples.
    mean = np.where(has[few], center, 0).sum(axis=1) / n
    squares = np.where(has[few], center**2 + scale**2, 0).sum(axis=1) / n
    spread = np.sqrt(squares - mean**2)
    numbers = values.to_numpy(copy=True)  # other samples keep every bit
    numbers[few] = numbers[few] * spread[:, None] + mean[:, None]
    return pd.DataFrame(numbers, values.index, values.columns)


def _scales(rows: pd.DataFrame, settings: FeatureSettings) -> pd.DataFrame:
    if settings.scale == "none":
        return pd.DataFrame({"center": 0.0, "scale": 1.0}, index=rows.columns)
    centers, scales = [], []
    # Pandas makes several copies, in float64, of what it is given; and the last bits of its sums
    # depend on how that lies in memory.
    for first in range(0, max(1, rows.shape[1]), COLUMNS_AT_ONCE):
        some = rows.iloc[:, first : first + COLUMNS_AT_ONCE]
        part = pd.DataFrame(np.ascontiguousarray(some), some.index, some.columns)
        centers.append(part.mean())
        scales.append(part.std())
    scale = pd.concat(scales)
    return pd.DataFrame({"center": pd.concat(centers), "scale": scale.where(scale > 1e-6, 1.0)})


def _fills(
    cell_lines: pd.DataFrame,
    tumors: pd.DataFrame | None,
    omic: str,
    lists: FeatureLists,
    fills: ListedFills,
) -> dict[Source, pd.Series]:
    """Return a fill per feature and source.

    A mutation that was not looked for is taken for none: the published median of TP53 is 1, which
    would make a sample mutant because nobody measured it.
    """
    typical = lists.typical[omic]
    if fills == "published":
        return dict.fromkeys(Source, lists.published_fills(omic))
    if omic_of_table(omic) is Omic.MUTATION:
        return dict.fromkeys(Source, typical * 0)
    of_lines = cell_lines.reindex(columns=typical.index).mean()
    if tumors is None:
        return dict.fromkeys(Source, of_lines.fillna(typical))
    of_tumors = tumors.reindex(columns=typical.index).mean()
    return {
        Source.CELL_LINE: of_lines.fillna(of_tumors).fillna(typical),
        Source.TUMOR: of_tumors.fillna(of_lines).fillna(typical),
    }
