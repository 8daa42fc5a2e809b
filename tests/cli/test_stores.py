"""Every command that asks MLflow, before stores that cannot be used: one line, and no more."""

import shutil
import sqlite3

import pytest

from deepdep.registry import PREDICTOR
from deepdep.tracking import store

MODEL = f"{PREDICTOR}@champion"
ID = "0" * 32
SECRET = "Sup3rSecret"


def set_revision(file, revision):
    with sqlite3.connect(file) as connection:
        connection.execute("UPDATE alembic_version SET version_num = ?", [revision])
    connection.close()


def overwrite(file):
    content = file.read_bytes()
    file.write_bytes(content[:4096] + b"\x55" * 36_864 + content[40_960:])


def hold_table_of_others(file):
    file.unlink()
    with sqlite3.connect(file) as connection:
        connection.execute("CREATE TABLE customers (id INTEGER)")
    connection.close()


def become_folder(file):
    file.unlink()
    file.mkdir()


DAMAGES = {
    "of a newer schema": (lambda file: set_revision(file, "f00ba4000000"), "another version of"),
    "of an older schema": (lambda file: set_revision(file, "1bd49d398cd23"), "mlflow db upgrade"),
    "overwritten": (overwrite, "malformed"),
    "cut off": (lambda file: file.write_bytes(file.read_bytes()[:50_000]), "malformed"),
    "a text": (lambda file: file.write_text("no database\n" * 999), "is not a database"),
    "a folder": (become_folder, "unable to open database file"),
    "of another program": (hold_table_of_others, "holds 'customers'"),
}
ADDRESSES = {
    "files": ("./mlruns", "is a folder of files"),
    "files, by a word": ("file:mlruns", "is a folder of files"),
    "no driver": (f"mysql+pymysql://lab:{SECRET}@host/db", "pip install pymysql"),
    "no such driver": (f"postgresql+nope://lab:{SECRET}@host/db", "cannot be used"),
    "unknown scheme": (f"ftp://lab:{SECRET}@host/db", "knows no such kind of store"),
    "no server of a database": (
        f"postgresql+psycopg://lab:{SECRET}@127.0.0.1:1/db",
        "Connection refused",
    ),
    "no server": (f"http://lab:{SECRET}@127.0.0.1:1", "127.0.0.1:1 is away"),
    "no host": ("http://", "is no address of a server"),
    "no port": (f"http://lab:{SECRET}@host:port", "is no address of a server"),
    "no such file": ("sqlite:///nowhere/mlflow.db", "there is no such file"),
    "two slashes": ("sqlite://mlflow.db", "Invalid SQLite URL"),
}
COMMANDS = {
    "models": ("models",),
    "models --json": ("models", "--json"),
    "promote": ("promote", "--params", "PARAMS"),
    "rollback": ("promote", "--rollback"),
    "reproduce run": ("reproduce", ID),
    "reproduce model": ("reproduce", MODEL),
    "predict": ("predict", "--model", MODEL, "--samples", "SAMPLES", "--to", "out.csv"),
    "serve": ("serve", "--model", f"models:/{MODEL}", "--port", 0),
    "inspect": ("inspect", "SAMPLES", "--against", f"models:/{MODEL}"),
    "reap": ("runs", "reap"),
    "sync": ("runs", "sync"),
}


@pytest.fixture
def ask(deepdep, mlflow_project, samples, monkeypatch):
    """Call a command in a project, whose refusal is a line that shows no password."""
    monkeypatch.setenv("MLFLOW_HTTP_REQUEST_MAX_RETRIES", "0")
    monkeypatch.setattr(store, "LOCKED_SECONDS", 0.1)
    params = mlflow_project / "params.yaml"
    params.write_text(
        "promote: {min_r_above_gene_mean: 0, min_r_above_champion: 0, max_loss_above_champion: 0, "
        "max_deviation: 0, n_bootstrap: 9, seed: 1}\n"
    )
    places = {"SAMPLES": samples, "PARAMS": params}

    def refusal(command):
        line = deepdep(*(places.get(word, word) for word in COMMANDS[command])).refusal
        assert SECRET not in line
        assert "lab" not in line.split()
        assert not (mlflow_project / "out.csv").exists()
        return line

    return refusal


@pytest.mark.parametrize("command", COMMANDS)
@pytest.mark.parametrize("damage", DAMAGES)
def test_a_database_that_is_not_ours_to_use_is_told_in_a_line(ask, mlflow_project, command, damage):
    spoil, told = DAMAGES[damage]
    file = mlflow_project / "mlruns" / "mlflow.db"
    spoil(file)
    before = file.read_bytes() if file.is_file() else b""
    line = ask(command)
    assert told in line
    assert str(file) in line
    assert (file.read_bytes() if file.is_file() else b"") == before


@pytest.mark.parametrize("command", COMMANDS)
@pytest.mark.parametrize("address", ADDRESSES)
def test_an_address_of_no_use_is_told_in_a_line(ask, monkeypatch, command, address):
    uri, told = ADDRESSES[address]
    monkeypatch.setenv("MLFLOW_TRACKING_URI", uri)
    if (command, address) != ("sync", "no server"):  # which nothing waits for
        assert told in ask(command)


@pytest.mark.parametrize("command", [command for command in COMMANDS if command != "sync"])
@pytest.mark.parametrize("password", ["pl@nted", "pl/nted", "p@/:#?planted@", "pl%40nted"])
@pytest.mark.parametrize(
    "place", ["http://lab:{}@127.0.0.1:1", "postgresql://lab:{}@127.0.0.1:1/db"]
)
def test_no_part_of_a_password_is_shown_however_it_is_written(
    ask, monkeypatch, command, password, place
):
    monkeypatch.setenv("MLFLOW_TRACKING_URI", place.format(password))
    line = ask(command)
    assert "127.0.0.1" in line
    assert "nted" not in line


@pytest.mark.parametrize("command", COMMANDS)
def test_a_locked_database_is_told_in_a_line(ask, mlflow_project, command):
    holder = sqlite3.connect(mlflow_project / "mlruns" / "mlflow.db", isolation_level=None)
    holder.execute("BEGIN EXCLUSIVE")
    try:
        assert "another process holds its lock" in ask(command)
    finally:
        holder.close()


@pytest.mark.parametrize("command", COMMANDS)
def test_outside_a_project_nothing_is_made(ask, mlflow_project, command):
    (mlflow_project / "dvc.yaml").unlink()
    shutil.rmtree(mlflow_project / "mlruns")
    assert "Call from the folder of a project" in ask(command)
    assert [path.name for path in mlflow_project.iterdir()] == ["params.yaml"]


@pytest.mark.parametrize("damage", DAMAGES)
def test_tune_tells_of_a_database_before_it_begins_a_study(
    deepdep, tuning_project, monkeypatch, damage
):
    monkeypatch.delenv("DEEPDEP_TUNE_STORAGE", raising=False)
    spoil, told = DAMAGES[damage]
    spoil(tuning_project.folder / "mlruns" / "mlflow.db")
    assert told in deepdep("tune").refusal
    assert not (tuning_project.folder / "tuning").exists()
    assert not (tuning_project.folder / ".checkpoints").exists()


# A server that is away is waited for, and a file that is not there is made, by what writes runs.
WRITTEN_TO = {"no server", "no server of a database", "no such file"}


@pytest.mark.parametrize("address", [name for name in ADDRESSES if name not in WRITTEN_TO])
def test_tune_tells_of_an_address_before_it_begins_a_study(
    deepdep, tuning_project, monkeypatch, address
):
    monkeypatch.delenv("DEEPDEP_TUNE_STORAGE", raising=False)
    uri, told = ADDRESSES[address]
    monkeypatch.setenv("MLFLOW_TRACKING_URI", uri)
    monkeypatch.setattr(store, "LOCKED_SECONDS", 0.1)
    line = deepdep("tune").refusal
    assert told in line
    assert SECRET not in line
    assert not (tuning_project.folder / "tuning").exists()


@pytest.mark.postgres
def test_a_wrong_password_is_told_at_once(ask, postgres, monkeypatch):
    monkeypatch.setenv("MLFLOW_TRACKING_URI", postgres.address("postgres", password=SECRET))
    assert "password authentication failed" in ask("models")


@pytest.mark.postgres
def test_a_password_with_signs_of_an_address_is_read_as_it_stands(deepdep, postgres, monkeypatch):
    from postgres_server import PASSWORD

    monkeypatch.setenv("MLFLOW_TRACKING_URI", postgres.address("nowhere", password=PASSWORD))
    line = deepdep("models").refusal
    assert 'database "nowhere" does not exist' in line
    assert not any(part in line for part in (PASSWORD, "s3cret", "planted", "word@"))
