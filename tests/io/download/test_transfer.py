import numpy as np
import pytest

from deepdep.domain.errors import DeepDEPError
from deepdep.io.download import transfer as transfer_module
from deepdep.io.download.part import Part
from deepdep.io.download.remote_file import RemoteFile
from deepdep.io.download.server import PIECE, new_session
from deepdep.io.download.transfer import transfer

BODY = np.random.default_rng(0).bytes(5 * PIECE + 1000)
CHANGED = np.random.default_rng(1).bytes(5 * PIECE + 1000)


@pytest.fixture
def bring(server, tmp_path, monkeypatch):
    """Bring ``/a.bin`` once more; what is there already is in ``bring.part``."""
    monkeypatch.setattr(transfer_module, "PAUSE", 0)

    def bring(query=""):
        file = RemoteFile("a.bin", f"{server.url}/a.bin{query}")
        seen = []
        with new_session() as session:
            transfer(file, bring.part, session, lambda n, size: seen.append((n, size)))
        return seen

    bring.part = Part(tmp_path / "a.bin")
    return bring


@pytest.fixture
def served(server):
    """Return ``/a.bin`` on the server."""
    return server.serve("/a.bin", BODY, etag='"one"')


def interrupt(bring, served, *, after):
    """Break the connection until the command gives up, first after ``after`` bytes."""
    served.cuts = [after, 0, 0, 0, 0]
    with pytest.raises(DeepDEPError, match="broke 4 times after byte"):
        bring()
    assert bring.part.size == after


def test_a_file_comes_whole_and_progress_is_told(server, bring, served):
    seen = bring()
    assert bring.part.path.read_bytes() == BODY
    assert seen[-1] == (len(BODY), len(BODY))
    assert len(server.gets("/a.bin")) == 1


def test_a_connection_cut_in_the_middle_goes_on_where_it_stopped(server, bring, served):
    served.cuts = [2 * PIECE + 5]
    bring()
    assert bring.part.path.read_bytes() == BODY
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
    assert bring.part.path.read_bytes() == BODY
    assert [asked.range for asked in server.gets("/a.bin")] == [f"bytes={3 * PIECE}-"]


def test_an_address_that_is_signed_anew_is_still_the_same_file(server, bring, served):
    interrupt(bring, served, after=PIECE)
    server.log.clear()
    bring("?Signature=another")
    assert bring.part.path.read_bytes() == BODY
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
    assert bring.part.path.read_bytes() == BODY
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
    assert bring.part.path.read_bytes() == BODY
    assert [asked.status for asked in server.gets("/a.bin")] == [200, 200]


def test_a_server_that_continues_at_the_wrong_place_is_not_believed(server, bring, served):
    served.cuts = [2 * PIECE]
    served.range_offset = 7
    bring()
    assert bring.part.path.read_bytes() == BODY
    assert [asked.status for asked in server.gets("/a.bin")] == [200, 206, 200]


def test_a_part_of_unknown_origin_is_not_continued(server, bring, served):
    bring.part.path.write_bytes(CHANGED[:PIECE])
    bring()
    assert bring.part.path.read_bytes() == BODY
    assert server.gets("/a.bin")[0].range is None


def test_a_part_that_is_whole_already_is_taken(server, bring, served):
    bring()
    bring()
    assert bring.part.path.read_bytes() == BODY
    assert server.gets("/a.bin")[-1].status == 416


def test_a_part_longer_than_the_file_is_brought_anew(bring, served):
    bring()
    served.body = BODY[:PIECE]
    bring()
    assert bring.part.path.read_bytes() == BODY[:PIECE]


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
    assert bring.part.path.read_bytes() == BODY
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
    assert bring.part.path.read_bytes() == BODY


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
