import hashlib
import json
import pickle

import pytest

from deepdep.errors import BadFileError
from deepdep.io.manifest import check_manifest, foreign_content, model_kind, write_manifest


@pytest.fixture
def folder(tmp_path):
    """A folder of two files and their manifest; it says it is a predictor."""
    folder = tmp_path / "model"
    folder.mkdir()
    (folder / "history.csv").write_text("epoch\n")
    (folder / "genes.csv").write_text("gene\nTP53\n")
    write_manifest(folder, "predictor")
    return folder


def test_the_manifest_lists_each_file_with_its_hash(folder):
    manifest = json.loads((folder / "manifest.json").read_text())
    assert manifest == {
        "format_version": 5,
        "kind": "predictor",
        "files": {
            "genes.csv": hashlib.sha256(b"gene\nTP53\n").hexdigest(),
            "history.csv": hashlib.sha256(b"epoch\n").hexdigest(),
        },
    }


def test_an_unchanged_folder_passes_also_under_another_name(folder):
    check_manifest(folder, "predictor")
    check_manifest(folder.rename(folder.with_name("moved")), "predictor")


def test_a_model_of_another_kind_is_refused(folder):
    assert model_kind(folder) == "predictor"
    with pytest.raises(BadFileError, match=r"manifest.json: holds a model of kind 'predictor'"):
        check_manifest(folder, "autoencoder")


def test_a_file_that_is_gone_is_named(folder):
    (folder / "genes.csv").unlink()
    with pytest.raises(BadFileError, match=r"does not agree with the folder about 'genes.csv'"):
        check_manifest(folder, "predictor")


def test_a_file_that_became_a_folder_is_refused(folder):
    (folder / "genes.csv").unlink()
    (folder / "genes.csv").mkdir()
    with pytest.raises(BadFileError, match=r"genes.csv: is not a file"):
        check_manifest(folder, "predictor")


def test_a_manifest_cannot_reach_outside_its_folder(folder):
    outside = folder.parent / "secret"
    outside.write_bytes(b"x")
    manifest = json.loads((folder / "manifest.json").read_text())
    manifest["files"]["../secret"] = hashlib.sha256(b"x").hexdigest()
    (folder / "manifest.json").write_text(json.dumps(manifest))
    with pytest.raises(BadFileError, match=r"names '\.\./secret', a path"):
        check_manifest(folder, "predictor")


@pytest.mark.parametrize("text", ["", "[]", "{}", '{"kind": "predictor"}', "\x00", '"files"'])
def test_a_manifest_that_is_none_is_refused(folder, text):
    (folder / "manifest.json").write_text(text)
    for look in (model_kind, lambda f: check_manifest(f, "predictor")):
        with pytest.raises(BadFileError, match=r"has no readable manifest\.json"):
            look(folder)


def test_a_folder_that_is_not_there_is_refused(tmp_path):
    with pytest.raises(BadFileError, match="Give the folder of a saved model"):
        model_kind(tmp_path / "absent")


HDF5 = b"\x89HDF\r\n\x1a\n"


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("genes.csv", b"gene\n"),
        ("history.csv", b""),
        ("settings.json", b"{}"),
        ("gene_sets.gmt", "é\t\tA\n".encode()),
        ("kernel.safetensors", b"@\0\0\0\0\0\0\0{..."),
        ("network_1.safetensors", b""),
    ],
)
def test_tables_and_weights_are_no_strangers(tmp_path, name, content):
    (tmp_path / name).write_bytes(content)
    assert foreign_content(tmp_path / name) is None


@pytest.mark.parametrize("name", ["kernel.h5ad", "network_1.weights.h5"])
def test_weights_in_hdf5_belong_to_the_old_format_only(tmp_path, name):
    (tmp_path / name).write_bytes(HDF5)
    assert foreign_content(tmp_path / name, hdf5=True) is None
    assert "is HDF5, in which models have no weights" in foreign_content(tmp_path / name)
    (tmp_path / name).write_bytes(b"")
    assert "not an HDF5 file" in foreign_content(tmp_path / name, hdf5=True)


@pytest.mark.parametrize("protocol", range(2, 6))
@pytest.mark.parametrize("name", ["genes.csv", "network_1.safetensors", "notes"])
def test_a_pickle_is_told_by_its_first_bytes(tmp_path, name, protocol):
    (tmp_path / name).write_bytes(pickle.dumps({"a": 1}, protocol))
    assert foreign_content(tmp_path / name) == "is a pickle, which runs code when it is read"


@pytest.mark.parametrize(
    ("name", "content", "said"),
    [
        ("old.pkl", b"(dp0\n.", "a pickle"),  # protocol 0 is text
        ("a.npz", b"PK\x03\x04", "a NumPy file"),
        ("net.keras", b"", "an archive"),
        ("genes.csv", b"PK\x03\x04", "an archive"),
        ("net.h5", HDF5, "a whole Keras model"),
        ("weights.h5", HDF5, "a whole Keras model"),
        ("run.sh", b"#!", "no part of a model"),
        ("settings.json.bak", b"{}", "no part of a model"),
    ],
)
def test_what_is_none_is_called_by_its_name(tmp_path, name, content, said):
    (tmp_path / name).write_bytes(content)
    assert said in foreign_content(tmp_path / name)


@pytest.mark.parametrize(
    "name", [".DS_Store", "Thumbs.db", "desktop.ini", "._genes.csv", ".ipynb_checkpoints", ".git"]
)
def test_what_others_leave_in_every_folder_is_no_part_of_a_model(folder, name):
    if "." in name[1:] or name == ".DS_Store":
        (folder / name).write_bytes(b"\0\5\x16\7")
    else:
        (folder / name).mkdir()
    check_manifest(folder, "predictor")


@pytest.mark.parametrize("name", ["manifest.json", "genes.csv", "model.safetensors"])
def test_a_pointer_of_git_lfs_is_named_with_its_cure(folder, name):
    (folder / name).write_text("version https://git-lfs.github.com/spec/v1\noid sha256:0\nsize 1\n")
    with pytest.raises(BadFileError, match=rf"{name}: is a git-lfs pointer.*Run `git lfs pull`"):
        check_manifest(folder, "predictor")
