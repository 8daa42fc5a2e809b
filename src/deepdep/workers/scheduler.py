"""A scheduler that is there already."""

from collections.abc import Iterator
from contextlib import contextmanager

from distributed import Client

from deepdep.domain.errors import DeepDEPError

SECONDS_TO_ANSWER = 10


@contextmanager
def connected(scheduler: str) -> Iterator[Client]:
    """Yield a client of a scheduler.

    Raises
    ------
    DeepDEPError
        When none answers there.
    """
    try:
        client = Client(scheduler, timeout=SECONDS_TO_ANSWER)
    except (OSError, ValueError) as error:
        raise DeepDEPError(
            f"--scheduler {scheduler}: no Dask scheduler answers there. Start one, or correct it."
        ) from error
    with client:
        yield client
