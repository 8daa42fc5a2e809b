"""The four molecular layers: what they hold, in which unit and range."""

import re
from dataclasses import dataclass
from enum import StrEnum


class Omic(StrEnum):
    """A molecular layer: one table, one encoder, one input of the predictor."""

    MUTATION = "mutation"
    EXPRESSION = "expression"
    METHYLATION = "methylation"
    COPY_NUMBER = "copy_number"


@dataclass(frozen=True)
class Unit:
    """What a number of an omic means, and the range it must lie in."""

    name: str
    omic: Omic
    minimum: float
    maximum: float  # beyond it, the table is in another unit than it claims


# 25 is log2 of 33 million: no transcript reaches it, raw counts and TPM do.
UNITS = {
    unit.name: unit
    for unit in (
        Unit("0/1", Omic.MUTATION, 0, 1),  # any non-silent mutation of the gene
        Unit("log2(TPM+1)", Omic.EXPRESSION, 0, 25),
        Unit("log2(norm_count+1)", Omic.EXPRESSION, 0, 25),  # RSEM, as TCGA publishes it
        Unit("z-score", Omic.EXPRESSION, -25, 25),  # within each sample
        Unit("beta", Omic.METHYLATION, 0, 1),
        Unit("log2(CN/2)", Omic.COPY_NUMBER, -10, 10),
        Unit("call", Omic.COPY_NUMBER, -2, 2),  # deep loss, loss, none, gain, amplification
    )
}

WHOLE = ("0/1", "call")  # units that count

DEFAULT_UNITS = {
    Omic.MUTATION: "0/1",
    Omic.EXPRESSION: "log2(TPM+1)",
    Omic.METHYLATION: "beta",
    Omic.COPY_NUMBER: "log2(CN/2)",
}

_SUPPLEMENT = re.compile(rf"(?P<omic>{'|'.join(Omic)})_[a-z0-9]+")


def supplement_omic(name: str) -> Omic | None:
    """Omic that the table ``name`` is another assay of, as ``expression_ccle`` is; else None.

    An assay is named in lower-case letters and digits, without an underscore.
    """
    found = _SUPPLEMENT.fullmatch(name)
    return Omic(found["omic"]) if found else None


def table_omic(name: str) -> Omic | None:
    """Omic of the table ``name``, be it the omic's own or a supplement; else None."""
    return Omic(name) if name in list(Omic) else supplement_omic(name)


def omic_of_table(name: str) -> Omic:
    """Omic of the table ``name``; ValueError where it is no table's."""
    return table_omic(name) or Omic(name)
