import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from deepdep.errors import BadFileError, BusyError
from deepdep.io.files import (
    first_path,
    locked,
    new_path,
    new_paths,
    refuse_oversized,
    write_text,
)


def write_half(target):
    with new_path(target) as path:
        path.write_text("half")
        raise RuntimeError


def write_half_a_folder(target):
    with new_path(target) as path:
        path.mkdir()
        (path / "first.txt").write_text("half")
        raise RuntimeError


def test_a_file_appears_whole_in_a_folder_that_was_not_there(tmp_path):
    target = tmp_path / "new" / "note.txt"
    write_text("métastase", target)
    assert target.read_bytes() == "métastase".encode()
    assert [path.name for path in target.parent.iterdir()] == ["note.txt"]


def test_a_failure_leaves_the_old_file_and_nothing_else(tmp_path):
    target = tmp_path / "note.txt"
    target.write_text("old")
    with pytest.raises(RuntimeError):
        write_half(target)
    assert target.read_text() == "old"
    assert list(tmp_path.iterdir()) == [target]


def test_a_folder_replaces_a_folder_with_all_it_held(tmp_path):
    target = tmp_path / "model"
    target.mkdir()
    (target / "old.txt").write_text("old")
    with new_path(target) as path:
        path.mkdir()
        (path / "new.txt").write_text("new")
    assert [file.name for file in target.iterdir()] == ["new.txt"]
    assert list(tmp_path.iterdir()) == [target]


def test_a_link_to_a_folder_stays_and_leads_to_the_new_one(tmp_path):
    (tmp_path / "disk" / "data").mkdir(parents=True)
    link = tmp_path / "data"
    link.symlink_to(tmp_path / "disk" / "data")
    with new_path(link) as path:
        path.mkdir()
        (path / "new").touch()
    assert link.is_symlink()
    assert [file.name for file in (tmp_path / "disk" / "data").iterdir()] == ["new"]


def test_a_link_into_a_cache_is_replaced_and_the_cache_is_as_it_was(tmp_path):
    (tmp_path / "cached").write_text("old")
    link = tmp_path / "table.csv"
    link.symlink_to(tmp_path / "cached")
    write_text("new", link)
    assert not link.is_symlink()
    assert (tmp_path / "cached").read_text() == "old"


def test_a_failure_leaves_the_old_folder(tmp_path):
    target = tmp_path / "model"
    target.mkdir()
    (target / "old.txt").write_text("old")
    with pytest.raises(RuntimeError):
        write_half_a_folder(target)
    assert (target / "old.txt").read_text() == "old"
    assert list(tmp_path.iterdir()) == [target]


@pytest.mark.parametrize("name", ["file/note.txt", "folder", "x" * 300])
def test_a_place_that_cannot_be_written_is_refused(tmp_path, name):
    (tmp_path / "file").touch()
    (tmp_path / "folder").mkdir()
    with pytest.raises(BadFileError, match=r"cannot be written \(.+\)"):
        write_text("text", tmp_path / name)
    assert sorted(path.name for path in tmp_path.iterdir()) == ["file", "folder"]


def test_several_files_appear_together(tmp_path):
    first, second = tmp_path / "a" / "first.txt", tmp_path / "second.txt"
    second.write_text("old")
    with new_paths(first, second) as (path, other):
        path.write_text("1")
        other.write_text("2")
        assert not first.exists()
    assert (first.read_text(), second.read_text()) == ("1", "2")
    assert sorted(tmp_path.rglob("*")) == [first.parent, first, second]


@pytest.mark.parametrize("old", [None, "old"])
def test_where_one_file_cannot_be_put_the_others_are_as_they_were(tmp_path, old):
    first, second = tmp_path / "first.txt", tmp_path / "second.txt"
    if old is not None:
        first.write_text(old)
    second.mkdir()  # a file cannot replace it
    with pytest.raises(BadFileError, match=r"second.txt: cannot be written"):
        write_both(first, second)
    assert (first.read_text() if first.exists() else None) == old
    assert second.is_dir()
    assert len(list(tmp_path.iterdir())) == (1 if old is None else 2)


def write_both(first, second):
    with new_paths(first, second) as paths:
        for path in paths:
            path.write_text("new")


SOURCE = Path("table.csv.gz")


@pytest.mark.parametrize(
    ("unpacked", "stored"),
    [
        (64 << 20, 1),  # zeros, but not many
        (1 << 30, 3 << 20),  # 1 GB from 3 MB
        (37 << 30, 1 << 30),  # betas of a whole atlas
    ],
)
def test_dense_and_large_files_are_no_bombs(unpacked, stored):
    refuse_oversized(unpacked, stored, SOURCE)


@pytest.mark.parametrize(
    ("unpacked", "stored", "said"),
    [
        (1 << 30, 2 << 20, "table.csv.gz: unzips to more than 1,024 MB from 2,048 kB"),
        (80 << 30, 20 << 30, "table.csv.gz: unzips to more than 81,920 MB"),
    ],
)
def test_files_that_would_fill_the_memory_are(unpacked, stored, said):
    with pytest.raises(BadFileError, match=said):
        refuse_oversized(unpacked, stored, SOURCE)


HOLD = """
import sys
from pathlib import Path
from deepdep.io.files import locked
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
    if Path("/proc/locks").exists():
        assert f"It is process {holder.pid}: {sys.executable} -c" in str(refused.value)
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


WRITE_AND_DIE = """
import os, signal, sys
from pathlib import Path
from deepdep.io import files
def die(*_):
    os.kill(os.getpid(), signal.SIGKILL)
target = Path(sys.argv[1])
if sys.argv[2] == "aside":
    rename = files._set_aside
    files._set_aside = lambda *both: (rename(*both), die())
with files.new_path(target) as path:
    if target.is_dir():
        path.mkdir()
    else:
        path.write_text("new")
    if sys.argv[2] == "written":
        die()
"""


def kill_writer(target, at):
    done = subprocess.run([sys.executable, "-c", WRITE_AND_DIE, str(target), at], check=False)
    assert done.returncode == -signal.SIGKILL
    return [path for path in target.parent.iterdir() if path != target]


def test_what_a_killed_writer_left_is_removed_by_the_next_and_no_more(tmp_path):
    target = tmp_path / "table.csv"
    target.write_text("old")
    others = [tmp_path / f".table.csv.{name}" for name in ("previous", "writing-", "writing-a.b")]
    for other in others:
        other.mkdir()
    assert len(kill_writer(target, "written")) == 4
    assert target.read_text() == "old"
    write_text("newer", target)
    assert sorted(tmp_path.iterdir()) == sorted([target, *others])


def test_what_a_writer_that_lives_is_at_is_left_alone(tmp_path):
    target = tmp_path / "table.csv"
    with new_path(target) as path:
        path.write_text("first")
        write_text("second", target)
        assert path.read_text() == "first"
    assert target.read_text() == "first"
    assert list(tmp_path.iterdir()) == [target]


def test_a_folder_whose_writer_was_killed_between_two_renames_comes_back(tmp_path):
    target = tmp_path / "model"
    target.mkdir()
    (target / "weights").write_text("old")
    kill_writer(target, "aside")
    assert not target.exists()
    with pytest.raises(ValueError, match="bad"), new_path(target):
        raise ValueError("bad")
    assert (target / "weights").read_text() == "old"
    assert list(tmp_path.iterdir()) == [target]


def test_of_two_that_make_a_file_the_first_stays(tmp_path):
    target = tmp_path / "runs.db"
    with first_path(target) as path:
        path.write_text("slow")
        with first_path(target) as other:
            other.write_text("quick")
    assert target.read_text() == "quick"
    assert list(tmp_path.iterdir()) == [target]


WRITE_ANEW = """
import sys, time
from pathlib import Path
from deepdep.io.files import sole_writer, write_text
target = Path(sys.argv[1])
for _ in range(10):
    with sole_writer(target):
        n = int(target.read_text())
        time.sleep(0.01)
        write_text(str(n + 1), target)
"""


def test_two_processes_that_write_a_file_anew_from_itself_lose_nothing(tmp_path):
    target = tmp_path / "count"
    target.write_text("0")
    command = [sys.executable, "-c", WRITE_ANEW, str(target)]
    both = [subprocess.Popen(command) for _ in range(2)]
    assert [process.wait() for process in both] == [0, 0]
    assert target.read_text() == "20"
