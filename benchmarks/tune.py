"""Tuning with workers that share a PostgreSQL server: trials per minute, and what is not training.

Trials are those of params.yaml on the demo cohort, none of them pruned; the server is this
script's own and holds MLflow's runs too. One and two workers are `deepdep tune --workers`. What a
trial costs beside training is measured in another process: from the start of the first training
to the end of the last, less the trainings, callbacks of Optuna and MLflow not counted as such.
Claims are trials that train nothing: how long the database and TPE take from one to the next.
``_cpu_s`` is processor time of the worker alone, which other work on the machine changes little.
"""

import argparse
import json
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from contextlib import closing
from dataclasses import dataclass, field, replace
from pathlib import Path
from statistics import median

from full_size.own_process import in_own_process
from pipeline_runs.project import ROOT, Project, copy_with_demo_cohort

sys.path.append(str(ROOT / "tests"))  # where the server is that the tests start

from postgres_server import BINARIES, PostgresServer

STORAGE, MLFLOW = "DEEPDEP_TUNE_STORAGE", "MLFLOW_TRACKING_URI"
CLI = (sys.executable, "-c", "from deepdep.cli import main; main()")
CLAIMS_AROUND = (100, 300, 1000)  # trials in the study
HOOKS = ("set_model", "set_params", "on_train_begin", "on_train_end", "on_epoch_end")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--trials", type=int, default=12, help="per number of workers")
    parser.add_argument("--claims", type=int, default=max(CLAIMS_AROUND), help="0 leaves them out")
    parser.add_argument("--workers", type=int, nargs="*", default=[1, 2])
    args = parser.parse_args()
    if not (BINARIES / "initdb").exists():
        print(json.dumps({"benchmark": "tune", "skipped": f"no PostgreSQL server in {BINARIES}"}))
        return
    figures: dict[str, object] = {"benchmark": "tune", "cores": os.cpu_count()}
    with tempfile.TemporaryDirectory() as folder, closing(PostgresServer()) as server:
        project = copy_with_demo_cohort(Path(folder) / "project")
        project.must(sys.executable, "pipelines/prepare.py", "data", "prepared")
        epochs = _params(project)["tune"]["finetune"]["epochs"]
        project.override_params({"tune": {"n_trials": args.trials, "min_epochs": epochs}})
        if args.claims:
            figures |= in_own_process(claims, project.folder, server.create("claims"), args.claims)
        for n_workers in args.workers:
            name = f"tune{n_workers}"
            places = {STORAGE: server.create(name), MLFLOW: server.create(f"{name}_mlflow")}
            figures |= with_workers(project, places, n_workers)
        if args.trials:
            places = {STORAGE: server.create("here"), MLFLOW: server.create("here_mlflow")}
            figures |= in_own_process(overhead, project.folder, places)
        figures |= in_own_process(building, project.folder)
    print(json.dumps(figures))


def with_workers(project: Project, places: dict[str, str], n_workers: int) -> dict[str, float]:
    """Trials per minute from the first one's start to the last one's end."""
    import optuna

    started = time.time()
    subprocess.run(
        [*CLI, "tune", "--workers", str(n_workers)],
        cwd=project.folder,
        env=project.environment | places,
        check=True,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    (name,) = optuna.get_all_study_names(places[STORAGE])
    trials = optuna.load_study(study_name=name, storage=places[STORAGE]).get_trials()
    first = min(trial.datetime_start.timestamp() for trial in trials)
    last = max(trial.datetime_complete.timestamp() for trial in trials)
    return {
        f"trials_per_minute_{n_workers}": round(60 * len(trials) / (last - first), 2),
        f"trial_seconds_{n_workers}": round(median(t.duration.total_seconds() for t in trials), 2),
        f"start_seconds_{n_workers}": round(first - started, 1),
        f"n_trials_{n_workers}": len(trials),
    }


@dataclass
class Clock:
    """When trainings began and ended, and what of that was training."""

    starts: list[float] = field(default_factory=list)
    ends: list[float] = field(default_factory=list)
    aside: list[float] = field(default_factory=list)  # seconds of callbacks
    cpu_starts: list[float] = field(default_factory=list)  # processor time of this process
    cpu_ends: list[float] = field(default_factory=list)

    def around(self, score: Callable) -> Callable:
        def timed(suggested: dict, callbacks: Sequence) -> object:
            self.starts.append(time.perf_counter())
            self.cpu_starts.append(time.process_time())
            try:
                return score(suggested, [timed_callback(each, self.aside) for each in callbacks])
            finally:
                self.ends.append(time.perf_counter())
                self.cpu_ends.append(time.process_time())

        return timed

    @property
    def seconds_beside(self) -> float:
        """Per trial; the time from the first start to the last end has one gap less than trials."""
        whole = self.ends[-1] - self.starts[0]
        inside = sum(self.ends) - sum(self.starts) - sum(self.aside)
        return (whole - inside) / (len(self.starts) - 1)

    @property
    def gaps(self) -> list[float]:
        """Seconds from the end of each to the start of the next."""
        return _between(self.starts, self.ends)

    @property
    def cpu_gaps(self) -> list[float]:
        return _between(self.cpu_starts, self.cpu_ends)


def _between(starts: list[float], ends: list[float]) -> list[float]:
    return [start - end for start, end in zip(starts[1:], ends[:-1], strict=True)]


def timed_callback(inner: object, seconds: list[float]) -> object:
    """Return a callback that does what another does, and tells how long that took."""
    import keras

    def forwarding(name: str) -> Callable:
        def call(_: object, *args: object, **named: object) -> object:
            start = time.perf_counter()
            try:
                return getattr(inner, name)(*args, **named)
            finally:
                seconds.append(time.perf_counter() - start)

        return call

    return type("Timed", (keras.callbacks.Callback,), {name: forwarding(name) for name in HOOKS})()


def overhead(folder: Path, places: dict[str, str]) -> dict[str, float]:
    """Run trials in this process, with all that a worker does around them."""
    os.chdir(folder)
    os.environ |= places
    from deepdep.tracking import tracked_run
    from deepdep.tuning.study import Definition, tune_at

    study = Definition.read(Path("prepared"), Path("params.yaml"))
    clock = Clock()

    class TimedStudy(Definition):
        def score(self) -> Callable:
            return clock.around(super().score())

    timed = TimedStudy(study.name, study.settings, study.cohort)
    with tracked_run("tune", study.settings) as run:
        tune_at(places[STORAGE], timed, run, lambda _: None)
    trainings = [end - start for start, end in zip(clock.starts, clock.ends, strict=True)]
    return {
        "overhead_s": round(clock.seconds_beside, 3),
        "overhead_between_cpu_s": round(median(clock.cpu_gaps), 3),
        "overhead_in_callbacks_s": round(sum(clock.aside) / len(trainings), 3),
        "training_s": round(median(trainings), 2),
    }


def building(folder: Path) -> dict[str, float]:
    """Seconds of a trial that no epoch takes: what trainings of 1 and of 3 epochs differ by."""
    os.chdir(folder)
    from deepdep.training.session import start_session
    from deepdep.tuning.study import Definition
    from deepdep.tuning.trial import Unwatched

    study = Definition.read(Path("prepared"), Path("params.yaml"))
    settings = study.settings

    def seconds(n_epochs: int) -> float:
        short = replace(
            settings,
            pretrain=replace(settings.pretrain, epochs=n_epochs),
            finetune=replace(settings.finetune, epochs=n_epochs),
        )
        task = replace(study, settings=short).task(Unwatched(), lambda _: None)
        start_session(settings.seed)
        started = time.perf_counter()
        task.score(task.start, [])
        return time.perf_counter() - started

    seconds(1)  # what only the first trial of a process takes
    one, three = (median(seconds(n) for _ in range(3)) for n in (1, 3))
    return {"building_s": round((3 * one - three) / 2, 2), "epochs_s": round((three - one) / 2, 2)}


def claims(folder: Path, address: str, n_trials: int) -> dict[str, float]:
    """Seconds from the end of one trial to the start of the next, in a study of many."""
    os.chdir(folder)
    import numpy as np

    import deepdep.tuning.trial
    from deepdep.tuning.shared import open_study
    from deepdep.tuning.storage import SharedStorage
    from deepdep.tuning.study import Definition
    from deepdep.tuning.trial import Scored, Task, Unwatched

    deepdep.tuning.trial.start_session = lambda *_: None  # nothing is trained
    study = Definition.read(Path("prepared"), Path("params.yaml"))
    rng = np.random.default_rng(0)
    clock = Clock()
    task = Task(
        score=clock.around(lambda *_: Scored(float(rng.random()), 1)),
        settings=replace(study.settings, n_trials=n_trials),
        start={},
        watch=Unwatched(),
        print_message=lambda _: None,
    )
    with closing(SharedStorage(address)) as storage:
        open_study(storage, "claims", task).work(task)
    return {
        f"{name}_at_{n}": round(median(gaps[max(0, n - 50) : n]), 4)
        for name, gaps in (("claim_s", clock.gaps), ("claim_cpu_s", clock.cpu_gaps))
        for n in CLAIMS_AROUND
        if n <= n_trials
    }


def _params(project: Project) -> dict:
    import yaml

    return yaml.safe_load((project.folder / "params.yaml").read_text(encoding="utf-8"))


if __name__ == "__main__":
    main()
