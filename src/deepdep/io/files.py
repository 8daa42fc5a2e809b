"""Files that must be there, are written whole or not at all, unpack to little, or are locked.

The only door to filelock.
"""

import errno
import fcntl
import hashlib
import os
import re
import shutil
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path

from filelock import FileLock, Timeout

from deepdep.errors import BadFileError, BusyError

# Tables of zeros shrink most, to a two-hundredth; gzip itself cannot do better than a thousandth.
MAX_RATIO = 500
RATIO_COUNTS_FROM = 64 << 20  # bytes, unpacked
MAX_UNPACKED = 64 << 30  # betas of 450,000 probes x 9,640 tumours are 35 GB

LONGEST_COMMAND = 100  # characters of a command that is shown

WRITING = "writing-"  # in the name of a folder beside a target, in which it is being written
LFS_POINTER = b"version https://git-lfs"
LITTER = {
    ".DS_Store", ".localized", "__MACOSX", "Thumbs.db", "ehthumbs.db", "desktop.ini", ".directory",
    ".ipynb_checkpoints", ".git", ".gitattributes", ".gitignore", ".gitkeep",
}  # fmt: skip


def require_file(path: Path, remedy: str = "Check the path") -> None:
    """Raise BadFileError where there is no file."""
    if not path.is_file():
        raise BadFileError(path, "there is no such file", remedy)


def require_folder(path: Path, remedy: str = "Check the path") -> None:
    """Raise BadFileError where there is no folder."""
    if not path.is_dir():
        raise BadFileError(path, "there is no such folder", remedy)


def require_path(path: Path) -> None:
    """Raise BadFileError where there is neither a file nor a folder."""
    if not path.exists():
        raise BadFileError(path, "there is no such file or folder", "Check the path")


def entries_but_litter(folder: Path) -> list[Path]:
    """List what a folder holds, by name, but for what others leave in every folder they see."""
    return [path for path in sorted(folder.iterdir()) if not is_litter(path.name)]


def is_litter(name: str) -> bool:
    """Tell whether a file manager, notebook or version control left a file or folder behind."""
    return name in LITTER or name.startswith("._")  # the latter from macOS, on foreign disks


def refuse_pointer(file: Path) -> None:
    """Raise BadFileError where Git LFS has left a pointer in place of a file."""
    with file.open("rb") as stream:
        begins = stream.read(len(LFS_POINTER))
    if begins == LFS_POINTER:
        raise BadFileError(file, "is a git-lfs pointer, not the file", "Run `git lfs pull`")


def file_sha256(file: Path) -> str:
    """Hash the content of a file, in hexadecimal digits."""
    with file.open("rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()


def refuse_oversized(unpacked: int, stored: int, source: Path) -> None:
    """Raise BadFileError where ``stored`` bytes unpack to far too many."""
    too_dense = unpacked > RATIO_COUNTS_FROM and unpacked > MAX_RATIO * stored
    if too_dense or unpacked > MAX_UNPACKED:
        raise BadFileError(
            source,
            f"unzips to more than {unpacked >> 20:,} MB from {stored >> 10:,} kB",
            "It is no table but a zip bomb, or far too large; bring another file",
        )


@contextmanager
def new_path(target: Path) -> Iterator[Path]:
    """Yield a temporary path beside ``target`` that becomes ``target`` at the end.

    Works for a file and for a folder (create it with ``mkdir``). When the body raises, ``target``
    is as it was and nothing is left beside it. A place that cannot be written is a BadFileError.
    What a writer of the same target left behind that was killed is removed first.
    """
    with new_paths(target) as (written,):
        yield written


@contextmanager
def first_path(target: Path) -> Iterator[Path]:
    """Yield a temporary path beside a file that becomes ``target``, unless there is one by then.

    Of several processes that make the same file at once, the first one's stays.
    """
    with _beside(target) as written:
        yield written
        _sync(written)
        with _refusal_reported(target), suppress(FileExistsError):
            try:
                os.link(written, target)
            except (PermissionError, NotImplementedError):  # a file system without links
                if not target.exists():
                    written.rename(target)
        _sync(target.parent)


@contextmanager
def new_paths(*targets: Path) -> Iterator[tuple[Path, ...]]:
    """Do for several targets what ``new_path`` does for one: all are replaced, or none is.

    A link to a folder stays, and what it leads to is replaced. A link to a file is replaced: it may
    be DVC's, and lead to what other commits share.
    """
    # Path.is_symlink raises where a name is too long, which is told further on.
    targets = tuple(t.resolve() if os.path.islink(t) and t.is_dir() else t for t in targets)  # noqa: PTH114
    with ExitStack() as scratches:
        written = tuple(scratches.enter_context(_beside(target)) for target in targets)
        yield written
        for path in written:
            for file in sorted(path.rglob("*")) if path.is_dir() else [path]:
                _sync(file)
        _put_in_place(written, targets)
        for target in targets:
            _sync(target.parent)


def remove_abandoned(target: Path) -> None:
    """Remove what writers of a target left beside it that were killed.

    Where one was killed after it took the target away, and before it put the new one there, the
    old one is put back.
    """
    pattern = re.compile(rf"\.{re.escape(target.name)}\.{WRITING}\w{{8}}")
    for scratch in list(target.parent.iterdir()):
        if pattern.fullmatch(scratch.name) and scratch.is_dir():
            with suppress(OSError):  # another process writes it, or has just removed it
                descriptor = os.open(scratch, os.O_RDONLY | os.O_NOFOLLOW)
                try:
                    fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
                    if not os.path.lexists(target) and _old(scratch / target.name).exists():
                        _old(scratch / target.name).rename(target)
                    shutil.rmtree(scratch, ignore_errors=True)
                finally:
                    os.close(descriptor)


def write_text(text: str, target: Path) -> None:
    """Write a text file atomically."""
    with new_path(target) as path:
        path.write_text(text, encoding="utf-8")


@contextmanager
def locked(file: Path, *, busy: str, patience: float = 0) -> Iterator[None]:
    """Hold a lock on a file, which is made and stays, or raise BusyError when another holder does.

    The lock ends with its process, however that ends.

    Parameters
    ----------
    busy
        What the error says; which process it is follows, where the system tells.
    patience
        Seconds to wait for the other.
    """
    # A soft lock, where the file system knows no other, would outlive its process.
    lock = FileLock(file, fallback_to_soft=False)
    try:
        lock.acquire(patience, blocking=patience > 0)
    except Timeout:
        raise BusyError(f"{busy}{_named_holder(file)}") from None
    try:
        yield
    finally:
        lock.release()


@contextmanager
def sole_writer(target: Path) -> Iterator[None]:
    """Wait until no other process is in such a body for a target in the same folder.

    For what reads a target and writes it anew from that.
    """
    with _refusal_reported(target):
        target.parent.mkdir(parents=True, exist_ok=True)
        descriptor = os.open(target.parent, os.O_RDONLY)
    try:
        with suppress(OSError):  # a file system without locks
            fcntl.flock(descriptor, fcntl.LOCK_EX)
        yield
    finally:
        os.close(descriptor)


def _named_holder(file: Path) -> str:
    """Say which process of this machine locks a file, as Linux lists it; else nothing."""
    with suppress(OSError, ValueError):
        inode = file.stat().st_ino
        for line in Path("/proc/locks").read_text(encoding="utf-8").splitlines():
            _, kind, _, _, pid, place, *_ = line.split()
            if kind == "FLOCK" and int(place.rpartition(":")[2]) == inode:
                words = Path(f"/proc/{pid}/cmdline").read_text(encoding="utf-8").split("\0")
                return f" It is process {pid}: {' '.join(words).strip()[:LONGEST_COMMAND]}"
    return ""


@contextmanager
def _refusal_reported(target: Path) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        if error.errno in (errno.EMFILE, errno.ENFILE):  # another place would not help
            raise
        reason = f"cannot be written ({error.strerror})"
        raise BadFileError(target, reason, "Name another place") from error


@contextmanager
def _beside(target: Path) -> Iterator[Path]:
    with _refusal_reported(target):
        target.parent.mkdir(parents=True, exist_ok=True)
        remove_abandoned(target)
        scratch, descriptor = _make_scratch(target)
    try:
        yield scratch / target.name
    finally:
        os.close(descriptor)
        _remove(scratch)


def _remove(scratch: Path) -> None:
    shutil.rmtree(scratch, ignore_errors=True)
    if scratch.exists():  # it takes several open files, of which there may be no more
        for path in sorted(scratch.rglob("*"), reverse=True):
            with suppress(OSError):
                path.rmdir() if path.is_dir() and not path.is_symlink() else path.unlink()
        with suppress(OSError):
            scratch.rmdir()


def _make_scratch(target: Path) -> tuple[Path, int]:
    """Make a folder beside a target, locked while what is returned is open."""
    while True:
        scratch = Path(tempfile.mkdtemp(prefix=f".{target.name}.{WRITING}", dir=target.parent))
        try:
            descriptor = os.open(scratch, os.O_RDONLY)
        except FileNotFoundError:  # who looked before it was locked took it for abandoned
            continue
        except OSError:
            scratch.rmdir()
            raise
        with suppress(OSError):  # where nothing can be locked, nothing is taken for abandoned
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        if scratch.exists():
            return scratch, descriptor
        os.close(descriptor)


def _put_in_place(written: Sequence[Path], targets: Sequence[Path]) -> None:
    """Rename all or, when one is refused, take the others back."""
    with ExitStack() as undoing:
        for path, target in zip(written, targets, strict=True):
            with _refusal_reported(target):
                # A folder cannot be renamed onto one that is not empty; the last file is replaced
                # in one step.
                is_old = target.is_dir() if path.is_dir() else target.is_file()
                if is_old and (path.is_dir() or target is not targets[-1]):
                    _set_aside(target, _old(path))
                    undoing.callback(_old(path).rename, target)
                path.rename(target)
                undoing.callback(target.rename, path)
        undoing.pop_all()


def _old(written: Path) -> Path:
    """Return where the target is kept that what was written replaces."""
    return written.with_name(f"{written.name}.old")


def _set_aside(target: Path, old: Path) -> None:
    """Keep a target; a file stays at its place until it is replaced, where there are hard links."""
    if not target.is_dir():
        with suppress(OSError, NotImplementedError):
            os.link(target, old, follow_symlinks=False)
            return
    target.rename(old)


def _sync(path: Path) -> None:
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
