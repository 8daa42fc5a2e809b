import keras
import numpy as np
import pytest

from deepdep.domain.omics import Omic
from deepdep.models.network import build_predictor
from deepdep.models.settings import EncoderSettings, PredictorSettings
from deepdep.training.batches import ShuffledRows, TrainingBlocks, resident_network

N_LINES, N_GENES = 10, 3
# The effect of line k on gene g is 10 k + g.
EFFECTS = 10 * np.arange(N_LINES, dtype=np.float32)[:, None] + np.arange(N_GENES)


def blocks_of(seed=0, n_lines=4, n_genes=N_GENES):
    return TrainingBlocks(EFFECTS, n_lines=n_lines, n_genes=n_genes, seed=seed)


def pairs_of(blocks):
    """Return the effects of an epoch, in the order they come."""
    shown = np.concatenate([blocks[k][1].ravel() for k in range(len(blocks))])
    return shown[~np.isnan(shown)].tolist()


@pytest.mark.parametrize("n_genes", [1, 2, 3, 99])
@pytest.mark.parametrize("n_lines", [1, 4, 10, 99])
def test_every_pair_comes_once_an_epoch(n_lines, n_genes):
    blocks = blocks_of(n_lines=n_lines, n_genes=n_genes)
    assert sorted(pairs_of(blocks)) == sorted(EFFECTS.ravel())


def test_blocks_have_the_size_that_was_asked_for():
    blocks = blocks_of(n_lines=4, n_genes=2)
    assert sorted(blocks[k][1].shape for k in range(len(blocks))) == [
        (2, 2),
        (2, 2),
        (4, 2),
        (4, 2),
        (4, 2),
        (4, 2),
    ]


def test_drawn_genes_come_with_every_line_once_and_others_in_another_epoch():
    rng = np.random.default_rng(0)
    effects = rng.normal(size=(10, 50)).astype(np.float32)
    blocks = TrainingBlocks(effects, n_lines=4, n_genes=5, n_drawn=8, seed=1)
    seen = []
    for epoch in range(120):
        blocks.start_at(epoch)
        n_shown = np.zeros(effects.shape, int)
        assert len(blocks) == 3 * 2
        for k in range(len(blocks)):
            inputs, of_block = blocks[k]
            known = ~np.isnan(of_block)
            where = np.ix_(inputs["lines"], inputs["genes"])
            np.testing.assert_array_equal(of_block[known], effects[where][known])
            np.add.at(n_shown, where, known)
        assert n_shown.max() == 1
        assert (n_shown.sum(axis=1) == 8).all()
        seen.append(n_shown)
    assert not np.array_equal(seen[0], seen[1])
    assert sum(seen).min() > 0  # sooner or later every pair


def test_as_many_drawn_genes_as_there_are_change_nothing():
    whole, drawn = (
        TrainingBlocks(EFFECTS, n_lines=4, n_genes=2, n_drawn=n, seed=3) for n in (None, 99)
    )
    assert pairs_of(whole) == pairs_of(drawn)


def test_a_block_says_of_which_lines_and_genes_its_effects_are():
    blocks = blocks_of(n_lines=4, n_genes=2)
    for inputs, effects in (blocks[k] for k in range(len(blocks))):
        expected = 10 * inputs["lines"][:, None] + inputs["genes"]
        known = ~np.isnan(effects)
        np.testing.assert_array_equal(effects[known], expected[known])


def test_the_order_is_that_of_the_seed_and_the_epoch():
    blocks, again, other = blocks_of(), blocks_of(), blocks_of(seed=1)
    first = pairs_of(blocks)
    assert first == pairs_of(again)
    assert first != pairs_of(other)
    blocks.start_at(1)
    assert pairs_of(blocks) != first
    again.start_at(1)
    assert pairs_of(blocks) == pairs_of(again)


N_LINES_RESIDENT, N_GENES_RESIDENT, N_SETS = 9, 5, 7


@pytest.fixture
def network():
    keras.utils.set_random_seed(0)
    encoder = EncoderSettings((4,), "relu", "relu", "relu", 0.0).build(6, name="mutation")
    settings = PredictorSettings((), (4,), 3, (4,), True, "effect", 0.0, 0.0)
    return build_predictor({Omic.MUTATION: encoder}, N_SETS, settings)


@pytest.fixture
def inputs():
    rng = np.random.default_rng(0)
    profiles = rng.normal(size=(N_LINES_RESIDENT, 6)).astype(np.float32)
    return {"mutation": profiles, "measured": np.ones((N_LINES_RESIDENT, 1), np.float32)}


@pytest.fixture
def fingerprints():
    return np.random.default_rng(1).integers(0, 2, (N_GENES_RESIDENT, N_SETS)).astype(np.float32)


def test_lines_and_genes_are_read_by_their_numbers(network, inputs, fingerprints):
    resident = resident_network(network, inputs, fingerprints)
    whole = np.asarray(network(inputs | {"fingerprint": fingerprints}))
    lines, genes = np.int32([7, 2, 2]), np.int32([4, 0])
    table = np.asarray(resident({"lines": lines, "genes": genes}))
    np.testing.assert_allclose(table, whole[np.ix_(lines, genes)], rtol=1e-5, atol=1e-6)


def test_it_has_the_weights_of_the_network_and_no_others(network, inputs, fingerprints):
    resident = resident_network(network, inputs, fingerprints)
    assert [w.path for w in resident.weights] == [w.path for w in network.weights]
    assert all(a is b for a, b in zip(resident.weights, network.weights, strict=True))


# Row k of the inputs is (k, k), of the targets (10 k,).
ROWS = np.repeat(np.arange(10, dtype=np.float32)[:, None], 2, axis=1)
TARGETS = 10 * ROWS[:, :1]


def epoch_of(data):
    return [data[step] for step in range(len(data))]


@pytest.mark.parametrize(("batch_size", "sizes"), [(4, [4, 4, 2]), (10, [10]), (99, [10])])
def test_every_row_comes_once_an_epoch_with_its_target(batch_size, sizes):
    batches = epoch_of(ShuffledRows(ROWS, TARGETS, batch_size=batch_size, seed=0))
    assert [len(x) for x, _ in batches] == sizes
    for x, y in batches:
        np.testing.assert_array_equal(10 * x[:, :1], y)
    assert sorted(np.concatenate([x[:, 0] for x, _ in batches])) == list(range(10))


def test_shuffled_rows_the_order_is_that_of_the_seed_and_the_epoch():
    def order(seed, epoch):
        data = ShuffledRows(ROWS, TARGETS, batch_size=3, seed=seed)
        data.start_at(epoch)
        return [float(row) for x, _ in epoch_of(data) for row in x[:, 0]]

    assert order(0, 5) == order(0, 5)
    assert len({tuple(order(seed, epoch)) for seed in range(3) for epoch in range(3)}) == 9


def test_one_array_for_both_is_gathered_once():
    x, y = ShuffledRows(ROWS, ROWS, batch_size=3, seed=0)[1]
    assert x is y
