"""What tuning found: the best values as YAML, every trial and what mattered as CSV."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pandas as pd
import yaml

from deepdep.io.atomic import new_paths
from deepdep.io.labelled_csv import csv_text


def write_tuned(
    best: Mapping[str, Any], trials: pd.DataFrame, importances: pd.DataFrame, *files: Path
) -> None:
    """Write the files, in this order, or none.

    Parameters
    ----------
    best
        Nested as params.yaml is; empty when tuning is off.
    trials
        One row per trial: ``number``, ``state`` (complete, pruned, fail), ``value``, with two
        objectives ``n_weights``, ``retry_of`` (the failed trial that it repeats, if any), and the
        value of each setting, choices as JSON.
    importances
        Columns ``setting`` and ``importance``, the largest first; no row where too few trials
        came to their end to tell.
    """
    texts = (yaml.safe_dump(dict(best), sort_keys=True), csv_text(trials), csv_text(importances))
    with new_paths(*files) as paths:
        for text, path in zip(texts, paths, strict=True):
            path.write_text(text, encoding="utf-8")
