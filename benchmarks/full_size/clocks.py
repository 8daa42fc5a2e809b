"""What an epoch takes, and what of it goes to products, told by callbacks."""

import time
from contextlib import ExitStack

import keras

from full_size.machine import peak_gflops
from full_size.products import watched_products


class Clock(keras.callbacks.Callback):
    """Seconds of each epoch's steps, and of each step."""

    def __init__(self) -> None:
        super().__init__()
        self.epochs: list[float] = []
        self.steps: list[float] = []

    def on_epoch_begin(self, epoch: int, logs: dict | None = None) -> None:
        self._start = self._step_start = time.perf_counter()

    def on_train_batch_end(self, batch: int, logs: dict | None = None) -> None:
        now = time.perf_counter()
        self.steps.append(now - self._step_start)
        self._step_start = self._end = now

    def on_epoch_end(self, epoch: int, logs: dict | None = None) -> None:
        self.epochs.append(self._end - self._start)


class Products(keras.callbacks.Callback):
    """Seconds in products, of each epoch, and the machine's peak before each."""

    def __init__(self) -> None:
        super().__init__()
        self.seconds: list[float] = []
        self.peaks: list[float] = []

    def on_epoch_begin(self, epoch: int, logs: dict | None = None) -> None:
        self.peaks.append(peak_gflops(n_times=3))
        self._watched = ExitStack()
        self._time = self._watched.enter_context(watched_products())

    def on_train_batch_end(self, batch: int, logs: dict | None = None) -> None:
        if batch + 1 == self.params["steps"]:
            self._watched.close()
            self.seconds.append(self._time.seconds)
