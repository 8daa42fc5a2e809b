import gzip
import hashlib

import numpy as np
import pytest

from deepdep.errors import DeepDEPError
from deepdep.sources.download import fetch as transfer_module
from deepdep.sources.download.fetch import fetch, transfer
from deepdep.sources.download.files import PIECE, Connection, Part, RemoteFile

BODY = b"ModelID,PatientID\nACH-000001,PT-1\n"
MD5 = hashlib.md5(BODY, usedforsecurity=False).hexdigest()
ZIPPED = gzip.compress(b"sample\tTCGA-A1-0001-01\nTP53\t1\n" * 1000, mtime=0)


@pytest.fixture
def have(server, tmp_path):
    """Have the file ``name`` of the server in the folder ``here``."""

    def have(name, md5=None):
        with Connection() as connection:
            file = RemoteFile(name, f"{server.url}/{name}", md5)
            return fetch(file, tmp_path / "here", connection)

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
    with Connection() as connection:
        fetched = fetch(RemoteFile("Model.csv", "", MD5), tmp_path, connection)
    assert fetched.was_there


def test_a_file_without_an_address_is_an_error_that_says_to_fetch_it(tmp_path):
    with (
        Connection() as connection,
        pytest.raises(DeepDEPError, match="no address for it"),
    ):
        fetch(RemoteFile("Model.csv", "", MD5), tmp_path, connection)


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
    monkeypatch.setattr("deepdep.sources.download.fetch.PAUSE", 0)
    other = b"x" * len(BODY)
    server.serve("/Model.csv", BODY, cuts=[10, 0, 0, 0, 0])
    with pytest.raises(DeepDEPError, match="broke"):
        have("Model.csv", MD5)
    assert files_in(have.folder) == ["Model.csv.part", "Model.csv.part.json"]
    server.serve("/Model.csv", other)
    have("Model.csv", hashlib.md5(other, usedforsecurity=False).hexdigest())
    assert (have.folder / "Model.csv").read_bytes() == other
    assert files_in(have.folder) == ["Model.csv"]


BODY_TRANSFER = np.random.default_rng(0).bytes(5 * PIECE + 1000)
CHANGED = np.random.default_rng(1).bytes(5 * PIECE + 1000)


@pytest.fixture
def bring(server, tmp_path, monkeypatch):
    """Bring ``/a.bin`` once more; what is there already is in ``bring.part``."""
    monkeypatch.setattr(transfer_module, "PAUSE", 0)

    def bring(query=""):
        file = RemoteFile("a.bin", f"{server.url}/a.bin{query}")
        seen = []
        with Connection() as connection:
            transfer(file, bring.part, connection, lambda n, size: seen.append((n, size)))
        return seen

    bring.part = Part(tmp_path / "a.bin")
    return bring


@pytest.fixture
def served(server):
    """Return ``/a.bin`` on the server."""
    return server.serve("/a.bin", BODY_TRANSFER, etag='"one"')


def interrupt(bring, served, *, after):
    """Break the connection until the command gives up, first after ``after`` bytes."""
    served.cuts = [after, 0, 0, 0, 0]
    with pytest.raises(DeepDEPError, match="broke 4 times after byte"):
        bring()
    assert bring.part.size == after


def test_a_file_comes_whole_and_progress_is_told(server, bring, served):
    seen = bring()
    assert bring.part.path.read_bytes() == BODY_TRANSFER
    assert seen[-1] == (len(BODY_TRANSFER), len(BODY_TRANSFER))
    assert len(server.gets("/a.bin")) == 1


def test_a_connection_cut_in_the_middle_goes_on_where_it_stopped(server, bring, served):
    served.cuts = [2 * PIECE + 5]
    bring()
    assert bring.part.path.read_bytes() == BODY_TRANSFER
    first, second = server.gets("/a.bin")
    assert first.range is None
    assert (second.range, second.if_range, second.status) == (
        f"bytes={2 * PIECE + 5}-",
        '"one"',
        206,
    )


def test_the_next_call_goes_on_where_the_last_one_stopped(server, bring, served):
    interrupt(bring, served, after=3 * PIECE)
    server.log.clear()
    bring()
    assert bring.part.path.read_bytes() == BODY_TRANSFER
    assert [asked.range for asked in server.gets("/a.bin")] == [f"bytes={3 * PIECE}-"]


def test_an_address_that_is_signed_anew_is_still_the_same_file(server, bring, served):
    interrupt(bring, served, after=PIECE)
    server.log.clear()
    bring("?Signature=another")
    assert bring.part.path.read_bytes() == BODY_TRANSFER
    assert server.gets("/a.bin")[0].status == 206


@pytest.mark.parametrize("heeds_if_range", [True, False])
@pytest.mark.parametrize(
    "change", [{"etag": '"two"'}, {"last_modified": "Tue, 03 Dec 2024 00:00:00 GMT"}]
)
def test_a_file_that_changed_between_two_calls_is_brought_anew(
    server, bring, served, change, heeds_if_range
):
    served.last_modified = "Mon, 02 Dec 2024 00:00:00 GMT"
    if "etag" not in change:
        served.etag = None
    interrupt(bring, served, after=3 * PIECE)
    served.body, served.heeds_if_range = CHANGED, heeds_if_range
    for name, value in change.items():
        setattr(served, name, value)
    bring()
    assert bring.part.path.read_bytes() == CHANGED


def test_without_any_other_sign_a_changed_size_is_seen(bring, served):
    served.etag = None
    interrupt(bring, served, after=3 * PIECE)
    served.body = CHANGED + b"more"
    bring()
    assert bring.part.path.read_bytes() == CHANGED + b"more"


def test_without_any_other_sign_the_same_size_is_continued(server, bring, served):
    served.etag = None
    interrupt(bring, served, after=3 * PIECE)
    server.log.clear()
    bring()
    assert bring.part.path.read_bytes() == BODY_TRANSFER
    assert server.gets("/a.bin")[0].status == 206


def test_a_file_that_changes_while_it_comes_is_brought_anew(server, bring, served):
    served.cuts = [2 * PIECE]
    server.serve_next("/a.bin", CHANGED, etag='"two"')
    bring()
    assert bring.part.path.read_bytes() == CHANGED
    assert [asked.if_range for asked in server.gets("/a.bin")] == [None, '"one"']


def test_a_server_that_cannot_continue_sends_all_of_it_again(server, bring, served):
    served.ranges = False
    served.cuts = [2 * PIECE]
    bring()
    assert bring.part.path.read_bytes() == BODY_TRANSFER
    assert [asked.status for asked in server.gets("/a.bin")] == [200, 200]


def test_a_server_that_continues_at_the_wrong_place_is_not_believed(server, bring, served):
    served.cuts = [2 * PIECE]
    served.range_offset = 7
    bring()
    assert bring.part.path.read_bytes() == BODY_TRANSFER
    assert [asked.status for asked in server.gets("/a.bin")] == [200, 206, 200]


def test_a_part_of_unknown_origin_is_not_continued(server, bring, served):
    bring.part.path.write_bytes(CHANGED[:PIECE])
    bring()
    assert bring.part.path.read_bytes() == BODY_TRANSFER
    assert server.gets("/a.bin")[0].range is None


def test_a_part_that_is_whole_already_is_taken(server, bring, served):
    bring()
    bring()
    assert bring.part.path.read_bytes() == BODY_TRANSFER
    assert server.gets("/a.bin")[-1].status == 416


def test_a_part_longer_than_the_file_is_brought_anew(bring, served):
    bring()
    served.body = BODY_TRANSFER[:PIECE]
    bring()
    assert bring.part.path.read_bytes() == BODY_TRANSFER[:PIECE]


def test_a_server_that_breaks_off_at_the_same_place_is_given_up_in_bounded_time(
    server, bring, served
):
    served.ranges = False
    served.cuts = [PIECE] * 100
    with pytest.raises(DeepDEPError, match="Run the command again later"):
        bring()
    assert len(server.gets("/a.bin")) == 5


def test_a_web_page_in_place_of_the_rest_leaves_the_part_to_be_continued(server, bring, served):
    interrupt(bring, served, after=3 * PIECE)
    whole, served.body, served.ranges = served.body, b"<!DOCTYPE html><p>Sign in", False
    with pytest.raises(DeepDEPError, match="web page, not the file"):
        bring()
    assert bring.part.size == 3 * PIECE
    served.body, served.ranges = whole, True
    server.log.clear()
    bring()
    assert bring.part.path.read_bytes() == BODY_TRANSFER
    assert server.gets("/a.bin")[0].status == 206


@pytest.mark.parametrize(
    ("content_type", "body"),
    [
        ("text/html; charset=utf-8", b"Verify that you are a person"),
        ("text/csv", b"\xef\xbb\xbf \n<!doctype html><title>Just a moment...</title>"),
        ("application/xml", b"<?xml version='1.0'?><Error><Code>AccessDenied</Code></Error>"),
    ],
)
def test_a_web_page_in_place_of_a_file_leaves_nothing(tmp_path, bring, served, content_type, body):
    served.content_type, served.body = content_type, body
    with pytest.raises(DeepDEPError, match="web page, not the file"):
        bring()
    assert list(tmp_path.iterdir()) == []


def test_a_fault_that_passes_is_waited_for(server, bring, served):
    served.statuses = [503, 200]
    bring()
    assert bring.part.path.read_bytes() == BODY_TRANSFER


def test_a_fault_that_stays_is_an_error_and_keeps_the_part(server, bring, served):
    interrupt(bring, served, after=3 * PIECE)
    served.status = 502
    with pytest.raises(DeepDEPError, match=r"the server fails \(502\)"):
        bring()
    assert bring.part.size == 3 * PIECE


def test_a_file_that_is_not_there_is_an_error(tmp_path, bring):
    with pytest.raises(DeepDEPError, match=r"a\.bin: there is no such file \(404\)"):
        bring()
    assert list(tmp_path.iterdir()) == []


def test_an_expired_address_is_an_error_that_hides_the_signature(bring, served):
    served.status = 403
    with pytest.raises(DeepDEPError, match=r"refuses \(403\)") as caught:
        bring("?Signature=secret")
    assert "secret" not in str(caught.value)


def test_too_little_room_is_an_error_before_anything_is_written(
    tmp_path, bring, served, monkeypatch
):
    class Usage:
        free = 1000

    monkeypatch.setattr(transfer_module.shutil, "disk_usage", lambda _: Usage)
    with pytest.raises(DeepDEPError, match=r"needs 656,360 bytes more and 1,000 are free"):
        bring()
    assert list(tmp_path.iterdir()) == []
