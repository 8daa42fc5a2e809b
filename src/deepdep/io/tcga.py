"""TCGA barcodes: which patient, which tissue, and one tumour of each patient.

A barcode is ``TCGA-3C-AAAU-01A-11R-A41B-07``: the patient is its first 12 characters, the tissue
the first 15; characters 14 and 15 are the sample type, 01 to 09 a tumour.
"""

import re
from collections import ChainMap
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

import pandas as pd

from deepdep.domain.errors import shown
from deepdep.domain.omics import Omic
from deepdep.io.noted import Noted, counted

BARCODE = re.compile(r"TCGA-\w{2}-\w{4}(-\d{2}.*)?$")
NORMAL = re.compile(r"TCGA-\w{2}-\w{4}-[12]\d")  # 10 to 19 normal tissue, 20 to 29 controls

PATIENT = 12  # characters
TISSUE = 15


@dataclass(frozen=True)
class Tumors:
    """Tables in which each patient has one tumour, named by the patient.

    Attributes
    ----------
    tables
        One table (patient, feature) per omic.
    barcodes
        The barcode, as it was given, by patient; of the first omic that has the patient.
    """

    tables: dict[Omic, pd.DataFrame]
    barcodes: pd.Series


def patient_of(name: str) -> str:
    """Patient of a TCGA barcode; another name stands for itself."""
    return name[:PATIENT] if BARCODE.match(name) else name


def one_tumor_per_patient(tables: Mapping[Omic, pd.DataFrame]) -> Noted[Tumors]:
    """Leave out normal tissue and further tissues and aliquots of a patient; name by patient.

    Of several the first in the order of barcodes is kept, the same tissue in every omic, so that
    a primary tumour is never joined to a metastasis.
    """
    names = sorted({name for table in tables.values() for name in table.index})
    normal = {name for name in names if NORMAL.match(name)}
    tissues = _first_tissues(name for name in names if name not in normal)
    chosen = {
        omic: _first_aliquots(
            name
            for name in table.index
            if name not in normal and _is_of(name, tissues.get(patient_of(name), name))
        )
        for omic, table in tables.items()
    }
    kept = {name for barcodes in chosen.values() for name in barcodes.values()}
    notes = (
        *_left_out(normal, "normal tissue or control (sample type 10 to 29)"),
        *_left_out(set(names) - normal - kept, "a further sample of a patient who has one"),
    )
    return Noted(
        Tumors(
            {
                omic: table.loc[table.index.isin(list(chosen[omic].values()))].rename(
                    index=patient_of
                )
                for omic, table in tables.items()
            },
            pd.Series(dict(ChainMap(*chosen.values())), dtype=object),
        ),
        notes,
    )


def _is_of(name: str, tissue: str) -> bool:
    """Whether a barcode is of the tissue, or too short to tell."""
    return tissue.startswith(name[:TISSUE])


def _first_tissues(names: Iterable[str]) -> dict[str, str]:
    """First 15 characters of each patient's first barcode that has as many; names are sorted."""
    tissues: dict[str, str] = {}
    for name in names:
        if BARCODE.match(name) and len(name) >= TISSUE:
            tissues.setdefault(name[:PATIENT], name[:TISSUE])
    return tissues


def _first_aliquots(names: Iterable[str]) -> dict[str, str]:
    """First barcode of each patient."""
    return {patient_of(name): name for name in sorted(names, reverse=True)}


def _left_out(names: set[str], reason: str) -> tuple[str, ...]:
    if not names:
        return ()
    return (f"{counted(len(names), 'sample')} left out, {reason}: {shown(sorted(names))}",)
