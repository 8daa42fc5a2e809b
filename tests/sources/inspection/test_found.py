import re

import pytest

from deepdep.sources.inspection.found import printable


def test_what_matters_is_said_in_words(given, inspect):
    folder = given.folder / "depmap/copy_number"
    lines = inspect(folder / "OmicsCNGene.csv").lines()
    assert lines[:4] == [
        f"file       {folder}/OmicsCNGene.csv",
        "source     DepMap, layout up to 25Q1",
        "content    copy number",
        "layout     samples x features, 6 x 40",
    ]
    assert "unit       linear ratios" in lines
    assert f"import     deepdep import depmap {folder} --to DATA" in lines
    assert "           becomes copy number of 6 cell lines x 40 features: log2(CN/2)" in lines
    assert "           linear ratios turned to log2" in lines


def test_what_is_brought_is_said_once(given, inspect):
    lines = inspect(given.folder / "tables/1/cell_lines/expression.csv").lines()
    assert sum("6 " in line and "x 40 features" in line for line in lines) == 1


def test_a_refusal_is_said_beside_the_command_and_why_at_the_end(inspect, tmp_path):
    (tmp_path / "exp.txt").write_text("Gene\tL1\nTP53\t-1\n")
    lines = inspect(tmp_path / "exp.txt").lines()
    assert "           refuses the file: see the problem" in lines
    assert lines[-1].startswith(f"problem    {tmp_path}/exp.txt: row 'L1', column 'TP53'")


@pytest.mark.parametrize("name", ["\x1b[31mred", "a\rb", "\u202eright to left", "line\u2028end"])
def test_no_name_can_command_a_terminal(inspect, tmp_path, name):
    folder = tmp_path / "cell_lines"
    folder.mkdir()
    (folder / "expression.csv").write_text(
        f'id,=cmd(),<script>,"{name}"\n"{name}",1,2,3\nL2,2,4,1\n'
    )
    lines = inspect(folder / "expression.csv").lines()
    assert all(line.isprintable() for line in lines)
    assert any("'=cmd()', '<script>'" in line for line in lines)


def test_a_name_of_a_file_is_written_out_too(inspect, tmp_path):
    (tmp_path / "a\x1b[31mb.gmt").write_text("A\tx\tTP53\n")
    lines = inspect(tmp_path / "a\x1b[31mb.gmt").lines()
    assert re.search(r"a\\x1b\[31mb\.gmt$", lines[0])


def test_letters_of_any_language_stay(inspect):
    assert printable("Zürich 東京") == "Zürich 東京"
