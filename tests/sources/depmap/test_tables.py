from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from collecting import collected

from deepdep.domain.genome import Assembly
from deepdep.domain.identifiers import NO_GENE_TABLE, GeneTable
from deepdep.domain.notes import Notes
from deepdep.domain.omics import Omic
from deepdep.errors import BadFileError
from deepdep.sources.depmap import tables as copy_number
from deepdep.sources.depmap.tables import (
    read_copy_number,
    read_gene_matrix,
    read_mutation_rows,
    read_mutations,
)
from deepdep.sources.units import StatedUnits

SEGMENTS = """\
SequencingID,ModelID,IsDefaultEntryForModel,CONTIG,START,END,NUM_POINTS_COPY_RATIO,SEGMENT_COPY_NUMBER
CDS-1,ACH-000001,Yes,chr1,1,1000000,9,2
CDS-1,ACH-000001,Yes,chr1,1000001,2000000,9,0.5
CDS-2,ACH-000001,No,chr1,1,2000000,9,1
CDS-3,ACH-000002,Yes,chr1,1,2000000,9,1
"""

RATIOS = pd.DataFrame({"TP53": [1.0, 0.5], "MYC": [2.0, 4.0]}, index=["ACH-000001", "ACH-000002"])
LOG2 = np.array([[0, 1], [-1, 2]])


def values(read) -> np.ndarray:
    return read.value.omic_table.table.to_numpy()


@pytest.mark.parametrize("name", ["OmicsCNGene.csv", "OmicsCNGeneWGS.csv", "OmicsCNGene.csv.gz"])
def test_ratios_are_linear_by_the_name_of_the_file(folder, options, name):
    read = collected(read_copy_number, folder.matrix(name, RATIOS), None, None, options)
    np.testing.assert_allclose(values(read), LOG2, atol=1e-6)
    assert read.value.omic_table.unit == "log2(CN/2)"
    assert read.value.assembly is None
    assert f"{name}: linear ratios turned to log2" in read.notes


def test_an_unsure_name_is_noted(folder, options):
    read = collected(
        read_copy_number, folder.matrix("OmicsCNGene.csv", RATIOS), None, None, options
    )
    (asked,) = (note for note in read.notes if "taken for linear" in note)
    assert asked.endswith("is it? Else say --unit 'copy_number=log2(x+1)'")


def test_the_portal_s_table_has_a_pseudo_count(folder, options):
    path = folder.matrix("PortalOmicsCNGeneLog2.csv", np.log2(RATIOS + 1))
    np.testing.assert_allclose(
        values(collected(read_copy_number, path, None, None, options)), LOG2, atol=1e-6
    )


@pytest.mark.parametrize(
    ("release", "given"), [("23Q4", np.log2(RATIOS + 1)), ("24Q2", RATIOS), ("24Q4", RATIOS)]
)
def test_the_release_tells_the_scale(folder, options, release, given):
    read = collected(
        read_copy_number, folder.matrix("OmicsCNGene.csv", given), None, release, options
    )
    np.testing.assert_allclose(values(read), LOG2, atol=1e-6)
    assert any(f"{release} has " in note for note in read.notes)


def test_a_whole_release_without_large_values_has_a_pseudo_count(folder, options, monkeypatch):
    monkeypatch.setattr(copy_number, "CELLS_OF_A_RELEASE", RATIOS.size)
    path = folder.matrix("OmicsCNGene.csv", np.log2(RATIOS + 1))
    read = collected(read_copy_number, path, None, None, options)
    np.testing.assert_allclose(values(read), LOG2, atol=1e-6)
    assert "OmicsCNGene.csv: no value above 8: log2(x+1), as up to 23Q4" in read.notes


def test_values_are_surer_than_the_release(folder, options):
    large = RATIOS.assign(ERBB2=[1.0, 16.0])
    read = collected(
        read_copy_number, folder.matrix("OmicsCNGene.csv", large), None, "23Q4", options
    )
    np.testing.assert_allclose(values(read), np.c_[LOG2, [0, 4]], atol=1e-6)


def test_what_the_user_says_is_surest(folder, options):
    said = replace(options, units=StatedUnits({"copy_number": "log2(x+1)"}))
    path = folder.matrix("OmicsCNGeneWGS.csv", np.log2(RATIOS + 1))
    np.testing.assert_allclose(
        values(collected(read_copy_number, path, None, None, said)), LOG2, atol=1e-6
    )


def test_the_simulated_log2_ratios_survive_the_portal_s_scale(folder, options, omics):
    simulated = omics[Omic.COPY_NUMBER].astype(float)
    path = folder.matrix("PortalOmicsCNGeneLog2.csv", np.log2(np.exp2(simulated) + 1))
    np.testing.assert_allclose(
        values(collected(read_copy_number, path, None, None, options)), simulated, atol=1e-5
    )


def test_segments_become_bins_of_a_million_bases_where_there_is_no_table_by_gene(folder, options):
    path = folder.put("OmicsCNSegmentsWGS.csv.gz", SEGMENTS)
    read = collected(read_copy_number, None, path, None, options)
    table = read.value.omic_table.table
    assert list(table.columns) == ["hg38:chr1:0-1000000", "hg38:chr1:1000000-2000000"]
    np.testing.assert_allclose(table, [[1, -1], [0, 0]], atol=1e-6)
    assert read.value.assembly is Assembly.HG38


def test_the_table_by_gene_comes_first_unless_bins_are_asked_for(folder, options):
    by_gene = folder.matrix("OmicsCNGeneWGS.csv", RATIOS)
    segments = folder.put("OmicsCNSegmentsWGS.csv", SEGMENTS)
    read = collected(read_copy_number, by_gene, segments, None, options)
    assert list(read.value.omic_table.table.columns) == ["TP53", "MYC"]
    assert read.notes[-1] == "OmicsCNSegmentsWGS.csv: left out, OmicsCNGeneWGS.csv is there"
    asked = replace(options, bins=2_000_000)
    read = collected(read_copy_number, by_gene, segments, None, asked)
    assert list(read.value.omic_table.table.columns) == ["hg38:chr1:0-2000000"]
    np.testing.assert_allclose(read.value.omic_table.table, [[0], [0]], atol=1e-6)
    assert read.notes[-1] == "OmicsCNGeneWGS.csv: left out, bins being asked for"


def test_bins_cannot_be_made_of_genes(folder, options):
    by_gene = folder.matrix("OmicsCNGene.csv", RATIOS)
    with pytest.raises(BadFileError, match="is by gene, but bins were asked for"):
        read_copy_number(by_gene, None, None, replace(options, bins=1_000_000), notes=Notes())


def test_nothing_comes_of_nothing(options):
    assert read_copy_number(None, None, None, options, notes=Notes()) is None


def test_refuses_a_ratio_that_no_amplification_reaches(folder, options):
    path = folder.matrix("OmicsCNGene.csv", RATIOS.assign(MYC=[1.0, 5000.0]))
    with pytest.raises(BadFileError, match=r"row 'ACH-000002', column 'MYC': is 12\.\d+, and log2"):
        read_copy_number(path, None, None, options, notes=Notes())


NEW = """\
,is_default_entry,TP53 (7157),ModelID,KRAS (3845),ProfileID
0,True,1,ACH-000002,2,PR-1
1,False,3,ACH-000002,4,PR-2
2,True,5,ACH-000001,,PR-3
3,False,7,ACH-000003,8,PR-4
4,False,,not a model,x,PR-5
"""


@pytest.fixture
def read_matrix(tmp_path):
    def write_and_read(text: str, genes: GeneTable = NO_GENE_TABLE):
        path = tmp_path / "OmicsCNGeneWGS.csv"
        path.write_text(text)
        return collected(read_gene_matrix, path, genes)

    return write_and_read


def test_one_row_per_model_by_symbol(read_matrix):
    noted = read_matrix(",TP53 (7157),KRAS (3845)\nACH-000002,1,2\nACH-000001,,4\n")
    assert list(noted.value.index) == ["ACH-000002", "ACH-000001"]
    assert list(noted.value.columns) == ["TP53", "KRAS"]
    np.testing.assert_array_equal(noted.value, [[1, 2], [np.nan, 4]])
    assert noted.notes == ()


def test_of_several_sequencings_the_default_one_is_kept(read_matrix):
    noted = read_matrix(NEW.replace(",x,", ",9,"))
    assert list(noted.value.index) == ["ACH-000002", "ACH-000001"]
    np.testing.assert_array_equal(noted.value, [[1, 2], [5, np.nan]])
    assert noted.notes == (
        "3 rows left out, not the default entry of a model",
        "2 models without default entry: 'ACH-000003', 'not a model'",
    )


@pytest.mark.parametrize(("yes", "no"), [("Yes", "No"), ("1", "0"), ("TRUE", "FALSE")])
def test_yes_may_be_said_in_several_ways(read_matrix, yes, no):
    text = NEW.replace(",x,", ",9,").replace("True", yes).replace("False", no)
    assert list(read_matrix(text).value.index) == ["ACH-000002", "ACH-000001"]


def test_columns_of_no_gene_are_noted(read_matrix):
    noted = read_matrix("Lane,ModelID,TP53 (7157)\nL1,ACH-000001,1\n")
    assert list(noted.value.columns) == ["TP53"]
    assert noted.notes == ("1 column left out, of no gene: 'Lane'",)


def test_genes_are_matched_by_their_entrez_ids(read_matrix):
    genes = GeneTable(frozenset({"TP53"}), {"7157": "TP53"}, {}, {})
    noted = read_matrix(",P53 (7157),TP53 (1)\nACH-000001,1,2\n", genes)
    assert noted.value.to_dict("list") == {"TP53": [2]}
    assert "1 gene given the current symbol: 'P53 is TP53'" in noted.notes


DUPLICATE_DEFAULT = NEW.replace(",x,", ",9,").replace("1,False", "1,True")

BAD = {
    "text in a cell": (NEW, "line 6, row '4', column 'KRAS (3845)': 'x' is not a number"),
    "two default entries": (DUPLICATE_DEFAULT, "model 'ACH-000002': has two rows, or two default"),
    "no default entry": (NEW.replace(",x,", ",,").replace("True", "False"), "is No in every row"),
    "neither yes nor no": (
        NEW.replace(",x,", ",,").replace("2,True", "2,maybe"),
        "model 'ACH-000001', column 'is_default_entry': 'maybe' is neither Yes nor No",
    ),
    "two rows": (
        "ModelID,TP53 (7157)\nACH-000001,1\nACH-000001,2\n",
        "model 'ACH-000001': has two rows",
    ),
    "repeated gene": (
        ",TP53 (7157),TP53 (7157)\nACH-000001,1,2\n",
        "column 'TP53 (7157)': occurs more than once",
    ),
    "name of a line": (",TP53 (7157)\nA549_LUNG,1\n", "row 'A549_LUNG': is no ModelID"),
    "no name of a line": (",TP53 (7157)\n,1\n", "row '': is no ModelID"),
    "no model": ("ProfileID,TP53 (7157)\nPR-1,1\n", "line 1: lacks the column 'ModelID'"),
    "unknown header": ("a,b,c\n1,2,3\n", "line 1: lacks the column 'ModelID'"),
    "transposed": ("gene,ACH-000001,ACH-000002\nTP53,1,2\n", "Transpose the table"),
    "no gene": ("ModelID\nACH-000001\n", "has one column only"),
    "date": (",TP53,KRAS,1-Mar\nACH-000001,1,2,3\n", "column '1-Mar': is a date that Excel made"),
    "infinite": (
        ",TP53 (7157)\nACH-000001,inf\n",
        "row 'ACH-000001', column 'TP53 (7157)': is inf",
    ),
    "cut short": (",TP53 (7157),KRAS (3845)\nACH-000001,1\n", "line 2, row 'ACH-000001': is cut"),
    "header only": (",TP53 (7157)\n", "has a header and no row"),
    "mouse": (",Trp53 (22059),Kras (16653)\nACH-000001,1,2\n", "genes are not human"),
}


@pytest.mark.parametrize(("text", "message"), BAD.values(), ids=BAD)
def test_refuses_what_is_no_such_table(read_matrix, text, message):
    with pytest.raises(BadFileError) as error:
        read_matrix(text)
    assert message in str(error.value)
    assert "OmicsCNGeneWGS.csv: " in str(error.value)


OLD = """\
Chrom,VariantInfo,HugoSymbol,EntrezGeneID,ModelID
chr17,missense_variant&splice_region_variant,TP53,7157.0,ACH-000002
chr17,stop_gained,TP53,7157.0,ACH-000002
chr12,synonymous_variant,KRAS,3845,ACH-000002
chr12,MISSENSE,KRAS,3845,ACH-000001
chr1,SILENT,NRAS,4893,ACH-000003
chr1,intron_variant,,,ACH-000003
"""

NEW_ROWS = """\
HugoSymbol,MolecularConsequence,ModelID,IsDefaultEntryForModel,VariantInfo
TP53,stop_gained,ACH-000001,No,stop_gained
KRAS,missense_variant,ACH-000001,Yes,
BRAF,missense_variant,ACH-000001,Yes,synonymous_variant
TP53,stop_gained,ACH-000002,No,stop_gained
"""


@pytest.fixture
def read_rows(tmp_path):
    def write_and_read(text: str, genes: GeneTable = NO_GENE_TABLE):
        path = tmp_path / "OmicsSomaticMutations.csv"
        path.write_text(text)
        return collected(read_mutation_rows, path, genes)

    return write_and_read


def test_a_gene_is_mutated_where_any_mutation_changes_its_protein(read_rows):
    noted = read_rows(OLD)
    assert noted.value.to_dict("index") == {
        "ACH-000001": {"KRAS": 1, "TP53": 0},
        "ACH-000002": {"KRAS": 0, "TP53": 1},
        "ACH-000003": {"KRAS": 0, "TP53": 0},
    }
    assert noted.notes == (
        "6 mutations read",
        "1 mutation left out, of no named gene",
        "3 silent mutations left out",
        "lines without any row are absent: they may not have been sequenced",
    )


def test_default_entries_count_and_one_column_fills_the_other(read_rows):
    noted = read_rows(NEW_ROWS)
    assert noted.value.to_dict("index") == {"ACH-000001": {"KRAS": 1}}
    assert "2 rows left out, not the default entry of a model" in noted.notes
    assert "1 model without default entry: 'ACH-000002'" in noted.notes


def test_several_names_of_a_gene_are_one(read_rows):
    genes = GeneTable(frozenset({"SEPTIN9"}), {"10801": "SEPTIN9"}, {}, {"SEPT9": "SEPTIN9"})
    text = (
        "ModelID,HugoSymbol,EntrezGeneID,VariantInfo\n"
        "ACH-000001,SEPT9,,missense_variant\n"
        "ACH-000002,,10801.0,missense_variant\n"
        "ACH-000003,SEPTIN9,10801,missense_variant\n"
    )
    assert read_rows(text, genes).value.to_dict("list") == {"SEPTIN9": [1, 1, 1]}


def test_consequences_that_are_not_known_are_named(read_rows):
    noted = read_rows(OLD.replace("stop_gained", "stop_gone"))
    assert "consequences that are not known count as silent: 'stop_gone'" in noted.notes


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (OLD.replace("VariantInfo", "Effect"), "lacks the column 'VariantInfo' or 'MolecularCons"),
        (OLD.replace("HugoSymbol", "Gene"), "lacks the column 'HugoSymbol'"),
        (OLD.replace("ModelID", "ProfileID"), "lacks the column 'ModelID'"),
        (OLD.replace("ACH-000001", "A549_LUNG"), "row 'A549_LUNG': is no ModelID"),
        (OLD.replace("TP53", "2-Sep"), r"gene '2-Sep': is a date that Excel made"),
        (
            "ModelID,HugoSymbol,VariantInfo\nACH-000001,KRAS,SILENT\n",
            "no mutation changes a protein; their consequences are 'SILENT'",
        ),
        ("ModelID,HugoSymbol,VariantInfo\nACH-000001,,SILENT\n", "names no gene in any row"),
        (OLD.replace("KRAS,3845,ACH-000001", "KRAS"), "line 5, row 'chr12': is cut short"),
        ("ModelID,HugoSymbol,VariantInfo\n", "has a header and no row"),
    ],
)
def test_rows_refuses_what_is_no_such_table(read_rows, text, message):
    with pytest.raises(BadFileError, match=message):
        read_rows(text)


DAMAGING = ",TP53 (7157),KRAS (3845)\nACH-000001,2,0\nACH-000002,0,0\nACH-000003,1,1\n"
HOTSPOT = ",BRAF (673),KRAS (3845)\nACH-000002,0,1\nACH-000001,1,0\nACH-000009,0,0\n"


@pytest.fixture
def matrices(folder):
    return [
        folder.put("OmicsSomaticMutationsMatrixDamaging.csv", DAMAGING),
        folder.put("OmicsSomaticMutationsMatrixHotspot.csv", HOTSPOT),
    ]


def test_a_gene_is_mutated_that_is_so_in_either_matrix(matrices):
    noted = collected(read_mutations, None, matrices, NO_GENE_TABLE)
    assert noted.value.unit == "0/1"
    assert noted.value.table.to_dict("index") == {
        "ACH-000001": {"BRAF": 1, "KRAS": 0, "TP53": 1},
        "ACH-000002": {"BRAF": 0, "KRAS": 1, "TP53": 0},
    }
    assert "OmicsSomaticMutationsMatrixDamaging.csv: 1 value of 2 taken as 1" in noted.notes
    lost = "mutation: 2 lines left out, not in both: 'ACH-000003', 'ACH-000009'"
    assert lost in noted.notes


def test_one_matrix_will_do(matrices):
    table = read_mutations(None, matrices[1:], NO_GENE_TABLE, notes=Notes()).table
    assert table.loc["ACH-000001"].to_dict() == {"BRAF": 1, "KRAS": 0}
    assert len(table) == 3


def test_the_table_of_all_mutations_is_preferred(matrices, folder):
    text = "ModelID,HugoSymbol,VariantInfo\nACH-000005,NRAS,stop_gained\n"
    rows = folder.put("OmicsSomaticMutations.csv", text)
    noted = collected(read_mutations, rows, matrices, NO_GENE_TABLE)
    assert noted.value.table.to_dict("index") == {"ACH-000005": {"NRAS": 1}}
    assert noted.notes[-1] == (
        "OmicsSomaticMutationsMatrixHotspot.csv: left out, OmicsSomaticMutations.csv being there"
    )


def test_mutations_nothing_comes_of_nothing():
    assert read_mutations(None, [], NO_GENE_TABLE, notes=Notes()) is None


def test_refuses_counts_of_mutations(folder):
    text = DAMAGING.replace("2,0", "7,0")
    path = folder.put("OmicsSomaticMutationsMatrixDamaging.csv", text)
    with pytest.raises(BadFileError, match="row 'ACH-000001', column 'TP53': is 7, neither 0 nor"):
        read_mutations(None, [path], NO_GENE_TABLE, notes=Notes())


def test_refuses_matrices_of_different_lines(folder, matrices):
    text = HOTSPOT.replace("ACH-00000", "ACH-77777")
    other = folder.put("OmicsSomaticMutationsMatrixHotspot.csv", text)
    with pytest.raises(BadFileError, match=r"has no line of OmicsSomaticMutationsMatrixDamaging"):
        read_mutations(None, [matrices[0], other], NO_GENE_TABLE, notes=Notes())
