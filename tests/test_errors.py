import pickle

import pytest

from deepdep.errors import BadFileError, GateNotMetError, MissingFeaturesError


def test_a_file_of_long_fields_gets_a_line_that_people_can_read():
    where, problem = f"row {'x' * 200_000!r}, column 'TP53'", f"{'9' * 5000!r} is not a number"
    said = str(BadFileError("my file.csv", problem, "Write a number", where=where))
    assert said.startswith("my file.csv: row 'xxx")
    assert "x', column 'TP53': '999" in said
    assert said.endswith("9' is not a number. Write a number")
    assert len(said) < 700


def test_what_is_short_is_said_in_full():
    said = str(BadFileError("a.csv", "is wrong", "Mend it", where="line 2"))
    assert said == "a.csv: line 2: is wrong. Mend it"


@pytest.mark.parametrize(
    "error",
    [
        BadFileError("a.csv", "is wrong", "Mend it", where="line 2"),
        MissingFeaturesError(["TP53"], "expression"),
        GateNotMetError("too low"),
    ],
)
def test_errors_reach_another_process_as_they_were(error):
    found = pickle.loads(pickle.dumps(error))  # noqa: S301
    assert type(found) is type(error)
    assert str(found) == str(error)
    assert found.exit_code == error.exit_code
