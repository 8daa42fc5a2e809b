import pytest

from deepdep.sources.inspection.names import are_in_rows, feature_names, sample_names


@pytest.mark.parametrize(
    ("names", "identifiers"),
    [
        (["ACH-000001", "ACH-000002"], "DepMap ModelID"),
        (["TCGA-AA-0001"], "TCGA barcode of 12 characters"),
        (["TCGA-AA-0001-01A"], "TCGA barcode of 16 characters"),
        (["TCGA.AA.0001.01"], "TCGA barcode of 15 characters, points for hyphens"),
        (["NIHOVCAR3_OVARY", "HL60_HAEMATOPOIETIC_AND_LYMPHOID_TISSUE"], "CCLE name"),
        (["SIDM00105"], "Sanger model id"),
        (["CCL_A", "CCL_B"], "names of no known kind"),
    ],
)
def test_samples_are_told_by_their_names(names, identifiers):
    assert sample_names(names).identifiers == identifiers


@pytest.mark.parametrize(
    ("names", "identifiers"),
    [
        (["TP53", "HLA-A", "C1orf43"], "symbol"),
        (["TP53 (7157)", "KRAS (3845)"], "symbol (Entrez id)"),
        (["TP53|7157", "?|8225"], "symbol|Entrez id"),
        (["7157", "3845"], "Entrez id"),
        (["ENSG00000141510.18", "ENSG00000133703"], "Ensembl id"),
        (["cg00000029", "ch.1.1024R"], "CpG probe"),
        (["hg38:chr7:0-1000000"], "bin on hg38"),
        (["chr7_5473to5474_10k"], "published bin of 10 kb on hg19"),
        (["SKI_1_2159133_2160133"], "place in the genome"),
        (["TP53_chr17_7571720_7590868"], "place in the genome"),
        ([], "symbol"),
    ],
)
def test_features_are_told_by_their_names(names, identifiers):
    assert feature_names(names).identifiers == identifiers


def test_a_name_is_counted_once_and_a_long_one_is_cut():
    names = sample_names(["a", "b", "a ", "x" * 1000])
    assert names.n == 3
    assert names.examples == ("a", "b", "x" * 80)


def test_names_of_either_axis_tell_where_features_are():
    genes = [f"RPL{k}" for k in range(3, 9)]
    assert are_in_rows(genes, ["A", "B"]) is True
    assert are_in_rows(["A", "B"], genes) is False
    assert are_in_rows(["ACH-000001"], genes) is False
    assert are_in_rows(["X1", "X2"], ["TCGA-AA-0001-01"]) is True
    assert are_in_rows(["A"], ["B"]) is None
