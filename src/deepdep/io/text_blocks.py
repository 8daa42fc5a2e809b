"""A text in pieces that PyArrow's threads can hold on to."""

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pyarrow as pa

from deepdep.io.text_files import open_text_bytes


def whole_lines(source: Path, size: int) -> Iterator[pa.Buffer]:
    """Yield the text, unzipped, in pieces of about ``size`` bytes that end where a line ends.

    Each piece lies in PyArrow's own memory. A thread of PyArrow that lets go of an object of
    Python's while the interpreter shuts down aborts the process (apache/arrow#34314).
    """
    with open_text_bytes(source) as stream:
        begun = b""
        while piece := stream.read(size):
            end = piece.rfind(b"\n") + 1
            if end:
                yield _owned_by_arrow(begun + piece[:end])
                begun = piece[end:]
            else:
                begun += piece
    if begun:
        yield _owned_by_arrow(begun)


def _owned_by_arrow(text: bytes) -> pa.Buffer:
    buffer = pa.allocate_buffer(len(text))
    np.frombuffer(buffer, dtype=np.uint8)[:] = np.frombuffer(text, dtype=np.uint8)
    return buffer
