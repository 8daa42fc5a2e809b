from pathlib import Path

import pytest

from deepdep.domain.errors import BadFileError
from deepdep.io.bombs import refuse_bomb

SOURCE = Path("table.csv.gz")


@pytest.mark.parametrize(
    ("unpacked", "stored"),
    [
        (64 << 20, 1),  # zeros, but not many
        (1 << 30, 3 << 20),  # 1 GB from 3 MB
        (30 << 30, 1 << 30),  # a whole atlas
    ],
)
def test_dense_and_large_files_are_no_bombs(unpacked, stored):
    refuse_bomb(unpacked, stored, SOURCE)


@pytest.mark.parametrize(
    ("unpacked", "stored", "said"),
    [
        (1 << 30, 2 << 20, "table.csv.gz: unzips to more than 1,024 MB from 2,048 kB"),
        (40 << 30, 20 << 30, "table.csv.gz: unzips to more than 40,960 MB"),
    ],
)
def test_files_that_would_fill_the_memory_are(unpacked, stored, said):
    with pytest.raises(BadFileError, match=said):
        refuse_bomb(unpacked, stored, SOURCE)
