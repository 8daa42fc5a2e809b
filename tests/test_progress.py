import io
import sys
import time

import pytest

from deepdep import progress
from deepdep.progress import Progress


class Terminal(io.StringIO):
    def isatty(self):
        return True


@pytest.fixture
def lines_at_once(monkeypatch):
    monkeypatch.setattr(progress, "SECONDS_BETWEEN_LINES", 0.001)


def work(show, n_all=3):
    for n_done in range(n_all + 1):
        show(n_done, n_all, f"loss {n_done / 10}")
        time.sleep(0.002)
    show.close()


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
