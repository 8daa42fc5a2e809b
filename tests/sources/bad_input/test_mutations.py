"""Small changes of every small text file: read the same, read with a note, or refused."""

import gzip
import zlib
from fnmatch import fnmatch
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from good_files import READERS
from mutations import Reading, changed_cells, mutate

from deepdep.domain.genome import Assembly
from deepdep.domain.notes import Notes
from deepdep.errors import DeepDEPError
from deepdep.sources.importing import ImportRequest

BINARY = ("parquet", "h5ad", "h5mu")  # any byte of theirs may be another legal value
N_ALL, N_QUICK = 200, 4

# Files whose rows are facts, several of which may speak of one sample or gene.
OF_FACTS = ("*utations.*", "*.maf*", "*.seg", "cna.txt", "*Segments*", "*.gmt*", "Model.csv")
OF_FACTS += ("*clinical*", "*phenotype*", "*sheet*", "hgnc.tsv", "lists/*")


def request_of(command: str, folder: Path) -> ImportRequest:
    """The import that a command line asks for."""
    _, source, path, *words = (word.format(folder=folder) for word in command.split())
    said = dict(zip(words, [*words[1:], ""], strict=False))
    return ImportRequest(
        source,
        Path(path),
        gene_effect=said.get("--gene-effect"),
        genes_table=Path(said["--genes-table"]) if "--genes-table" in said else None,
        assembly=Assembly(said["--assembly"]) if "--assembly" in said else None,
        bin_width=int(said["--bin-width"]) if "--bin-width" in said else None,
        feature_lists=Path(said["--feature-lists"]) if "--feature-lists" in said else None,
        allow_missing_features="--allow-missing-features" in said,
    )


def read(request: ImportRequest) -> Reading:
    notes = Notes()
    return Reading.of(request.read(notes), notes)


def faults(name: str, cohort, folder: Path, n_mutations: int) -> list[str]:
    """What changes of the files of a reader led to another reading without a word."""
    known = READERS[name]
    folder.mkdir()
    known.write(cohort, folder)
    request = request_of(known.command, folder)
    good = read(request)
    found = []
    for path in sorted(folder.glob(known.spoiled)):
        stored = path.read_bytes()
        text = (gzip.decompress(stored) if path.suffix == ".gz" else stored).decode()
        place = str(path.relative_to(folder))
        of_any_length = ".gmt" in path.suffixes
        of_facts = any(fnmatch(place, like) or fnmatch(path.name, like) for like in OF_FACTS)
        rng = np.random.default_rng(zlib.crc32(f"{name}/{place}".encode()))
        for n in range(n_mutations):
            mutation = mutate(text, rng)
            changed = mutation.text.encode()
            path.write_bytes(gzip.compress(changed, mtime=0) if path.suffix == ".gz" else changed)
            try:
                n_cells = changed_cells(text, mutation.text, of_any_length=of_any_length)
                what = read(request).silent_difference(good, n_cells, of_facts=of_facts)
            except DeepDEPError:
                what = ""
            if what:
                found.append(f"{name}/{place}, change {n} ({mutation.name}): {what}")
        path.write_bytes(stored)
    return found


TEXTS = [name for name, known in READERS.items() if known.takes and name not in BINARY]
AGAIN = ("tables.tsv.gz", "gmt.gz", "models")  # texts that are among those of other readers


@pytest.mark.parametrize("name", TEXTS)
def test_a_small_change_is_never_read_differently_without_a_word(name, cohort, tmp_path):
    assert faults(name, cohort, tmp_path / "good", N_QUICK) == []


@pytest.mark.slow
@pytest.mark.parametrize("name", [name for name in TEXTS if name not in AGAIN])
def test_no_small_change_is_read_differently_without_a_word(name, cohort, tmp_path):
    assert faults(name, cohort, tmp_path / "good", N_ALL) == []


TABLE = pd.DataFrame({"TP53": [1.0, 2.0], "KRAS": [0.5, 0.0]}, index=["L1", "L2"])


def reading(table, *notes, unit="log2(TPM+1)"):
    return Reading({"expression": table}, {"expression": unit}, frozenset(notes))


@pytest.mark.parametrize(
    ("changed", "n_cells", "is_fault"),
    [
        (reading(TABLE), None, False),
        (reading(TABLE.iloc[:1]), None, True),
        (reading(TABLE.iloc[:1], "a row left out"), None, False),
        (reading(TABLE[["TP53"]]), 1, True),  # one of two that have a name now
        (reading(TABLE.rename(columns={"KRAS": "NRAS"})), 1, False),
        (reading(TABLE.rename(columns={"KRAS": "NRAS"})), None, True),
        (reading(TABLE * 2), 1, True),
        (reading(TABLE.assign(KRAS=7.0)), 1, False),
        (reading(TABLE, unit="log2(norm_count+1)"), 1, True),
    ],
)
def test_a_difference_without_a_note_is_a_fault_beyond_the_cells_that_changed(
    changed, n_cells, is_fault
):
    assert bool(changed.silent_difference(reading(TABLE), n_cells, of_facts=False)) is is_fault


@pytest.mark.parametrize(
    ("after", "n_cells"),
    [("id,A\nL1,1\n", 0), ("id,A\r\nL1,1", 0), ("id,B\nL1,1\n", 1), ("id,A\n", None)],
)
def test_cells_are_compared_where_lines_and_fields_are_as_many(after, n_cells):
    assert changed_cells("id,A\nL1,1\n", after, of_any_length=False) == n_cells
