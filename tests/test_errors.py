import pickle

import numpy as np
import pytest

from deepdep import errors
from deepdep.errors import (
    BadFileError,
    DeepDEPError,
    GateNotMetError,
    MissingFeaturesError,
    escaped_address,
    shown_address,
    without_secrets,
    written,
)


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
        MissingFeaturesError(["TP53"], 20, "expression"),
        GateNotMetError("too low"),
    ],
)
def test_errors_reach_another_process_as_they_were(error):
    found = pickle.loads(pickle.dumps(error))  # noqa: S301
    assert type(found) is type(error)
    assert str(found) == str(error)
    assert found.exit_code == error.exit_code


# Who asks, as people write it; as an address wants it; and pieces that a wrong reading would show.
CREDENTIALS = {
    "lab:Sup3rSecret": ("lab:Sup3rSecret", ["Sup3rSecret"]),
    "lab:pl@nted": ("lab:pl%40nted", ["pl@nted", "nted"]),
    "lab:pl/nted": ("lab:pl%2Fnted", ["pl/nted", "nted"]),
    "lab:p@/:#?xyzzy@": ("lab:p%40%2F%3A%23%3Fxyzzy%40", ["xyzzy"]),
    "lab:pl%40nted": ("lab:pl%40nted", ["pl@nted", "pl%40nted", "nted"]),
    "lab:pl nted 'q": ("lab:pl%20nted%20%27q", ["pl nted", "nted"]),
    "lab:100%xyzzy": ("lab:100%25xyzzy", ["xyzzy"]),
    "lab@clinic:xyzzy": ("lab%40clinic:xyzzy", ["xyzzy"]),
    "lab:a": ("lab:a", [":a"]),
}
PLACES = (
    "http://{}@127.0.0.1:5000",
    "https://{}@host.example/mlflow",
    "postgresql://{}@host:5432/db",
    "postgresql+psycopg://{}@host/db?application_name=x@y",
    "mysql+pymysql://{}@[::1]:3306/db",
    "ftp://{}@host",
)


@pytest.fixture
def no_secret_yet(monkeypatch):
    monkeypatch.setattr(errors, "_replacements", {})


@pytest.mark.usefixtures("no_secret_yet")
@pytest.mark.parametrize("place", PLACES)
@pytest.mark.parametrize("credentials", CREDENTIALS)
def test_what_stands_before_the_last_at_of_an_address_is_never_shown(place, credentials):
    escaped, secrets = CREDENTIALS[credentials]
    address = place.format(credentials)
    assert escaped_address(address) == place.format(escaped)
    assert shown_address(address) == place.format("").replace("@", "", 1).partition("?")[0]
    used = escaped_address(address)
    password = credentials.partition(":")[2]
    for text in (
        f"MLflow at {address} is away",
        f"cannot reach {used}: {address!r}",
        f"password {password!r} of {escaped.partition(':')[2]}",
        f"{address}\n{used}",
    ):
        assert not any(secret in without_secrets(text) for secret in secrets), text
        assert not any(secret in str(DeepDEPError(text)) for secret in secrets), text
    user = credentials.partition(":")[0]
    assert user not in without_secrets(f'authentication failed for user "{user}"')


@pytest.mark.usefixtures("no_secret_yet")
@pytest.mark.parametrize(
    "address",
    [
        "http://127.0.0.1:5000",
        "https://host.example/me@lab/mlflow",
        "http://host.example:80/me@lab",
        "sqlite:////home/me@lab/mlruns/mlflow.db",
        "file:///home/me@lab",
        "./mlruns",
    ],
)
def test_an_address_without_credentials_stays_as_it_is(address):
    assert escaped_address(address) == address
    assert "Ask the lab at 5" in without_secrets("Ask the lab at 5")


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("mirror http://u:p/w@d@host/x is away", "mirror http://***@host/x is away"),
        ("sqlite:////home/me@lab/x.db is locked", "sqlite:////home/me@lab/x.db is locked"),
        ("host=h user=u password=xyzzy", "host=h user=u password=***"),
        ("write to me@lab.org", "write to me@lab.org"),
    ],
)
def test_a_text_shows_no_credentials_also_of_an_address_that_nobody_has_read(text, shown):
    assert without_secrets(text) == shown


@pytest.mark.parametrize(
    ("value", "limits", "text"),
    [
        (0.25, (0, 1), "0.25"),
        (1.23456789, (0, 1), "1.23457"),
        (1.0000004, (0, 1), "1.0000004"),
        (0.99999999, (0, 1), "0.99999999"),
        (float(np.float32(1.0000001)), (1,), "1.00000012"),
        (1 + 2**-50, (1,), "1.0000000000000009"),
        (-1e-9, (0,), "-1e-09"),
        (1.0, (1,), "1"),
        (float("inf"), (1,), "inf"),
    ],
)
def test_a_number_beyond_a_limit_does_not_look_like_it(value, limits, text):
    assert written(value, *limits) == text
