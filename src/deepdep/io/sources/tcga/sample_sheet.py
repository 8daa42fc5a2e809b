"""The GDC's sample sheet: which sample each downloaded file is of."""

from collections.abc import Mapping, Sequence
from pathlib import Path

import pandas as pd

from deepdep.domain.errors import BadFileError
from deepdep.io.tables import read_annotations

SampleSheet = Mapping[str, str]  # Sample ID, such as TCGA-3C-AAAU-01A, by name of the file


def read_sample_sheets(sources: Sequence[Path]) -> SampleSheet:
    """Read any number of sheets; files of several samples, such as MAF files, are left out.

    A file that two rows give to different samples is a BadFileError.
    """
    samples: dict[str, str] = {}
    for source in sources:
        table = read_annotations(source)
        for file, names in zip(table["File Name"], table["Sample ID"], strict=True):
            distinct = {name.strip() for name in names.split(",")}
            if len(distinct) > 1:  # the tumour and its normal
                continue
            sample = distinct.pop()
            if samples.setdefault(file, sample) != sample:
                raise BadFileError(
                    source,
                    f"is of two samples, {samples[file]!r} and {sample!r}",
                    "Bring the sheet of the files that are there",
                    where=f"File Name {file!r}",
                )
    return samples


def first_files(files: Sequence[Path], sheet: SampleSheet) -> pd.Series:
    """Sample by file, of listed files: where a sample has several, the first by name."""
    ordered = sorted(files, key=lambda file: file.name)
    samples = pd.Series([sheet[file.name] for file in ordered], index=ordered, dtype=object)
    return samples[~samples.duplicated()]
