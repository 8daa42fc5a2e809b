import gzip

import numpy as np
import pytest

from deepdep.domain.errors import BadFileError
from deepdep.io.feature_rows import read_feature_rows

TEXT = "Hugo_Symbol\tEntrez_Gene_Id\tS1\tS2\nTP53\t7157\t1\t2\nTP53\t\t3\t\nKRAS\t3845\t5\t6\n"


@pytest.fixture
def rows(tmp_path):
    path = tmp_path / "data_mrna.txt.gz"
    path.write_bytes(gzip.compress(TEXT.encode()))
    return read_feature_rows(path, ["Hugo_Symbol", "Entrez_Gene_Id", "Cytoband"])


def test_ids_are_told_from_samples_by_name_and_may_repeat(rows):
    assert rows.ids.to_dict("list") == {
        "Hugo_Symbol": ["TP53", "TP53", "KRAS"],
        "Entrez_Gene_Id": ["7157", "", "3845"],
    }
    assert list(rows.samples) == ["S1", "S2"]
    np.testing.assert_array_equal(rows.values, [[1, 2], [3, np.nan], [5, 6]])


def test_chosen_rows_become_columns_of_samples(rows):
    table = rows.table([2, 0], ["KRAS", "TP53"])
    assert table.to_dict("index") == {
        "S1": {"KRAS": 5, "TP53": 1},
        "S2": {"KRAS": 6, "TP53": 2},
    }
    assert set(table.dtypes) == {np.dtype(np.float32)}


def test_ids_may_stand_anywhere(tmp_path):
    path = tmp_path / "t.csv"
    path.write_text("S1,sample, S2\n1,TP53,2\n")
    rows = read_feature_rows(path, ["sample"])
    assert list(rows.samples) == ["S1", "S2"]
    assert rows.values.tolist() == [[1, 2]]


def test_comments_before_the_header_are_skipped(tmp_path):
    path = tmp_path / "t.tsv"
    path.write_text("# gene-model: GENCODE v36\ngene_id\tS1\nENSG1\t2\n")
    assert read_feature_rows(path, ["gene_id"], comment="#").values.tolist() == [[2]]


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("gene\tS1\nTP53\t1\n", "lacks the column 'sample'"),
        ("sample\tnote\nTP53\thigh\n", "line 2, row 'TP53', column 'note': 'high' is not a num"),
        ("sample\nTP53\n", "has no sample"),
        ("sample\tS1\tS1\nTP53\t1\t2\n", "column 'S1': occurs more than once"),
        ("sample\tS1\t\nTP53\t1\t2\n", "column 3: has no name"),
        ("sample\tS1\tS2\nTP53\t1\n", "line 2, row 'TP53': is cut short"),
        ("sample\tS1\nTP53\t-Infinity\n", "row 'TP53', column 'S1': is infinite"),
        ("sample\tS1\n", "has a header and no row"),
    ],
)
def test_refuses_what_is_no_table_of_features(tmp_path, text, message):
    path = tmp_path / "t.tsv"
    path.write_text(text)
    with pytest.raises(BadFileError, match=message):
        read_feature_rows(path, ["sample"])
