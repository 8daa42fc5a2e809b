from pathlib import Path

import pytest

from deepdep.domain.genome import Assembly, Bins
from deepdep.domain.identifiers import NO_GENE_TABLE
from deepdep.errors import BadFileError
from deepdep.sources.importing import DEFAULT_BIN_WIDTH, ImportOptions

FILE = Path("cna.seg")


def options_with(bins):
    return ImportOptions(NO_GENE_TABLE, None, bins, None)


@pytest.mark.parametrize(("asked", "width"), [(None, DEFAULT_BIN_WIDTH), (5_000_000, 5_000_000)])
def test_bins_are_spread_over_the_build_of_the_segments(asked, width):
    bins = options_with(asked).bins_on(Assembly.HG38, FILE)
    assert bins.assembly is Assembly.HG38
    assert bins.table["end"].iloc[0] - bins.table["start"].iloc[0] == width


def test_listed_bins_of_another_build_are_refused():
    listed = Bins.uniform(5_000_000, Assembly.HG19)
    assert options_with(listed).bins_on(Assembly.HG19, FILE) is listed
    with pytest.raises(BadFileError, match=r"cna\.seg: is on hg38, and the listed bins on hg19"):
        options_with(listed).bins_on(Assembly.HG38, FILE)
