"""What commands print but how far they are, which slow machines are told of."""

import re

PROGRESS = re.compile(r"[^:]+: +(\d+%\|.*\|.*\[.*\].*|(\d+:)?\d\d:\d\d.*)")


def lines_but_progress(printed: str) -> list[str]:
    """Return the lines that do not hang on the machine."""
    return [line for line in printed.splitlines() if not PROGRESS.fullmatch(line)]
