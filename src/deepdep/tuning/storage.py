"""Where a study of many workers is kept: a PostgreSQL database, whose password nobody prints."""

import os
import warnings
from collections.abc import Callable, Container, Iterator, Sequence
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from typing import Any, TypeVar
from zlib import crc32

import optuna
import sqlalchemy
from optuna.distributions import BaseDistribution
from optuna.storages import BaseStorage, RDBStorage, RetryHeartbeatStaleTrialCallback
from optuna.study import StudyDirection
from optuna.trial import FrozenTrial, TrialState

from deepdep.errors import BadFileError, DeepDEPError, escaped_address
from deepdep.tracking import is_database_away, retry_while_away
from deepdep.tracking.store import without_statement

STORAGE, STORAGE_FILE = "DEEPDEP_TUNE_STORAGE", "DEEPDEP_TUNE_STORAGE_FILE"  # environment
EXAMPLE = "postgresql+psycopg://USER:PASSWORD@HOST:PORT/DATABASE"

HEARTBEAT_SECONDS = 10
GRACE_SECONDS = 45  # of silence, after which a trial is taken for dead

T = TypeVar("T")

LOCK = sqlalchemy.text("SELECT pg_advisory_xact_lock(:key)")  # until the transaction ends

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


class _RetryingStorage(BaseStorage):
    """A storage whose calls wait while the server is away; each of them bears being called twice.

    Studies and trials are made and deleted without waiting: that must be done once.
    """

    def __init__(self, inner: BaseStorage) -> None:
        self._inner = inner

    def create_new_study(
        self, directions: Sequence[StudyDirection], study_name: str | None = None
    ) -> int:
        return self._inner.create_new_study(directions, study_name)

    def delete_study(self, study_id: int) -> None:
        self._inner.delete_study(study_id)

    def create_new_trial(self, study_id: int, template_trial: FrozenTrial | None = None) -> int:
        return self._inner.create_new_trial(study_id, template_trial)

    def set_study_user_attr(self, study_id: int, key: str, value: Any) -> None:
        _waiting(self._inner.set_study_user_attr, study_id, key, value)

    def set_study_system_attr(self, study_id: int, key: str, value: Any) -> None:
        _waiting(self._inner.set_study_system_attr, study_id, key, value)

    def get_study_id_from_name(self, study_name: str) -> int:
        return _waiting(self._inner.get_study_id_from_name, study_name)

    def get_study_name_from_id(self, study_id: int) -> str:
        return _waiting(self._inner.get_study_name_from_id, study_id)

    def get_study_directions(self, study_id: int) -> list[StudyDirection]:
        return _waiting(self._inner.get_study_directions, study_id)

    def get_study_user_attrs(self, study_id: int) -> dict[str, Any]:
        return _waiting(self._inner.get_study_user_attrs, study_id)

    def get_study_system_attrs(self, study_id: int) -> dict[str, Any]:
        return _waiting(self._inner.get_study_system_attrs, study_id)

    def get_all_studies(self) -> list[Any]:
        return _waiting(self._inner.get_all_studies)

    def set_trial_param(
        self,
        trial_id: int,
        param_name: str,
        param_value_internal: float,
        distribution: BaseDistribution,
    ) -> None:
        _waiting(
            self._inner.set_trial_param, trial_id, param_name, param_value_internal, distribution
        )

    def get_trial_id_from_study_id_trial_number(self, study_id: int, trial_number: int) -> int:
        find = self._inner.get_trial_id_from_study_id_trial_number
        return _waiting(find, study_id, trial_number)

    def set_trial_state_values(
        self, trial_id: int, state: TrialState, values: Sequence[float] | None = None
    ) -> bool:
        return _waiting(self._inner.set_trial_state_values, trial_id, state, values)

    def set_trial_intermediate_value(
        self, trial_id: int, step: int, intermediate_value: float
    ) -> None:
        _waiting(self._inner.set_trial_intermediate_value, trial_id, step, intermediate_value)

    def set_trial_user_attr(self, trial_id: int, key: str, value: Any) -> None:
        _waiting(self._inner.set_trial_user_attr, trial_id, key, value)

    def set_trial_system_attr(self, trial_id: int, key: str, value: Any) -> None:
        _waiting(self._inner.set_trial_system_attr, trial_id, key, value)

    def get_trial(self, trial_id: int) -> FrozenTrial:
        return _waiting(self._inner.get_trial, trial_id)

    def get_all_trials(
        self,
        study_id: int,
        deepcopy: bool = True,
        states: Container[TrialState] | None = None,
    ) -> list[FrozenTrial]:
        return _waiting(self._inner.get_all_trials, study_id, deepcopy, states)

    def remove_session(self) -> None:
        self._inner.remove_session()


def _waiting(call: Callable[..., T], *arguments: Any) -> T:
    return retry_while_away(partial(call, *arguments), is_database_away)


class SharedStorage:
    """A database that several workers write to.

    Attributes
    ----------
    direct
        Optuna's storage, for what is done under a lock and repeated as a whole.
    retrying
        The same, whose calls wait while the server is away.
    """

    def __init__(self, address: str) -> None:
        optuna.logging.set_verbosity(optuna.logging.ERROR)
        try:
            url = sqlalchemy.make_url(escaped_address(address))
        except (sqlalchemy.exc.ArgumentError, ValueError):  # whose messages may hold the password
            url = None
        if url is None or url.get_backend_name() != "postgresql" or not url.database:
            raise DeepDEPError(f"{STORAGE}: is no address of a database. Write {EXAMPLE}.")
        url = url.set(drivername="postgresql+psycopg")
        try:
            with warnings.catch_warnings():
                warnings.simplefilter("ignore", optuna.exceptions.ExperimentalWarning)
                self._database = _opened(url)
        except Exception as error:  # of SQLAlchemy, Alembic or the driver
            reason = f"{type(error).__name__}: {without_statement(error)}"
            raise DeepDEPError(
                f"the study's database at {url.host or 'localhost'}:{url.port or 5432}/"
                f"{url.database} cannot be used ({reason}). "
                f"Start it, or correct {STORAGE}."
            ) from None
        # Optuna calls this function internal, but has no public one that puts its cache between a
        # database and a storage of one's own; without it every epoch would read all trials.
        self.direct: BaseStorage = optuna.storages.get_storage(self._database)
        self.retrying: BaseStorage = _RetryingStorage(self.direct)

    def trial_id(self, study: str, number: int) -> int:
        """Return the id that the database has for a trial of a study."""
        study_id = self.direct.get_study_id_from_name(study)
        return self.direct.get_trial_id_from_study_id_trial_number(study_id, number)

    def record_heartbeat(self, trial_id: int) -> None:
        """Store that a trial is alive."""
        self._database.record_heartbeat(trial_id)

    @contextmanager
    def lock(self, name: str) -> Iterator[None]:
        """Keep out everyone who asks for the same lock; a holder that dies loses it."""
        with self._database.engine.begin() as connection:
            connection.execute(LOCK, {"key": crc32(name.encode())})
            yield

    def close(self) -> None:
        """Give the connections back."""
        self._database.engine.dispose()


def _opened(url: sqlalchemy.URL) -> RDBStorage:
    """Open a database, and make its tables unless another does so at this moment."""
    connect = {"connect_timeout": 10, "options": SESSION}
    engine = sqlalchemy.create_engine(url, connect_args=connect, poolclass=sqlalchemy.NullPool)
    with engine.begin() as alone:
        alone.execute(LOCK, {"key": crc32(b"tables")})
        return RDBStorage(
            url.render_as_string(hide_password=False),
            engine_kwargs={"pool_pre_ping": True, "connect_args": connect},
            heartbeat_interval=HEARTBEAT_SECONDS,
            grace_period=GRACE_SECONDS,
            heartbeat_stale_trial_callback=RetryHeartbeatStaleTrialCallback(),
        )


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
