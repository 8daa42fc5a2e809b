import numpy as np
import pandas as pd
import pytest

from deepdep.domain.cohort import Source
from deepdep.domain.omics import Omic
from deepdep.simulation.biology import Biology
from deepdep.simulation.patients import Patients, draw_events
from deepdep.simulation.tissue import (
    draw_copy_number,
    draw_methylation,
    draw_mutations,
    draw_probes,
    place_genes,
)


def difference(simulation, source, gene, carried):
    """Mean expression of a gene in carriers minus that in the other samples of the source."""
    samples = (
        simulation.cohort.cell_lines if source is Source.CELL_LINE else simulation.cohort.tumors
    )
    expression = samples.omics[Omic.EXPRESSION][gene]
    carries = simulation.truth.carriers.loc[expression.index, carried]
    means = expression.groupby(carries).mean()
    return means[True] - means[False]


def test_markers_are_on_in_their_identity_in_lines_and_in_tumors(simulation):
    for source in Source:
        assert difference(simulation, source, "SOX10", "melanocytic lineage") > 1.5


def test_amplified_genes_are_overexpressed_and_lost_ones_are_not_expressed(simulation):
    assert difference(simulation, Source.CELL_LINE, "ERBB2", "ERBB2 amplification") > 1
    assert difference(simulation, Source.CELL_LINE, "MTAP", "MTAP loss") < -2


def test_silenced_mlh1_shows_microsatellite_instability(simulation):
    assert difference(simulation, Source.CELL_LINE, "MLH1", "MSI") < -2


def test_p53_targets_are_up_where_tp53_is_wild_type(simulation):
    for gene in ("CDKN1A", "MDM2"):
        assert difference(simulation, Source.CELL_LINE, gene, "TP53 mutation absent") > 0.3


def test_lines_of_one_patient_have_nearly_one_profile(simulation):
    lines = simulation.cohort.cell_lines
    expression = lines.omics[Omic.EXPRESSION]
    sisters = expression.groupby(lines.obs.loc[expression.index, "patient_id"])

    within = sisters.std().dropna().mean(axis=None)
    assert within < 0.2 * expression.std().mean()


GENES = ["TP53", "ERBB2", "GRB7", "MYC", "PTEN", "CDKN2A", "MTAP", "DDX3Y", "SIM00001", "SIM00002"]


@pytest.fixture(scope="module")
def biology():
    return Biology.load(99)


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


@pytest.fixture
def patients_methylation():
    """Eight patients, the first four with MSI, all else alike."""
    biology = Biology.load(99)
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


def test_mlh1_is_methylated_where_microsatellites_are_unstable(patients_methylation):
    probes = pd.Series({"cg00000001": "MLH1", "cg00000002": "SIM00001"})
    logit = draw_methylation(
        probes, patients_methylation, Biology.load(99), np.random.default_rng(0)
    )

    assert logit.loc[:3, "cg00000001"].min() > 0 > logit.loc[4:, "cg00000001"].max()
