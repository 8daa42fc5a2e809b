"""Expression in the units that TCGA's sources publish, turned to the two that are known here."""

from dataclasses import dataclass
from pathlib import Path

import numpy as np

from deepdep.domain.errors import BadFileError
from deepdep.io.noted import Noted, counted
from deepdep.io.sources.tcga.matrix_omic import LARGEST_LOG
from deepdep.io.sources.tcga.names import BATCH_CORRECTED, CBIOPORTAL_RSEM

# cBioPortal found 0.58 % of the batch-corrected counts below 0 (cbioportal issue 4186).
MOST_NEGATIVE = 0.02

TOIL_OFFSET = 0.001  # UCSC's recomputation publishes log2(TPM+0.001)


@dataclass(frozen=True)
class InUnit:
    """Values of a matrix, and the name of their unit; None where they tell it themselves."""

    values: np.ndarray
    unit: str | None


def log_expression(values: np.ndarray, source: Path) -> Noted[InUnit]:
    """Turn what a file holds to log2(TPM+1) or log2(norm_count+1), as its name says.

    What is in neither is left as it is, for the check of ranges to refuse; FPKM is a BadFileError.
    """
    name = source.name.lower()
    if "fpkm" in name:
        raise BadFileError(
            source, "holds FPKM, which differ from sample to sample in sum", "Bring TPM"
        )
    if "tpm" in name:
        return _of_tpm(values)
    if CBIOPORTAL_RSEM.match(source.name) and np.nanmax(values) > LARGEST_LOG:
        counts = _not_negative(values, source)
        note = "counts (RSEM) turned to log2(x+1)"
        in_logs = InUnit(np.log2(counts.value + np.float32(1)), "log2(norm_count+1)")
        return Noted(in_logs, (note, *counts.notes))
    if BATCH_CORRECTED.search(source.name):
        logs = _not_negative(values, source)
        return Noted(InUnit(logs.value, "log2(norm_count+1)"), logs.notes)
    return Noted(InUnit(values, "log2(norm_count+1)"))


def _of_tpm(values: np.ndarray) -> Noted[InUnit]:
    lowest = float(np.nanmin(values))
    if abs(lowest - np.log2(TOIL_OFFSET)) > 0.01:
        return Noted(InUnit(values, "log2(TPM+1)"))
    tpm = np.maximum(np.exp2(values) - np.float32(TOIL_OFFSET), 0)
    note = f"log2(TPM+{TOIL_OFFSET}) turned to log2(TPM+1)"
    return Noted(InUnit(np.log2(tpm + np.float32(1)), "log2(TPM+1)"), (note,))


def _not_negative(values: np.ndarray, source: Path) -> Noted[np.ndarray]:
    negative = values < 0
    n_negative = int(negative.sum())
    if not n_negative:
        return Noted(values)
    if n_negative > MOST_NEGATIVE * values.size:
        raise BadFileError(
            source,
            f"{n_negative / values.size:.0%} of its values are negative: z-scores, or centred",
            "Bring the table that is not standardised",
        )
    note = f"{counted(n_negative, 'value')} below 0, left by the batch correction, set to 0"
    return Noted(np.where(negative, np.float32(0), values), (note,))
