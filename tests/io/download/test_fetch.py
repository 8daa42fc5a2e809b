import gzip
import hashlib

import pytest

from deepdep.domain.errors import DeepDEPError
from deepdep.io.download.fetch import fetch
from deepdep.io.download.remote_file import RemoteFile
from deepdep.io.download.server import new_session

BODY = b"ModelID,PatientID\nACH-000001,PT-1\n"
MD5 = hashlib.md5(BODY, usedforsecurity=False).hexdigest()
ZIPPED = gzip.compress(b"sample\tTCGA-A1-0001-01\nTP53\t1\n" * 1000, mtime=0)


@pytest.fixture
def have(server, tmp_path):
    """Have the file ``name`` of the server in the folder ``here``."""

    def have(name, md5=None):
        with new_session() as session:
            file = RemoteFile(name, f"{server.url}/{name}", md5)
            return fetch(file, tmp_path / "here", session)

    have.folder = tmp_path / "here"
    return have


def files_in(folder):
    return sorted(path.name for path in folder.iterdir()) if folder.is_dir() else []


@pytest.mark.parametrize("md5", [MD5, None])
def test_a_good_file_appears_alone_under_its_name(server, have, md5):
    server.serve("/Model.csv", BODY)
    fetched = have("Model.csv", md5)
    assert (fetched.size, fetched.was_there) == (len(BODY), False)
    assert files_in(have.folder) == ["Model.csv"]
    assert (have.folder / "Model.csv").read_bytes() == BODY


def test_progress_goes_to_standard_error(server, have, capsys):
    server.serve("/Model.csv", BODY)
    have("Model.csv", MD5)
    shown = capsys.readouterr()
    assert shown.out == ""
    assert "Model.csv" in shown.err
    assert "100%" in shown.err


def test_a_wrong_checksum_leaves_nothing(server, have):
    server.serve("/Model.csv", BODY[:-1] + b"!")
    with pytest.raises(DeepDEPError, match=f"another checksum than the listed md5 {MD5}, and was"):
        have("Model.csv", MD5)
    assert files_in(have.folder) == []


@pytest.mark.parametrize("md5", [MD5, None])
def test_a_file_that_is_there_is_not_brought_again(server, have, md5):
    server.serve("/Model.csv", BODY)
    have("Model.csv", md5)
    server.log.clear()
    assert have("Model.csv", md5).was_there
    assert server.gets("/Model.csv") == []


def test_a_file_that_was_fetched_by_hand_is_verified_without_a_server(tmp_path):
    (tmp_path / "Model.csv").write_bytes(BODY)
    with new_session() as session:
        fetched = fetch(RemoteFile("Model.csv", "", MD5), tmp_path, session)
    assert fetched.was_there


def test_a_file_without_an_address_is_an_error_that_says_to_fetch_it(tmp_path):
    with (
        new_session() as session,
        pytest.raises(DeepDEPError, match="no address for it"),
    ):
        fetch(RemoteFile("Model.csv", "", MD5), tmp_path, session)


@pytest.mark.parametrize("md5", [MD5, None])
def test_another_file_of_that_name_is_never_replaced(server, have, md5):
    server.serve("/Model.csv", BODY)
    have.folder.mkdir()
    (have.folder / "Model.csv").write_bytes(b"mine")
    with pytest.raises(DeepDEPError, match=r"here/Model\.csv: .* or give another folder"):
        have("Model.csv", md5)
    assert (have.folder / "Model.csv").read_bytes() == b"mine"


def test_a_gzipped_file_without_a_checksum_is_read_through(server, have):
    server.serve("/a.gz", ZIPPED)
    assert have("a.gz").size == len(ZIPPED)


@pytest.mark.parametrize(
    ("name", "body", "problem"),
    [
        ("a.gz", ZIPPED[:-20], "is a truncated or damaged gzip file"),
        ("a.gz", ZIPPED[:50] + b"\0\0\0\0" + ZIPPED[54:], "is a truncated or damaged gzip file"),
        ("a.gz", BODY, "is not gzipped, against its name"),
        ("a.txt", ZIPPED, "is gzipped, against its name"),
        ("a.txt", b"", "is empty"),
    ],
)
def test_without_a_checksum_damage_is_seen_and_removed(server, have, name, body, problem):
    server.serve(f"/{name}", body)
    with pytest.raises(DeepDEPError, match=f"what came {problem}, and was removed"):
        have(name)
    assert files_in(have.folder) == []


def test_a_part_of_another_release_is_not_mixed_in(server, have, monkeypatch):
    monkeypatch.setattr("deepdep.io.download.transfer.PAUSE", 0)
    other = b"x" * len(BODY)
    server.serve("/Model.csv", BODY, cuts=[10, 0, 0, 0, 0])
    with pytest.raises(DeepDEPError, match="broke"):
        have("Model.csv", MD5)
    assert files_in(have.folder) == ["Model.csv.part", "Model.csv.part.json"]
    server.serve("/Model.csv", other)
    have("Model.csv", hashlib.md5(other, usedforsecurity=False).hexdigest())
    assert (have.folder / "Model.csv").read_bytes() == other
    assert files_in(have.folder) == ["Model.csv"]
