import pickle

import pytest

from deepdep.io.strangers import strangeness

HDF5 = b"\x89HDF\r\n\x1a\n"


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("genes.csv", b"gene\n"),
        ("history.csv", b""),
        ("settings.json", b"{}"),
        ("gene_sets.gmt", "é\t\tA\n".encode()),
        ("kernel.h5ad", HDF5 + b"..."),
        ("network_1.weights.h5", HDF5),
    ],
)
def test_tables_and_weights_are_no_strangers(tmp_path, name, content):
    (tmp_path / name).write_bytes(content)
    assert strangeness(tmp_path / name) is None


@pytest.mark.parametrize("protocol", range(2, 6))
@pytest.mark.parametrize("name", ["genes.csv", "network_1.weights.h5", "notes"])
def test_a_pickle_is_told_by_its_first_bytes(tmp_path, name, protocol):
    (tmp_path / name).write_bytes(pickle.dumps({"a": 1}, protocol))
    assert strangeness(tmp_path / name) == "is a pickle, which runs code when it is read"


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
        ("kernel.h5ad", b"", "not an HDF5 file"),
    ],
)
def test_what_is_none_is_called_by_its_name(tmp_path, name, content, said):
    (tmp_path / name).write_bytes(content)
    assert said in strangeness(tmp_path / name)
