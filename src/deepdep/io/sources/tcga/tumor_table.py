"""One omic of tumours, as one file or one kind of files brings it."""

from dataclasses import dataclass
from pathlib import Path

import pandas as pd

from deepdep.domain.genome import Assembly
from deepdep.domain.omics import Omic


@dataclass(frozen=True)
class TumorTable:
    """What was measured, before one tumour per patient is chosen.

    Attributes
    ----------
    values
        Shape (barcode, feature), float32 or uint8, NaN where nothing was measured.
    unit
        Name of a unit in ``domain.omics.UNITS``; None where the values tell.
    source
        The file, or the folder of several.
    release
        Where it comes from, in words.
    assembly
        The build, where features are bins.
    """

    omic: Omic
    values: pd.DataFrame
    source: Path
    release: str
    unit: str | None = None
    assembly: Assembly | None = None
