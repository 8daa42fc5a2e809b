"""What tuning found: the best values as YAML, every trial as CSV."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pandas as pd
import yaml

from deepdep.io.atomic import write_text
from deepdep.io.labelled_csv import csv_text


def write_tuned(
    best: Mapping[str, Any], trials: pd.DataFrame, best_file: Path, trials_file: Path
) -> None:
    """Write both files; ``best`` is nested as params.yaml is, and empty when tuning is off."""
    write_text(yaml.safe_dump(dict(best), sort_keys=True), best_file)
    write_text(csv_text(trials), trials_file)
