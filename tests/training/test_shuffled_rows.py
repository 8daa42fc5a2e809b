import numpy as np
import pytest

from deepdep.training.shuffled_rows import ShuffledRows

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


def test_the_order_is_that_of_the_seed_and_the_epoch():
    def order(seed, epoch):
        data = ShuffledRows(ROWS, TARGETS, batch_size=3, seed=seed)
        data.start_at(epoch)
        return [float(row) for x, _ in epoch_of(data) for row in x[:, 0]]

    assert order(0, 5) == order(0, 5)
    assert len({tuple(order(seed, epoch)) for seed in range(3) for epoch in range(3)}) == 9


def test_one_array_for_both_is_gathered_once():
    x, y = ShuffledRows(ROWS, ROWS, batch_size=3, seed=0)[1]
    assert x is y
