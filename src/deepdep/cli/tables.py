"""Tables that commands write for others to open."""

from pathlib import Path
from typing import TYPE_CHECKING

from deepdep.errors import BadFileError

if TYPE_CHECKING:
    import pandas as pd

ENDINGS = (".parquet", ".csv")


def require_ending(target: Path) -> None:
    """Refuse a name whose ending names no format, before anything is computed."""
    if target.suffix not in ENDINGS:
        problem = f"ending {target.suffix!r} names no format"
        raise BadFileError(target, problem, f"Use {' or '.join(ENDINGS)}")


def write_table(table: "pd.DataFrame", target: Path) -> None:
    """Write a table without its index, as its ending says, whole or not at all."""
    from deepdep.io.documents import csv_text
    from deepdep.io.files import new_path

    with new_path(target) as path:
        if target.suffix == ".parquet":
            table.to_parquet(path, index=False)
        else:
            path.write_text(csv_text(table), encoding="utf-8")
