"""How much is fuzzed: a little in the quick tests; `make chaos` sets both variables."""

import os
import time
from collections.abc import Callable

from hypothesis import HealthCheck, given, seed, settings
from hypothesis import strategies as st

N_EXAMPLES = int(os.environ.get("DEEPDEP_FUZZ_EXAMPLES", "8"))  # of each kind
LIMIT = os.environ.get("DEEPDEP_FUZZ_SECONDS")  # for each kind; the round then under way ends
ROUND = 50  # examples


def fuzz(
    kind: str, check: Callable[[st.DataObject], None], print_figures: Callable[..., None]
) -> None:
    """Have hypothesis draw examples of a kind, the same ones each time, until it is enough."""
    started, n_examples = time.monotonic(), 0
    while n_examples < N_EXAMPLES and time.monotonic() - started < float(LIMIT or "inf"):
        in_round = settings(
            max_examples=min(ROUND, N_EXAMPLES - n_examples),
            database=None,
            deadline=None,
            suppress_health_check=list(HealthCheck),
        )
        seed(n_examples)(in_round(given(st.data())(check)))()
        n_examples += in_round.max_examples
    if LIMIT is not None:
        seconds = round(time.monotonic() - started)
        print_figures("fuzzing", kind=kind, n_examples=n_examples, seconds=seconds)
