"""Where a study of many workers is kept: a PostgreSQL database, whose password nobody prints."""

import os
import warnings
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from typing import Any
from zlib import crc32

import optuna
import sqlalchemy
from optuna.storages import BaseStorage, RDBStorage

from deepdep.errors import BadFileError, DeepDEPError
from deepdep.tracking import is_database_away, retry_while_away
from deepdep.tuning.sampling import new_retries

STORAGE, STORAGE_FILE = "DEEPDEP_TUNE_STORAGE", "DEEPDEP_TUNE_STORAGE_FILE"  # environment
EXAMPLE = "postgresql+psycopg://USER:PASSWORD@HOST:PORT/DATABASE"

HEARTBEAT_SECONDS = 10
GRACE_SECONDS = 45  # of silence, after which a trial is taken for dead

# A worker that is cut off from the network, or stopped, must not keep the others waiting.
SESSION = (
    "-c idle_in_transaction_session_timeout=60000 "
    "-c tcp_keepalives_idle=20 -c tcp_keepalives_interval=5 -c tcp_keepalives_count=3"
)


def storage_address(file: Path | None) -> str | None:
    """Return the address in a file, or in the environment, or in the file that it names."""
    named = file or (Path(os.environ[STORAGE_FILE]) if os.environ.get(STORAGE_FILE) else None)
    if file is None and os.environ.get(STORAGE):
        return os.environ[STORAGE]
    if named is None:
        return None
    try:
        return named.read_text(encoding="utf-8").strip()
    except (OSError, UnicodeDecodeError):
        raise BadFileError(named, "cannot be read", f"Write {EXAMPLE} into it") from None


def required_address(file: Path | None) -> str:
    """Return the address of a database that several processes can share."""
    address = storage_address(file)
    if address is None:
        raise DeepDEPError(
            f"no database is named that workers could share; set {STORAGE}={EXAMPLE}, or name a "
            "file that holds it after --storage-file."
        )
    refuse_sqlite(address)
    return address


class SharedStorage:
    """A database that several workers write to.

    Attributes
    ----------
    storage
        Optuna's, whose every call waits while the server is away.
    bare
        The same without patience, for what is done under a lock and repeated as a whole.
    """

    def __init__(self, address: str) -> None:
        optuna.logging.set_verbosity(optuna.logging.ERROR)
        url = _parsed(address)
        try:
            with warnings.catch_warnings():
                warnings.simplefilter("ignore", optuna.exceptions.ExperimentalWarning)
                self._database = RDBStorage(
                    url.render_as_string(hide_password=False),
                    engine_kwargs={
                        "pool_pre_ping": True,
                        "connect_args": {"connect_timeout": 10, "options": SESSION},
                    },
                    heartbeat_interval=HEARTBEAT_SECONDS,
                    grace_period=GRACE_SECONDS,
                    heartbeat_stale_trial_callback=new_retries(),
                )
        except Exception as error:  # of SQLAlchemy, Alembic or the driver
            reason = _without_secrets(f"{error.__class__.__name__}: {error}", url)
            raise DeepDEPError(
                f"the study's database at {_place(url)} cannot be used ({reason}). "
                f"Start it, or correct {STORAGE}."
            ) from None
        self.bare: BaseStorage = optuna.storages.get_storage(self._database)
        self.storage: BaseStorage = _Patient(self.bare)

    def record_heartbeat(self, trial_id: int) -> None:
        """Tell that a trial is alive."""
        self._database.record_heartbeat(trial_id)

    @contextmanager
    def lock(self, name: str) -> Iterator[None]:
        """Keep out everyone who asks for the same lock; a holder that dies loses it."""
        key = sqlalchemy.text("SELECT pg_advisory_xact_lock(:key)")
        with self._database.engine.begin() as connection:
            connection.execute(key, {"key": crc32(name.encode())})
            yield

    def close(self) -> None:
        """Give the connections back."""
        self._database.engine.dispose()


def is_sqlite(address: str) -> bool:
    """Tell whether an address is that of a file."""
    return address.startswith("sqlite")


def sqlite_file(address: str) -> Path:
    """Return the file of an address of SQLite."""
    return Path(address.partition("///")[2])


def refuse_sqlite(address: str) -> None:
    """Refuse what several processes cannot share."""
    if is_sqlite(address):
        raise DeepDEPError(
            f"{STORAGE}: SQLite is for one process; with several it may lose a trial or repeat "
            f"one twice. Use PostgreSQL: {EXAMPLE}."
        )


def _parsed(address: str) -> sqlalchemy.URL:
    try:
        url = sqlalchemy.make_url(address)
    except (sqlalchemy.exc.ArgumentError, ValueError):  # whose messages may hold the password
        url = None
    if url is None or url.get_backend_name() != "postgresql" or not url.database:
        raise DeepDEPError(f"{STORAGE}: is no address of a database. Write {EXAMPLE}.")
    return url.set(drivername="postgresql+psycopg")


def _place(url: sqlalchemy.URL) -> str:
    return f"{url.host or 'localhost'}:{url.port or 5432}/{url.database}"


def _without_secrets(text: str, url: sqlalchemy.URL) -> str:
    """Cut a message of a driver to a line that holds no password, however it is written."""
    first = " ".join(text.partition("(Background")[0].split())[:300]
    whole = url.render_as_string(hide_password=False)
    written = whole.partition("://")[2].rpartition("@")[0].partition(":")[2]
    for secret in filter(None, (whole, url.password, written)):
        first = first.replace(str(secret), "***")
    return first


def _patient(name: str) -> Callable[..., Any]:
    def call(self: Any, *args: Any, **named: Any) -> Any:
        again = partial(getattr(self.inner, name), *args, **named)
        return retry_while_away(again, is_database_away)

    return call


class _PatientBase(BaseStorage):
    """Every public method of a storage, retry_while_away; each of them bears being called twice.

    ``create_new_trial`` does not, but is called under the lock, without patience.
    """

    def __init__(self, inner: BaseStorage) -> None:
        self.inner = inner


_Patient = type(
    "_Patient",
    (_PatientBase,),
    {name: _patient(name) for name in vars(BaseStorage) if not name.startswith("_")},
)
