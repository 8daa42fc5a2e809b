import bioframe
import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from deepdep.domain.genome import (
    AUTOSOMES,
    CHROMOSOME_LENGTHS,
    Assembly,
    AssemblyMismatchError,
    Bins,
    Segments,
    Uncovered,
    beyond_chromosome,
    chromosome_name,
    chromosome_offsets,
    is_contig,
)
from deepdep.errors import DeepDEPError


def test_bins_tile_the_autosomes_and_x_and_end_with_each_chromosome():
    table = Bins.uniform(1_000_000, Assembly.HG38).table
    assert list(table["chromosome"].unique()) == [*AUTOSOMES, "X"]
    of_21 = table[table["chromosome"] == "21"]
    assert list(of_21["start"]) == [million * 1_000_000 for million in range(47)]
    assert list(of_21["end"])[:-1] == list(of_21["start"])[1:]
    assert of_21["end"].iloc[-1] == 46_709_983


def test_a_bin_is_named_after_its_build_and_place():
    names = Bins.uniform(1_000_000, Assembly.HG38).table["name"]
    assert "hg38:chr7:55000000-56000000" in set(names)
    assert names.iloc[248] == "hg38:chr1:248000000-248956422"
    assert names.is_unique


def test_two_builds_share_no_name():
    hg19, hg38 = (set(Bins.uniform(1_000_000, build).table["name"]) for build in Assembly)
    assert hg19.isdisjoint(hg38)


@pytest.mark.parametrize("assembly", list(Assembly))
def test_names_parse_back_in_any_order(assembly):
    bins = Bins.uniform(5_000_000, assembly)
    shuffled = bins.table.sample(frac=1, random_state=0).reset_index(drop=True)
    parsed = Bins.named(list(shuffled["name"]))
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
    assert Bins.named(names) is None


@pytest.mark.parametrize("width", [0, -1, 999])
def test_bins_finer_than_segments_are_refused(width):
    with pytest.raises(DeepDEPError, match="Choose 1,000 or more"):
        Bins.uniform(width, Assembly.HG19)


def test_a_bin_wider_than_a_chromosome_is_the_chromosome():
    table = Bins.uniform(300_000_000, Assembly.HG19, ["21", "Y"]).table
    assert list(table["name"]) == ["hg19:chr21:0-48129895", "hg19:chrY:0-59373566"]


@pytest.mark.parametrize(
    ("assembly", "n_bases"), [(Assembly.HG19, 3_095_677_412), (Assembly.HG38, 3_088_269_832)]
)
def test_chromosomes_add_up_to_the_genome(assembly, n_bases):
    assert sum(CHROMOSOME_LENGTHS[assembly].values()) == n_bases


@pytest.mark.parametrize(
    ("label", "name"),
    [
        ("chr1", "1"),
        ("1", "1"),
        ("01", "1"),
        ("7.0", "7"),
        ("X", "X"),
        ("chrX", "X"),
        ("x", "X"),
        ("23", "X"),
        ("chr24", "Y"),
        (" Y ", "Y"),
    ],
)
def test_a_chromosome_has_one_name_however_it_is_written(label, name):
    assert chromosome_name(label) == name
    assert not is_contig(label)


CONTIGS = ["M", "MT", "chrM", "25", "chrUn_KI270302v1", "chr1_KI270706v1_random", "GL000191.1"]
CONTIGS += ["chr6_cox_hap2", "HLA-A*01:01:01:01", "hs37d5", "NC_007605", "chr19_KI270938v1_alt"]


@pytest.mark.parametrize("label", CONTIGS)
def test_other_sequences_of_a_build_are_contigs(label):
    assert chromosome_name(label) is None
    assert is_contig(label)


@pytest.mark.parametrize("label", ["", "chr", "0", "27", "99", "NA", "Z", "1p36", "7.5", "TP53"])
def test_what_is_no_sequence_of_a_build_has_no_name(label):
    assert chromosome_name(label) is None
    assert not is_contig(label)


def test_offsets_put_chromosomes_end_to_end():
    offsets = chromosome_offsets(Assembly.HG19)
    assert list(offsets)[:3] == ["1", "2", "3"]
    assert list(offsets.values())[:3] == [0, 249_250_621, 249_250_621 + 243_199_373]
    assert offsets["Y"] + 59_373_566 == 3_095_677_412


ROUNDING = 1e-5  # of float64 over a genome, and of float32


def segments(*rows) -> Segments:
    """One row per segment: sample, chromosome, start, end, value."""
    columns = ["sample", "chromosome", "start", "end", "value"]
    return Segments(pd.DataFrame(rows, columns=columns), Assembly.HG19)


def bins(*places) -> Bins:
    """One row per bin: chromosome, start, end; named A, B, C ..."""
    table = pd.DataFrame(places, columns=["chromosome", "start", "end"])
    return Bins(table.assign(name=[chr(65 + row) for row in range(len(table))]), Assembly.HG19)


def test_a_bin_within_a_segment_has_its_value():
    binned = segments(("S", "7", 100, 900, -0.5)).binned(bins(("7", 200, 300)))
    assert binned.loc["S", "A"] == pytest.approx(-0.5)
    assert binned.dtypes.eq(np.float32).all()


def test_a_bin_of_two_segments_has_their_mean_by_length():
    two = segments(("S", "7", 0, 130, 1.0), ("S", "7", 130, 200, -1.0))
    binned = two.binned(bins(("7", 100, 200)))
    assert binned.loc["S", "A"] == pytest.approx(0.3 * 1 + 0.7 * -1)


def test_bases_without_a_segment_count_for_nothing_or_as_two_copies():
    sixty = segments(("S", "7", 40, 150, 1.0))
    assert sixty.binned(bins(("7", 0, 100))).loc["S", "A"] == pytest.approx(1.0)
    as_zero = sixty.binned(bins(("7", 0, 100)), uncovered=Uncovered.ZERO)
    assert as_zero.loc["S", "A"] == pytest.approx(0.6)


@pytest.mark.parametrize(("least", "is_missing"), [(0.0, False), (0.4, False), (0.41, True)])
def test_a_bin_is_missing_where_too_little_of_it_is_covered(least, is_missing):
    forty = segments(("S", "7", 60, 150, 1.0))
    binned = forty.binned(bins(("7", 0, 100)), least_covered=least)
    assert binned.isna().loc["S", "A"] == is_missing


@pytest.mark.parametrize("least", [0.0, 0.5])
def test_a_bin_without_a_segment_is_missing_or_exactly_zero(least):
    around = segments(("S", "7", 0, 100, 0.1), ("S", "7", 200, 300, 0.2), ("S", "8", 0, 300, 0.7))
    between = bins(("7", 120, 180), ("7", 100, 200), ("7", 300, 400), ("9", 0, 10))
    assert around.binned(between, least_covered=least).isna().all(axis=None)
    assert (around.binned(between, uncovered=Uncovered.ZERO) == 0).all(axis=None)


def test_the_last_base_of_a_chromosome_is_not_the_first_of_the_next():
    end = CHROMOSOME_LENGTHS[Assembly.HG19]["1"]
    both = segments(("S", "1", end - 50, end, 1.0), ("S", "2", 0, 50, -1.0))
    edges = bins(("1", end - 50, end), ("2", 0, 50))
    assert both.binned(edges).loc["S"].tolist() == pytest.approx([1.0, -1.0])


def test_samples_and_bins_keep_their_order_however_rows_are_mixed():
    mixed = segments(
        ("T", "7", 100, 200, 2.0),
        ("S", "7", 0, 100, 3.0),
        ("T", "7", 0, 100, 1.0),
        ("S", "7", 100, 200, 4.0),
    )
    binned = mixed.binned(bins(("7", 100, 200), ("7", 0, 100)))
    expected = pd.DataFrame([[2.0, 1.0], [4.0, 3.0]], ["T", "S"], ["A", "B"], np.float32)
    pd.testing.assert_frame_equal(binned, expected)


def test_bins_of_another_build_are_refused():
    with pytest.raises(AssemblyMismatchError, match="segments are on hg19 and bins on hg38"):
        segments(("S", "7", 0, 9, 1.0)).binned(Bins.uniform(10_000_000, Assembly.HG38))


def test_a_segment_may_end_with_its_chromosome_and_not_after_it():
    length = CHROMOSOME_LENGTHS[Assembly.HG19]["21"]
    table = segments(("S", "21", 0, length, 0.0), ("S", "21", 0, length + 1, 0.0)).table
    assert beyond_chromosome(table, Assembly.HG19).tolist() == [False, True]


CHROMOSOMES = st.sampled_from(["1", "2", "X"])
STARTS, LENGTHS = st.integers(0, 3000), st.integers(1, 2000)
VALUES = st.floats(-10, 10, width=32)
SAMPLES = st.sampled_from(["S", "T"])
PLACES = st.tuples(CHROMOSOMES, STARTS, LENGTHS)


@settings(derandomize=True, deadline=None, max_examples=60)
@given(
    st.lists(st.tuples(SAMPLES, PLACES, VALUES), min_size=1, max_size=25),
    st.lists(PLACES, min_size=1, max_size=12),
)
def test_any_segments_in_any_bins_are_as_an_interval_library_has_them(drawn, places):
    """Segments overlap as they will, within a sample too; bins overlap and come in any order."""
    given_segments = segments(*((s, c, a, a + n, v) for s, (c, a, n), v in drawn))
    given_bins = bins(*((c, a, a + n) for c, a, n in places))
    _assert_as_bioframe(given_segments, given_bins)


def test_a_whole_genome_in_even_bins_is_as_an_interval_library_has_it():
    """Two samples, 30 segments on each chromosome, one in four of them left out."""
    rng = np.random.default_rng(0)
    rows = [
        (sample, chromosome, start, end, rng.normal())
        for sample in ("S", "T")
        for chromosome, length in CHROMOSOME_LENGTHS[Assembly.HG19].items()
        for start, end in np.sort(rng.integers(0, length, 31))[
            np.add.outer(np.arange(30), (0, 1))
        ].tolist()
        if rng.random() < 0.75
    ]
    _assert_as_bioframe(segments(*rows), Bins.uniform(500_000, Assembly.HG19))


def _assert_as_bioframe(given_segments: Segments, given_bins: Bins):
    as_zero, as_missing = _bioframe_bins(given_segments.table, given_bins.table)
    zero = given_segments.binned(given_bins, uncovered=Uncovered.ZERO)
    missing = given_segments.binned(given_bins, least_covered=0)
    np.testing.assert_allclose(zero.loc[as_zero.index], as_zero, atol=ROUNDING)
    np.testing.assert_allclose(missing.loc[as_zero.index], as_missing, atol=ROUNDING)


def _bioframe_bins(segments: pd.DataFrame, bins: pd.DataFrame) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Sum of overlap x value over width, and over overlap; shape (sample, bin)."""
    pairs = bioframe.overlap(
        bins.assign(bin=range(len(bins))).rename(columns={"chromosome": "chrom"}),
        segments.rename(columns={"chromosome": "chrom"}),
        how="inner",
        return_overlap=True,
        suffixes=("", "_"),
    )
    length = (pairs["overlap_end"] - pairs["overlap_start"]).astype(float)
    pairs = pairs.assign(length=length, total=length * pairs["value_"].astype(float))
    totals, covered = (
        pairs.pivot_table(index="sample_", columns="bin", values=name, aggfunc="sum")
        .reindex(index=segments["sample"].unique(), columns=range(len(bins)))
        .fillna(0.0)
        for name in ("total", "length")
    )
    width = (bins["end"] - bins["start"]).to_numpy()
    return totals / width, totals / covered.replace(0, np.nan)
