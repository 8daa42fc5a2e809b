"""Processes, here or on other machines, that work on a study."""

import logging
import os
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from distributed import Client, Future, KilledWorker, Nanny, Scheduler, SpecCluster

from deepdep.errors import DeepDEPError
from deepdep.stage import hide_secrets
from deepdep.tuning.storage import STORAGE_FILE, required_address
from deepdep.tuning.study import PrintMessage, work_on

SECONDS_TO_ANSWER = 10
SECONDS_WITHOUT_WORKERS = 60  # one that ended is started again within seconds, by its nanny

# What it says at length when a scheduler is lost, we say in a line.
for _name in ("distributed.client", "distributed.comm", "distributed.core"):
    logging.getLogger(_name).setLevel(logging.CRITICAL)


@contextmanager
def connected(scheduler: str) -> Iterator[Client]:
    """Yield a client of a scheduler.

    Raises
    ------
    DeepDEPError
        When none answers there.
    """
    try:
        client = Client(scheduler, timeout=SECONDS_TO_ANSWER)
    except (OSError, ValueError) as error:
        raise DeepDEPError(
            f"--scheduler {scheduler}: no Dask scheduler answers there. Start one, or correct it."
        ) from error
    with client:
        yield client


class Attendance:
    """Whether a client's scheduler and some worker are there, to be asked now and then.

    Parameters
    ----------
    option
        Which option of the command named them, for errors.
    remedy
        What to do when they are not there, besides to start them.
    """

    def __init__(self, client: Client, option: str, remedy: str) -> None:
        self._client = client
        self._option = option
        self._remedy = remedy
        self._seen = time.monotonic()

    def check(self) -> None:
        """Raise DeepDEPError when the scheduler was lost, or all workers left a while ago."""
        if self._client.status not in ("running", "connecting"):
            raise DeepDEPError(f"{self._option}: the scheduler was lost. Start it, {self._remedy}.")
        now = time.monotonic()
        if self._client.scheduler_info(n_workers=-1).get("workers"):  # none while it reconnects
            self._seen = now
        elif now - self._seen > SECONDS_WITHOUT_WORKERS:
            raise DeepDEPError(
                f"{self._option}: all workers have left. Start some, {self._remedy}."
            )


GPU = {"GPU": 1}  # Dask's name for what a worker has and a trial needs
THREADS = ("OMP_NUM_THREADS", "TF_NUM_INTRAOP_THREADS")


@dataclass(frozen=True)
class DaskWorkers:
    """Dask workers for a study.

    Dask knows the study's name and where its files are, and nothing secret: each worker takes the
    database's address from its own environment.
    """

    prepared: Path
    params: Path
    n_workers: int | None  # None takes all that the scheduler has
    scheduler: str | None  # None starts workers here
    gpus: bool  # one for each trial
    storage_file: Path | None

    @contextmanager
    def __call__(self, study: str, print_message: PrintMessage) -> Iterator[Callable[[], None]]:
        """Have a study worked on; what is yielded must be called now and then.

        It has a worker that was lost replaced, and raises the error that one ended with.
        """
        if self.n_workers == 0:
            print_message(f"waits for workers; start one with: deepdep worker --study {study}")
            yield lambda: None
            return
        with self._client() as client:
            n_workers = self.n_workers or len(client.scheduler_info(n_workers=-1)["workers"])
            if not n_workers:
                raise DeepDEPError(f"--scheduler {self.scheduler}: has no workers. Start some.")
            places = (str(self.prepared.resolve()), str(self.params.resolve()))
            option = f"--scheduler {self.scheduler}" if self.scheduler else f"--workers {n_workers}"
            attendance = Attendance(client, option, "and call again: the study goes on")
            tasks = _Tasks(client, (study, *places), GPU if self.gpus else {}, attendance)
            tasks.submit(n_workers)
            try:
                yield tasks.check
            finally:
                with suppress(Exception):  # of a scheduler that was lost
                    client.cancel(tasks.futures, force=True)

    @contextmanager
    def _client(self) -> Iterator[Client]:
        if self.scheduler is not None:
            with connected(self.scheduler) as client:
                there = client.scheduler_info(n_workers=-1)["workers"].values()
                n_gpus = sum(worker["resources"].get("GPU", 0) for worker in there)
                if self.gpus and not n_gpus:
                    raise DeepDEPError(
                        f"--scheduler {self.scheduler}: no worker has a GPU. Start them with "
                        "`dask worker --resources GPU=1`, or leave --gpus out."
                    )
                yield client
            return
        specs = {number: self._local_worker(number) for number in range(self.n_workers or 1)}
        options = {"host": "127.0.0.1", "port": 0, "dashboard": False}
        with (
            SpecCluster(workers=specs, scheduler={"cls": Scheduler, "options": options}) as cluster,
            Client(cluster) as client,
        ):
            yield client

    def _local_worker(self, number: int) -> dict[str, Any]:
        share = str(max(1, (os.cpu_count() or 1) // (self.n_workers or 1)))
        environment = dict.fromkeys(THREADS, share)
        if self.storage_file is not None:
            environment[STORAGE_FILE] = str(self.storage_file.resolve())
        if self.gpus:
            environment["CUDA_VISIBLE_DEVICES"] = str(number)
        options = {
            "nthreads": 1,
            "env": environment,
            "resources": GPU if self.gpus else {},
            "memory_limit": 0,
        }
        return {"cls": Nanny, "options": options}


@dataclass
class _Tasks:
    """One task per worker, which works until the study is done."""

    client: Client
    arguments: tuple[str, ...]
    resources: Mapping[str, int]
    attendance: Attendance
    futures: list[Future] = field(default_factory=list)

    def submit(self, n_tasks: int) -> None:
        for _ in range(n_tasks):
            self.futures.append(
                self.client.submit(
                    work_as_task, *self.arguments, resources=dict(self.resources), pure=False
                )
            )

    def check(self) -> None:
        self.attendance.check()
        for future in list(self.futures):
            if future.status not in ("error", "cancelled", "lost"):
                continue
            error = future.exception() if future.status == "error" else None
            if error is not None and not isinstance(error, KilledWorker):
                raise error
            # Dask gives a task up after several deaths; the study knows better when to stop.
            self.futures.remove(future)
            self.submit(1)


def work_as_task(study: str, prepared: str, params: str) -> None:
    """Work on a study until it is done; Dask runs this on its workers."""
    hide_secrets()
    address = required_address(None)
    # The process that follows the study prints its progress.
    work_on(study, Path(prepared), Path(params), address, lambda _: None)
