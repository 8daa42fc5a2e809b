import numpy as np
import pandas as pd
import pytest

from deepdep.data.simulation.biology import load_biology
from deepdep.data.simulation.events import MIN_CARRIERS, draw_events


@pytest.fixture(scope="module")
def biology():
    return load_biology(99)


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
