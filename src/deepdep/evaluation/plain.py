"""Nested results as plain numbers, for a file that does not change from run to run."""

import math
from collections.abc import Mapping
from typing import Any

SIGNIFICANT_DIGITS = 6  # beyond them, the order of a sum may show
DECIMALS = 12  # a difference smaller than that is 0


def plain(content: Any) -> Any:
    """Keep whole numbers, round the others, and put None where there is none."""
    if isinstance(content, Mapping):
        return {str(key): plain(value) for key, value in content.items()}
    if isinstance(content, int):
        return content
    rounded = float(f"{round(content, DECIMALS):.{SIGNIFICANT_DIGITS}g}")
    return rounded if math.isfinite(rounded) else None
