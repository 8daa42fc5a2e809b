import numpy as np
import pandas as pd
import pytest

from deepdep.data.simulation.biology import load_biology
from deepdep.data.simulation.events import draw_events
from deepdep.data.simulation.patients import Patients, draw_identities, draw_programmes


@pytest.fixture(scope="module")
def patients():
    """100 patients of each lineage."""
    rng, biology = np.random.default_rng(0), load_biology(99)
    info = pd.DataFrame({"lineage": np.repeat(list(biology.lineages), 100), "source": "tumor"})
    events = draw_events(info, biology, [], rng)
    return Patients(
        info,
        events,
        draw_identities(info["lineage"], biology, rng),
        draw_programmes(info["lineage"], events, biology, rng),
    )


def test_identities_occur_in_their_lineages_alone(patients):
    melanocytic = patients.identities["melanocytic"] > 0.5

    by_lineage = melanocytic.groupby(patients.info["lineage"]).mean()
    assert by_lineage["Skin"] == pytest.approx(0.88, abs=0.1)
    assert by_lineage.drop("Skin").max() == 0


def test_a_patient_has_at_most_one_identity(patients):
    assert (patients.identities > 0.5).sum(axis=1).max() == 1


def test_programmes_are_standardised(patients):
    assert patients.programmes.mean().abs().max() < 1e-9
    assert patients.programmes.std().to_numpy() == pytest.approx(1)


def test_events_move_the_programmes_downstream(patients):
    mapk = patients.programmes["MAPK output"].groupby(patients.carries("BRAF mutation")).mean()
    p53 = patients.programmes["p53 output"].groupby(patients.carries("TP53 mutation")).mean()

    assert mapk[True] - mapk[False] > 0.8
    assert p53[False] - p53[True] > 1.2


def test_absent_events_are_carried_by_all_others(patients):
    absent = patients.carries("TP53 mutation absent")

    assert (absent ^ patients.carries("TP53 mutation")).all()
