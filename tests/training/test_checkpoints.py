import gc
import json
import logging
import weakref

import keras
import numpy as np
import optuna
import pytest
from optuna_integration import KerasPruningCallback

from deepdep.training.batches import ShuffledRows
from deepdep.training.checkpoints import CallbackState, Checkpoint, TrainingState, fit_resumable
from deepdep.training.optimizer import build_optimizer
from deepdep.training.session import start_session

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


N_ROWS, N_COLUMNS, SEED = 40, 6, 3
ROWS = np.random.default_rng(0).normal(size=(N_ROWS, N_COLUMNS)).astype(np.float32)
TARGETS = np.random.default_rng(1).normal(size=(N_ROWS, 2)).astype(np.float32)  # learned by heart
EPOCHS = 6


class KilledError(Exception):
    """What stands for the end of a process here; test_killed.py really ends them."""


class KillAt(keras.callbacks.Callback):
    """Raises before an epoch, when the checkpoint of the one before is written."""

    def __init__(self, epoch):
        super().__init__()
        self.epoch = epoch

    def on_epoch_begin(self, epoch, logs=None):  # noqa: ARG002
        if epoch == self.epoch:
            raise KilledError


class Begun(keras.callbacks.Callback):
    """Lists the epochs that were begun."""

    def __init__(self):
        super().__init__()
        self.epochs = []

    def on_epoch_begin(self, epoch, logs=None):  # noqa: ARG002
        self.epochs.append(epoch)


def network(width=5):
    """Return a network with dropout in and around a network, as a new process would build it."""
    start_session(SEED)
    inner = keras.Sequential(
        [keras.Input((N_COLUMNS,)), keras.layers.Dropout(0.3), keras.layers.Dense(width, "relu")]
    )
    model = keras.Sequential(
        [keras.Input((N_COLUMNS,)), inner, keras.layers.Dropout(0.3), keras.layers.Dense(2)]
    )
    optimizer = keras.optimizers.Adam(0.3, weight_decay=0.01)
    model.compile(optimizer, loss="mse", run_eagerly=True)  # faster than building 40 graphs
    return model


def stop(patience=3):
    return keras.callbacks.EarlyStopping(patience=patience, restore_best_weights=True)


def plateau():
    return keras.callbacks.ReduceLROnPlateau(patience=1, factor=0.8, min_delta=0.5)


def trained(callbacks=(), checkpoint=None, epochs=EPOCHS, depends_on=(), model=None):
    model = model or network()
    data = ShuffledRows(ROWS[:30], TARGETS[:30], batch_size=15, seed=SEED)
    history = fit_resumable(
        model,
        data,
        epochs=epochs,
        seed=SEED,
        callbacks=callbacks,
        checkpoint=checkpoint,
        depends_on=depends_on,
        validation_data=(ROWS[30:], TARGETS[30:]),
    )
    return model, history


def state_bytes(model):
    """Return every bit that another epoch would start from."""
    return [v.numpy().tobytes() for v in [*model.weights, *model.optimizer.variables]]


def assert_same(one, other):
    (model, history), (other_model, other_history) = one, other
    assert state_bytes(model) == state_bytes(other_model)
    assert history.to_csv() == other_history.to_csv()


@pytest.fixture(scope="module")
def whole():
    """Return a training that was not interrupted."""
    return trained([stop(), plateau()])


@pytest.mark.parametrize("kill_at", [1, 3, EPOCHS - 1])
def test_an_interrupted_training_ends_with_the_same_bits(checkpoint, whole, kill_at):
    with pytest.raises(KilledError):
        trained([stop(), plateau(), KillAt(kill_at)], checkpoint)
    begun = Begun()
    resumed = trained([stop(), plateau(), begun], checkpoint)
    assert begun.epochs[0] == kill_at
    assert_same(resumed, whole)


def test_it_may_be_interrupted_before_every_epoch(checkpoint, whole):
    for epoch in range(1, EPOCHS):
        with pytest.raises(KilledError):
            trained([stop(), plateau(), KillAt(epoch)], checkpoint)
    assert_same(trained([stop(), plateau()], checkpoint), whole)


def test_the_learning_rate_fell_and_the_best_epoch_was_not_the_last(whole):
    """What the two tests above need to show anything."""
    _, history = whole
    assert history["learning_rate"].nunique() > 1
    assert history["val_loss"].idxmin() < len(history) - 1


def test_keeping_a_checkpoint_changes_no_bit(checkpoint, whole):
    assert_same(trained([stop(), plateau()], checkpoint), whole)


def test_every_epoch_has_the_order_of_its_number():
    shown = []

    class Recorded(ShuffledRows):
        def __getitem__(self, step):
            shown.append(super().__getitem__(step)[0])
            return super().__getitem__(step)

    of_data = {"batch_size": 30, "seed": SEED}
    fit_resumable(network(), Recorded(ROWS[:30], TARGETS[:30], **of_data), epochs=3, seed=SEED)
    data = ShuffledRows(ROWS[:30], TARGETS[:30], **of_data)
    for epoch, rows in enumerate(shown[-3:]):  # Keras looks at a batch before the first epoch
        data.start_at(epoch)
        np.testing.assert_array_equal(rows, data[0][0])


def test_a_process_that_trains_often_keeps_neither_data_nor_graphs():
    class Table(keras.layers.Layer):
        """Reads an array that is no weight, as ``Rows`` does."""

        def __init__(self, array):
            super().__init__()
            self.array = keras.ops.convert_to_tensor(array)

        def call(self, x):
            return x + keras.ops.sum(self.array)

    def train():
        keras.backend.clear_session()
        inputs = keras.Input((ROWS.shape[1],))
        table = Table(np.zeros((300, 7), np.float32))
        outputs = keras.layers.Dense(TARGETS.shape[1])(table(inputs))
        model = keras.Model(inputs, outputs)
        model.compile(build_optimizer("adam", model, learning_rate=0.1, weight_decay=0.1), "mse")
        rows = ROWS + 0
        data = ShuffledRows(rows, TARGETS + 0, batch_size=30, seed=SEED)
        fit_resumable(model, data, epochs=1, seed=SEED)
        return weakref.ref(table.array), weakref.ref(rows)

    kept = [train() for _ in range(3)]
    gc.collect()
    assert kept[-1][1]() is None  # before the next session begins: five trainings share one
    keras.backend.clear_session()
    gc.collect()
    assert [(table(), rows()) for table, rows in kept] == [(None, None)] * 3


def test_dropout_differs_from_epoch_to_epoch_and_from_layer_to_layer():
    seen = []

    class Look(keras.callbacks.Callback):
        def on_train_batch_begin(self, batch, logs=None):  # noqa: ARG002
            if batch == 0:
                states = [v for v in self.model.variables if v.name == "seed_generator_state"]
                seen.append([tuple(state.numpy()) for state in states])

    trained([Look()], epochs=2)
    assert len(seen[0]) == 2
    assert len({*seen[0], *seen[1]}) == 4


def test_a_training_that_had_ended_early_ends_again_without_another_epoch(checkpoint):
    first = trained([stop(patience=1)], checkpoint, epochs=50)
    assert len(first[1]) < 50
    begun = Begun()
    again = trained([stop(patience=1), begun], checkpoint, epochs=50)
    assert begun.epochs == []
    assert_same(again, first)


def test_a_training_that_had_reached_its_last_epoch_ends_again_without_another(checkpoint):
    first = trained([], checkpoint)
    begun = Begun()
    assert_same(trained([begun], checkpoint), first)
    assert begun.epochs == []


def test_other_settings_or_other_first_weights_start_anew(checkpoint, caplog):
    trained([], checkpoint, depends_on=("dropout 0.3",))
    for depends_on, model in ((("dropout 0.4",), None), (("dropout 0.4",), network(width=4))):
        begun = Begun()
        trained([begun], checkpoint, depends_on=depends_on, model=model)
        assert begun.epochs[0] == 0
        assert "of other settings, data or code" in caplog.text
        caplog.clear()
    begun = Begun()
    trained([begun], checkpoint, depends_on=("dropout 0.4",), model=network(width=4))
    assert begun.epochs == [], "the last training's own checkpoint had replaced the first one"


def test_it_says_that_it_goes_on(checkpoint, caplog):
    with pytest.raises(KilledError):
        trained([KillAt(2)], checkpoint)
    with caplog.at_level(logging.WARNING):
        trained([], checkpoint)
    assert f"goes on after epoch 2 of {EPOCHS}" in caplog.text


def test_a_damaged_checkpoint_only_costs_the_epochs(checkpoint, whole, folder, caplog):
    with pytest.raises(KilledError):
        trained([stop(), plateau(), KillAt(3)], checkpoint)
    file = folder / "state.npz"
    file.write_bytes(file.read_bytes()[:-100])
    assert_same(trained([stop(), plateau()], checkpoint), whole)
    assert "damaged" in caplog.text


def test_a_pruned_trial_ends_the_training_as_without_a_checkpoint(checkpoint):
    study = optuna.create_study(pruner=optuna.pruners.ThresholdPruner(upper=0.0))
    trial = study.ask()
    with pytest.raises(optuna.TrialPruned, match="epoch 0"):
        trained([KerasPruningCallback(trial, "val_loss")], checkpoint)
    assert study.trials[0].intermediate_values.keys() == {0}


def test_callbacks_see_the_epochs_as_fit_numbers_them(checkpoint):
    seen = []
    note = keras.callbacks.LambdaCallback(
        on_epoch_end=lambda epoch, logs: seen.append((epoch, logs))
    )
    with pytest.raises(KilledError):
        trained([note, KillAt(2)], checkpoint)
    _, history = trained([note], checkpoint)
    assert [epoch for epoch, _ in seen] == list(range(EPOCHS))
    assert [logs["loss"] for _, logs in seen] == history["loss"].tolist()
