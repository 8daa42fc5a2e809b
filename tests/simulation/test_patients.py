import numpy as np
import pandas as pd
import pytest

from deepdep.simulation import TINY
from deepdep.simulation.biology import Biology
from deepdep.simulation.patients import (
    MIN_CARRIERS,
    Patients,
    draw_events,
    draw_identities,
    draw_obs,
    draw_programmes,
)


@pytest.fixture(scope="module")
def biology():
    return Biology.load(99)


@pytest.fixture(scope="module")
def patients(biology):
    """100 tumours and 20 patients with lines in each lineage."""
    lineage = np.repeat(list(biology.lineages), 120)
    source = np.tile(["tumor"] * 100 + ["cell_line"] * 20, len(biology.lineages))
    return pd.DataFrame({"lineage": lineage, "source": source})


@pytest.fixture(scope="module")
def events(patients, biology):
    return draw_events(patients, biology, ["ALK mutation"], np.random.default_rng(0))


def test_frequencies_are_those_of_the_lineage(events, patients):
    by_lineage = events.groupby(patients["lineage"]).mean()

    assert by_lineage.loc["Pancreas", "KRAS mutation"] == pytest.approx(0.88, abs=0.09)
    assert by_lineage.loc["Breast", "KRAS mutation"] < 0.06
    assert by_lineage.loc["Bowel", "APC mutation"] == pytest.approx(0.72, abs=0.12)


def test_exclusive_events_do_not_meet(events):
    ras = events[["BRAF mutation", "KRAS mutation", "NRAS mutation", "HRAS mutation"]]

    assert ras.sum(axis=1).max() == 1


def test_mtap_is_lost_only_with_its_neighbour_cdkn2a(events):
    assert not (events["MTAP loss"] & ~events["CDKN2A loss"]).any()
    assert 0.7 < events.loc[events["CDKN2A loss"], "MTAP loss"].mean() < 0.9


def test_a_needed_event_has_carriers_in_both_sources_however_rare(biology):
    patients = pd.DataFrame({"lineage": "Breast", "source": ["tumor"] * 40 + ["cell_line"] * 40})
    events = draw_events(patients, biology, ["ALK mutation"], np.random.default_rng(0))

    carriers = events["ALK mutation"].groupby(patients["source"]).sum()
    assert (carriers >= MIN_CARRIERS).all()


@pytest.fixture(scope="module")
def patients_patients():
    """100 patients of each lineage."""
    rng, biology = np.random.default_rng(0), Biology.load(99)
    info = pd.DataFrame({"lineage": np.repeat(list(biology.lineages), 100), "source": "tumor"})
    events = draw_events(info, biology, [], rng)
    return Patients(
        info,
        events,
        draw_identities(info["lineage"], biology, rng),
        draw_programmes(info["lineage"], events, biology, rng),
    )


def test_identities_occur_in_their_lineages_alone(patients_patients):
    melanocytic = patients_patients.identities["melanocytic"] > 0.5

    by_lineage = melanocytic.groupby(patients_patients.info["lineage"]).mean()
    assert by_lineage["Skin"] == pytest.approx(0.88, abs=0.1)
    assert by_lineage.drop("Skin").max() == 0


def test_a_patient_has_at_most_one_identity(patients_patients):
    assert (patients_patients.identities > 0.5).sum(axis=1).max() == 1


def test_programmes_are_standardised(patients_patients):
    assert patients_patients.programmes.mean().abs().max() < 1e-9
    assert patients_patients.programmes.std().to_numpy() == pytest.approx(1)


def test_events_move_the_programmes_downstream(patients_patients):
    mapk = (
        patients_patients.programmes["MAPK output"]
        .groupby(patients_patients.carries("BRAF mutation"))
        .mean()
    )
    p53 = (
        patients_patients.programmes["p53 output"]
        .groupby(patients_patients.carries("TP53 mutation"))
        .mean()
    )

    assert mapk[True] - mapk[False] > 0.8
    assert p53[False] - p53[True] > 1.2


def test_absent_events_are_carried_by_all_others(patients_patients):
    absent = patients_patients.carries("TP53 mutation absent")

    assert (absent ^ patients_patients.carries("TP53 mutation")).all()


@pytest.fixture(scope="module")
def obs():
    return draw_obs(TINY, Biology.load(TINY.n_lineages), np.random.default_rng(0))


def test_tumors_have_names_that_begin_with_their_patient_and_are_nobody_s(obs):
    tumors = obs[obs["source"] == "tumor"]

    assert len(tumors) == TINY.n_tumors
    assert tumors.index[0] == "SIM-S1-0001-01"
    assert (tumors.index.str[:-3] == tumors["patient_id"]).all()
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
