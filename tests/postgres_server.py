"""A PostgreSQL server of the tests' own, on loopback, with a password."""

import os
import pwd
import shutil
import signal
import socket
import subprocess
import tempfile
import time
from pathlib import Path

BINARIES = Path(os.environ.get("DEEPDEP_TEST_POSTGRES", "/usr/lib/postgresql/15/bin"))
PASSWORD = "s3cret/planted@word"  # needs escapes in an address
ESCAPED = "s3cret%2Fplanted%40word"


class PostgresServer:
    """Runs as an unprivileged user, which PostgreSQL demands; may be stopped and started again."""

    def __init__(self) -> None:
        self.folder = Path(tempfile.mkdtemp(prefix="deepdep-postgres-"))
        self.port = _free_port()
        self._as = _unprivileged()
        self._process: subprocess.Popen | None = None
        data, words = self.folder / "data", self.folder / "password"
        words.write_text(PASSWORD)
        for path in (self.folder, words):
            if self._as:
                shutil.chown(path, self._as["user"], self._as["group"])
        self._run(
            "initdb", "-D", data, "-U", "deepdep", "-A", "scram-sha-256", f"--pwfile={words}"
        )  # fmt: skip
        self.start()

    def address(self, database: str, *, password: str = ESCAPED) -> str:
        """Return the address of a database, in SQLAlchemy's words."""
        return f"postgresql+psycopg://deepdep:{password}@127.0.0.1:{self.port}/{database}"

    def create(self, database: str) -> str:
        """Make a database and return its address."""
        self._run("createdb", *self._login, database)
        return self.address(database)

    def dump(self, database: str) -> str:
        """Return all that a database holds."""
        return self._run("pg_dump", *self._login, database).stdout

    def start(self) -> None:
        """Start, and wait until it answers."""
        arguments = ["-D", self.folder / "data", "-k", self.folder, "-h", "127.0.0.1"]
        arguments += ["-p", str(self.port), "-c", "fsync=off", "-c", "max_connections=300"]
        with (self.folder / "log").open("a") as log:
            self._process = subprocess.Popen(
                [BINARIES / "postgres", *arguments], stdout=log, stderr=log, cwd="/", **self._as
            )
        for _ in range(300):
            ready = [BINARIES / "pg_isready", "-h", "127.0.0.1", "-p", str(self.port)]
            if subprocess.run(ready, capture_output=True, check=False).returncode == 0:
                return
            time.sleep(0.1)
        raise RuntimeError((self.folder / "log").read_text())

    def stop(self) -> None:
        """Cut every connection and stop."""
        self._process.send_signal(signal.SIGINT)
        self._process.wait(timeout=60)

    def close(self) -> None:
        """Stop, and leave nothing behind."""
        self.stop()
        shutil.rmtree(self.folder)

    @property
    def _login(self) -> list[str]:
        return ["-h", "127.0.0.1", "-p", str(self.port), "-U", "deepdep"]

    def _run(self, program: str, *arguments: object) -> subprocess.CompletedProcess:
        done = subprocess.run(
            [BINARIES / program, *map(str, arguments)],
            env=os.environ | {"PGPASSWORD": PASSWORD},
            capture_output=True,
            text=True,
            check=False,
            cwd="/",
            **self._as,
        )
        if done.returncode:
            raise RuntimeError(done.stderr)
        return done


def _unprivileged() -> dict[str, object]:
    """As whom the server runs: as ourselves, unless we are root."""
    if os.geteuid() != 0:
        return {}
    name = next(u.pw_name for u in pwd.getpwall() if u.pw_name in ("postgres", "nobody"))
    user = pwd.getpwnam(name)
    return {"user": user.pw_uid, "group": user.pw_gid, "extra_groups": []}


def _free_port() -> int:
    with socket.socket() as found:
        found.bind(("127.0.0.1", 0))
        return found.getsockname()[1]
