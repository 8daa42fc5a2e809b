"""A value, and what a person should know about how it came to be."""

from dataclasses import dataclass
from typing import Generic, TypeVar

Value = TypeVar("Value", covariant=True)


@dataclass(frozen=True)
class Noted(Generic[Value]):
    """A value read from files, with one note per decision that was taken on the way."""

    value: Value
    notes: tuple[str, ...] = ()


def about(subject: object, notes: tuple[str, ...]) -> tuple[str, ...]:
    """Begin each note with what it is about."""
    return tuple(f"{subject}: {note}" for note in notes)


def counted(n: int, thing: str) -> str:
    """``1 gene``, ``2,000 genes``."""
    return f"{n:,} {thing}" + ("" if n == 1 else "s")
