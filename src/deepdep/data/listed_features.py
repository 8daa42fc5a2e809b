"""The feature space of DeepDEP 2021: exactly the features of its lists, unscaled and filled."""

from collections.abc import Mapping
from typing import Annotated, Any, Literal, get_args

import pandas as pd
from pydantic import GetPydanticSchema
from pydantic_core import core_schema

from deepdep.data.features import FeatureSettings
from deepdep.domain.cohort import Source
from deepdep.domain.errors import DeepDEPError
from deepdep.domain.feature_lists import FeatureLists, ListedFeaturesMissingError, match_features
from deepdep.domain.feature_space import FeatureSpace
from deepdep.domain.gene_table import NO_GENE_TABLE
from deepdep.domain.omics import Omic

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
    dict[Omic, FeatureSettings] | Preset,
    GetPydanticSchema(
        lambda _, schema_of: core_schema.no_info_wrap_validator_function(
            _preset_or_mapping, schema_of(dict[Omic, FeatureSettings])
        )
    ),
]


def fit_listed_features(
    cell_lines: pd.DataFrame,
    tumors: pd.DataFrame | None,
    omic: Omic,
    lists: FeatureLists,
    fills: ListedFills,
    units: Mapping[Source, str],
    *,
    table_name: str,
) -> FeatureSpace:
    """Take the features of a list and learn what stands for missing values.

    Parameters
    ----------
    cell_lines
        Training cell lines only, shape (cell line, feature).
    tumors
        Tumours, which carry no labels; None when the omic has none.
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


def _fills(
    cell_lines: pd.DataFrame,
    tumors: pd.DataFrame | None,
    omic: Omic,
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
    if omic is Omic.MUTATION:
        return dict.fromkeys(Source, typical * 0)
    of_lines = cell_lines.reindex(columns=typical.index).mean()
    if tumors is None:
        return dict.fromkeys(Source, of_lines.fillna(typical))
    of_tumors = tumors.reindex(columns=typical.index).mean()
    return {
        Source.CELL_LINE: of_lines.fillna(of_tumors).fillna(typical),
        Source.TUMOR: of_tumors.fillna(of_lines).fillna(typical),
    }
