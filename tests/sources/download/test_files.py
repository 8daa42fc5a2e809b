import pytest

from deepdep.errors import DeepDEPError
from deepdep.sources.download.files import Part, RemoteFile, Version, plain

ONE = Version(size=10, etag='"one"', last_modified=None, md5=None)


def test_versions_agree_when_nothing_that_both_state_differs():
    assert ONE.agrees_with(Version(10, '"one"', "Mon, 02 Dec 2024 00:00:00 GMT", "0" * 32))


@pytest.mark.parametrize(
    "other",
    [
        Version(11, '"one"', None, None),
        Version(10, '"two"', None, None),
        Version(None, None, None, "0" * 32),  # nothing in common
    ],
)
def test_versions_disagree_when_something_differs_or_nothing_is_common(other):
    assert not ONE.agrees_with(other)


def test_a_weak_etag_is_no_condition_for_equal_bytes():
    date = "Mon, 02 Dec 2024 00:00:00 GMT"
    assert Version(10, 'W/"one"', date, None).condition == date
    assert Version(10, '"one"', date, None).condition == '"one"'


def test_a_part_remembers_what_it_is_the_beginning_of(tmp_path):
    Part(tmp_path / "a.csv").begin(ONE)
    (tmp_path / "a.csv.part").write_bytes(b"abc")
    again = Part(tmp_path / "a.csv")
    assert (again.version, again.size) == (ONE, 3)


@pytest.mark.parametrize("note", ["", "{", "[]", '{"size": 3}'])
def test_a_part_whose_note_is_damaged_is_the_beginning_of_nothing_known(tmp_path, note):
    (tmp_path / "a.csv.part").write_bytes(b"abc")
    (tmp_path / "a.csv.part.json").write_text(note)
    assert Part(tmp_path / "a.csv").version is None


def test_beginning_again_leaves_no_old_bytes(tmp_path):
    part = Part(tmp_path / "a.csv")
    part.begin(ONE)
    part.path.write_bytes(b"abc")
    part.begin(Version(20, '"two"', None, None))
    assert part.size == 0


def test_removing_a_part_removes_its_note(tmp_path):
    part = Part(tmp_path / "a.csv")
    part.begin(ONE)
    part.remove()
    assert list(tmp_path.iterdir()) == []


URL = "https://example.org/a.csv"


@pytest.mark.parametrize(
    "name",
    [
        "../x.csv",
        "/etc/x",
        "a/b.csv",
        "..",
        ".",
        ".hidden",
        "",
        "a\\b.csv",
        "a\nb",
        "a\0b",
        "x" * 201,
    ],
)
def test_a_name_that_is_no_plain_file_name_is_refused(name):
    with pytest.raises(DeepDEPError, match="plain file name"):
        RemoteFile(name, URL)


def test_xena_names_with_plus_signs_are_plain():
    assert RemoteFile("EB++AdjustPANCAN.xena.gz", URL).name == "EB++AdjustPANCAN.xena.gz"


@pytest.mark.parametrize("url", ["file:///etc/passwd", "ftp://example.org/a", "a.csv"])
def test_an_address_that_is_not_of_the_web_is_refused(url):
    with pytest.raises(DeepDEPError, match="http or https"):
        RemoteFile("a.csv", url)


def test_a_checksum_that_is_no_md5_is_refused():
    with pytest.raises(DeepDEPError, match="not an md5"):
        RemoteFile("a.csv", URL, md5="abc")


def test_a_signature_is_not_shown():
    assert plain(URL + "?Signature=secret") == URL
