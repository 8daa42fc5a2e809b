import pytest

from deepdep.domain.genome import (
    CHROMOSOME_LENGTHS,
    Assembly,
    chromosome_name,
    chromosome_offsets,
    is_contig,
)


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
