"""What commands print but the time that they have taken, which slow machines are told of."""

import re

TIME_TAKEN = re.compile(r"[^:]+: (\d+:)?\d\d:\d\d")


def lines_but_time(printed: str) -> list[str]:
    """Return the lines that do not hang on the machine."""
    return [line for line in printed.splitlines() if not TIME_TAKEN.fullmatch(line)]
