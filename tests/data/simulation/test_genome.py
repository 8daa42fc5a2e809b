import numpy as np
import pandas as pd
import pytest

from deepdep.data.simulation.biology import load_biology
from deepdep.data.simulation.events import draw_events
from deepdep.data.simulation.genome import draw_copy_number, draw_mutations, place_genes
from deepdep.data.simulation.patients import Patients

GENES = ["TP53", "ERBB2", "GRB7", "MYC", "PTEN", "CDKN2A", "MTAP", "DDX3Y", "SIM00001", "SIM00002"]


@pytest.fixture(scope="module")
def biology():
    return load_biology(99)


@pytest.fixture(scope="module")
def patients(biology):
    """40 patients of each lineage."""
    info = pd.DataFrame({"lineage": np.repeat(list(biology.lineages), 40), "source": "tumor"})
    events = draw_events(info, biology, ["ERBB2 amplification"], np.random.default_rng(0))
    nothing = pd.DataFrame(index=info.index)
    return Patients(info, events, identities=nothing, programmes=nothing)


def test_genes_lie_in_genomic_order_on_their_arms(biology):
    places = place_genes(GENES, biology, np.random.default_rng(0))

    assert places.loc["ERBB2", "arm"] == "17q"
    assert list(places.index).index("MYC") < list(places.index).index("MTAP")  # 8q before 9p
    assert list(places.index).index("MTAP") < list(places.index).index("CDKN2A")
    assert set(places.index[places["arm"] == "Yq"]) == {"DDX3Y"}


def test_amplified_and_lost_genes_stand_out(biology, patients):
    places = place_genes(GENES, biology, np.random.default_rng(0))
    copy_number = draw_copy_number(places, patients, biology, np.random.default_rng(1))

    assert copy_number.loc[patients.carries("ERBB2 amplification"), "ERBB2"].min() > 1.5
    assert copy_number.loc[patients.carries("CDKN2A loss"), "CDKN2A"].max() < -2.5
    assert copy_number.loc[~patients.carries("PTEN loss"), "PTEN"].mean() > -0.6


def test_neighbours_are_mostly_amplified_together(biology, patients):
    places = place_genes(GENES, biology, np.random.default_rng(0))
    copy_number = draw_copy_number(places, patients, biology, np.random.default_rng(1))

    grb7 = copy_number.loc[patients.carries("ERBB2 amplification"), "GRB7"]
    assert 0.5 < (grb7 > 1.5).mean() < 0.95


def test_neighbours_on_an_arm_mostly_share_a_copy_number_and_arms_differ(biology, patients):
    genes = [f"SIM{number:05d}" for number in range(1, 400)]
    places = place_genes(genes, biology, np.random.default_rng(0))
    copy_number = draw_copy_number(places, patients, biology, np.random.default_rng(1)).to_numpy()

    same = (copy_number[:, 1:] == copy_number[:, :-1]).mean(axis=0)
    arm = places["arm"].to_numpy()
    assert same[arm[1:] == arm[:-1]].mean() > 0.8
    assert same[arm[1:] != arm[:-1]].mean() < 0.1


def test_carriers_have_the_mutation_and_unstable_genomes_many(biology, patients):
    genes = ["BRAF", *(f"SIM{number:05d}" for number in range(1, 200))]
    mutated = draw_mutations(genes, patients, biology, np.random.default_rng(0))

    assert mutated.loc[patients.carries("BRAF mutation"), "BRAF"].all()
    assert mutated.loc[~patients.carries("BRAF mutation"), "BRAF"].mean() < 0.03
    burden = mutated.mean(axis=1).groupby(patients.carries("MSI")).mean()
    assert burden[True] > 5 * burden[False]
