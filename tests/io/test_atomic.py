import pytest

from deepdep.domain.errors import BadFileError
from deepdep.io.atomic import new_path, write_text


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
