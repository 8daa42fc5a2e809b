import pickle

import pytest
import yaml

from deepdep.errors import BadFileError
from deepdep.registry.packages import model_folder

FLAVOR = {
    "code": None,
    "data": "data/predictor",
    "env": {"conda": "conda.yaml"},
    "loader_module": "deepdep.serving",
    "python_version": "3.11.7",
    "streamable": False,
}


@pytest.fixture
def package(tmp_path):
    """A package as MLflow writes it, around an empty model."""
    (tmp_path / "data" / "predictor").mkdir(parents=True)
    for name in ("conda.yaml", "python_env.yaml", "requirements.txt"):
        (tmp_path / name).touch()
    write(tmp_path, {"python_function": FLAVOR})
    return tmp_path


def write(package, flavors):
    (package / "MLmodel").write_text(yaml.safe_dump({"flavors": flavors, "model_id": "m-1"}))


def test_a_package_of_ours_leads_to_the_model(package):
    assert model_folder(package) == package / "data" / "predictor"


@pytest.mark.parametrize(
    ("flavors", "message"),
    [
        ({"python_function": FLAVOR | {"loader_module": "os"}}, "names 'os' as its loader"),
        ({"python_function": FLAVOR | {"loader_module": "deepdep.serving.x"}}, "serving.x' as its"),
        ({"python_function": FLAVOR | {"loader_module": "mlflow.pyfunc.model"}}, "pyfunc.model' a"),
        ({"python_function": FLAVOR | {"python_model": "python_model.pkl"}}, "'python_model', by"),
        ({"python_function": FLAVOR | {"code": "code"}}, "'code', by which it brings code"),
        ({"python_function": FLAVOR | {"data": "../elsewhere"}}, "'../elsewhere' as the model"),
        ({"python_function": FLAVOR | {"data": "/etc"}}, "'/etc' as the model"),
        ({"python_function": FLAVOR, "sklearn": {"pickled_model": "m.pkl"}}, "'sklearn'"),
        ({"python_function": None}, "names None as its loader"),
        ({}, r"names the flavors \[\]"),
        (None, "names the flavors None"),
        ("python_function", "names the flavors python_function"),
    ],
)
def test_a_package_that_another_loader_would_open_is_refused(package, flavors, message):
    write(package, flavors)
    with pytest.raises(BadFileError, match=message) as raised:
        model_folder(package)
    assert str(raised.value).startswith(f"{package / 'MLmodel'}: ")


@pytest.mark.parametrize(
    "text", ["[" * 100_000, "flavors: !!python/object/apply:os.system [true]", "\x00", "- a", ""]
)
def test_a_file_that_says_nothing_is_refused(package, text):
    (package / "MLmodel").write_text(text)
    with pytest.raises(BadFileError, match="MLmodel: "):
        model_folder(package)


def test_a_vast_file_is_not_read(package):
    with (package / "MLmodel").open("r+b") as file:
        file.truncate(1 << 30)
    with pytest.raises(BadFileError, match="MLmodel: is far larger"):
        model_folder(package)


def add_a_pickle(package):
    (package / "python_model.pkl").write_bytes(pickle.dumps(1))


def add_a_program(package):
    (package / "serving.py").touch()


def add_a_folder(package):
    (package / "code").mkdir()


def link_the_model(package):
    (package / "data" / "predictor").rename(package.parent / "elsewhere")
    (package / "data").rmdir()
    (package / "data").symlink_to(package.parent)


def add_a_second_model(package):
    (package / "data" / "other").mkdir()


@pytest.mark.parametrize(
    ("spoil", "message"),
    [
        (add_a_pickle, r"python_model.pkl: is a pickle"),
        (add_a_program, r"serving.py: is no part of a model"),
        (add_a_folder, r"code: is a folder, perhaps of code"),
        (link_the_model, r"data: is a link"),
        (add_a_second_model, r"MLmodel: names 'data/predictor' as the model, where data holds"),
    ],
)
def test_a_package_that_holds_more_than_a_model_is_refused(package, spoil, message):
    spoil(package)
    with pytest.raises(BadFileError, match=message):
        model_folder(package)


def test_a_package_whose_model_is_gone_is_not_there(package):
    (package / "data" / "predictor").rmdir()
    with pytest.raises(FileNotFoundError):
        model_folder(package)


@pytest.mark.parametrize("place", ["", "data"])
@pytest.mark.parametrize("name", [".DS_Store", "Thumbs.db", "._MLmodel"])
def test_what_others_leave_in_every_folder_is_no_part_of_a_package(package, place, name):
    (package / place / name).write_bytes(b"\0")
    assert model_folder(package) == package / "data" / "predictor"


def test_a_pointer_of_git_lfs_is_named_with_its_cure(package):
    (package / "MLmodel").write_text("version https://git-lfs.github.com/spec/v1\noid sha256:0\n")
    with pytest.raises(BadFileError, match=r"MLmodel: is a git-lfs pointer.*git lfs pull"):
        model_folder(package)
