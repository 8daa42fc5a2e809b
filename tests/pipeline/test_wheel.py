"""The wheel, in an environment and a home of its own, from an empty folder to a report."""

import os
import subprocess
import sys
import sysconfig
import venv
from pathlib import Path

import pytest
import yaml

from deepdep.settings import merged
from pipeline_runs.project import ROOT
from small_project import SMALL

pytestmark = pytest.mark.slow

SIZES = ("--tumors", "120", "--cell-lines", "70", "--genes", "60", "--features", "100")
IDENTITY = ("-c", "user.name=user", "-c", "user.email=user@localhost")


class Installed:
    """Runs programs of an environment with an empty home and nothing of the checkout."""

    def __init__(self, environment: Path, home: Path) -> None:
        self.programs = environment / "bin"
        self._variables = {
            "HOME": str(home),
            "PATH": os.pathsep.join([str(self.programs), os.defpath]),
            "OMP_NUM_THREADS": "1",
            "TF_NUM_INTRAOP_THREADS": "1",
            "TF_NUM_INTEROP_THREADS": "1",
        }

    def must(self, folder, *command):
        """Run a command that must not fail, and return what it printed."""
        done = subprocess.run(
            command, cwd=folder, env=self._variables, capture_output=True, text=True, check=False
        )
        assert done.returncode == 0, f"{command}\n{done.stdout}{done.stderr}"
        return done.stdout


@pytest.fixture(scope="module")
def installed(tmp_path_factory):
    """The wheel, which ``uv build`` makes of the sdist, beside the libraries of this environment.

    These are found by a path; a ``.pth`` among them, which leads to the checkout, is not read then.
    """
    folder = tmp_path_factory.mktemp("wheel")
    build = [sys.executable, "-m", "uv", "build", "--quiet", "--offline", "--no-build-isolation"]
    build += ["--python", sys.executable, "--out-dir", folder / "dist", ROOT]
    subprocess.run(build, check=True)
    environment = folder / "env"
    venv.create(environment)
    python = environment / "bin" / "python"
    packages = Path(sysconfig.get_path("purelib", vars={"base": str(environment)}))
    (packages / "libraries.pth").write_text(sysconfig.get_path("purelib"), encoding="utf-8")
    (wheel,) = (folder / "dist").glob("*.whl")
    install = [sys.executable, "-m", "uv", "pip", "install", "--quiet", "--offline", "--no-deps"]
    subprocess.run([*install, "--python", python, wheel], check=True)
    dvc = environment / "bin" / "dvc"
    dvc.write_text(f'#!/bin/sh\nexec {python} -m dvc "$@"\n', encoding="utf-8")
    dvc.chmod(0o755)
    home = folder / "home"
    home.mkdir()
    installed = Installed(environment, home)
    found = installed.must(folder, "python", "-c", "import deepdep; print(deepdep.__file__)")
    assert Path(found.strip()) == packages / "deepdep" / "__init__.py"
    return installed


def test_a_wheel_goes_from_an_empty_folder_to_a_report(installed, tmp_path):
    installed.must(tmp_path, "deepdep", "init", "study")
    project = tmp_path / "study"
    assert "pipelines/package.yaml" in (project / "dvc.yaml").read_text(encoding="utf-8")
    installed.must(project, "deepdep", "simulate", "--to", "data", *SIZES)
    params = project / "params.yaml"
    settings = merged(yaml.safe_load(params.read_text(encoding="utf-8")), SMALL)
    params.write_text(yaml.safe_dump(settings, sort_keys=False), encoding="utf-8")
    installed.must(project, "dvc", "add", "--quiet", "data")

    installed.must(project, "dvc", "repro")  # of a repository in which nothing is committed
    for page in ("report.html", "explorer.html", "data_docs/index.html"):
        assert (project / "reports" / page).stat().st_size > 10_000
    assert "up to date" in installed.must(project, "dvc", "status", "dvc.yaml")

    lines = project / "data" / "cell_lines.h5mu"
    arguments = ("--model", "models/predictor", "--samples", lines, "--to", "effects.csv")
    installed.must(project, "deepdep", "predict", *arguments)
    assert len((project / "effects.csv").read_text(encoding="utf-8").splitlines()) > 60
    installed.must(project, "git", "add", "--all")
    installed.must(project, "git", *IDENTITY, "commit", "--quiet", "--message", "First")
    assert installed.must(project, "git", "status", "--porcelain") == ""
    assert "deepdep-predictor" in installed.must(project, "deepdep", "models")
