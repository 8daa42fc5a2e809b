from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from collecting import collected

from deepdep.domain.cohort import CohortPart, Samples, Supplement
from deepdep.domain.features import ListedFeaturesMissingError
from deepdep.domain.genome import Assembly
from deepdep.domain.identifiers import GeneTable
from deepdep.domain.notes import Notes
from deepdep.domain.omics import DEFAULT_UNITS, Omic
from deepdep.errors import BadFileError
from deepdep.sources.feature_lists import Fills, apply_feature_lists, read_bins, read_feature_lists

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


FILES = {
    "a.csv": "Gene,Mean\nTP53,2.5\nMYC,1.25\nNA,0.5\n",
    "b.csv": "Gene,Median\nTP53,1.0\nKRAS,0.0\n",
    "c.csv": "Probe,Mean\ncg2,0.75\ncg1,0.25\n",
    "d.csv": "CNA,Chr,Start,End\nchr8_20to21_10k,8.0,20.0,21.0\nchr7_1to2_10k,7.0,1.0,2.0\n",
    "e.csv": "Gene\nMYC\nABL1\n",
    "f.gmt": "SET\t\tMYC\tTP53\n",
    "README.md": "Not a list.\n",
}


def write(folder, files):
    folder.mkdir()
    for name, text in files.items():
        (folder / name).write_text(text)
    return folder


@pytest.fixture
def lists(tmp_path):
    return read_feature_lists(write(tmp_path / "lists", FILES))


def samples(**tables):
    """Tables by omic, each given as samples by name and a feature's values by its name."""
    omics = {
        Omic(o): pd.DataFrame(c, index=["L1", "L2"]).astype("float32") for o, c in tables.items()
    }
    obs = pd.DataFrame({"patient_id": ["L1", "L2"]}, index=["L1", "L2"])
    return Samples(omics, obs, {omic: DEFAULT_UNITS[omic] for omic in omics})


def apply(lists, fills=Fills.NONE, *, allow_missing=True, **tables):
    part = CohortPart(cell_lines=samples(**tables))
    return collected(apply_feature_lists, part, lists, fills, allow_missing=allow_missing)


def test_supplements_keep_their_features(lists):
    given = samples(expression={"TP53": [1, 2], "KRAS": [3, 4]})
    array = Supplement(Omic.EXPRESSION, given.omics[Omic.EXPRESSION], "log2(TPM+1)")
    part = CohortPart(cell_lines=replace(given, supplements={"expression_array": array}))
    listed = collected(apply_feature_lists, part, lists, Fills.PUBLISHED, allow_missing=True)
    assert list(listed.value.cell_lines.omics[Omic.EXPRESSION]) == ["TP53", "MYC", "NA"]
    assert listed.value.cell_lines.supplements == {"expression_array": array}
    assert "cell lines: expression_array: a supplement; all features kept" in listed.notes


def test_lists_are_told_apart_by_their_columns(lists):
    assert {omic: list(typical.index) for omic, typical in lists.typical.items()} == {
        Omic.MUTATION: ["TP53", "KRAS"],
        Omic.EXPRESSION: ["TP53", "MYC", "NA"],
        Omic.METHYLATION: ["cg2", "cg1"],
        Omic.COPY_NUMBER: ["chr8_20to21_10k", "chr7_1to2_10k"],
    }
    assert lists.typical[Omic.EXPRESSION].tolist() == [2.5, 1.25, 0.5]
    assert lists.bins.table["start"].tolist() == [200_000, 10_000]
    assert lists.genes_of_interest == ("MYC", "ABL1")
    assert lists.gene_sets == {"SET": ("MYC", "TP53")}


def test_any_subset_of_lists_will_do(tmp_path):
    lists = read_feature_lists(write(tmp_path / "one", {"x.csv": FILES["c.csv"]}))
    assert list(lists.typical) == [Omic.METHYLATION]
    assert (lists.bins, lists.genes_of_interest, lists.gene_sets) == (None, None, None)


@pytest.mark.parametrize(
    ("files", "message"),
    [
        ({"README.md": ""}, "holds no feature list"),
        (
            {"a.csv": FILES["a.csv"], "b.csv": FILES["a.csv"]},
            "b.csv: is a second list of expression",
        ),
        ({"a.csv": "Symbol,Mean\nTP53,2.5\n"}, "a.csv: line 1: has the columns of no feature list"),
        ({"a.csv": "Gene,Mean\nTP53,2.5\nTP53,1\n"}, "a.csv: row 'TP53': occurs more than once"),
        ({"a.csv": "Gene,Mean\nTP53,2.5\nMYC,\n"}, "a.csv: row 'MYC', column 'Mean': is nan"),
        ({"c.csv": "Probe,Mean\ncg1,83\n"}, "c.csv: row 'cg1', column 'Mean': is 83, and beta"),
        ({"a.csv": "Gene,Mean\nTP53,high\n"}, "a.csv: line 2, .*'high' is not a number"),
        ({"a.csv": "Gene,Mean\n"}, "a.csv: has a header and no row"),
    ],
)
def test_refuses_in_one_line(tmp_path, files, message):
    with pytest.raises(BadFileError, match=message) as raised:
        read_feature_lists(write(tmp_path / "lists", files))
    assert "\n" not in str(raised.value)


def test_a_folder_that_is_not_there_is_refused(tmp_path):
    with pytest.raises(BadFileError, match="there is no such folder"):
        read_feature_lists(tmp_path / "absent")


def test_exactly_the_listed_features_are_kept_in_their_order(lists):
    applied = apply(lists, expression={"NA": [1, 2], "XIST": [3, 4], "MYC": [5, 6], "TP53": [7, 8]})
    table = applied.value.cell_lines.omics[Omic.EXPRESSION]
    assert list(table.columns) == ["TP53", "MYC", "NA"]
    assert table.loc["L2"].tolist() == [8, 6, 2]
    assert "cell lines: expression: 3 of 3 listed features matched" in applied.notes
    assert "cell lines: expression: 1 feature left out, not listed" in applied.notes


def test_an_omic_without_a_list_stays_as_it_is(tmp_path):
    lists = read_feature_lists(write(tmp_path / "one", {"x.csv": FILES["c.csv"]}))
    applied = apply(lists, expression={"XIST": [3, 4]})
    assert list(applied.value.cell_lines.omics[Omic.EXPRESSION]) == ["XIST"]
    assert "cell lines: expression: no list of it; all features kept" in applied.notes


LACKING = {
    "mutation": {"KRAS": [0, 1]},
    "expression": {"MYC": [np.nan, 6], "NA": [1, 2]},
    "methylation": {"cg1": [np.nan, 0.5]},
    "copy_number": {"chr7_1to2_10k": [np.nan, -1]},
}


def test_missing_values_stay_missing_unless_fills_are_asked_for(lists):
    omics = apply(lists, **LACKING).value.cell_lines.omics
    assert omics[Omic.MUTATION]["TP53"].isna().all()
    assert np.isnan(omics[Omic.EXPRESSION].loc["L1", "MYC"])
    assert omics[Omic.METHYLATION]["cg2"].isna().all()
    assert omics[Omic.COPY_NUMBER].isna().sum().sum() == 3


def test_published_fills_are_those_of_the_published_preparation(lists):
    """Expression: mean. Mutation: median. Methylation and bins: 0, whatever the list says."""
    applied = apply(lists, Fills.PUBLISHED, **LACKING)
    omics = applied.value.cell_lines.omics
    assert omics[Omic.MUTATION].loc["L1"].tolist() == [1, 0]
    assert omics[Omic.EXPRESSION].loc["L1"].tolist() == [2.5, 1.25, 1]
    assert omics[Omic.METHYLATION].loc["L1"].tolist() == [0, 0]
    assert omics[Omic.COPY_NUMBER].loc["L1"].tolist() == [0, 0]
    said = "\n".join(applied.notes)
    assert "mutation: 1 listed feature not there, filled as published: 'TP53'" in said
    assert "methylation: 1 missing value of the others filled as published" in said


def test_a_table_with_too_few_listed_features_is_refused_unless_allowed(lists):
    message = r"cell lines: expression: lacks 1 of the features listed in .*lists: 'TP53'"
    with pytest.raises(ListedFeaturesMissingError, match=message):
        apply(lists, allow_missing=False, expression=LACKING["expression"])
    applied = apply(lists, allow_missing=True, expression=LACKING["expression"])
    assert "cell lines: expression: 2 of 3 listed features matched" in applied.notes


def test_four_fifths_of_the_features_are_enough(tmp_path):
    """Of five, one may be missing."""
    text = "Gene,Mean\n" + "".join(f"G{k},1\n" for k in range(5))
    lists = read_feature_lists(write(tmp_path / "five", {"a.csv": text}))
    four = {f"G{k}": [1, 2] for k in range(4)}
    assert apply(lists, allow_missing=False, expression=four).value.cell_lines is not None
    del four["G3"]
    with pytest.raises(ListedFeaturesMissingError, match="lacks 2 of"):
        apply(lists, allow_missing=False, expression=four)


def test_listed_genes_are_found_under_the_symbols_they_have_now(lists):
    """MYC is NEW now, and keeps its listed name; TP53 is not KRAS, which is listed itself."""
    genes = GeneTable(
        frozenset({"NEW", "KRAS", "TP53"}), {}, {}, {"MYC": "NEW", "TP53": "KRAS", "ABL1": "NEW2"}
    )
    part = CohortPart(
        cell_lines=samples(expression={"NEW": [5, 6], "NA": [1, 2]}, mutation={"KRAS": [0, 1]})
    )
    applied = collected(
        apply_feature_lists, part, lists, Fills.NONE, allow_missing=True, genes=genes
    )
    omics = applied.value.cell_lines.omics
    assert omics[Omic.EXPRESSION]["MYC"].tolist() == [5, 6]
    assert omics[Omic.MUTATION]["TP53"].isna().all()
    assert "cell lines: expression: 1 listed gene matched by the symbol it has now" in applied.notes
    assert applied.value.gene_sets == {"SET": ("NEW", "KRAS")}


def test_tumors_are_treated_as_lines_are(lists):
    tumors = samples(expression={"NA": [1, 2], "MYC": [5, 6], "TP53": [7, 8]})
    applied = collected(
        apply_feature_lists, CohortPart(tumors=tumors), lists, Fills.NONE, allow_missing=False
    )
    assert list(applied.value.tumors.omics[Omic.EXPRESSION]) == ["TP53", "MYC", "NA"]
    assert "tumors: expression: 3 of 3 listed features matched" in applied.notes


def test_gene_sets_of_the_lists_are_taken_where_there_are_no_others(lists):
    part = CohortPart()
    taken = apply_feature_lists(part, lists, Fills.NONE, allow_missing=False, notes=Notes())
    assert taken.gene_sets == {"SET": ("MYC", "TP53")}
    own = replace(part, gene_sets={"OWN": ("ABL1",)})
    applied = collected(apply_feature_lists, own, lists, Fills.NONE, allow_missing=False)
    assert applied.value.gene_sets == {"OWN": ("ABL1",)}
    assert f"{lists.origin}: 1 gene set of the lists left out, there are others" in applied.notes


def test_complete_mutations_stay_small_numbers(lists):
    given = samples(mutation={"KRAS": [0, 1], "TP53": [1, 0]})
    table = given.omics[Omic.MUTATION].astype("uint8")
    part = CohortPart(cell_lines=replace(given, omics={Omic.MUTATION: table}))
    applied = apply_feature_lists(part, lists, Fills.PUBLISHED, allow_missing=False, notes=Notes())
    assert (applied.cell_lines.omics[Omic.MUTATION].dtypes == np.uint8).all()
