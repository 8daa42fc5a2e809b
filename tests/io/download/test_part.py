import pytest

from deepdep.io.download.part import Part, Version

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
