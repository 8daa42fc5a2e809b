import pytest

from deepdep.data.simulation.biology import ABSENT, ANY, interleave, load_biology
from deepdep.data.simulation.genome import ARMS
from deepdep.data.simulation.symbols import gene_families


@pytest.fixture(scope="module")
def biology():
    return load_biology(99)


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
    biology = load_biology(2)  # Lung and Skin

    assert list(biology.lineages) == ["Lung", "Skin"]
    assert "melanocytic" in biology.identities
    assert "intestinal" not in biology.identities


def test_interleaving_takes_from_each_list_in_turn_and_never_twice():
    assert interleave([("a", "b", "c"), ("d", "a"), ()]) == ["a", "d", "b", "c"]
