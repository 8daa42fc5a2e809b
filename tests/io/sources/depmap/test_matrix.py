import numpy as np
import pytest

from deepdep.domain.errors import BadFileError
from deepdep.domain.gene_table import NO_GENE_TABLE, GeneTable
from deepdep.io.sources.depmap.matrix import read_gene_matrix

NEW = """\
,is_default_entry,TP53 (7157),ModelID,KRAS (3845),ProfileID
0,True,1,ACH-000002,2,PR-1
1,False,3,ACH-000002,4,PR-2
2,True,5,ACH-000001,,PR-3
3,False,7,ACH-000003,8,PR-4
4,False,,not a model,x,PR-5
"""


@pytest.fixture
def read(tmp_path):
    def write_and_read(text: str, genes: GeneTable = NO_GENE_TABLE):
        path = tmp_path / "OmicsCNGeneWGS.csv"
        path.write_text(text)
        return read_gene_matrix(path, genes)

    return write_and_read


def test_one_row_per_model_by_symbol(read):
    noted = read(",TP53 (7157),KRAS (3845)\nACH-000002,1,2\nACH-000001,,4\n")
    assert list(noted.value.index) == ["ACH-000002", "ACH-000001"]
    assert list(noted.value.columns) == ["TP53", "KRAS"]
    np.testing.assert_array_equal(noted.value, [[1, 2], [np.nan, 4]])
    assert noted.notes == ()


def test_of_several_sequencings_the_default_one_is_kept(read):
    noted = read(NEW.replace(",x,", ",9,"))
    assert list(noted.value.index) == ["ACH-000002", "ACH-000001"]
    np.testing.assert_array_equal(noted.value, [[1, 2], [5, np.nan]])
    assert noted.notes == (
        "3 rows left out, not the default entry of a model",
        "2 models without default entry: 'ACH-000003', 'not a model'",
    )


@pytest.mark.parametrize(("yes", "no"), [("Yes", "No"), ("1", "0"), ("TRUE", "FALSE")])
def test_yes_may_be_said_in_several_ways(read, yes, no):
    text = NEW.replace(",x,", ",9,").replace("True", yes).replace("False", no)
    assert list(read(text).value.index) == ["ACH-000002", "ACH-000001"]


def test_columns_of_no_gene_are_noted(read):
    noted = read("Lane,ModelID,TP53 (7157)\nL1,ACH-000001,1\n")
    assert list(noted.value.columns) == ["TP53"]
    assert noted.notes == ("1 column left out, of no gene: 'Lane'",)


def test_genes_are_matched_by_their_entrez_ids(read):
    genes = GeneTable(frozenset({"TP53"}), {"7157": "TP53"}, {}, {})
    noted = read(",P53 (7157),TP53 (1)\nACH-000001,1,2\n", genes)
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
def test_refuses_what_is_no_such_table(read, text, message):
    with pytest.raises(BadFileError) as error:
        read(text)
    assert message in str(error.value)
    assert "OmicsCNGeneWGS.csv: " in str(error.value)
