"""The fuzz test at length, in a process of its own: what is spoiled may not fill the memory."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

MOST_BYTES = 2 << 30
N_EXAMPLES = 30  # per reader

# From a small process: what a process inherits counts as its peak.
LAUNCHER = """
import json, resource, subprocess, sys
done = subprocess.run(sys.argv[1:], stdout=subprocess.PIPE, text=True)
peak = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss * 1024
print(json.dumps({"code": done.returncode, "peak": peak, "said": done.stdout[-2000:]}))
"""


@pytest.mark.slow
def test_no_spoiled_file_takes_more_than_two_gigabytes():
    fuzz = Path(__file__).with_name("test_fuzz.py")
    command = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", str(fuzz)]
    done = subprocess.run(
        [sys.executable, "-c", LAUNCHER, *command],
        env=os.environ | {"DEEPDEP_FUZZ_EXAMPLES": str(N_EXAMPLES)},
        stdout=subprocess.PIPE,
        text=True,
        check=True,
    )
    found = json.loads(done.stdout)
    assert found["code"] == 0, found["said"]
    assert found["peak"] < MOST_BYTES
