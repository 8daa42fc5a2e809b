"""TCGA barcodes: which patient, which tissue, and one tumour of each patient.

A barcode is ``TCGA-3C-AAAU-01A-11R-A41B-07``: the patient is its first 12 characters, the tissue
the first 15; characters 14 and 15 are the sample type, 01 to 09 a tumour.
"""

import re
from collections import ChainMap
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Generic, TypeVar

import pandas as pd

from deepdep.domain.identifiers import SIMULATED_TUMOR, TCGA_PATIENT
from deepdep.domain.notes import Notes
from deepdep.errors import BadFileError

BARCODE = re.compile(rf"{TCGA_PATIENT}(-\d{{2}}.*)?$")
NORMAL = re.compile(rf"{TCGA_PATIENT}-[12]\d")  # 10 to 19 normal tissue, 20 to 29 controls
SIMULATED = re.compile(SIMULATED_TUMOR)
MANGLED = re.compile(r"TCGA\.\w{2}\.\w{4}(\.|$)")  # R's data.frame turns hyphens into points

PATIENT = 12  # characters
TISSUE = 15

Name = TypeVar("Name", bound=str)  # of a table


@dataclass(frozen=True)
class Tumors(Generic[Name]):
    """Tables in which each patient has one tumour, named by the patient.

    Attributes
    ----------
    tables
        Tables (patient, feature) by name.
    barcodes
        The barcode, as it was given, by patient; of the first table that has the patient.
    """

    tables: dict[Name, pd.DataFrame]
    barcodes: pd.Series


def patient_of(name: str) -> str:
    """Patient of a TCGA barcode; another name stands for itself."""
    return name[:PATIENT] if BARCODE.match(name) else name


def is_barcode(name: str) -> bool:
    """Whether a name is a TCGA barcode, of whatever length, mangled by R or not."""
    return BARCODE.match(_with_hyphens(name)) is not None


def is_simulated(name: str) -> bool:
    """Whether ``deepdep simulate`` named a tumour so."""
    return SIMULATED.fullmatch(name) is not None


def is_tumor(name: str) -> bool:
    """Whether a name is a tumour's: a TCGA barcode, or of a simulated one."""
    return is_barcode(name) or is_simulated(name)


def is_normal(name: str) -> bool:
    """Whether a barcode is of normal tissue or a control."""
    return NORMAL.match(name) is not None


def with_hyphens(names: Sequence[str], notes: Notes) -> list[str]:
    """Barcodes as TCGA writes them, where R made ``TCGA.3C.AAAU.01`` of them."""
    mangled = [name for name in names if MANGLED.match(name)]
    notes.count(len(mangled), "barcode", "given hyphens for the points that R left", mangled)
    return [_with_hyphens(name) for name in names]


def require_one_length(names: Iterable[str], source: Path, axis: str) -> None:
    """Raise BadFileError where some barcodes are cut shorter than others."""
    by_length: dict[int, str] = {}
    for name in names:
        if BARCODE.match(name):
            by_length.setdefault(len(name), name)
    if len(by_length) > 1:
        short, long = by_length[min(by_length)], by_length[max(by_length)]
        raise BadFileError(
            source,
            f"has TCGA barcodes of mixed length, such as {long!r}: one sample may be there twice",
            f"Cut all to the patient, {PATIENT} characters, and see that none occurs twice",
            where=f"{axis} {short!r}",
        )


def require_tumors(names: Iterable[str], source: Path) -> None:
    """Raise BadFileError for normal tissue or a control."""
    for name in names:
        if is_normal(name):
            raise BadFileError(
                source,
                f"is normal tissue or a control (sample type {name[13:15]})",
                "Remove what is no tumour, or use `deepdep import tcga`, which does",
                where=f"row {name!r}",
            )


def one_tumor_per_patient(tables: Mapping[Name, pd.DataFrame], notes: Notes) -> Tumors[Name]:
    """Leave out normal tissue and further tissues and aliquots of a patient; name by patient.

    Of several the first in the order of barcodes is kept, the same tissue in every table, so that
    a primary tumour is never joined to a metastasis.
    """
    names = sorted({name for table in tables.values() for name in table.index})
    normal = {name for name in names if is_normal(name)}
    tissues: dict[str, str] = {}  # of each patient, the first that a barcode is long enough to tell
    for name in names:
        if name not in normal and BARCODE.match(name) and len(name) >= TISSUE:
            tissues.setdefault(name[:PATIENT], name[:TISSUE])
    chosen = {  # by table, the first barcode of each patient
        table_name: {
            patient_of(name): name
            for name in sorted(table.index, reverse=True)
            if name not in normal and tissues.get(patient_of(name), name).startswith(name[:TISSUE])
        }
        for table_name, table in tables.items()
    }
    kept = {name for barcodes in chosen.values() for name in barcodes.values()}
    for left_out, reason in (
        (normal, "normal tissue or control (sample type 10 to 29)"),
        (set(names) - normal - kept, "a further sample of a patient who has one"),
    ):
        notes.count(len(left_out), "sample", f"left out, {reason}", sorted(left_out))
    return Tumors(
        {
            table_name: table.loc[table.index.isin(list(chosen[table_name].values()))].rename(
                index=patient_of
            )
            for table_name, table in tables.items()
        },
        pd.Series(dict(ChainMap(*chosen.values())), dtype=object),
    )


def _with_hyphens(name: str) -> str:
    return name.replace(".", "-") if MANGLED.match(name) else name
