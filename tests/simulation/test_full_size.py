import numpy as np
import pytest

from deepdep.domain.omics import Omic
from deepdep.simulation import SimulationSettings, simulate


@pytest.mark.slow
def test_the_full_size_has_the_published_counts():
    cohort = simulate(SimulationSettings.of_size("deepdep"), np.random.default_rng(0)).cohort
    assert len(cohort.tumors.obs) == 8238
    assert len(cohort.cell_lines.obs) == 278
    assert cohort.gene_effect.table.shape[1] == 1298
    assert len(cohort.gene_sets) == 3115
    for samples in (cohort.cell_lines, cohort.tumors):
        assert {omic: table.shape[1] for omic, table in samples.omics.items()} == {
            Omic.MUTATION: 4539,
            Omic.EXPRESSION: 6016,
            Omic.METHYLATION: 6617,
            Omic.COPY_NUMBER: 7460,
        }
