"""A function in a process that holds nothing else, so that its memory can be told."""

from collections.abc import Callable
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context
from pathlib import Path
from typing import TypeVar

Result = TypeVar("Result")


def in_own_process(run: Callable[..., Result], *arguments: object) -> Result:
    """Run in a fresh Python; function, arguments and result travel there and back."""
    with ProcessPoolExecutor(max_workers=1, mp_context=get_context("spawn")) as process:
        return process.submit(run, *arguments).result()


def peak_gib() -> float:
    """Return this process's resident memory at its highest.

    Linux's own count: ``getrusage`` also counts the process that this one was started from.
    """
    return _gib("VmHWM")


def resident_gib() -> float:
    """Return this process's resident memory as it is."""
    return _gib("VmRSS")


def restart_peak() -> None:
    """Have ``peak_gib`` tell of what comes from now on."""
    Path("/proc/self/clear_refs").write_text("5")


def _gib(name: str) -> float:
    status = Path("/proc/self/status").read_text()
    kib = next(line.split()[1] for line in status.splitlines() if line.startswith(f"{name}:"))
    return int(kib) / 1024**2
