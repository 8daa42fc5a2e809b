import numpy as np
import pytest

from deepdep.training.blocks import TrainingBlocks

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
