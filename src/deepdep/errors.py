"""Errors a user can act on: each is one line that says what to do, and no password.

Who asks, and by which password, stands in an address before its last ``@``; none of it is shown.
"""

import copyreg
import re
from collections.abc import Sequence
from urllib.parse import quote, unquote

# Files may hold fields of any length; a line that people read may not.
LONGEST_PART = 300

HIDDEN = "***"
SHORTEST_ANYWHERE = 6  # characters of a secret that is hidden within words too

_IN_QUERY = re.compile(r"\b(password|passwd|pwd|token)=[^\s&'\"]+", re.IGNORECASE)
_replacements: dict[str, str] = {}  # of what stood in the addresses that this process has read


class DeepDEPError(Exception):
    """Anything a user can cause; the command ends with ``exit_code`` and one line."""

    exit_code = 2

    def __init__(self, message: str = "") -> None:
        super().__init__(without_secrets(message))

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
    """Samples lack features that a model was trained on, too many to do without."""

    def __init__(self, missing: Sequence[str], n_needed: int, table_name: str) -> None:
        super().__init__(
            f"{table_name}: lacks {len(missing):,} of {n_needed:,} features that the model was "
            f"trained on: {shown(missing)}. Bring a table that has them, leave this one out, or "
            "train on the features you have."
        )


class ValidationFailedError(DeepDEPError):
    """The cohort does not meet its expectations."""


class GateNotMetError(DeepDEPError):
    """A model may not be promoted."""

    exit_code = 3


class BusyError(DeepDEPError):
    """Another process is at it."""

    exit_code = 4


def written(value: float, *limits: float) -> str:
    """Write a number with six digits, or with more where fewer would put it on a limit.

    What is said of it and the limits, that it is above or below, is then true as it is read.
    """
    text = f"{value:g}"
    for digits in (9, 12, 17):
        sides = [(float(value) > at, float(value) < at) for at in limits]
        if sides == [(float(text) > at, float(text) < at) for at in limits]:
            break
        text = f"{value:.{digits}g}"
    return text


def escaped_address(address: str) -> str:
    """Escape the name and the password of an address, which are hidden in every text from now on.

    They reach to the last ``@`` before a query, so that a password may hold ``@`` and ``/``.
    """
    scheme, credentials, rest = _parted(address)
    if not credentials:
        return address
    name, colon, password = (unquote(part) for part in credentials.partition(":"))
    escaped = f"{quote(name, safe='')}{colon}{quote(password, safe='')}"
    secrets = [credentials, escaped] if colon or scheme.startswith("http") else []
    for secret in (*secrets, password, credentials.partition(":")[2], quote(password, safe="")):
        _replacements[secret] = _replacements[repr(secret)[1:-1]] = HIDDEN
    _replacements.pop("", None)
    _replacements[f'"{name}"'] = f'"{HIDDEN}"'  # as PostgreSQL writes it
    return f"{scheme}{escaped}@{rest}"


def shown_address(address: str) -> str:
    """Return what may be shown of an address: neither who asks nor the query."""
    scheme, _, rest = _parted(address)
    return without_secrets(f"{scheme}{rest.partition('?')[0]}")


def without_secrets(text: str) -> str:
    """Hide whatever stands before the last ``@`` of an address, and the passwords read before."""

    def hidden(word: re.Match[str]) -> str:
        begin, end = re.search("://(?!/)", word[0]), word[0].rfind("@")
        if begin is None or end < begin.end():
            return word[0]
        return word[0][: begin.end()] + HIDDEN + word[0][end:]

    text = _IN_QUERY.sub(rf"\1={HIDDEN}", re.sub(r"\S+", hidden, text))
    for secret in sorted(_replacements, key=len, reverse=True):
        pattern = re.escape(secret)
        if len(secret) < SHORTEST_ANYWHERE:
            pattern = rf"(?<!\w){pattern}(?!\w)"
        text = re.sub(pattern, _replacements[secret], text)
    return text


def shown(names: Sequence[str], *, most: int = 3) -> str:
    """Return the first ``most`` names, and how many follow."""
    rest = len(names) - most
    return ", ".join(map(repr, names[:most])) + (f" and {rest} more" if rest > 0 else "")


def _parted(address: str) -> tuple[str, str, str]:
    """Part an address before its name and password, and behind the ``@`` that ends them."""
    scheme, mark, rest = address.partition("://")
    if not mark:
        scheme, rest = "", address
    first = rest.find("@")
    is_file = rest.startswith("/")
    # A path may hold an @, behind a host.
    is_host = scheme.startswith("http") and re.match(r"[^@:/?#]*(:\d+)?[/?#]", rest)
    if first < 0 or is_file or is_host:
        return f"{scheme}{mark}", "", rest
    query = re.search(r"\?\w+=", rest[first:])
    end = rest.rfind("@", 0, first + query.start() if query else None)
    return f"{scheme}{mark}", rest[:end], rest[end + 1 :]


def _brief(text: str) -> str:
    """Leave out the middle of a long text."""
    if len(text) <= LONGEST_PART:
        return text
    return f"{text[: LONGEST_PART // 2]} ... {text[-LONGEST_PART // 2 :]}"
