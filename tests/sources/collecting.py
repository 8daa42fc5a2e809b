"""What a reader returns, together with the notes that it writes."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from deepdep.domain.notes import Notes


@dataclass(frozen=True)
class Collected:
    """A value, and the notes on how it was read, one line each."""

    value: Any
    notes: tuple[str, ...]


def collected(read: Callable, *args, **options) -> Collected:
    """Call a reader with a collector of its own."""
    notes = Notes()
    value = read(*args, **options, notes=notes)
    return Collected(value, notes.lines())
