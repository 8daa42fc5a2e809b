import pandas as pd
import pytest

from deepdep.data.folds import Fold, FoldSettings, SplitMode, draw_folds, folds_hash
from deepdep.domain.errors import BadFileError
from deepdep.io.folds import read_folds, write_folds

HEADER = "fold,kind,name,part\n"
WHOLE = "1,line,a,train\n1,line,b,validation\n1,line,c,test\n1,gene,A,train\n1,gene,A,test\n"


@pytest.fixture
def folds():
    """Two folds by patient and gene; lines and genes are named by numbers, and by formulas."""
    names = [f"{k:03d}" for k in range(18)] + ["=1", "NA"]
    obs = pd.DataFrame({"patient_id": names, "lineage": "Lung"}, index=names)
    genes = pd.Index(["1", "2", "-3", "NA"])
    settings = FoldSettings(SplitMode.BOTH, 2, 0.3, seed=0, min_lines_per_lineage=2)
    return draw_folds(obs, genes, pd.Series(genes, genes), settings)


def as_lists(folds):
    return [{k: list(v) for k, v in vars(fold).items()} for fold in folds]


def test_folds_are_read_as_they_were_written(folds, tmp_path):
    write_folds(folds, tmp_path / "folds.csv")
    read = read_folds(tmp_path / "folds.csv")
    assert as_lists(read) == as_lists(folds)
    assert folds_hash(read) == folds_hash(folds)
    assert isinstance(read[0], Fold)


def test_the_file_is_one_tidy_table(folds, tmp_path):
    write_folds(folds, tmp_path / "folds.csv")
    table = pd.read_csv(tmp_path / "folds.csv", dtype=str)
    assert list(table.columns) == ["fold", "kind", "name", "part"]
    assert set(table["kind"]) == {"line", "gene"}
    assert set(table["part"]) == {"train", "validation", "test"}


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("fold,kind,name\n1,line,a\n", "lacks the column 'part'"),
        (HEADER, "holds no fold"),
        (HEADER + WHOLE + "1,line,d,tset\n", "line 7, 1, line, d, tset: is no part of a fold"),
        (HEADER + WHOLE + "1,gene,A,validation\n", "is no part of a fold"),
        (HEADER + WHOLE + "1,line,a,train\n", "line 7, 1, line, a, train: is there twice"),
        (HEADER + WHOLE + "1,line,,train\n", "line 7, .*: an entry is missing"),
        (HEADER + WHOLE.replace("validation", "train"), "fold '1': has no 'validation'"),
        (HEADER + WHOLE.replace("gene,A,test", "gene,B,train"), "has no 'test_genes'"),
    ],
)
def test_a_file_that_holds_no_folds_is_refused(text, problem, tmp_path):
    source = tmp_path / "folds.csv"
    source.write_text(text)
    with pytest.raises(BadFileError, match=rf"folds\.csv: {problem}|folds\.csv: .*{problem}"):
        read_folds(source)


def test_a_file_that_is_not_there_is_refused(tmp_path):
    with pytest.raises(BadFileError, match="there is no such file"):
        read_folds(tmp_path / "folds.csv")
