"""Read by every Python process of a disturbed run: kills it at write points, and spies on it.

Nothing of this is in the project's code: the writer's functions are wrapped when their module has
been imported. What to do stands in the environment:

CHAOS_KILLED
    A file of write points at which was killed before; the whole process group is killed at the
    first that is not in it.
CHAOS_SHARE
    Every how many-th point, by its hash.
CHAOS_CONNECTS
    A file to which the address of every connection is written that leaves this machine.
CHAOS_CLOCK
    Seconds that ``time.time`` is set back after its hundredth call.
"""

import hashlib
import importlib.abc
import importlib.machinery
import os
import re
import signal
import socket
import sys
import time
from pathlib import Path

WRITER = "deepdep.io.files"
SCRATCH = re.compile(r"\.[^/]+\.writing-\w{8}/")  # of a folder that is being written itself
KILLED, SHARE = os.environ.get("CHAOS_KILLED"), int(os.environ.get("CHAOS_SHARE", "1"))
CONNECTS, CLOCK = os.environ.get("CHAOS_CONNECTS"), os.environ.get("CHAOS_CLOCK")


def reach(point, target):
    """Be at a point of the writing of a target."""
    name = f"{point} {SCRATCH.sub('', os.path.relpath(target))}"
    if int(hashlib.sha256(name.encode()).hexdigest(), 16) % SHARE:
        return
    with Path(KILLED).open("a+", encoding="utf-8") as file:
        file.seek(0)
        if name in file.read().splitlines():
            return
        file.write(f"{name}\n")
    os.killpg(0, signal.SIGKILL)


def wrap_writer(files):
    make_scratch, put_in_place = files._make_scratch, files._put_in_place
    set_aside, sync = files._set_aside, files._sync
    begun = set()

    def _make_scratch(target):
        made = make_scratch(target)
        reach("begun", target)
        return made

    def _sync(path):
        scratch = next((p for p in path.parents if f".{files.WRITING}" in p.name), None)
        if scratch is not None and scratch not in begun:
            begun.add(scratch)
            reach("written", scratch.parent / scratch.name.partition(f".{files.WRITING}")[0][1:])
        sync(path)

    def _put_in_place(written, targets):
        reach("synced", targets[0])
        put_in_place(written, targets)
        reach("renamed", targets[0])

    def _set_aside(target, old):
        set_aside(target, old)
        reach("set aside", target)

    files._make_scratch, files._sync = _make_scratch, _sync
    files._put_in_place, files._set_aside = _put_in_place, _set_aside


class Wrapping(importlib.abc.MetaPathFinder, importlib.abc.Loader):
    """Finds the writer's module as Python does, and wraps it when it has been executed."""

    def find_spec(self, name, path, _=None):
        if name != WRITER:
            return None
        spec = importlib.machinery.PathFinder.find_spec(name, path)
        self._loader, spec.loader = spec.loader, self
        return spec

    def create_module(self, spec):
        return self._loader.create_module(spec)

    def exec_module(self, module):
        self._loader.exec_module(module)
        wrap_writer(module)


def spy_on_connections():
    def outward(event, arguments):
        if event in ("socket.connect", "socket.sendto", "socket.getaddrinfo"):
            address = arguments[0] if event == "socket.getaddrinfo" else arguments[1]
            host = address[0] if isinstance(address, tuple) else address
            local = not isinstance(host, str) or host.startswith(("127.", "/", "\0"))
            if not local and host not in ("", "::1", "localhost", "0.0.0.0", socket.gethostname()):
                with Path(CONNECTS).open("a", encoding="utf-8") as file:
                    file.write(f"{event} {address} {' '.join(sys.argv[:3])}\n")

    sys.addaudithook(outward)


def set_clock_back():
    calls, clock = [0], time.time

    def now():
        calls[0] += 1
        return clock() - (float(CLOCK) if calls[0] > 100 else 0)

    time.time = now


if KILLED:
    sys.meta_path.insert(0, Wrapping())
if CONNECTS:
    spy_on_connections()
if CLOCK:
    set_clock_back()
