import numpy as np
import pytest

from deepdep.data.simulation.biology import load_biology
from deepdep.data.simulation.samples import draw_obs, n_lineages
from deepdep.data.simulation.settings import TINY


@pytest.fixture(scope="module")
def obs():
    return draw_obs(TINY, load_biology(n_lineages(TINY)), np.random.default_rng(0))


def test_tumors_have_barcodes_that_begin_with_their_patient(obs):
    tumors = obs[obs["source"] == "tumor"]

    assert len(tumors) == TINY.n_tumors
    assert tumors.index[0] == "TCGA-S1-0001-01"
    assert (tumors.index.str[:12] == tumors["patient_id"]).all()
    assert tumors["patient_id"].is_unique


def test_several_lines_share_a_patient_and_its_lineage(obs):
    lines = obs[obs["source"] == "cell_line"]
    of_patient = lines.groupby("patient_id")

    assert lines.index[0] == "ACH-000001"
    assert len(of_patient) == 59  # 0.84 x 70 lines
    assert of_patient.size().max() > 1
    assert (of_patient["lineage"].nunique() == 1).all()


def test_every_lineage_has_tumors_and_lines(obs):
    sources = obs.groupby("lineage")["source"].nunique()

    assert len(sources) == 11
    assert (sources == 2).all()


def test_no_patient_has_both_a_tumor_and_a_line(obs):
    assert (obs.groupby("patient_id")["source"].nunique() == 1).all()
