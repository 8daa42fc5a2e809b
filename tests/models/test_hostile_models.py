"""Folders that were made to run code, to reach out or to fill the memory; their hashes are right.

Whoever makes a folder makes its manifest too. What would run writes a marker.
"""

import contextlib
import functools
import io
import json
import os
import pickle
import shutil
import socket
import stat
import zipfile
from pathlib import Path

import h5py
import numpy as np
import pytest
from safetensors.numpy import save_file

from deepdep.errors import DeepDEPError
from deepdep.io.manifest import MANIFEST, write_manifest
from deepdep.models.artifacts import load_predictor

WEIGHTS, SETTINGS = "network_1.safetensors", "settings.json"
MATRIX = "kernel_coefficients.safetensors"
OLD_WEIGHTS, OLD_MATRIX = "network_1.weights.h5", "kernel_coefficients.h5ad"
FORMAT_3 = Path(__file__).parent / "format_3" / "predictor"


class Marks:
    """Writes a file where it is unpickled."""

    def __init__(self, marker: Path) -> None:
        self._marker = marker

    def __reduce__(self):
        return Path.touch, (self._marker,)


@pytest.fixture
def marker(tmp_path):
    return tmp_path / "it_ran"


@pytest.fixture
def folder(predictor_folder, tmp_path):
    shutil.copytree(predictor_folder, tmp_path / "model")
    return tmp_path / "model"


@pytest.fixture
def old_folder(tmp_path):
    """A model of the format whose weights are HDF5."""
    shutil.copytree(FORMAT_3, tmp_path / "model")
    return tmp_path / "model"


def sign(folder):
    """Make the manifest anew, as whoever changed the folder would, of the format that it had."""
    version = json.loads((folder / MANIFEST).read_text())["format_version"]
    (folder / MANIFEST).unlink()
    write_manifest(folder, "predictor")
    manifest = json.loads((folder / MANIFEST).read_text())
    (folder / MANIFEST).write_text(json.dumps(manifest | {"format_version": version}))


def add(name, folder, marker):
    (folder / name).write_bytes(pickle.dumps([Marks(marker)]))
    sign(folder)


def add_arrays(name, folder, marker):
    array, buffer = np.array([Marks(marker)], dtype=object), io.BytesIO()
    save = np.savez if name.endswith("npz") else np.save
    save(buffer, array, allow_pickle=True)
    (folder / name).write_bytes(buffer.getvalue())
    sign(folder)


def add_lambda_archive(name, folder, marker):
    layer = {"class_name": "Lambda", "config": {"function": {"class_name": "__lambda__"}}}
    with zipfile.ZipFile(folder / name, "w") as archive:
        archive.writestr("config.json", json.dumps(layer))
    sign(folder)


def add_old_keras_model(name, folder, marker):
    with h5py.File(folder / name, "w") as file:
        file.attrs["model_config"] = json.dumps({"class_name": "Lambda"})
    sign(folder)


def change_settings(change, folder, marker):
    settings = json.loads((folder / SETTINGS).read_text())
    change(settings)
    (folder / SETTINGS).write_text(json.dumps(settings))
    sign(folder)


def name_a_lambda_layer(settings):
    settings["encoders"]["expression"]["activation"] = {"class_name": "Lambda", "config": {}}


def name_an_unknown_function(settings):
    settings["encoders"]["expression"]["activation"] = "os>system"


def add_a_layer(settings):
    settings["layers"] = [{"class_name": "Lambda"}]


def widen(settings):
    settings["predictor"]["cell_widths"] = [10**9]


def widen_an_encoder(settings):
    settings["encoders"]["expression"]["widths"] = [10**9, 4]


def narrow_to_nothing(settings):
    settings["predictor"]["gene_widths"] = [-8]


def deepen(settings):
    settings["predictor"]["cell_widths"] = [1] * 100_000


def multiply(settings):
    settings["n_networks"] = 10**9


def change_hdf5(name, change, folder, marker):
    (folder.parent / "secret.h5").unlink(missing_ok=True)
    with h5py.File(folder.parent / "secret.h5", "w") as file:
        file["numbers"] = np.ones(3)
    (folder.parent / "secret").write_bytes(b"root:x:0:0:0000000000000000")
    with h5py.File(folder / name, "r+") as file:
        change(file, folder)
    sign(folder)


def link_to_another_file(file, folder):
    file["other"] = h5py.ExternalLink(str(folder.parent / "secret.h5"), "numbers")


def link_within(file, folder):
    file["other"] = h5py.SoftLink("/nowhere")


def read_another_file(file, folder):
    storage = [(str(folder.parent / "secret"), 0, 24)]
    file.create_dataset("other", (3,), "f8", external=storage)


def map_another_file(file, folder):
    layout = h5py.VirtualLayout((3,), "f8")
    layout[:] = h5py.VirtualSource(str(folder.parent / "secret.h5"), "numbers", (3,))
    file.create_virtual_dataset("other", layout)


def claim_terabytes(file, folder):
    file.create_dataset("other", (10**6, 10**6), "f4", chunks=(1000, 1000), compression="gzip")


def hold_far_more(file, folder):
    file["other"] = np.zeros(3 << 20)


def hold_a_keras_model(file, folder):
    file.attrs["model_config"] = json.dumps({"class_name": "Lambda"})


def cut_short(name, folder, marker):
    whole = (folder / name).read_bytes()
    (folder / name).write_bytes(whole[: len(whole) // 2])
    sign(folder)


def change_header(name, change, folder, marker):
    """Write a safetensors file again: the length of its header, the header, the numbers."""
    whole = (folder / name).read_bytes()
    n_header = int.from_bytes(whole[:8], "little")
    header = json.loads(whole[8 : 8 + n_header])
    change(header)
    written = json.dumps(header).encode()
    content = len(written).to_bytes(8, "little") + written + whole[8 + n_header :]
    (folder / name).write_bytes(content)
    sign(folder)


def claim_a_terabyte(header):
    name = next(name for name in header if name != "__metadata__")
    header[name] |= {"shape": [1 << 38], "data_offsets": [0, 1 << 40]}


def overlap(header):
    first, second, *_ = (of for name, of in header.items() if name != "__metadata__")
    second["data_offsets"] = first["data_offsets"]


def name_another_type(header):
    name = next(name for name, of in header.items() if "kernel" in name)
    header[name]["dtype"] = "I32"


def rename_a_weight(header):
    name = next(name for name, of in header.items() if "kernel" in name)
    header[f"{name}:"] = header.pop(name)


def unlabel(header):
    header["__metadata__"]["labels"] = '{"rows": ["one"]}'


def hold_hdf5(folder, marker):
    shutil.copy(FORMAT_3 / OLD_WEIGHTS, folder / OLD_WEIGHTS)
    sign(folder)


def write_hdf5_instead(folder, marker):
    shutil.copy(FORMAT_3 / OLD_MATRIX, folder / MATRIX)
    sign(folder)


def more_numbers(folder, marker):
    save_file({"cell_1/kernel": np.zeros(3 << 20)}, folder / WEIGHTS)
    sign(folder)


def swap_weights(folder, marker):
    shutil.copy(folder / "network_2.safetensors", folder / WEIGHTS)


def reach_out(folder, marker):
    (folder.parent / "secret").write_bytes(b"x")
    manifest = json.loads((folder / MANIFEST).read_text())
    manifest["files"]["../secret"] = manifest["files"].pop("history.csv")
    (folder / MANIFEST).write_text(json.dumps(manifest))


def link(folder, marker):
    (folder / "genes.csv").rename(folder.parent / "genes.csv")
    (folder / "genes.csv").symlink_to(folder.parent / "genes.csv")
    sign(folder)


def link_the_manifest(folder, marker):
    (folder / MANIFEST).rename(folder.parent / MANIFEST)
    (folder / MANIFEST).symlink_to(folder.parent / MANIFEST)


def pipe(folder, marker):
    (folder / "genes.csv").unlink()
    os.mkfifo(folder / "genes.csv")


def add_a_folder(folder, marker):
    (folder / "code").mkdir()


def add_a_program(folder, marker):
    (folder / "sitecustomize.py").write_text(f"open({str(marker)!r}, 'w')")
    sign(folder)


def claim_terabytes_on_disk(folder, marker):
    with (folder / "history.csv").open("r+b") as file:
        file.truncate(1 << 40)  # sparse: it takes no room here


def claim_a_newer_format(folder, marker):
    manifest = json.loads((folder / MANIFEST).read_text())
    (folder / MANIFEST).write_text(json.dumps(manifest | {"format_version": 99}))


def nest_deeply(name, folder, marker):
    (folder / name).write_text("[" * 200_000)
    if name != MANIFEST:
        sign(folder)


def drop_the_tables_of_the_kernel(folder, marker):
    kernel = json.loads((folder / "kernel.json").read_text())
    del kernel["tables"]
    (folder / "kernel.json").write_text(json.dumps(kernel))
    sign(folder)


def device(folder, marker):
    if os.getuid() != 0:
        pytest.skip("only root can make a device")
    (folder / "genes.csv").unlink()
    try:
        os.mknod(folder / "genes.csv", stat.S_IFCHR | 0o600, os.makedev(1, 5))  # /dev/zero
    except PermissionError:
        pytest.skip("this container cannot make a device")


def listen(folder, marker):
    (folder / "genes.csv").unlink()
    with socket.socket(socket.AF_UNIX) as bound, contextlib.chdir(folder):
        bound.bind("genes.csv")


def link_a_folder(folder, marker):
    (folder.parent / "elsewhere").mkdir()
    (folder / "code").symlink_to(folder.parent / "elsewhere")


def differ_in_case(folder, marker):
    manifest = json.loads((folder / MANIFEST).read_text())
    manifest["files"]["GENES.csv"] = manifest["files"].pop("genes.csv")
    (folder / MANIFEST).write_text(json.dumps(manifest))


def change_manifest(old, new, folder, marker):
    text = (folder / MANIFEST).read_text()
    assert old in text
    (folder / MANIFEST).write_text(text.replace(old, new, 1))


def repeat_a_setting(folder, marker):
    text = (folder / SETTINGS).read_text().rstrip()
    (folder / SETTINGS).write_text(f'{text[:-1]}, "n_networks": 1}}')
    sign(folder)


def claim_a_vast_header(folder, marker):
    whole = (folder / WEIGHTS).read_bytes()
    (folder / WEIGHTS).write_bytes((1 << 60).to_bytes(8, "little") + whole[8:])
    sign(folder)


def nest_groups(file, folder):
    group = file
    for _ in range(200):
        group = group.create_group("g")


def claim_a_vast_chunk(file, folder):
    file.create_dataset("other", (1 << 31,), "u1", chunks=(1 << 31,), compression="gzip")


PICKLE = "is a pickle, which runs code"
HOSTILE = {
    "a pickle": (functools.partial(add, "notes.pkl"), f"notes.pkl: {PICKLE}"),
    "a model of MLflow": (
        functools.partial(add, "python_model.pkl"),
        f"python_model.pkl: {PICKLE}",
    ),
    "custom objects": (
        functools.partial(add, "global_custom_objects.cloudpickle"),
        f"custom_objects.cloudpickle: {PICKLE}",
    ),
    "a joblib": (functools.partial(add, "scaler.joblib"), f"scaler.joblib: {PICKLE}"),
    "a pickle as weights": (functools.partial(add, WEIGHTS), f"safetensors: {PICKLE}"),
    "a pickle as a table": (functools.partial(add, "genes.csv"), f"genes.csv: {PICKLE}"),
    "a pickle as settings": (functools.partial(add, SETTINGS), f"settings.json: {PICKLE}"),
    "an npz": (functools.partial(add_arrays, "scale.npz"), "scale.npz: is a NumPy file, which may"),
    "an npy": (functools.partial(add_arrays, "scale.npy"), "scale.npy: is a NumPy file, which may"),
    "an npz as a matrix": (functools.partial(add_arrays, MATRIX), "is not a complete .safetensors"),
    "a Lambda layer": (functools.partial(add_lambda_archive, "net.keras"), "net.keras: is an arch"),
    "an archive as weights": (
        functools.partial(add_lambda_archive, WEIGHTS),
        "safetensors: is an archive",
    ),
    "an old model": (functools.partial(add_old_keras_model, "net.h5"), "net.h5: is a whole Keras"),
    "Lambda in settings": (
        functools.partial(change_settings, name_a_lambda_layer),
        "settings.json: encoders.expression.activation: Input should be a valid string",
    ),
    "a function in settings": (
        functools.partial(change_settings, name_an_unknown_function),
        "its files do not make a model .*os>system",
    ),
    "layers in settings": (
        functools.partial(change_settings, add_a_layer),
        "settings.json: layers: Unexpected keyword argument",
    ),
    "a vast layer": (functools.partial(change_settings, widen), "safetensors: has .* bytes, the n"),
    "a vast encoder": (
        functools.partial(change_settings, widen_an_encoder),
        "safetensors: has .* bytes, the network that settings.json describes",
    ),
    "no layer": (functools.partial(change_settings, narrow_to_nothing), "a network that cannot be"),
    "endless layers": (functools.partial(change_settings, deepen), "a network that cannot be"),
    "endless networks": (functools.partial(change_settings, multiply), "n_networks: Input should"),
    "HDF5 beside the weights": (hold_hdf5, "weights.h5: is HDF5, in which models have no weights"),
    "HDF5 as a matrix": (write_hdf5_instead, "is not a complete .safetensors file"),
    "half a matrix": (functools.partial(cut_short, MATRIX), "is not a complete .safetensors file"),
    "a terabyte in a header": (
        functools.partial(change_header, WEIGHTS, claim_a_terabyte),
        "is not a complete .safetensors file",
    ),
    "weights that overlap": (
        functools.partial(change_header, WEIGHTS, overlap),
        "is not a complete .safetensors file",
    ),
    "weights that are no weights": (
        functools.partial(change_header, WEIGHTS, name_another_type),
        "kernel: holds I32, not numbers of F32 or F64",
    ),
    "weights of another name": (
        functools.partial(change_header, WEIGHTS, rename_a_weight),
        "does not fit the settings: .*kernel:'",
    ),
    "a matrix without its names": (
        functools.partial(change_header, MATRIX, unlabel),
        "holds no labelled matrix",
    ),
    "weights with more": (more_numbers, "safetensors: has 25,.* bytes, the network"),
    "swapped weights": (swap_weights, "network_1.safetensors is not the file that was saved"),
    "a path outside": (reach_out, r"manifest.json: names '\.\./secret', a path"),
    "a link": (link, "genes.csv: is a link"),
    "a link as manifest": (link_the_manifest, "has no readable manifest.json"),
    "a pipe": (pipe, "genes.csv: is not a file"),
    "a folder": (add_a_folder, "code: is not a file"),
    "a program": (add_a_program, "sitecustomize.py: is no part of a model"),
    "a terabyte": (claim_terabytes_on_disk, "model: holds 1024 GB, more than the 8 GB"),
    "a newer format": (claim_a_newer_format, "has format 99, newer than this program reads"),
    "a bottomless manifest": (functools.partial(nest_deeply, MANIFEST), "no readable manifest"),
    "bottomless settings": (functools.partial(nest_deeply, SETTINGS), "do not make a model"),
    "a device": (device, "genes.csv: is not a file"),
    "a socket": (listen, "genes.csv: is not a file"),
    "a linked folder": (link_a_folder, "code: is"),
    "a name in other case": (differ_in_case, "GENES.csv"),
    "a version that is no number": (
        functools.partial(change_manifest, '"format_version": 5', '"format_version": NaN'),
        "has no readable manifest.json",
    ),
    "two kinds in a manifest": (
        functools.partial(change_manifest, '"kind"', '"kind": "autoencoder", "kind"'),
        "has no readable manifest.json",
    ),
    "a path from the root": (
        functools.partial(change_manifest, '"genes.csv"', '"/etc/passwd"'),
        "manifest.json: names '/etc/passwd', a path",
    ),
    "a setting twice": (repeat_a_setting, "settings.json"),
    "a header of an exabyte": (claim_a_vast_header, "is not a complete .safetensors file"),
    "half a kernel": (drop_the_tables_of_the_kernel, "do not make a model .KeyError: 'tables'"),
}


HOSTILE_HDF5 = {
    "an old model as weights": (
        functools.partial(change_hdf5, OLD_WEIGHTS, hold_a_keras_model),
        "weights.h5: is a whole Keras model",
    ),
    "an npz as a matrix": (functools.partial(add_arrays, OLD_MATRIX), "h5ad: is not an HDF5 file"),
    "an archive as weights": (
        functools.partial(add_lambda_archive, OLD_WEIGHTS),
        "h5: is an archive",
    ),
    "a link in weights": (
        functools.partial(change_hdf5, OLD_WEIGHTS, link_to_another_file),
        "weights.h5: //other: holds a link",
    ),
    "a link in a matrix": (
        functools.partial(change_hdf5, OLD_MATRIX, link_within),
        "coefficients.h5ad: //other: holds a link",
    ),
    "numbers from outside": (
        functools.partial(change_hdf5, OLD_WEIGHTS, read_another_file),
        "weights.h5: /other: takes its numbers from another file",
    ),
    "numbers mapped from outside": (
        functools.partial(change_hdf5, OLD_MATRIX, map_another_file),
        "coefficients.h5ad: /other: takes its numbers from another file",
    ),
    "a bomb": (
        functools.partial(change_hdf5, OLD_WEIGHTS, claim_terabytes),
        "weights.h5: unzips to more than",
    ),
    "bottomless groups": (
        functools.partial(change_hdf5, OLD_WEIGHTS, nest_groups),
        "weights.h5: ",
    ),
    "a vast chunk": (
        functools.partial(change_hdf5, OLD_MATRIX, claim_a_vast_chunk),
        "coefficients.h5ad: ",
    ),
    "weights with more": (
        functools.partial(change_hdf5, OLD_WEIGHTS, hold_far_more),
        "weights.h5: has 25,.* bytes, the network",
    ),
    "half a matrix": (
        functools.partial(cut_short, OLD_MATRIX),
        "coefficients.h5ad: is not a complete .h5ad file",
    ),
}


@pytest.mark.parametrize("kind", HOSTILE)
def test_a_hostile_folder_is_refused_by_name_and_nothing_runs(folder, marker, kind):
    make, message = HOSTILE[kind]
    make(folder, marker)
    with pytest.raises(DeepDEPError, match=message) as raised:
        load_predictor(folder)
    assert len(str(raised.value).splitlines()) == 1
    assert str(folder) in str(raised.value)
    assert not marker.exists()


@pytest.mark.parametrize("kind", HOSTILE_HDF5)
def test_a_hostile_folder_of_the_old_format_is_refused_as_well(old_folder, marker, kind):
    make, message = HOSTILE_HDF5[kind]
    make(old_folder, marker)
    with pytest.raises(DeepDEPError, match=message) as raised:
        load_predictor(old_folder)
    assert len(str(raised.value).splitlines()) == 1
    assert str(old_folder) in str(raised.value)
    assert not marker.exists()


def test_what_the_pickles_hold_would_run(marker):
    pickle.loads(pickle.dumps([Marks(marker)]))  # noqa: S301
    assert marker.exists()


def test_an_untouched_folder_with_a_new_manifest_loads(folder):
    sign(folder)
    assert len(load_predictor(folder).networks) == 2
