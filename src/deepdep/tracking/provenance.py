"""Where a run comes from: its process, code, inputs, environment and machine."""

import getpass
import hashlib
import os
import platform
import re
import shutil
import socket
import subprocess
import sys
import tempfile
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path, PurePosixPath
from typing import Any

import psutil

from deepdep.errors import DeepDEPError
from deepdep.io.code import PACKAGE
from deepdep.io.files import file_sha256
from deepdep.settings import read_yaml

# What a result depends on; their versions are also what a registered model asks for.
LIBRARIES = (
    "tensorflow",
    "keras",
    "numpy",
    "pandas",
    "scipy",
    "scikit-learn",
    "anndata",
    "h5py",
    "mlflow",
)

PROCESS = "deepdep.process"  # tag of a run: see ``process_name``
EXECUTION = "deepdep.execution"  # tag of the run of an execution
COMMIT, DIRTY = "deepdep.git_commit", "deepdep.git_dirty"  # tags
INPUT = "deepdep.dvc."  # tags of inputs, followed by the path

# Of the pipeline, and of what is asked for beside it
PIPELINES = ("dvc.yaml", "study/dvc.yaml")
LOCKS = ("dvc.lock", "study/dvc.lock")
# Where a project that has not the code itself names it; a stage's dependency
PACKAGE_PIN = "pipelines/package.yaml"
EXPERIMENT_COPIES = (".dvc", "tmp", "exps")  # where DVC runs experiments beside the workspace


@dataclass(frozen=True)
class PipelineExecution:
    """One execution of the pipeline: the DVC process that starts its stages, or a lone script."""

    process: str  # see ``process_name``
    command: str


def project_root() -> Path:
    """Return the nearest folder with a dvc.yaml, upward from the current one; else that one."""
    here = Path.cwd()
    return next(
        (folder for folder in (here, *here.parents) if (folder / "dvc.yaml").exists()), here
    )


def workspace_root() -> Path:
    """Return ``project_root``, or of a copy that ``dvc exp run --temp`` or a queue works in, whose.

    DVC deletes its copies: what is to outlast a run belongs into the folder that they are of.
    """
    root = project_root()
    return next(
        (folder.parents[2] for folder in root.parents if folder.parts[-3:] == EXPERIMENT_COPIES),
        root,
    )


def require_code_of(root: Path) -> None:
    """Raise DeepDEPError where a project has or names code of deepdep, and another is what runs.

    Git's commit and DVC's hashes are of the project's code: a result would be filed under them.
    It has it in src/deepdep, or ``PACKAGE_PIN`` names it.
    """
    code = root / "src" / PACKAGE.name
    if code.is_dir() and code.resolve() != PACKAGE and _contents(code) != _contents(PACKAGE):
        raise DeepDEPError(
            f"{code}: is not the code that runs, which is in {PACKAGE} and differs. Set "
            "PYTHONPATH=src to run each folder's own."
        )
    pin = root / PACKAGE_PIN
    if pin.is_file() and (pinned := read_yaml(pin)) != package_identity():
        raise DeepDEPError(
            f"{pin}: names deepdep {pinned.get('version')}, and the code that runs, "
            f"{version('deepdep')} in {PACKAGE}, differs. Run `deepdep init --update FOLDER`, "
            "which brings the project to the installed package, or install what it names."
        )


def package_identity() -> dict[str, str]:
    """Return the version of the package that runs, and the sha256 of its files."""
    digest = hashlib.sha256()
    for path, content in sorted(_contents(PACKAGE).items()):
        digest.update(f"{path.as_posix()}\0{len(content)}\0".encode() + content)
    return {"version": version("deepdep"), "sha256": digest.hexdigest()}


def current_execution() -> PipelineExecution:
    """Find the execution that this process is a stage of."""
    this = psutil.Process()
    for ancestor in this.parents():
        try:
            words = ancestor.cmdline()
        except psutil.Error:  # another user's process, or one that has just ended
            continue
        # `dvc repro` shows as `python .../bin/dvc repro` or `python -m dvc repro`.
        places = [i for i, word in enumerate(words[:3]) if Path(word).name == "dvc"]
        if places:
            command = " ".join(["dvc", *words[places[0] + 1 :]])
            return PipelineExecution(process_name(ancestor), command)
    return PipelineExecution(process_name(this), f"by hand: {Path(sys.argv[0]).name}")


def process_name(process: psutil.Process) -> str:
    """Name a process so that no other ever has the same name: host, id and start."""
    # Clock ticks since boot: psutil's time of creation adds the time of boot, and that moves by a
    # second when the clock is set.
    stat = Path(f"/proc/{process.pid}/stat")
    start = str(process.create_time())
    if stat.exists():
        start = stat.read_text(encoding="utf-8").rpartition(")")[2].split()[19]
    return f"{socket.gethostname()}:{process.pid}:{start}"


def has_ended(name: str) -> bool:
    """Tell whether a process, named by ``process_name``, is no more; of another host, it may be."""
    host, pid, _ = name.rsplit(":", 2)
    if host != socket.gethostname():
        return False
    try:
        process = psutil.Process(int(pid))
        return process_name(process) != name or process.status() == psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return True


def provenance(root: Path) -> dict[str, str]:
    """Collect what is the same for every stage of an execution, as tags; unknown things are absent.

    Parameters
    ----------
    root
        The project's folder; it need not be under git or DVC.
    """
    git: dict[str, str] = {}
    if commit := _git_output(root, "rev-parse", "HEAD"):
        changes = uncommitted_changes(root, *LOCKS)  # which `dvc repro` itself writes
        git = {"git_commit": commit, "git_dirty": str(bool(changes)).lower()}
    files = {
        "split_sha256": root / "prepared" / "splits.csv",
        "lock_sha256": root / "requirements.lock",
    }
    facts: dict[str, object] = {
        **git,
        **{name: file_sha256(file) for name, file in files.items() if file.is_file()},
        "process": process_name(psutil.Process()),
        "experiment": os.environ.get("DVC_EXP_NAME"),
        "cpu": _cpu_model(),
        "n_cpus": os.cpu_count(),
        "memory_gib": round(psutil.virtual_memory().total / 2**30, 1),
        "gpus": _gpus(),
        "python": platform.python_version(),
        **{f"version.{name}": number for name, number in library_versions().items()},
    }
    tags = {f"deepdep.{name}": str(fact) for name, fact in facts.items() if fact is not None}
    # MLflow's own names, which its pages show.
    names = {"mlflow.source.name": Path(sys.argv[0]).name}
    with suppress(KeyError, OSError):  # in a container whose user has no name
        names["mlflow.user"] = getpass.getuser()
    return tags | names | ({"mlflow.source.git.commit": git["git_commit"]} if git else {})


def origin_of(model: Mapping[str, object]) -> dict[str, dict[str, str]]:
    """Say in predictions which model they are of, and which code and commit made them.

    ``git_commit`` is the last that changed code, settings or data, so that the same predictions are
    the same bytes; it is absent outside a project under git.
    """
    root = project_root()
    code = {"version": version("deepdep")}
    paths = paths_of_pipeline(root)
    if paths and (commit := _git_output(root, "log", "-1", "--format=%H", "--", *paths)):
        code["git_commit"] = commit
    stated = {name: str(value) for name, value in model.items() if value is not None}
    return {"model": stated, "deepdep": code}


def uncommitted_changes(root: Path, *left_out: str) -> str | None:
    """List what differs from the commit, but for what stages write; None where there is no git.

    Outputs that git keeps, such as metrics, are declared in dvc.yaml; those of a stage that never
    ran are not yet in dvc.lock.
    """
    without = [f":(exclude){path}" for path in (*left_out, *_outputs(root))]
    with tempfile.TemporaryDirectory() as scratch:
        # Git takes a file for unchanged that was written anew within a second and is as long, which
        # DVC does for `dvc exp run --temp -S`. To an index that is older than all it compares each.
        index = Path(scratch) / "index"
        if found := _git_output(root, "rev-parse", "--git-path", "index"):
            with suppress(FileNotFoundError):
                shutil.copyfile(root / found, index)
                os.utime(index, (1, 1))
        variables = {"GIT_INDEX_FILE": str(index)} if index.exists() else {}
        return _git_output(root, "status", "--porcelain", "--", ".", *without, **variables)


def commit_of_pipeline(root: Path) -> str | None:
    """Name the commit that last changed code, settings or data of the pipeline, and its date.

    Other commits leave it as it is, so that pages which show it are made again to the same bytes.
    None outside a project under git.
    """
    paths = paths_of_pipeline(root)
    if not paths or not (found := _git_output(root, "log", "-1", "--format=%H %cs", "--", *paths)):
        return None
    commit, date = found.split()
    changed = " with changes that are not committed"
    is_changed = _git_output(root, "status", "--porcelain", "--", *paths)
    return f"commit {commit[:12]} of {date}{changed if is_changed else ''}"


def paths_of_pipeline(root: Path) -> list[str]:
    """Code that stages name, settings and data, as git knows them; none where no stage is."""
    stages = _read_yaml(root / "dvc.yaml").get("stages", {}).values()
    named = {dep for stage in stages for dep in stage.get("deps", []) if isinstance(dep, str)}
    code = sorted(dep for dep in named if dep.startswith(("src/", "pipelines/")))
    return [*code, "params.yaml", ":(glob)*.dvc"] if stages else []


def stage_inputs(root: Path, stage: str) -> dict[str, str]:
    """DVC hash of what a stage reads, by path, as tags.

    An input is looked up among the outputs in dvc.lock and the ``.dvc`` files, and a folder stands
    for the files in it. The stage's own entry in dvc.lock is of no use: while the stage runs, it
    still describes the run before. Code is not looked up: the git commit holds it.
    """
    name, _, item = stage.partition("@")
    declared = _stages(root, PIPELINES).get(name, {})
    paths = [next(iter(dep)) if isinstance(dep, dict) else dep for dep in declared.get("deps", [])]
    # A matrix of one key: ``${item.omic}`` is what follows the @.
    inputs = [PurePosixPath(re.sub(r"\$\{item(\.\w+)?\}", item, path)) for path in paths]
    return {
        f"{INPUT}{path}": digest
        for path, digest in _tracked_hashes(root).items()
        if any(PurePosixPath(path).is_relative_to(i) or i.is_relative_to(path) for i in inputs)
    }


def library_versions() -> dict[str, str]:
    """Return the installed version of each library in ``LIBRARIES``."""
    return {name: version(name) for name in LIBRARIES}


def _contents(package: Path) -> dict[Path, bytes]:
    files = (file for file in package.rglob("*") if file.is_file())
    return {
        file.relative_to(package): file.read_bytes()
        for file in files
        if "__pycache__" not in file.parts
    }


def _git_output(root: Path, *arguments: str, **environment: str) -> str | None:
    command = ["git", "--no-optional-locks", *arguments]
    environment = {**os.environ, **environment}
    try:
        done = subprocess.run(
            command, cwd=root, env=environment, capture_output=True, text=True, check=True
        )
    except (OSError, subprocess.CalledProcessError):
        return None
    return done.stdout.strip()


def _outputs(root: Path) -> set[str]:
    """Paths that stages write; what a matrix fills in is a ``*``."""
    entries = [
        out
        for stage in _stages(root, PIPELINES).values()
        for kind in ("outs", "metrics", "plots")
        for out in stage.get(kind, [])
    ]
    paths = (next(iter(out)) if isinstance(out, dict) else out for out in entries)
    return {re.sub(r"\$\{[^}]*\}", "*", path) for path in paths}


def _tracked_hashes(root: Path) -> dict[str, str]:
    stages = _stages(root, LOCKS)
    owners = [*stages.values(), *(_read_yaml(file) for file in sorted(root.glob("*.dvc")))]
    outputs = [output for owner in owners for output in owner.get("outs", [])]
    return {output["path"]: output["md5"] for output in outputs if "md5" in output}


def _stages(root: Path, files: Sequence[str]) -> dict[str, Any]:
    """Stages by name; those of every file name their paths from the project's folder."""
    return {
        name: stage
        for file in files
        for name, stage in _read_yaml(root / file).get("stages", {}).items()
    }


def _read_yaml(file: Path) -> dict[str, Any]:
    return read_yaml(file) if file.is_file() else {}


def _cpu_model() -> str:
    cpuinfo = Path("/proc/cpuinfo")
    text = cpuinfo.read_text(encoding="utf-8") if cpuinfo.exists() else ""
    found = re.search(r"model name\s*: (.+)", text)
    return found[1] if found else platform.processor() or platform.machine()


def _gpus() -> str | None:
    """Name the GPUs that TensorFlow sees, if it is in use at all."""
    tensorflow = sys.modules.get("tensorflow")
    if tensorflow is None:
        return None
    return ", ".join(gpu.name for gpu in tensorflow.config.list_physical_devices("GPU")) or "none"
