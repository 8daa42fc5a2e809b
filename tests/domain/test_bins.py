import pandas as pd
import pytest

from deepdep.domain.bins import bins_named, uniform_bins
from deepdep.domain.errors import DeepDEPError
from deepdep.domain.genome import AUTOSOMES, Assembly


def test_bins_tile_the_autosomes_and_x_and_end_with_each_chromosome():
    table = uniform_bins(1_000_000, Assembly.HG38).table
    assert list(table["chromosome"].unique()) == [*AUTOSOMES, "X"]
    of_21 = table[table["chromosome"] == "21"]
    assert list(of_21["start"]) == [million * 1_000_000 for million in range(47)]
    assert list(of_21["end"])[:-1] == list(of_21["start"])[1:]
    assert of_21["end"].iloc[-1] == 46_709_983


def test_a_bin_is_named_after_its_build_and_place():
    names = uniform_bins(1_000_000, Assembly.HG38).table["name"]
    assert "hg38:chr7:55000000-56000000" in set(names)
    assert names.iloc[248] == "hg38:chr1:248000000-248956422"
    assert names.is_unique


def test_two_builds_share_no_name():
    hg19, hg38 = (set(uniform_bins(1_000_000, build).table["name"]) for build in Assembly)
    assert hg19.isdisjoint(hg38)


@pytest.mark.parametrize("assembly", list(Assembly))
def test_names_parse_back_in_any_order(assembly):
    bins = uniform_bins(5_000_000, assembly)
    shuffled = bins.table.sample(frac=1, random_state=0).reset_index(drop=True)
    parsed = bins_named(list(shuffled["name"]))
    assert parsed is not None
    assert parsed.assembly is assembly
    pd.testing.assert_frame_equal(parsed.table, shuffled)


@pytest.mark.parametrize(
    "names",
    [
        [],
        ["TP53"],
        ["hg38:chr7:0-1000", "TP53"],
        ["hg38:chr7:0-1000", "hg19:chr7:0-1000"],
        ["hg18:chr7:0-1000"],
        ["hg38:chr99:0-1000"],
        ["hg38:chr7:1000-1000"],
        ["hg38:chr21:46000000-46709984"],
        ["hg38:chr7:0-99999999999999999999"],
        ["chr7_5473to5474_10k"],
    ],
)
def test_names_that_are_not_all_bins_of_one_build_are_none(names):
    assert bins_named(names) is None


@pytest.mark.parametrize("width", [0, -1, 999])
def test_bins_finer_than_segments_are_refused(width):
    with pytest.raises(DeepDEPError, match="Choose 1,000 or more"):
        uniform_bins(width, Assembly.HG19)


def test_a_bin_wider_than_a_chromosome_is_the_chromosome():
    table = uniform_bins(300_000_000, Assembly.HG19, ["21", "Y"]).table
    assert list(table["name"]) == ["hg19:chr21:0-48129895", "hg19:chrY:0-59373566"]
