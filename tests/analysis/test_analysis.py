import subprocess
import sys

import pytest

import deepdep.analysis


def test_every_name_is_found():
    for name in deepdep.analysis.__all__:
        assert getattr(deepdep.analysis, name).__name__ == name


def test_importing_the_room_starts_nothing_heavy():
    code = "import sys, deepdep.analysis; print({'pandas', 'keras'} & set(sys.modules))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "set()"


def test_what_is_not_there_is_an_error():
    with pytest.raises(AttributeError, match="no attribute 'nothing'"):
        deepdep.analysis.nothing  # noqa: B018
