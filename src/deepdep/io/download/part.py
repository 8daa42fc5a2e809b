"""The beginning of a file that is being downloaded, and what it is the beginning of."""

import json
from dataclasses import asdict, astuple, dataclass
from pathlib import Path

from deepdep.io.atomic import write_text


@dataclass(frozen=True)
class Version:
    """What tells a file on a server from a later one of the same name; None where nothing does.

    Attributes
    ----------
    size
        Bytes of the whole file.
    etag, last_modified
        As the server states them.
    md5
        As the source's listing states it.
    """

    size: int | None
    etag: str | None
    last_modified: str | None
    md5: str | None

    def agrees_with(self, other: "Version") -> bool:
        """Tell whether both state something in common, and nothing differently."""
        stated = [
            (mine, theirs)
            for mine, theirs in zip(astuple(self), astuple(other), strict=True)
            if mine is not None and theirs is not None
        ]
        return bool(stated) and all(mine == theirs for mine, theirs in stated)

    @property
    def condition(self) -> str | None:
        """What If-Range may hold: an ETag for equal bytes (RFC 9110, 13.1.5), or else a date."""
        strong = self.etag is not None and not self.etag.startswith("W/")
        return self.etag if strong else self.last_modified


class Part:
    """``NAME.part`` beside the file to be, with ``NAME.part.json`` that holds its version."""

    def __init__(self, target: Path) -> None:
        self.path = target.with_name(f"{target.name}.part")
        self._note = target.with_name(f"{target.name}.part.json")

    @property
    def size(self) -> int:
        """Bytes that are there."""
        return self.path.stat().st_size if self.path.is_file() else 0

    @property
    def version(self) -> Version | None:
        """What the bytes are the beginning of; None if unknown, and then they are of no use."""
        try:
            return Version(**json.loads(self._note.read_text(encoding="utf-8")))
        except (OSError, ValueError, TypeError):
            return None

    def begin(self, version: Version) -> None:
        """Begin anew. At no time do old bytes stand beside the note of a new version."""
        self.remove()
        write_text(json.dumps(asdict(version), indent=1) + "\n", self._note)
        self.path.touch()

    def remove(self) -> None:
        """Forget what is there."""
        self.path.unlink(missing_ok=True)
        self._note.unlink(missing_ok=True)
