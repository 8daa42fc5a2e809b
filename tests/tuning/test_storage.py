from concurrent.futures import ThreadPoolExecutor
from contextlib import closing

import pytest

from deepdep.errors import BadFileError, DeepDEPError
from deepdep.tuning.storage import (
    STORAGE,
    STORAGE_FILE,
    SharedStorage,
    refuse_sqlite,
    required_address,
    storage_address,
)
from postgres_server import ESCAPED, PASSWORD

ADDRESS = "postgresql+psycopg://deepdep:s3cret@127.0.0.1:1/studies"


@pytest.fixture(autouse=True)
def no_variable(monkeypatch):
    monkeypatch.delenv(STORAGE, raising=False)
    monkeypatch.delenv(STORAGE_FILE, raising=False)


def test_the_address_comes_from_the_file_that_is_named_else_from_the_environment(
    monkeypatch, tmp_path
):
    named, other = tmp_path / "named", tmp_path / "other"
    named.write_text("named\n")
    other.write_text("other\n")
    assert storage_address(None) is None
    monkeypatch.setenv(STORAGE_FILE, str(other))
    assert storage_address(None) == "other"
    monkeypatch.setenv(STORAGE, "variable")
    assert storage_address(None) == "variable"
    assert storage_address(named) == "named"


def test_a_file_that_cannot_be_read_is_named(tmp_path):
    with pytest.raises(BadFileError, match="absent: cannot be read"):
        storage_address(tmp_path / "absent")


def test_workers_need_a_database_that_they_can_share(monkeypatch):
    with pytest.raises(DeepDEPError, match=f"set {STORAGE}=postgresql"):
        required_address(None)
    monkeypatch.setenv(STORAGE, "sqlite:///tune.db")
    with pytest.raises(DeepDEPError, match="SQLite is for one process") as refused:
        required_address(None)
    assert refused.value.exit_code == 2
    refuse_sqlite(ADDRESS)


@pytest.mark.parametrize(
    "address",
    [
        "s3cret",
        "postgresql+psycopg://deepdep:s3cret@host:port/studies",
        "mysql://deepdep:s3cret@host/studies",
        "postgresql+psycopg://deepdep:s3cret@host",
    ],
)
def test_an_address_that_is_none_is_refused_without_its_password(address):
    with pytest.raises(DeepDEPError, match="is no address of a database") as refused:
        SharedStorage(address)
    assert "cret" not in str(refused.value)


def test_a_server_that_is_not_there_is_said_at_once_without_the_password():
    with pytest.raises(DeepDEPError, match=r"at 127\.0\.0\.1:1/studies cannot be used") as refused:
        SharedStorage(ADDRESS)
    assert "s3cret" not in str(refused.value)
    assert "\n" not in str(refused.value)


@pytest.mark.parametrize(
    "password", ["pl@nted", "pl/nted", "p@/:#?planted@", "pl%40nted", "pl nted"]
)
def test_no_part_of_a_password_is_shown_however_it_is_written(password):
    address = f"postgresql://lab:{password}@127.0.0.1:1/studies"
    with pytest.raises(DeepDEPError, match=r"at 127\.0\.0\.1:1/studies cannot be used") as refused:
        SharedStorage(address)
    assert "nted" not in str(refused.value)


@pytest.mark.postgres
def test_a_password_with_signs_of_an_address_is_read_as_it_stands(database):
    written = database.replace(ESCAPED, PASSWORD)
    with closing(SharedStorage(written)) as storage, storage.lock("any"):
        pass


@pytest.mark.postgres
def test_many_may_open_an_empty_database_at_once(database):
    with ThreadPoolExecutor(8) as pool:
        storages = list(pool.map(SharedStorage, [database] * 8))
    assert {len(storage.direct.get_all_studies()) for storage in storages} == {0}
    for storage in storages:
        storage.close()


@pytest.mark.postgres
def test_a_wrong_password_is_said_without_it(postgres):
    with pytest.raises(DeepDEPError, match="password authentication failed") as refused:
        SharedStorage(postgres.address("postgres", password="wr0ng"))
    assert "wr0ng" not in str(refused.value)


@pytest.mark.postgres
def test_the_right_password_is_in_no_error_of_a_database_that_is_not_there(postgres):
    with pytest.raises(DeepDEPError, match="does not exist") as refused:
        SharedStorage(postgres.address("nowhere"))
    assert PASSWORD not in str(refused.value)
