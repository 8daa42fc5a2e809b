import pytest

from deepdep.domain.errors import BadFileError
from deepdep.domain.genome import Assembly
from deepdep.io.bins import read_bins

HEADER = "CNA,Chr,Start,End\n"


@pytest.fixture
def source(tmp_path):
    def write(content: str):
        path = tmp_path / "feature_cna_bins.csv"
        path.write_text(content)
        return path

    return write


@pytest.mark.parametrize(
    "content",
    [
        HEADER + "chr7_5473to5474_10k,7.0,5473.0,5474.0\nchrX_0to1_10k,X,0,1\n",
        "End,Start,Chr,CNA\n5474,5473,7,chr7_5473to5474_10k\n1,0,chrX,chrX_0to1_10k\n",
    ],
)
def test_published_bins_are_ten_kilobases_of_hg19_counted_from_zero(source, content):
    bins = read_bins(source(content))
    assert bins.assembly is Assembly.HG19
    assert bins.table.to_numpy().tolist() == [
        ["chr7_5473to5474_10k", "7", 54_730_000, 54_740_000],
        ["chrX_0to1_10k", "X", 0, 10_000],
    ]


REFUSED = {
    "another place than its name": ("chr7_5473to5474_10k,7,5474,5475\n", "bin 'chr7_5473to5474"),
    "another chromosome than its name": ("chr7_1to2_10k,8,1,2\n", "is not the place that its"),
    "no number": ("chr7_1to2_10k,7,x,2\n", "is not the place that its columns say"),
    "an infinite number": ("chr7_1to2_10k,7,1,inf\n", "is not the place that its columns say"),
    "no chromosome": ("chrNone_1to2_10k,,1,2\n", "is not the place that its columns say"),
    "nothing in it": ("chr7_2to2_10k,7,2,2\n", "is not the place that its columns say"),
    "beyond its chromosome": ("chr21_4812to4813_10k,21,4812,4813\n", "is beyond its chromosome"),
    "twice": ("chr7_1to2_10k,7,1,2\n" * 2, "bin 'chr7_1to2_10k': occurs more than once"),
    "no row": ("", "has a header and no row"),
}


@pytest.mark.parametrize(("rows", "message"), REFUSED.values(), ids=REFUSED)
def test_refuses_a_bin_that_is_not_what_it_says(source, rows, message):
    with pytest.raises(BadFileError, match=message):
        read_bins(source(HEADER + rows))


def test_refuses_a_list_of_something_else(source):
    with pytest.raises(BadFileError, match="lacks the column 'CNA'"):
        read_bins(source("Gene,Mean\nTP53,1\n"))
