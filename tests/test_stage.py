import errno
import io
import logging
import os
import signal
import subprocess
import sys
import time

import pytest

from deepdep import stage
from deepdep.stage import Progress, under_way, with_progress


class Terminal(io.StringIO):
    def isatty(self):
        return True


@pytest.fixture
def lines_at_once(monkeypatch):
    monkeypatch.setattr(stage, "SECONDS_BETWEEN_LINES", 0.001)


def work(progress, n_all=3):
    for n_done in range(n_all + 1):
        progress(n_done, n_all, f"loss {n_done / 10}")
        time.sleep(0.002)
    progress.close()


def test_what_is_done_at_once_is_not_shown_outside_a_terminal(capsys):
    work(Progress("finetune", "epoch"))
    assert capsys.readouterr() == ("", "")


@pytest.mark.usefixtures("lines_at_once")
def test_outside_a_terminal_each_drawing_is_a_line_on_standard_error(capsys):
    work(Progress("finetune", "epoch"))
    shown = capsys.readouterr()
    lines = shown.err.splitlines()
    assert shown.out == ""
    assert "\r" not in shown.err
    assert [line for line in lines if "2/3" in line and "loss 0.2" in line]
    assert all(line.startswith("finetune: ") for line in lines)


def test_a_terminal_has_a_bar_that_is_drawn_over(monkeypatch):
    terminal = Terminal()
    monkeypatch.setattr(sys, "stderr", terminal)
    work(Progress("finetune", "epoch"))
    assert terminal.getvalue().count("\n") == 1
    assert "3/3" in terminal.getvalue().rpartition("\r")[2]


def waited_for(shown, text):
    """Wait until a text is shown, which a thread does; for seconds at most."""
    seen = ""
    for _ in range(2000):
        seen += shown()
        if text in seen:
            break
        time.sleep(0.005)
    return seen


@pytest.mark.usefixtures("lines_at_once")
def test_what_counts_nothing_for_long_is_shown_to_go_on(capsys):
    progress = Progress("finetune", "epoch")
    progress(1, 3, "loss 0.5")
    seen = waited_for(lambda: capsys.readouterr().err, "1/3")
    progress.close()
    assert [line for line in seen.splitlines() if "1/3" in line and "loss 0.5" in line]


@pytest.mark.usefixtures("lines_at_once")
def test_of_two_the_inner_goes_on_and_then_the_outer(capsys):
    with under_way("trial 3"):
        waited_for(lambda: capsys.readouterr().err, "trial 3")
        for _ in with_progress(["a"], "finetune", "network"):
            capsys.readouterr()
            inner = waited_for(lambda: capsys.readouterr().err, "finetune")
        outer = waited_for(lambda: capsys.readouterr().err, "trial 3")
    assert "finetune" in inner
    assert "trial 3: 00:00" in outer


@pytest.mark.usefixtures("lines_at_once")
def test_what_ended_by_an_error_is_shown_no_more(capsys):
    with pytest.raises(ValueError, match="over"), under_way("trial 3"):
        raise ValueError("over")
    capsys.readouterr()
    with under_way("trial 4"):
        seen = waited_for(lambda: capsys.readouterr().err, "trial 4")
    assert "trial 3" not in seen


SCRIPT = """
from pathlib import Path
from deepdep.errors import DeepDEPError, GateNotMetError
from deepdep.domain.omics import Omic
from deepdep.stage import run_stage

ENDS = {
    "well": None,
    "with bad input": DeepDEPError("data: is\\nnot there. Bring it."),
    "at a gate": GateNotMetError("not better"),
    "by Ctrl-C": KeyboardInterrupt(),
    "by a bug": ValueError("who knows"),
    "by a bug with an address": ValueError("http://lab:Sup3rSecret@host is strange"),
}

def main(omic: Omic, data: Path, params: Path = Path("params.yaml"), end: str = "well") -> None:
    print(repr(omic), repr(data), repr(params))
    if ENDS[end] is not None:
        raise ENDS[end]

if __name__ == "__main__":
    run_stage(main)
"""


@pytest.fixture(scope="module")
def script(tmp_path_factory):
    path = tmp_path_factory.mktemp("stage") / "stage.py"
    path.write_text(SCRIPT)
    return path


def run(script, *arguments):
    command = [sys.executable, str(script), *arguments]
    return subprocess.run(command, capture_output=True, text=True, check=False)


def test_the_signature_is_the_command_line(script):
    done = run(script, "mutation", "data", "--params", "other.yaml")
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout.split() == [
        "<Omic.MUTATION:", "'mutation'>", "PosixPath('data')", "PosixPath('other.yaml')",
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("end", "code", "stderr"),
    [
        ("with bad input", 2, "error: data: is not there. Bring it.\n"),
        ("at a gate", 3, "error: not better\n"),
        ("by Ctrl-C", 130, ""),
    ],
)
def test_what_a_user_caused_is_one_line_and_an_exit_code(script, end, code, stderr):
    done = run(script, "mutation", "data", "--end", end)
    assert (done.returncode, done.stderr) == (code, stderr)


@pytest.mark.parametrize(("number", "code"), [(signal.SIGINT, 130), (signal.SIGTERM, 143)])
def test_a_signal_ends_a_stage_after_it_has_tidied_up(script, number, code):
    waits = script.with_name("waits.py")
    body = (
        "try: print('waits', flush=True); import time; time.sleep(60)\n    finally: print('tidy')"
    )
    waits.write_text(SCRIPT.replace("print(repr(omic), repr(data), repr(params))", body))
    command = [sys.executable, str(waits), "mutation", "data"]
    pipes = {"stdout": subprocess.PIPE, "stderr": subprocess.PIPE}
    with subprocess.Popen(command, text=True, **pipes) as process:
        assert process.stdout.readline() == "waits\n"
        process.send_signal(number)
        assert process.communicate(timeout=60) == ("tidy\n", "")
    assert process.returncode == code


def wrapped(cause):
    try:
        raise RuntimeError("cannot write") from cause
    except RuntimeError as error:
        return error


@pytest.mark.parametrize(
    ("error", "told"),
    [
        (OSError(errno.ENOSPC, "", "a.h5"), "a.h5: No space left on device; make room on the disk"),
        (wrapped(OSError("Can't write data (file write failed: errno = 28)")), "No space left on"),
        (wrapped(Exception("database or disk is full")), "No space left on device; make room"),
        (MemoryError(), "the memory does not suffice; end other programs"),
        (OSError(errno.EMFILE, "", "b"), "b: Too many open files; allow more"),
        (OSError(errno.ENOENT, "", "b"), ""),
        (ValueError("28"), ""),
    ],
)
def test_what_a_machine_lacks_is_a_line_that_says_what_to_do(error, told):
    said = stage.lack_of_resources(error)
    assert said.startswith(told)
    assert bool(said) == bool(told)


def test_a_bug_shows_where_it_is(script):
    done = run(script, "mutation", "data", "--end", "by a bug")
    assert done.returncode == 1
    assert done.stderr.startswith("Traceback")
    assert done.stderr.endswith("ValueError: who knows\n")


def test_a_bug_shows_no_password_of_an_address(script):
    done = run(script, "mutation", "data", "--end", "by a bug with an address")
    assert done.returncode == 1
    assert done.stderr.endswith("ValueError: http://***@host is strange\n")
    assert "Sup3rSecret" not in done.stderr


def test_no_library_logs_a_password_of_an_address():
    stage.hide_secrets()
    try:
        made = logging.getLogger("any").makeRecord(
            "any", logging.INFO, "f", 1, "asks %s", ("http://lab:Sup3rSecret@host",), None
        )
    finally:
        logging.setLogRecordFactory(logging.LogRecord)
    assert made.getMessage() == "asks http://***@host"


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        ([], "'omic'"),
        (["mutation"], "'data'"),
        (["mutation", "data", "more"], "more"),
        (["proteome", "data"], "'proteome' is not one of 'mutation', 'expression'"),
        (["mutation", "data", "--param", "x"], "--param"),
    ],
)
def test_wrong_usage_is_one_line(script, arguments, said):
    done = run(script, *arguments)
    (line,) = done.stderr.splitlines()
    assert done.returncode == 2
    assert line.startswith("error: ")
    assert said in line
    assert line.endswith("; see --help.")
    assert done.stdout == ""


def test_help_names_the_arguments(script):
    done = run(script, "--help")
    assert (done.returncode, done.stderr) == (0, "")
    assert "omic" in done.stdout
    assert "--params" in done.stdout


def test_nothing_is_unpickled_by_mlflow_whatever_was_asked_for(script):
    environment = os.environ | {"MLFLOW_ALLOW_PICKLE_DESERIALIZATION": "true"}
    asks = script.with_name("asks.py")
    asks.write_text(
        SCRIPT.replace(
            "print(repr(omic)", "import os; print(os.environ['MLFLOW_ALLOW_PICKLE_DESERIALIZATION']"
        )
    )
    command = [sys.executable, str(asks), "mutation", "data"]
    done = subprocess.run(command, capture_output=True, text=True, check=False, env=environment)
    assert done.stdout.split()[0] == "false"
