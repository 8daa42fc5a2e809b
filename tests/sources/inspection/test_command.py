import json
import sys

import pytest

from deepdep.cli.app import main


@pytest.fixture
def deepdep(monkeypatch, capsys):
    """Run ``deepdep inspect`` in this process: exit code, standard output, standard error."""

    def run(*arguments):
        monkeypatch.setattr(sys, "argv", ["deepdep", "inspect", *map(str, arguments)])
        with pytest.raises(SystemExit) as ended:
            main()
        said = capsys.readouterr()
        return ended.value.code, said.out, said.err

    return run


def test_lines_go_to_standard_output(deepdep, given):
    code, out, err = deepdep(given.folder / "prep4deepdep/exp.txt")
    assert (code, err) == (0, "")
    assert "becomes expression of 6 cell lines x 40 features: log2(TPM+1)" in out


def test_json_is_all_there_is_on_standard_output(deepdep, given):
    code, out, err = deepdep(given.folder / "prep4deepdep/exp.txt", "--json")
    assert (code, err) == (0, "")
    assert json.loads(out)["content"] == "expression"


def test_a_file_that_import_refuses_is_described_with_exit_code_0(deepdep, tmp_path):
    (tmp_path / "exp.txt").write_text("Gene\tL1\nTP53\t-1\n")
    code, out, err = deepdep(tmp_path / "exp.txt")
    assert (code, err) == (0, "")
    assert "problem " in out


def test_a_file_of_which_nothing_can_be_said_is_refused_in_one_line(deepdep, tmp_path):
    code, out, err = deepdep(tmp_path / "absent.csv", "--json")
    assert (code, out) == (2, "")
    assert err == f"error: {tmp_path}/absent.csv: there is no such file or folder. Check the path\n"


def test_a_bad_list_to_compare_with_is_refused(deepdep, given, tmp_path):
    code, out, err = deepdep(given.folder / "gmt/sets.gmt", "--feature-lists", tmp_path / "no")
    assert (code, out) == (2, "")
    assert "there is no such folder" in err
    code, _, err = deepdep(given.folder / "gmt/sets.gmt", "--against", tmp_path)
    assert code == 2
    assert "is neither a cohort nor a model" in err
