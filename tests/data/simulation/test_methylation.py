import numpy as np
import pandas as pd
import pytest

from deepdep.data.simulation.biology import load_biology
from deepdep.data.simulation.methylation import draw_methylation, draw_probes
from deepdep.data.simulation.patients import Patients


@pytest.fixture
def patients():
    """Eight patients, the first four with MSI, all else alike."""
    biology = load_biology(99)
    index = pd.RangeIndex(8)
    events = pd.DataFrame(False, index=index, columns=list(biology.events))
    events.loc[:3, "MSI"] = True
    return Patients(
        info=pd.DataFrame({"lineage": "Bowel", "source": "tumor"}, index=index),
        events=events,
        identities=pd.DataFrame(0.0, index=index, columns=list(biology.identities)),
        programmes=pd.DataFrame(0.0, index=index, columns=list(biology.programmes)),
    )


def test_probes_are_named_like_those_of_an_array_and_unique():
    probes = draw_probes([f"SIM{number:05d}" for number in range(500)], np.random.default_rng(0))

    assert probes.index.str.fullmatch(r"cg\d{8}").all()
    assert probes.index.is_unique


def test_mlh1_is_methylated_where_microsatellites_are_unstable(patients):
    probes = pd.Series({"cg00000001": "MLH1", "cg00000002": "SIM00001"})
    logit = draw_methylation(probes, patients, load_biology(99), np.random.default_rng(0))

    assert logit.loc[:3, "cg00000001"].min() > 0 > logit.loc[4:, "cg00000001"].max()
