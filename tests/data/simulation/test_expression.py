from deepdep.domain.cohort import Source
from deepdep.domain.omics import Omic


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
