"""All tables of samples by name, an omic's own and its supplements alike."""

from collections.abc import Mapping
from typing import cast

import pandas as pd

from deepdep.domain.cohort import Samples, Supplement
from deepdep.domain.omics import Omic, supplement_omic, table_omic
from deepdep.io.omic_values import OmicTable


def omic_of(name: str) -> Omic:
    """Omic of a table; ``name`` was checked to be that of one."""
    return cast(Omic, table_omic(name))


def tables_of(samples: Samples) -> dict[str, OmicTable]:
    """Tables by name, such as ``expression`` or ``expression_ccle``; the omics' own come first."""
    own = {
        str(omic): OmicTable(table, samples.units[omic]) for omic, table in samples.omics.items()
    }
    others = {
        name: OmicTable(supplement.table, supplement.unit)
        for name, supplement in samples.supplements.items()
    }
    return own | others


def samples_with(
    tables: Mapping[str, OmicTable],
    obs: pd.DataFrame,
    *,
    assembly: str | None = None,
    release: str | None = None,
) -> Samples:
    """Put tables together as samples; their names tell omics from supplements."""
    return Samples(
        omics={omic: tables[omic].table for omic in Omic if omic in tables},
        obs=obs,
        units={omic: tables[omic].unit for omic in Omic if omic in tables},
        assembly=assembly,
        release=release,
        supplements={
            name: Supplement(omic, known.table, known.unit)
            for name, known in tables.items()
            if (omic := supplement_omic(name)) is not None
        },
    )
