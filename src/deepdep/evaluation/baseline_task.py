"""What the baselines are given of a prepared split."""

import pandas as pd

from deepdep.data.splits import Split
from deepdep.io.prepared import Prepared
from deepdep.models.baselines import BaselineSettings, Task


def baseline_task(
    prepared: Prepared, lines: pd.Index, genes: pd.Index, settings: BaselineSettings
) -> Task:
    """Ask for the effects of some genes in some lines.

    The baselines learn from the training and the validation lines: all that tuning and early
    stopping let the predictor see.
    """
    part = prepared.splits["split"]
    return Task(
        train_effect=prepared.gene_effect.table.loc[part.index[part != Split.TEST]],
        omics={omic: tables.cell_lines for omic, tables in prepared.omics.items()},
        obs=prepared.splits,
        lines=lines,
        genes=genes,
        gene_sets=prepared.gene_sets,
        settings=settings,
    )
