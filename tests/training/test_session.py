import io
import sys
from contextlib import closing

import keras
import numpy as np

from deepdep.training.session import EpochProgress


class Terminal(io.StringIO):
    def isatty(self):
        return True


def test_an_epoch_shows_its_metrics_on_a_terminal(monkeypatch):
    terminal = Terminal()
    monkeypatch.setattr(sys, "stderr", terminal)
    model = keras.Sequential([keras.Input((1,)), keras.layers.Dense(1)])
    model.compile("sgd", loss="mse")
    rows = np.ones((4, 1), np.float32)
    with closing(EpochProgress("pretrain expression")) as shown:
        model.fit(rows, rows, epochs=5, initial_epoch=3, callbacks=[shown], verbose=0)
    last = terminal.getvalue().rstrip().rpartition("\r")[2]
    assert last.startswith("pretrain expression: 100%")
    assert "5/5" in last
    assert "loss " in last
    assert " 3/5 " in terminal.getvalue()
    assert " 0/5 " not in terminal.getvalue()
