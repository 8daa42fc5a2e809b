"""Errors a user can act on: each is one line that says what to do."""

import copyreg
from collections.abc import Sequence

# Files may hold fields of any length; a line that people read may not.
LONGEST_PART = 300


class DeepDEPError(Exception):
    """Anything a user can cause; the command ends with ``exit_code`` and one line."""

    exit_code = 2

    def __reduce__(self) -> tuple[object, ...]:
        """Pickle the message, which an error's own arguments became, for another process."""
        return copyreg.__newobj__, (type(self), *self.args), self.__dict__  # type: ignore[attr-defined]


class BadFileError(DeepDEPError):
    """A file that cannot be used as it is: which file, where in it, what is wrong, what to do."""

    def __init__(self, file: object, problem: str, remedy: str, *, where: str = "") -> None:
        self.problem = problem
        place = f"{file}: {_brief(where)}" if where else str(file)
        super().__init__(f"{place}: {_brief(problem)}. {remedy}")


class UnusableUnitError(BadFileError):
    """A table whose unit is known, and cannot be turned into one of ours."""


class UnknownOmicError(BadFileError):
    """A table of which neither its name nor its values tell the omic."""


class MissingFeaturesError(DeepDEPError):
    """Samples lack features that a model was trained on."""

    def __init__(self, missing: Sequence[str], table_name: str) -> None:
        super().__init__(
            f"{table_name}: lacks {len(missing)} features that the model was trained on: "
            f"{shown(missing)}. Bring a table that has them, or train on the features you have."
        )


class ValidationFailedError(DeepDEPError):
    """The cohort does not meet its expectations."""


class GateNotMetError(DeepDEPError):
    """A model may not be promoted."""

    exit_code = 3


class BusyError(DeepDEPError):
    """Another process is at it."""

    exit_code = 4


def shown(names: Sequence[str], *, most: int = 3) -> str:
    """Return the first ``most`` names, and how many follow."""
    rest = len(names) - most
    return ", ".join(map(repr, names[:most])) + (f" and {rest} more" if rest > 0 else "")


def _brief(text: str) -> str:
    """Leave out the middle of a long text."""
    if len(text) <= LONGEST_PART:
        return text
    return f"{text[: LONGEST_PART // 2]} ... {text[-LONGEST_PART // 2 :]}"
