"""A file that someone publishes."""

import re
from dataclasses import dataclass
from urllib.parse import urlsplit

from deepdep.domain.errors import DeepDEPError

MAX_NAME = 200  # letters; file systems allow 255 bytes, and a part's name is longer
MD5 = re.compile(r"[0-9a-f]{32}")
NOT_IN_NAMES = re.compile(r"[/\\:*?\"<>|\x00-\x1f]")


@dataclass(frozen=True)
class RemoteFile:
    """A file on a server, the name it gets here, and its checksum where its source states one.

    Raises
    ------
    DeepDEPError
        The name holds a path, or the address is not one of the web.
    """

    name: str
    url: str  # empty where the source gives no address
    md5: str | None = None  # 32 hexadecimal digits, lower case

    def __post_init__(self) -> None:
        unfit = NOT_IN_NAMES.search(self.name) or self.name.startswith(".")
        if unfit or not 0 < len(self.name) <= MAX_NAME:
            raise DeepDEPError(
                f"{self.name[:MAX_NAME]!r}: is not a plain file name, so it is not downloaded. "
                "Do not trust the listing that it comes from; tell whoever runs that server."
            )
        if self.url and urlsplit(self.url).scheme not in ("http", "https"):
            raise DeepDEPError(
                f"{plain(self.url)}: is not a web address (http or https). Check --base-url."
            )
        if self.md5 is not None and not MD5.fullmatch(self.md5):
            raise DeepDEPError(
                f"{self.name}: its checksum {self.md5[:40]!r} is not an md5. "
                "Bring the listing again; it may have been edited."
            )


def plain(url: str) -> str:
    """Return an address without its query, which may hold a signature."""
    return url.partition("?")[0]
