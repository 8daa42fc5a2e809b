"""How long matrix products ran, by TensorFlow's own profiler."""

import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import tensorflow as tf
from tensorflow.tsl.profiler.protobuf import xplane_pb2

PER_SECOND = 1e12  # the profiler counts picoseconds


class ProductTime:
    """Seconds in which at least one product ran on the processor."""

    seconds: float


@contextmanager
def watched_products() -> Iterator[ProductTime]:
    """Fill in, at the end, the time that the body spent in products."""
    time = ProductTime()
    with tempfile.TemporaryDirectory() as folder:
        with tf.profiler.experimental.Profile(folder):
            yield time
        (trace,) = Path(folder).glob("**/*.xplane.pb")
        time.seconds = _union(sorted(_products(trace)))


def _products(trace: Path) -> Iterator[tuple[int, int]]:
    space = xplane_pb2.XSpace.FromString(trace.read_bytes())
    for plane in space.planes:
        names = {key: data.name for key, data in plane.event_metadata.items()}
        for line in plane.lines:
            for event in line.events:
                if "MatMul" in names[event.metadata_id]:
                    start = line.timestamp_ns * 1000 + event.offset_ps
                    yield start, start + event.duration_ps


def _union(spans: list[tuple[int, int]]) -> float:
    total = last = 0
    for start, end in spans:
        total += max(0, end - max(start, last))
        last = max(last, end)
    return total / PER_SECOND
