from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from deepdep.sources.inspection.values import LINEAR_COPY_NUMBER, fitting_contents

GENES = [f"G{k}" for k in range(200)]
RNG = np.random.default_rng(0)
SHAPE = (12, 200)

RATIOS = RNG.choice([-0.8, -0.05, 0.0, 0.04, 0.6], p=[0.1, 0.3, 0.3, 0.2, 0.1], size=SHAPE)
TABLES = {
    "log2(TPM+1)": (np.abs(RNG.normal(3, 2, SHAPE)), ("expression",)),
    "counts, which import refuses": (RNG.integers(0, 9000, SHAPE), ("expression",)),
    "0 and 1": (RNG.integers(0, 2, SHAPE), ("mutation",)),
    "ratios": (RATIOS, ("copy_number", "gene_effect")),
    "calls": (RNG.integers(-2, 3, SHAPE), ("copy_number",)),
    "classes": (RNG.integers(-1, 3, SHAPE), ("copy_number", "gene_effect")),
    "nothing": (np.full(SHAPE, np.nan), ()),
}


@pytest.mark.parametrize("name", TABLES)
def test_what_import_would_accept_fits(name):
    values, expected = TABLES[name]
    table = pd.DataFrame(values, [f"L{k}" for k in range(12)], GENES)
    assert fitting_contents(table, Path("mine.csv")) == expected


def test_ratios_to_the_ploidy_fit_for_depmap_only():
    table = pd.DataFrame(2.0**RATIOS, [f"ACH-{k:06d}" for k in range(12)], GENES)
    assert fitting_contents(table, Path("mine.csv")) == ("expression",)
    fits = fitting_contents(table, Path("mine.csv"), of_depmap=True)
    assert fits == ("expression", LINEAR_COPY_NUMBER)


def test_probes_are_methylation():
    probes = [f"cg{k:08d}" for k in range(200)]
    table = pd.DataFrame(RNG.random(SHAPE), [f"L{k}" for k in range(12)], probes)
    assert fitting_contents(table, Path("mine.csv")) == ("methylation",)
