import pytest


def test_segments_of_samples_without_barcodes_are_for_prep4deepdep(given, inspect):
    found = inspect(given.folder / "prep4deepdep/cna.txt")
    assert found.source == "Prep4DeepDEP"
    assert found.tables[0].assembly == "hg19"
    assert found.plans[0].command.startswith("deepdep import prep4deepdep ")


def test_a_column_gene_alone_is_a_list_of_genes(given, inspect):
    found = inspect(given.folder / "prep4deepdep/dep_prediction.txt")
    assert (found.content, found.problems) == ("genes of interest", ())
    assert found.tables[0].features.n == 2
    assert "deepdep predict --genes" in found.plans[0].says[0]


def test_a_table_that_is_refused_is_named_after_what_its_name_says(inspect, tmp_path):
    (tmp_path / "exp.txt").write_text("Gene\tA\tB\nTP53\t-1\t-2\nKRAS\t2\t2\n")
    found = inspect(tmp_path / "exp.txt")
    assert found.content == "expression"
    assert "is -1, a negative value" in found.problems[0]


@pytest.mark.parametrize(
    ("header", "content", "layout"),
    [
        ("Bin", "copy_number in published bins", "features x samples"),
        ("GeneSet", "fingerprints of genes", "gene sets x genes"),
        ("Dep_Score", "dependency scores of pairs", "one score per pair"),
    ],
)
def test_what_prep4deepdep_wrote_is_not_taken_for_samples(
    inspect, tmp_path, header, content, layout
):
    (tmp_path / "out.txt").write_text(f"{header}\tA\tB\nchr7_5473to5474_10k\t0\t1\n")
    found = inspect(tmp_path / "out.txt")
    assert (found.content, found.tables[0].orientation) == (content, layout)
    assert found.plans == ()
    assert "written by Prep4DeepDEP" in found.remarks[0]
