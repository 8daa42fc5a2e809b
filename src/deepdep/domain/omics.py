"""The molecular layers and their tables: what they hold, in which unit and range."""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Annotated, TypeVar

from pydantic import AfterValidator, WithJsonSchema

T = TypeVar("T")


class Omic(StrEnum):
    """A molecular layer, of which there may be several tables, each from another assay.

    It decides in which units they may be, and how they are read unless params.yaml says otherwise.
    """

    MUTATION = "mutation"
    EXPRESSION = "expression"
    METHYLATION = "methylation"
    COPY_NUMBER = "copy_number"
    PROTEIN = "protein"
    METABOLITE = "metabolite"


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
        Unit("log2(signal)", Omic.PROTEIN, -40, 40),  # of an antibody or a mass, often centred
        Unit("log10(abundance)", Omic.METABOLITE, -15, 15),  # often centred
    )
}

WHOLE = ("0/1", "call")  # units that count

DEFAULT_UNITS = {
    Omic.MUTATION: "0/1",
    Omic.EXPRESSION: "log2(TPM+1)",
    Omic.METHYLATION: "beta",
    Omic.COPY_NUMBER: "log2(CN/2)",
    Omic.PROTEIN: "log2(signal)",
    Omic.METABOLITE: "log10(abundance)",
}

TABLE = rf"(?P<omic>{'|'.join(Omic)})(?P<assay>_[a-z0-9]+)?"


def table_omic(name: str) -> Omic | None:
    """Omic of the table ``name``, be it the omic's own or that of an assay; else None.

    An assay, as in ``expression_ccle``, is named in lower-case letters and digits, without an
    underscore.
    """
    found = re.fullmatch(TABLE, name)
    return Omic(found["omic"]) if found else None


def supplement_omic(name: str) -> Omic | None:
    """Omic that the table ``name`` is another assay of, as ``expression_ccle`` is; else None."""
    return None if name in list(Omic) else table_omic(name)


def omic_of_table(name: str) -> Omic:
    """Omic of the table ``name``; ValueError where it is no table's."""
    return table_omic(name) or Omic(name)


def in_order(names: Iterable[str]) -> list[str]:
    """Sort tables by their omic, an omic's own before those of its assays."""
    return sorted(names, key=lambda name: (list(Omic).index(omic_of_table(name)), name))


def of_table(values: Mapping[str, T], name: str) -> T | None:
    """Return what stands for the table ``name``, or else for its omic; None where neither does."""
    return values[name] if name in values else values.get(omic_of_table(name))


def _checked_table(name: str) -> str:
    if table_omic(name) is None:
        raise ValueError(
            f"{name!r} is no table of an omic; the omics are {', '.join(Omic)}, and the tables of "
            "their assays are named as in expression_ccle"
        )
    return name


# The name of a table in params.yaml and in models: each that is read is a block of features.
TableName = Annotated[
    str,
    AfterValidator(_checked_table),
    WithJsonSchema(
        {
            "anyOf": [
                {"enum": [str(omic) for omic in Omic]},
                {"type": "string", "pattern": rf"^({'|'.join(Omic)})_[a-z0-9]+$"},
            ]
        }
    ),
]
