import pytest

from deepdep.simulation import DEEPDEP
from deepdep.simulation.biology import (
    ABSENT,
    ANY,
    Biology,
    gene_families,
    interleave,
    placeholders,
)
from deepdep.simulation.tissue import ARMS


@pytest.fixture(scope="module")
def biology():
    return Biology.load(99)


def test_every_gene_it_names_is_a_known_symbol(biology):
    symbols = {gene for family in gene_families().values() for gene in family}
    named = [event.gene for event in biology.events.values()]
    for described in biology.identities.values():
        named += [*described.markers, *described.dependencies]
    for described in biology.programmes.values():
        named += [*described.up, *described.down, *described.dependencies]
    named += [fact.gene for fact in biology.addictions + biology.synthetic_lethalities]
    named += [gene for genes in biology.arms.values() for gene in genes]

    assert set(named) - symbols == set()


def test_every_event_it_refers_to_is_described(biology):
    events = [fact.event for fact in biology.addictions + biology.synthetic_lethalities]
    events += [event for programme in biology.programmes.values() for event in programme.events]
    events += [event.within for event in biology.events.values() if event.within]

    assert {event.removesuffix(ABSENT) for event in events} <= set(biology.events)


def test_every_lineage_it_refers_to_is_described(biology):
    lineages = {lineage for event in biology.events.values() for lineage in event.frequency}
    for described in (*biology.identities.values(), *biology.programmes.values()):
        lineages |= described.lineages.keys()

    assert lineages - {ANY} <= set(biology.lineages)
    assert len(biology.lineages) >= 14


def test_an_altered_gene_has_a_place_on_an_arm(biology):
    placed = {gene for genes in biology.arms.values() for gene in genes}

    assert {event.gene for event in biology.events.values()} <= placed
    assert set(biology.arms) <= set(ARMS)


def test_fewer_lineages_leave_out_identities_that_occur_in_none():
    biology = Biology.load(2)  # Lung and Skin

    assert list(biology.lineages) == ["Lung", "Skin"]
    assert "melanocytic" in biology.identities
    assert "intestinal" not in biology.identities


def test_interleaving_takes_from_each_list_in_turn_and_never_twice():
    assert interleave([("a", "b", "c"), ("d", "a"), ()]) == ["a", "d", "b", "c"]


def test_the_embedded_symbols_suffice_for_all_genes_of_the_full_size():
    symbols = {gene for family in gene_families().values() for gene in family}

    assert len(symbols) > DEEPDEP.n_genes


def test_no_family_repeats_a_gene_or_is_empty():
    for family in gene_families().values():
        assert len(set(family)) == len(family) > 0


def test_known_genes_stand_in_their_families():
    families = gene_families()

    assert "RPL3" in families["ribosome_large"]
    assert "EGFR" in families["receptor_tyrosine_kinases"]


def test_placeholders_look_like_no_symbol():
    assert placeholders(2) == ["SIM00001", "SIM00002"]
    assert placeholders(-1) == []
