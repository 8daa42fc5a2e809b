import os
import signal
import subprocess
import sys

import pytest

from deepdep.errors import BusyError
from deepdep.io.locks import locked

HOLD = """
import sys
from pathlib import Path
from deepdep.io.locks import locked
with locked(Path(sys.argv[1]), busy="held"):
    print("held", flush=True)
    sys.stdin.read()
"""


@pytest.fixture
def file(tmp_path):
    return tmp_path / "lock"


@pytest.fixture
def holder(file):
    """Another process that holds the lock."""
    command = [sys.executable, "-c", HOLD, str(file)]
    pipes = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE}
    with subprocess.Popen(command, text=True, **pipes) as process:
        assert process.stdout.readline() == "held\n"
        yield process
        process.kill()


def test_what_another_process_holds_is_busy_until_it_ends_in_order(holder, file):
    with pytest.raises(BusyError, match="it is held") as refused, locked(file, busy="it is held"):
        pass
    assert refused.value.exit_code == 4
    holder.communicate("")
    with locked(file, busy="it is held"):
        pass


def test_a_lock_ends_with_a_process_that_is_killed(holder, file):
    os.kill(holder.pid, signal.SIGKILL)
    holder.wait()
    with locked(file, busy="it is held"):
        pass


def test_a_second_holder_in_the_same_process_is_refused_too(file):
    with locked(file, busy="it is held"):
        with pytest.raises(BusyError), locked(file, busy="it is held"):
            pass
        with locked(file.with_name("other"), busy="it is held"):
            pass


def test_an_error_gives_the_lock_back_and_the_file_stays(file):
    with pytest.raises(ValueError, match="x"), locked(file, busy="it is held"):
        raise ValueError("x")
    with locked(file, busy="it is held"):
        assert file.exists()
    assert file.exists()
