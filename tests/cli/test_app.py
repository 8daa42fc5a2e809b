import subprocess
import sys
from importlib.metadata import version
from pathlib import Path

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
        ["explain", "--help"],
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


def test_the_version_is_that_of_the_package(deepdep):
    done = deepdep("--version")
    assert (done.code, done.stdout) == (0, f"deepdep {version('deepdep')}\n")


@pytest.mark.parametrize("command", [(), ("import",), ("import", "depmap"), ("predict",)])
def test_h_is_help_everywhere(deepdep, command):
    short, long = deepdep(*command, "-h"), deepdep(*command, "--help")
    assert short.code == 0
    assert short.stdout == long.stdout != ""


def test_quiet_keeps_results_and_errors_and_leaves_messages_out(deepdep, tmp_path):
    sizes = ("--tumors", 120, "--cell-lines", 70, "--genes", 60, "--features", 100)
    loud = deepdep("simulate", "--to", tmp_path / "loud", *sizes)
    quiet = deepdep("--quiet", "simulate", "--to", tmp_path / "quiet", *sizes)
    assert (loud.code, quiet.code) == (0, 0)
    assert "simulated cohort" in loud.stderr
    assert quiet.stderr == ""
    assert "no such" in deepdep("--quiet", "validate", tmp_path / "absent").refusal


def test_completion_can_be_installed(deepdep):
    assert "--install-completion" in deepdep("--help").stdout


def test_bash_completes_commands():
    programs = Path(sys.executable).parent
    script = (
        'source <("$0" --show-completion bash)\n'
        "COMP_WORDS=(deepdep i) COMP_CWORD=1\n"
        '_deepdep_completion "$0"\n'
        'echo "${COMPREPLY[@]}"\n'
    )
    command = ["bash", "-c", script, programs / "deepdep"]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    assert set(done.stdout.split()) == {"init", "inspect", "import"}
