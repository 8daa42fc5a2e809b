import json

import numpy as np
import pandas as pd
import pytest
from safetensors.numpy import save_file

from deepdep.errors import BadFileError
from deepdep.io.matrices import to_anndata, write_anndata
from deepdep.io.tensors import LabelledMatrix, read_tensors, write_tensors

TABLE = pd.DataFrame([[1.5, np.nan], [0.0, -2.0], [1 / 3, 4.0]], ["NA", "é", "7"], ["=A()", "B"])
INTERCEPT = pd.DataFrame({"intercept": [1 / 3, 1e-9]}, TABLE.columns)


def test_a_labelled_matrix_survives_writing(tmp_path):
    LabelledMatrix(TABLE, INTERCEPT.iloc[::-1]).write(tmp_path / "kernel.v1")
    read = LabelledMatrix.read(tmp_path / "kernel.v1")
    pd.testing.assert_frame_equal(read.values, TABLE.astype(np.float32), check_exact=True)
    pd.testing.assert_frame_equal(read.of_columns, INTERCEPT, check_exact=True)
    assert [path.name for path in tmp_path.iterdir()] == ["kernel.v1.safetensors"]


def test_a_matrix_without_rows_survives_writing(tmp_path):
    LabelledMatrix(TABLE.iloc[:0]).write(tmp_path / "m")
    read = LabelledMatrix.read(tmp_path / "m")
    assert read.values.shape == (0, 2)
    assert list(read.values.columns) == ["=A()", "B"]


def test_a_matrix_of_earlier_versions_is_read(tmp_path):
    matrix = to_anndata(TABLE)
    matrix.var = INTERCEPT
    write_anndata(matrix, tmp_path / "m.h5ad")
    read = LabelledMatrix.read(tmp_path / "m")
    pd.testing.assert_frame_equal(read.values, TABLE.astype(np.float32), check_exact=True)
    pd.testing.assert_frame_equal(read.of_columns, INTERCEPT, check_exact=True)


def test_the_same_numbers_give_the_same_bytes(tmp_path):
    for name in ("one", "two"):
        LabelledMatrix(TABLE, INTERCEPT).write(tmp_path / name)
    one, two = ((tmp_path / f"{name}.safetensors").read_bytes() for name in ("one", "two"))
    assert one == two


def test_columns_of_an_array_in_another_order_are_written_as_they_are(tmp_path):
    turned = np.arange(6.0, dtype=np.float32).reshape(2, 3).T
    write_tensors({"turned": turned}, tmp_path / "t.safetensors")
    np.testing.assert_array_equal(read_tensors(tmp_path / "t.safetensors")["turned"], turned)


@pytest.mark.parametrize("n_bytes", [0, 4, 100, -1])
def test_a_file_that_was_cut_is_refused(tmp_path, n_bytes):
    file = tmp_path / "t.safetensors"
    write_tensors({"weights": np.ones((4, 5), np.float32)}, file)
    file.write_bytes(file.read_bytes()[:n_bytes])
    with pytest.raises(BadFileError, match=r"t\.safetensors: is not a complete \.safetensors file"):
        read_tensors(file)


def test_what_follows_the_numbers_is_refused(tmp_path):
    file = tmp_path / "t.safetensors"
    write_tensors({"weights": np.ones(3, np.float32)}, file)
    file.write_bytes(file.read_bytes() + b"more")
    with pytest.raises(BadFileError, match="is not a complete"):
        read_tensors(file)


def test_other_than_real_numbers_are_refused(tmp_path):
    save_file({"a": np.ones(1, np.float32), "b": np.ones(1, np.int8)}, tmp_path / "t.safetensors")
    with pytest.raises(BadFileError, match="b: holds I8, not numbers of F32 or F64"):
        read_tensors(tmp_path / "t.safetensors")


@pytest.mark.parametrize(
    "labels",
    [None, {}, {"rows": ["a"], "columns": ["b", "c"]}, {"rows": 3, "columns": ["b"]}, []],
)
def test_labels_that_are_not_the_matrix_s_are_refused(tmp_path, labels):
    metadata = None if labels is None else {"labels": json.dumps(labels)}
    save_file({"values": np.ones((2, 2), np.float32)}, tmp_path / "m.safetensors", metadata)
    with pytest.raises(BadFileError, match=r"m\.safetensors: holds no labelled matrix"):
        LabelledMatrix.read(tmp_path / "m")


def test_a_file_that_is_not_there_is_named(tmp_path):
    with pytest.raises(BadFileError, match=r"absent\.safetensors"):
        LabelledMatrix.read(tmp_path / "absent")
