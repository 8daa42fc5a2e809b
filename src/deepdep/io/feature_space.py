"""A fitted feature space in two files: a table of features, and what holds for all of them."""

import json
from pathlib import Path

from deepdep.domain.cohort import Source
from deepdep.domain.feature_space import FeatureSpace
from deepdep.io.labelled_csv import read_labelled_csv, write_labelled_csv
from deepdep.io.mappings import read_json


def write_feature_space(space: FeatureSpace, stem: Path) -> None:
    """Write ``<stem>.csv`` and ``<stem>.json`` into a folder that is being made."""
    write_labelled_csv(space.table, stem.with_suffix(".csv"), "feature")
    rest = {"within_sample": space.within_sample, "units": dict(space.units)}
    stem.with_suffix(".json").write_text(json.dumps(rest, sort_keys=True) + "\n", encoding="utf-8")


def read_feature_space(stem: Path) -> FeatureSpace:
    """Read what ``write_feature_space`` wrote."""
    rest = read_json(stem.with_suffix(".json"))
    units = {Source(source): unit for source, unit in rest["units"].items()}
    return FeatureSpace(read_labelled_csv(stem.with_suffix(".csv")), rest["within_sample"], units)
