import h5py
import numpy as np
import pandas as pd
import pytest

from deepdep.errors import DeepDEPError
from deepdep.io.containers import read_mudata
from deepdep.io.hdf5 import refuse_damaged
from deepdep.io.matrices import read_anndata, write_matrix

TABLE = pd.DataFrame({"TP53": [1.5, np.nan], "MYC": [2.5, 3]}, index=["L1", "L2"])


@pytest.fixture
def path(tmp_path):
    """Expression of two lines, as AnnData stores it."""
    write_matrix(TABLE, tmp_path / "lines.h5ad", uns={"omic": "expression"})
    return tmp_path / "lines.h5ad"


def test_whole_files_pass(path, tmp_path):
    refuse_damaged(path)
    write_matrix(TABLE.fillna(0).astype(np.uint8), tmp_path / "sparse.h5ad")
    refuse_damaged(tmp_path / "sparse.h5ad")


def soft_link(file):
    file["layers/other"] = h5py.SoftLink("/X")


def link_to_another_file(file):
    file["layers/other"] = h5py.ExternalLink("/etc/passwd", "/")


def circle(file):
    file["uns/all"] = file["/"]


def depth(file):
    file.create_group("uns" + "/deeper" * 40)


def vast_array(file):
    file.create_dataset("layers/vast", (100_000, 100_000), "f4", chunks=(1000, 1000))


def vast_sparse_matrix(file):
    group = file.create_group("layers/vast")
    group.attrs["shape"] = [10**6, 10**6]
    group["data"] = np.ones(3, np.float32)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (soft_link, r"lines.h5ad: /layers/other: holds a link"),
        (link_to_another_file, r"lines.h5ad: /layers/other: holds a link"),
        (circle, "holds groups in a circle"),
        (depth, "holds groups in a circle"),
        (vast_array, r"lines.h5ad: unzips to more than 38,146 MB"),
        (vast_sparse_matrix, r"lines.h5ad: unzips to more than 3,814,697 MB"),
    ],
)
def test_refuses_what_would_not_end_or_fill_the_memory(path, change, message):
    with h5py.File(path, "r+") as file:
        change(file)
    with pytest.raises(DeepDEPError, match=message):
        refuse_damaged(path)


@pytest.mark.parametrize(
    ("n_bytes", "problem"),
    [
        (0, "is empty"),
        (100, "is not a complete .h5ad file"),
        (3000, "is not a complete .h5ad file"),
        (-1, "is not a complete .h5ad file"),
    ],
)
def test_refuses_a_part_of_a_file(path, n_bytes, problem):
    path.write_bytes(path.read_bytes()[:n_bytes])
    with pytest.raises(DeepDEPError, match=rf"lines.h5ad: {problem}"):
        refuse_damaged(path)


def virtual_array(file):
    layout = h5py.VirtualLayout((3,), "f8")
    layout[:] = h5py.VirtualSource("elsewhere.h5", "numbers", (3,))
    file.create_virtual_dataset("layers/mapped", layout)


def external_array(file):
    file.create_dataset("layers/outside", (3,), "f8", external=[("/etc/passwd", 0, 24)])


@pytest.mark.parametrize(
    ("change", "place"), [(virtual_array, "mapped"), (external_array, "outside")]
)
def test_refuses_numbers_from_another_file(path, change, place):
    with h5py.File(path, "r+") as file:
        change(file)
    with pytest.raises(DeepDEPError, match=f"/layers/{place}: takes its numbers from another"):
        refuse_damaged(path)


@pytest.mark.parametrize("number", range(3))
def test_of_several_files_the_wrong_one_is_named_with_what_to_do(path, number):
    paths = [path.with_name(f"{k}.h5ad") for k in range(3)]
    for each in paths:
        each.write_bytes(path.read_bytes())
    refuse_damaged(*paths)
    paths[number].write_bytes(path.read_bytes()[:3000])
    with pytest.raises(DeepDEPError, match=rf"/{number}.h5ad: is not a complete .* Ask again"):
        refuse_damaged(*paths, remedy="Ask again")


@pytest.mark.slow
def test_refuses_a_file_on_which_hdf5_never_returns(path):
    """The heap of its texts is full of zeros, as where a part of a download never came."""
    content = bytearray(path.read_bytes())
    heap = content.index(b"GCOL") + 16
    content[heap : heap + 4000] = bytes(4000)
    path.write_bytes(content)
    with pytest.raises(DeepDEPError, match=r"lines.h5ad: is not a complete .h5ad file"):
        refuse_damaged(path)


POINTER = b"version https://git-lfs.github.com/spec/v1\noid sha256:4d7a\nsize 12345\n"


@pytest.mark.parametrize("name", ["s.h5ad", "s.h5mu", "m.weights.h5"])
@pytest.mark.parametrize(
    ("content", "problem"),
    [(POINTER, "is a git-lfs pointer"), (b"<html>Sign in</html>", "is a web page, not data")],
)
def test_what_stands_in_place_of_a_file_is_named(tmp_path, name, content, problem):
    (tmp_path / name).write_bytes(content)
    with pytest.raises(DeepDEPError, match=f"{name}: {problem}"):
        refuse_damaged(tmp_path / name)


@pytest.mark.parametrize(("name", "read"), [("s.h5ad", read_anndata), ("s.h5mu", read_mudata)])
def test_a_pointer_is_named_by_what_reads_containers(tmp_path, name, read):
    (tmp_path / name).write_bytes(POINTER)
    with pytest.raises(DeepDEPError, match=f"{name}: is a git-lfs pointer.*Run `git lfs pull`"):
        read(tmp_path / name)
