"""Training in processes of its own, ended by SIGKILL, against a training that nothing ended."""

import hashlib
import json
import os
import signal
import subprocess
import sys
import time
from contextlib import suppress
from pathlib import Path

import pytest

pytestmark = pytest.mark.slow

SCRIPT = Path(__file__).with_name("killed_process.py")
TIME_LIMIT = 300  # seconds, for one process


class Training:
    """One child process that trains, keeping its checkpoint in ``folder``."""

    def __init__(self, kind, folder, weights, wait_at="never"):
        self.said = []
        arguments = [kind, folder, weights, wait_at]
        self.process = subprocess.Popen(
            [sys.executable, SCRIPT, *map(str, arguments)],
            stdout=subprocess.PIPE,
            text=True,
        )

    def until(self, point):
        """Read what it says up to this; it may already be further."""
        for line in self.process.stdout:
            self.said.append(line.strip())
            if self.said[-1] == point:
                return
        raise AssertionError(f"it ended without {point!r}: {self.said[-3:]}")

    def kill(self):
        self.process.kill()
        self.said += [line.strip() for line in self.process.stdout]
        self.process.wait(TIME_LIMIT)

    def kill_within_a_write(self, folder):
        """Stop it when part of a state is on disk, look whether it is still writing, kill it."""
        limit = time.monotonic() + TIME_LIMIT
        while True:
            while not parts(folder):
                assert time.monotonic() < limit, "nothing was written"
            self.process.send_signal(signal.SIGSTOP)
            os.waitpid(self.process.pid, os.WUNTRACED)
            if parts(folder):
                break
            self.process.send_signal(signal.SIGCONT)  # the write was over: wait for the next one
        self.kill()

    def end(self):
        """Wait for its end and return its history, as CSV."""
        *said, result = (line.strip() for line in self.process.stdout)
        self.said += said
        assert self.process.wait(TIME_LIMIT) == 0
        return json.loads(result)["history"]

    @property
    def epochs(self):
        """Epochs that it began."""
        return [int(line.split()[1]) for line in self.said if line.count(" ") == 1]


def parts(folder):
    """Return the files of states that are being written, or were when their writer was killed."""
    found = []
    for part in folder.glob(".state.npz.*/state.npz"):
        with suppress(FileNotFoundError):  # it is whole, and at its place, by now
            found += [part] if part.stat().st_size else []
    return found


@pytest.fixture
def start():
    """Start trainings; none is left when the test ends."""
    started = []

    def training(*arguments, **options):
        started.append(Training(*arguments, **options))
        return started[-1]

    yield training
    for one in started:
        one.process.kill()
        one.process.wait(TIME_LIMIT)
        one.process.stdout.close()


@pytest.mark.parametrize("kind", ["pretrain", "finetune"])
def test_killed_at_four_points_it_ends_with_the_weights_of_one_never_killed(start, kind, tmp_path):
    folder = tmp_path / "checkpoint"
    file, whole_file = tmp_path / "model.weights.h5", tmp_path / "whole.weights.h5"

    after_first = start(kind, folder, file, wait_at="epoch 1")
    after_first.until("epoch 1")
    after_first.kill()
    assert after_first.epochs == [0, 1]

    within_epoch = start(kind, folder, file, wait_at="epoch 2 batch 1")
    within_epoch.until("epoch 2 batch 1")
    within_epoch.kill()
    assert within_epoch.epochs == [1, 2]

    within_write = start(kind, folder, file)
    within_write.until("epoch 3")
    within_write.kill_within_a_write(folder)
    assert within_write.epochs[:2] == [2, 3]
    half_written = within_write.epochs[-1]
    assert len(parts(folder)) == 1

    after_the_end = start(kind, folder, file, wait_at="trained")
    after_the_end.until("trained")
    after_the_end.kill()
    assert after_the_end.epochs[0] == half_written
    assert not parts(folder)
    assert after_the_end.epochs[-1] < 59, "it stopped early"
    assert not file.exists()

    last = start(kind, folder, file)
    history = last.end()
    assert last.epochs == [], "a training that had ended trains no further epoch"

    whole = start(kind, tmp_path / "never_killed", whole_file)
    assert history == whole.end()
    assert whole.epochs == list(range(after_the_end.epochs[-1] + 1))
    assert sha256(file) == sha256(whole_file)


def sha256(file):
    return hashlib.sha256(file.read_bytes()).hexdigest()
