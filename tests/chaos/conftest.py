"""What disturbs the project's commands, and how often: a little in the slow suite, else much."""

from dataclasses import dataclass

import pytest

from registry_project import references, registry  # noqa: F401 - fixtures


@dataclass(frozen=True)
class Extent:
    """How much a test does; in the slow suite, less of the same."""

    name: str
    targets: tuple[str, ...]  # of a ``dvc repro`` killed at write points; none are all
    n_random_kills: int
    share: int  # every how many-th write point
    longest_pause: float  # seconds from a start to a kill at random
    n_requests: int
    has_demo: bool  # whether kills at random are on the demo cohort


SHORT = Extent("short", ("pretrain@mutation",), 3, 10, 20.0, 120, has_demo=False)
WHOLE = Extent("whole", (), 30, 1, 60.0, 1000, has_demo=True)


@pytest.fixture(
    scope="module",
    params=[
        pytest.param(SHORT, id="short", marks=pytest.mark.slow),
        pytest.param(WHOLE, id="whole", marks=pytest.mark.chaos),
    ],
)
def extent(request) -> Extent:
    return request.param
