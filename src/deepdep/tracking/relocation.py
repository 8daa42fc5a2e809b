"""A project that was moved or copied keeps its runs: MLflow's database holds absolute paths.

A module of its own: the one place that writes to MLflow's tables, and not through its client.
"""

import sqlite3
from contextlib import closing
from pathlib import Path
from urllib.parse import unquote, urlsplit

from deepdep.errors import DeepDEPError
from deepdep.tracking.experiments import EXPERIMENTS

# Where MLflow stores places of artifacts; those of model versions by run or model id are no paths.
COLUMNS = {
    "experiments": "artifact_location",
    "runs": "artifact_uri",
    "logged_models": "artifact_location",
    "model_versions": "storage_location",
}
ARTIFACTS = "artifacts"  # beside the database
LOCKED_SECONDS = 20  # for which a file's lock is waited for


class ArtifactsElsewhereError(DeepDEPError):
    """A database was taken elsewhere without the artifacts beside it."""


def relocate(database: Path) -> tuple[int, Path | None]:
    """Have the paths in a database lead to the folder that it lies in.

    Of experiments that are not laid out as ours nothing is changed.

    Returns
    -------
    How many paths were changed, and the folder that they led to; None where they led here.

    Raises
    ------
    ArtifactsElsewhereError
        Where the artifacts are still in the folder before, and none are here.
    """
    here = database.resolve().parent
    if _former_folder(database, here) is None:
        return 0, None
    with closing(sqlite3.connect(database, timeout=LOCKED_SECONDS, isolation_level=None)) as base:
        base.execute("BEGIN IMMEDIATE")  # of several processes one does it, and others look again
        former = _former_folder(database, here)
        if former is None:
            return 0, None
        if (former / ARTIFACTS).is_dir() and not (here / ARTIFACTS).is_dir():
            raise ArtifactsElsewhereError(
                f"{database}: was made in {former}, where its artifacts still are. Move or copy "
                f"{former / ARTIFACTS} beside it."
            )
        n_changed = 0
        for table, column in COLUMNS.items():
            columns = {row[1] for row in base.execute(f"PRAGMA table_info({table})")}
            for old, new in ((former.as_uri(), here.as_uri()), (str(former), str(here))):
                if column in columns:
                    n_changed += base.execute(
                        f"UPDATE {table} SET {column} = ? || substr({column}, ?) "
                        f"WHERE substr({column}, 1, ?) = ?",
                        (new, len(old) + 1, len(old) + 1, f"{old}/"),
                    ).rowcount
        base.execute("COMMIT")
    return n_changed, former


def _former_folder(database: Path, here: Path) -> Path | None:
    """Return the folder where our experiments say their artifacts are, if it is not ``here``."""
    with closing(sqlite3.connect(f"{database.resolve().as_uri()}?mode=ro", uri=True)) as base:
        tables = base.execute("SELECT 1 FROM sqlite_master WHERE name = 'experiments'")
        if tables.fetchone() is None:
            return None
        stored = base.execute("SELECT name, artifact_location FROM experiments").fetchall()
    for name, location in stored:
        ours = Path(ARTIFACTS) / name
        folder = Path(unquote(urlsplit(location).path)) if location.startswith("file:") else None
        if name in EXPERIMENTS and folder is not None and folder.parts[-2:] == ours.parts:
            former = folder.parents[1]
            if former.resolve() != here:
                return former
    return None
