"""The four files of a cohort folder, and a cohort in memory."""

import shutil
from hashlib import sha256
from pathlib import Path

from deepdep.domain.cohort import (
    CELL_LINES,
    COHORT_FILES,
    GENE_EFFECT,
    GENE_SETS,
    TUMORS,
    Cohort,
    CohortPart,
    Source,
)
from deepdep.errors import BadFileError, shown
from deepdep.io.containers import read_gene_effect, read_samples, write_gene_effect, write_samples
from deepdep.io.files import entries_but_litter, file_sha256, new_path
from deepdep.io.gene_sets import read_gene_sets, write_gene_sets


def read_cohort(folder: Path | str) -> Cohort:
    """Read whichever of a cohort's four files are there; the cell lines must be.

    Examples
    --------
    >>> cohort = deepdep.read_cohort(folder / "data")
    >>> len(cohort.tumors.obs)
    120
    """
    folder = Path(folder)
    if (folder / TUMORS).exists() and not (folder / CELL_LINES).exists():
        raise BadFileError(
            folder / CELL_LINES,
            "is not there: the cohort has tumors alone, and nothing to learn from",
            "Import cell lines and gene effects to train, or predict the tumors by "
            f"`deepdep predict --samples {folder}`",
        )
    tumors, gene_effect, gene_sets = folder / TUMORS, folder / GENE_EFFECT, folder / GENE_SETS
    return Cohort(
        cell_lines=read_samples(folder / CELL_LINES, Source.CELL_LINE),
        tumors=read_samples(tumors, Source.TUMOR) if tumors.exists() else None,
        gene_effect=read_gene_effect(gene_effect) if gene_effect.exists() else None,
        gene_sets=read_gene_sets(gene_sets) if gene_sets.exists() else None,
        sha256=_sha256(folder),
    )


def write_cohort(cohort: Cohort, folder: Path) -> None:
    """Write the cohort's files into a folder, all of them or none.

    A cohort that is there is replaced; a folder with anything else in it is an error.
    """
    require_replaceable(folder)
    with new_path(folder) as path:
        path.mkdir()
        _write_files(cohort, path)


def add_to_cohort(part: CohortPart, folder: Path) -> list[str]:
    """Write the files of a part into a cohort's folder, all of them or none.

    Returns
    -------
    Names of the files that were there and stay as they are.
    """
    require_replaceable(folder)
    with new_path(folder) as path:
        path.mkdir()
        _write_files(part, path)
        written = {file.name for file in path.iterdir()}
        kept = [name for name in files_of_cohort(folder) if name not in written]
        for name in kept:
            shutil.copy2(folder / name, path / name)
    return kept


def files_of_cohort(folder: Path) -> list[str]:
    """Names of the cohort's files that are there."""
    return [name for name in sorted(COHORT_FILES) if (folder / name).exists()]


def require_replaceable(target: Path) -> None:
    """Raise BadFileError unless ``target`` is a cohort's folder, empty or not there."""
    if not target.exists():
        return
    if not target.is_dir():
        raise BadFileError(target, "is a file", "Name a new folder")
    foreign = sorted({path.name for path in entries_but_litter(target)} - COHORT_FILES)
    if foreign:
        raise BadFileError(
            target,
            f"holds files that are no cohort's: {shown(foreign)}",
            "Name a new folder, or empty this one",
        )


def _sha256(folder: Path) -> str:
    listed = "".join(f"{file_sha256(folder / name)}  {name}\n" for name in files_of_cohort(folder))
    return sha256(listed.encode()).hexdigest()


def _write_files(part: Cohort | CohortPart, folder: Path) -> None:
    if part.cell_lines is not None:
        write_samples(part.cell_lines, folder / CELL_LINES)
    if part.tumors is not None:
        write_samples(part.tumors, folder / TUMORS)
    if part.gene_effect is not None:
        write_gene_effect(part.gene_effect, folder / GENE_EFFECT)
    if part.gene_sets is not None:
        write_gene_sets(part.gene_sets, folder / GENE_SETS)
