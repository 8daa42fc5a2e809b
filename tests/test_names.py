"""Names in the code are words that a stranger understands."""

import io
import re
import tokenize
from pathlib import Path

PACKAGE = Path(__file__).parents[1] / "src" / "deepdep"
# Words that say how a thing came to be here, not what it is; and nicknames.
UNPLAIN = re.compile(
    r"(?:^|_)(?:asked|bombs|crew|known|makeup|noted|own|road|said|spool|strangers|told)(?:_|$)"
)
# A baseline's name in params.yaml and in every table; a column of the checks of samples.
PUBLISHED = {"own_expression", "known_lineage"}
IN_REVISION = {"report"}  # rooms that are about to be rebuilt


def names_in(file: Path) -> set[str]:
    tokens = tokenize.generate_tokens(io.StringIO(file.read_text(encoding="utf-8")).readline)
    return {token.string for token in tokens if token.type == tokenize.NAME}


def test_no_name_in_the_code_needs_a_guide():
    files = [
        file
        for file in PACKAGE.rglob("*.py")
        if file.relative_to(PACKAGE).parts[0] not in IN_REVISION
    ]
    found = {
        f"{file.relative_to(PACKAGE)}: {name}"
        for file in files
        for name in names_in(file) - PUBLISHED
        if UNPLAIN.search(name.lower())
    }
    assert len(files) > 100
    assert sorted(found) == []
