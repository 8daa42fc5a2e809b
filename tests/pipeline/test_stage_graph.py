"""What DVC takes for a change."""

import subprocess
import sys

from roads.project import ROOT


def test_bytecode_of_an_import_is_no_change_of_the_code():
    bytecode = "src/deepdep/models/__pycache__/network.cpython-311.pyc"
    command = [sys.executable, "-m", "dvc", "check-ignore", bytecode]
    ignored = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    assert ignored.stdout.split() == [bytecode]
