import subprocess
import sys

import pytest

HEAVY = {
    "anndata",
    "great_expectations",
    "keras",
    "matplotlib",
    "mlflow",
    "mudata",
    "numpy",
    "optuna",
    "pandas",
    "scipy",
    "sklearn",
    "tensorflow",
}


@pytest.mark.parametrize(
    "arguments",
    [
        ["--help"],
        ["predict", "--help"],
        ["predict"],
        ["import", "depmap", "--help"],
        ["download"],
    ],
)
def test_nothing_heavy_is_loaded_before_a_command_runs(arguments):
    code = (
        "import sys\n"
        "from deepdep.cli import main\n"
        f"sys.argv = {['deepdep', *arguments]!r}\n"
        "try:\n"
        "    main()\n"
        "except SystemExit:\n"
        "    print('loaded', *(name for name in sys.modules if '.' not in name))\n"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    loaded = set(done.stdout.splitlines()[-1].split())
    assert "loaded" in loaded
    assert "deepdep" in loaded
    assert loaded & HEAVY == set()


def test_without_a_command_the_help_is_shown(deepdep):
    done = deepdep()
    assert done.code == 2
    assert "simulate" in done.stdout
    assert "error" not in done.stderr


def test_an_unknown_command_is_refused(deepdep):
    assert "simulat" in deepdep("simulat").refusal
