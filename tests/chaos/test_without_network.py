"""The road to a model where there is no network but this machine's own."""

import os
import subprocess

import pytest

from chaos_tools import disturbed

IN_A_NETWORK_OF_ITS_OWN = ("unshare", "--net", "sh", "-c", 'ip link set lo up && exec "$@"', "sh")


def can_leave_the_network() -> bool:
    try:
        return not subprocess.run([*IN_A_NETWORK_OF_ITS_OWN, "true"], check=False).returncode
    except OSError:
        return False


@pytest.mark.skipif(os.name != "posix" or os.getuid() != 0, reason="only root can leave a network")
def test_nothing_is_asked_for_beyond_this_machine(
    make_small_project, extent, tmp_path, print_figures
):
    if not can_leave_the_network():
        pytest.skip("this container cannot leave its network")
    project, asked = make_small_project(), tmp_path / "asked"
    targets = [target.replace("pretrain@mutation", "prepare") for target in extent.targets]
    done = subprocess.run(
        [*IN_A_NETWORK_OF_ITS_OWN, "dvc", "repro", *targets],
        cwd=project.folder,
        env=disturbed(project.environment, CHAOS_CONNECTS=asked),
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout[-3000:] + done.stderr[-3000:]
    addresses = asked.read_text().splitlines() if asked.exists() else []
    print_figures("without a network", extent=extent.name, code=0, n_asked=len(addresses))
    assert addresses == []
