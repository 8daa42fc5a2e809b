"""What the project is made with: safe versions, and no calls that run what others wrote."""

import json
import re
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest
from packaging.requirements import Requirement
from packaging.version import Version

ROOT = Path(__file__).parents[1]
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
EXTRAS = PROJECT["optional-dependencies"]
REQUIRED = [Requirement(line) for line in (*PROJECT["dependencies"], *EXTRAS["dev"])]
PINNED = re.compile(r"^([\w.-]+)(?:\[[\w,-]+\])?==([^ ;\\]+)", re.MULTILINE)


def name_of(package: str) -> str:
    return re.sub(r"[-_.]+", "-", package).lower()


@pytest.fixture(scope="module")
def locked() -> dict[str, list[Version]]:
    """Versions by package; some differ by the version of Python."""
    found: dict[str, list[Version]] = {}
    for name, version in PINNED.findall((ROOT / "requirements.lock").read_text(encoding="utf-8")):
        found.setdefault(name_of(name), []).append(Version(version))
    return found


@pytest.mark.parametrize("required", REQUIRED, ids=lambda required: required.name)
def test_no_locked_version_is_below_the_floor_of_the_project(required, locked):
    versions = locked[name_of(required.name)]
    assert [version for version in versions if version not in required.specifier] == []


def test_what_reads_files_or_requests_of_others_has_a_floor():
    readers = {"anndata", "fastapi", "h5py", "jinja2", "keras", "mlflow", "numpy", "pandas",
               "pyarrow", "pyyaml", "requests", "safetensors", "tensorflow", "uvicorn"}  # fmt: skip
    floors = {
        required.name
        for required in REQUIRED
        if any(part.operator in (">=", "==", "~=") for part in required.specifier)
    }
    assert readers - floors == set()


def test_every_locked_package_has_hashes():
    text = (ROOT / "requirements.lock").read_text(encoding="utf-8")
    packages = re.split(r"^(?=[\w.-]+(?:\[[\w,-]+\])?==)", text, flags=re.MULTILINE)[1:]
    assert [each.split()[0] for each in packages if "--hash=sha256:" not in each] == []


@pytest.mark.chaos
def test_the_sbom_lists_every_locked_package_with_its_hashes_and_no_registry():
    subprocess.run(["make", "sbom"], cwd=ROOT, check=True)
    text = (ROOT / "dist" / "sbom.json").read_text(encoding="utf-8")
    listed = {
        f"{component['name']}=={component['version']}": {
            each["content"]
            for reference in component["externalReferences"]
            for each in reference["hashes"]
        }
        for component in json.loads(text)["components"]
    }
    pinned = (ROOT / "requirements.lock").read_text(encoding="utf-8")
    packages = re.split(r"^(?=[\w.-]+==)", pinned, flags=re.MULTILINE)[1:]
    assert listed == {each.split()[0]: set(re.findall(r"sha256:(\w+)", each)) for each in packages}
    assert re.findall(r"pypi\.org|pythonhosted", text) == []


DANGEROUS = {
    "import pickle": "TID251",
    "from joblib import load": "TID251",
    "import tarfile": "TID251",
    "import keras\nkeras.models.load_model('a.keras')": "TID251",
    "import yaml\nyaml.load('a', yaml.Loader)": "S506",
    "import pandas as pd\npd.read_pickle('a')": "TID251",
    "exec('a')": "S102",
    "eval('a')": "S307",
}


@pytest.mark.parametrize("program", DANGEROUS)
def test_the_linter_refuses_what_runs_or_unpacks_what_others_wrote(program):
    done = subprocess.run(
        [sys.executable, "-m", "ruff", "check", "--stdin-filename", "src/deepdep/new.py", "-"],
        input=program,
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    assert DANGEROUS[program] in done.stdout


def test_no_array_that_may_hold_a_pickle_is_read():
    files = [*(ROOT / "src").rglob("*.py"), *(ROOT / "pipelines").glob("*.py")]
    assert files
    texts = {file: file.read_text(encoding="utf-8") for file in files}
    loads = re.compile(r"\bnp\.load\((?![^)]*allow_pickle=False)|allow_pickle=True")
    assert [str(file) for file, text in texts.items() if loads.search(text)] == []
