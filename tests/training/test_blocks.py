import numpy as np
import pytest

from deepdep.training.blocks import TrainingBlocks

N_LINES, N_GENES = 10, 3
FINGERPRINTS = np.eye(N_GENES, dtype=np.float32)
# Line k holds the number k wherever one looks.
PROFILE = np.arange(N_LINES, dtype=np.float32)[:, None]
EFFECTS = np.repeat(PROFILE, N_GENES, axis=1)


def blocks_of(seed=0, n_lines=4):
    inputs = {"expression": PROFILE, "measured": PROFILE + 100}
    return TrainingBlocks(inputs, FINGERPRINTS, EFFECTS, n_lines=n_lines, seed=seed)


def order_of(blocks):
    """The lines of an epoch, in the order they come."""
    return [int(line) for k in range(len(blocks)) for line in blocks[k][0]["expression"][:, 0]]


def test_every_line_comes_once_an_epoch():
    blocks = blocks_of()
    assert len(blocks) == 3
    assert [len(blocks[k][1]) for k in range(3)] == [4, 4, 2]
    assert sorted(order_of(blocks)) == list(range(N_LINES))


def test_a_line_keeps_its_inputs_and_its_effects_together():
    for inputs, effects in (blocks_of()[k] for k in range(3)):
        lines = inputs["expression"][:, 0]
        np.testing.assert_array_equal(inputs["measured"][:, 0], lines + 100)
        np.testing.assert_array_equal(effects, np.repeat(lines[:, None], N_GENES, axis=1))
        np.testing.assert_array_equal(inputs["fingerprint"], FINGERPRINTS)


def test_the_order_is_that_of_the_seed_and_the_epoch():
    blocks, again, other = blocks_of(), blocks_of(), blocks_of(seed=1)
    first = order_of(blocks)
    assert first == order_of(again)
    assert first != order_of(other)
    blocks.on_epoch_end()
    assert order_of(blocks) != first
    again.on_epoch_end()
    assert order_of(blocks) == order_of(again)


@pytest.mark.parametrize("n_lines", [1, 10, 99])
def test_any_block_size_serves(n_lines):
    assert sorted(order_of(blocks_of(n_lines=n_lines))) == list(range(N_LINES))
