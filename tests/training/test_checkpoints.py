import json

import numpy as np
import pytest

from deepdep.training.checkpoints import CallbackState, Checkpoint, TrainingState

ARRAYS = [np.float32([[1.5, -0.0], [np.nan, 3e-42]]), np.float32([])]
STATE = TrainingState(
    n_epochs=2,
    stopped=True,
    history={"loss": [0.1, float("nan")], "val_loss": [1 / 3, float("inf")]},
    weights=ARRAYS,
    optimizer=[np.array(7), np.float32(0.001), *ARRAYS],
    callbacks=[
        CallbackState({"wait": 1, "best": None}, None),
        CallbackState({"wait": 0, "best": 1 / 3, "best_epoch": 0}, ARRAYS[:1]),
    ],
)


@pytest.fixture
def folder(tmp_path):
    return tmp_path / "checkpoints" / "finetune"


@pytest.fixture
def checkpoint(folder):
    return Checkpoint(folder, time_share=1)


def bits(state):
    """Return a state as text and bytes, in which NaN equals NaN."""
    groups = [state.weights, state.optimizer, *(c.best_weights or [] for c in state.callbacks)]
    arrays = [[(a.dtype.str, a.shape, a.tobytes()) for a in group] for group in groups]
    numbers = [callback.numbers for callback in state.callbacks]
    return json.dumps([state.n_epochs, state.stopped, state.history, numbers]), arrays


def test_a_state_comes_back_bit_by_bit(checkpoint):
    checkpoint.write(STATE, "one")
    assert bits(checkpoint.read("one")) == bits(STATE)


def test_nothing_written_is_nothing_read(checkpoint, caplog):
    assert checkpoint.read("one") is None
    assert not caplog.text


def test_a_state_of_another_training_is_not_read(checkpoint, caplog):
    checkpoint.write(STATE, "one")
    assert checkpoint.read("another") is None
    assert "other settings, data or code" in caplog.text


def test_the_folder_holds_one_state_and_goes_with_it(checkpoint, folder):
    checkpoint.write(STATE, "one")
    checkpoint.write(STATE, "another")
    assert [file.name for file in folder.iterdir()] == ["state.npz"]
    checkpoint.clear()
    assert not folder.exists()
    checkpoint.clear()


def test_what_a_killed_writer_left_is_swept_and_the_state_before_it_read(checkpoint, folder):
    checkpoint.write(STATE, "one")
    scratch = folder / ".state.npz.x1y2"
    scratch.mkdir()
    (scratch / "state.npz").write_bytes((folder / "state.npz").read_bytes()[:50])
    assert bits(checkpoint.read("one")) == bits(STATE)
    assert [file.name for file in folder.iterdir()] == ["state.npz"]


def test_no_flipped_byte_goes_unnoticed(checkpoint, folder, caplog):
    checkpoint.write(STATE, "one")
    file = folder / "state.npz"
    written = file.read_bytes()
    for position in range(0, len(written), 7):
        damaged = bytearray(written)
        damaged[position] ^= 0x55
        file.write_bytes(damaged)
        found = checkpoint.read("one")
        assert found is None or bits(found) == bits(STATE)


@pytest.mark.parametrize("left", [0, 1, 100, -1])
def test_a_file_cut_short_is_ignored_with_a_message(checkpoint, folder, caplog, left):
    checkpoint.write(STATE, "one")
    file = folder / "state.npz"
    file.write_bytes(file.read_bytes()[:left])
    assert checkpoint.read("one") is None
    assert str(file) in caplog.text
    assert "damaged" in caplog.text


def test_nothing_is_unpickled(checkpoint, folder, caplog):
    class Harm:
        def __reduce__(self):
            return (exec, ("raise SystemExit('unpickled')",))

    folder.mkdir(parents=True)
    np.savez(folder / "state.npz", text=np.array([Harm()], dtype=object))
    assert checkpoint.read("one") is None
    assert "allow_pickle=False" in caplog.text


def test_a_state_that_cannot_be_written_does_not_end_the_training(tmp_path, caplog):
    (tmp_path / "checkpoints").write_text("a file stands where the folder should")
    Checkpoint(tmp_path / "checkpoints" / "finetune").write(STATE, "one")
    assert "training goes on" in caplog.text


def test_writing_takes_its_share_of_the_time(folder):
    whenever, seldom = Checkpoint(folder, time_share=1), Checkpoint(folder, time_share=1e-6)
    for checkpoint in (whenever, seldom):
        assert checkpoint.is_due, "the first state is written at once"
        checkpoint.write(STATE, "one")
    assert whenever.is_due
    assert not seldom.is_due
