"""The files of a project: where the package has them, and how they become one."""

import re
import shutil
import subprocess
import sys
import tomllib
from collections.abc import Mapping
from importlib.metadata import distributions
from pathlib import Path

import yaml

from deepdep.errors import BadFileError, DeepDEPError, shown
from deepdep.io.code import PACKAGE
from deepdep.io.files import new_paths, require_file, require_folder
from deepdep.tracking.provenance import PACKAGE_PIN, PIPELINES, package_identity

TEMPLATE = PACKAGE / "project" / "template"  # in a wheel; hatch_build.py fills it
OF_REPOSITORY = "# Of this repository alone"  # begins the end of .gitignore that no project needs
LOCK = "requirements.lock"
# What follows the package; the rest is the user's once it is laid out.
OF_PACKAGE = (
    ".dvc/plots/",
    "dvc.yaml",
    "params.schema.json",
    "pipelines/",
    "presets/",
    "study/",
    LOCK,
)
DVC_CONFIG = "[core]\n    analytics = false\n    autostage = true\n"
NO_SCM = "    no_scm = true\n"
REPOSITORY, OUTSIDE = "a Git repository of its own", "without Git"


def project_files() -> dict[str, str]:
    """Return the text of every file of a new project, by its path there.

    They are the repository's, but for three: stages depend on ``PACKAGE_PIN`` where the repository
    has the code itself; ``PACKAGE_PIN`` names the package; and requirements.lock lists what is
    installed.
    """
    texts = {path: file.read_text(encoding="utf-8") for path, file in _template().items()}
    texts |= {path: _without_code(texts[path]) for path in PIPELINES}
    texts[".gitignore"] = texts[".gitignore"].partition(OF_REPOSITORY)[0]
    pin = yaml.safe_dump(package_identity(), sort_keys=False)
    comment = "# The package whose code the stages run; `deepdep init --update` writes it anew.\n"
    return texts | {PACKAGE_PIN: comment + pin, LOCK: _installed()}


def lay_out(folder: Path, *, with_git: bool = True, further: str | None = None) -> str:
    """Make a project in a folder, which may be there already.

    Parameters
    ----------
    with_git
        Begin a Git repository where the folder is in none; without, DVC does without Git.
    further
        A name in the folder that must be free as well.

    Returns
    -------
    What the project is kept by, in words; empty where that is a Git repository it lies in.

    Raises
    ------
    BadFileError
        Where something of the project is there already; then nothing is written.
    """
    texts = project_files()
    names = sorted({Path(path).parts[0] for path in texts} | ({further} if further else set()))
    for name in names:
        if (folder / name).exists():
            remedy = "Name another folder; `--update` brings a project to the installed package"
            raise BadFileError(folder / name, "is there already", remedy)
    if with_git and shutil.which("git") is None:
        raise DeepDEPError("git: is not installed; install it, or begin without it by --no-git.")
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        reason = f"cannot be made ({error.strerror})"
        raise BadFileError(folder, reason, "Name another place") from None
    kept_by = _begin_versions(folder, with_git=with_git)
    _write(folder, texts | {".dvc/config": DVC_CONFIG + ("" if with_git else NO_SCM)})
    return kept_by


def update(folder: Path) -> None:
    """Bring what follows the package in a project to the installed one; settings and data stay.

    Raises
    ------
    DeepDEPError
        Where the folder is no such project, or Git holds changes of these files that no commit has:
        after the update, ``git diff`` is to show what it did.
    """
    require_folder(folder)
    pin = folder / PACKAGE_PIN
    require_file(pin, "Name a folder that `deepdep init` laid out")
    texts = {path: text for path, text in project_files().items() if path.startswith(OF_PACKAGE)}
    if shutil.which("git"):
        present = [path for path in texts if (folder / path).exists()]
        command = ["git", "status", "--porcelain", "--", *present]
        changed = subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False)
        if names := [line.split()[-1] for line in changed.stdout.splitlines()]:
            problem = f"has changes that are not committed ({shown(names)})"
            remedy = "Commit first, so that `git diff` shows what the update changes"
            raise BadFileError(folder, problem, remedy)
    _write(folder, texts)


def add_to_dvc(folder: Path, name: str) -> None:
    """Have DVC keep a folder of a project."""
    _must(folder, sys.executable, "-m", "dvc", "add", "--quiet", name)


def _template() -> dict[str, Path]:
    """Return files as the package has them, or the repository of an editable install."""
    if TEMPLATE.is_dir():
        root, names = TEMPLATE, [path.name for path in TEMPLATE.iterdir()]
    else:
        root = PACKAGE.parents[1]
        settings = root / "pyproject.toml"
        require_file(settings, "Install deepdep from a wheel, or as editable from its repository")
        build = tomllib.loads(settings.read_text(encoding="utf-8"))["tool"]["hatch"]["build"]
        names = build["targets"]["wheel"]["hooks"]["custom"]["project-files"]
    files = {
        file.relative_to(root).as_posix(): file
        for name in names
        for file in (root / name, *(root / name).rglob("*"))
        if file.is_file() and "__pycache__" not in file.parts
    }
    return dict(sorted(files.items()))


def _without_code(pipeline: str) -> str:
    """Replace the folders of code that each stage depends on by what names the package."""
    return re.sub(r"^( *- )src/.*\n(?: *- src/.*\n)*", rf"\1{PACKAGE_PIN}\n", pipeline, flags=re.M)


def _installed() -> str:
    """List the installed packages, as ``pip install -r`` reads them."""
    found = {dist.name.lower().replace("_", "-"): dist.version for dist in distributions()}
    comment = (
        "# What was installed when `deepdep init` ran; runs in MLflow name the hash of this file."
    )
    return "\n".join([comment, *(f"{name}=={found[name]}" for name in sorted(found)), ""])


def _begin_versions(folder: Path, *, with_git: bool) -> str:
    """Make a Git repository where there is none, and DVC's folder."""
    if not with_git:
        kept_by, options = OUTSIDE, ["--no-scm"]
    else:
        inside = ["git", "rev-parse", "--show-prefix"]
        found = subprocess.run(inside, cwd=folder, capture_output=True, text=True, check=False)
        kept_by, options = "", ["--subdir"] if found.stdout.strip() else []
        if found.returncode:
            _must(folder, "git", "init", "--quiet")
            kept_by = REPOSITORY
    _must(folder, sys.executable, "-m", "dvc", "init", "--quiet", *options)
    return kept_by


def _write(folder: Path, texts: Mapping[str, str]) -> None:
    """Write files, all or none."""
    with new_paths(*(folder / path for path in texts)) as written:
        for path, text in zip(written, texts.values(), strict=True):
            path.write_text(text, encoding="utf-8")


def _must(folder: Path, *command: str) -> None:
    done = subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False)
    if done.returncode:
        reason = (done.stderr or done.stdout).strip()
        raise DeepDEPError(f"{folder}: `{' '.join(command[-4:])}` failed: {reason}")
