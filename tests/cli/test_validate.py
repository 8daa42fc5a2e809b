from dataclasses import replace

from deepdep.data.cohort import write_cohort
from deepdep.domain.omics import Omic


def test_a_good_cohort_is_checked_and_its_notes_are_shown(deepdep, cohort, tmp_path):
    write_cohort(cohort, tmp_path / "data")
    done = deepdep("validate", tmp_path / "data", "--docs", tmp_path / "docs.html")
    assert done.code == 0
    assert "checks" in done.stderr
    assert all(line.startswith("note: ") for line in done.stdout.splitlines())
    assert "<html" in (tmp_path / "docs.html").read_text()


def test_a_page_shows_what_is_wrong_with_a_cohort(deepdep, cohort, tmp_path):
    lines = cohort.cell_lines
    table = lines.omics[Omic.METHYLATION].copy()
    table.iloc[2, 3] = 1.7
    spoiled = replace(lines, omics={**lines.omics, Omic.METHYLATION: table})
    write_cohort(replace(cohort, cell_lines=spoiled), tmp_path / "data")
    done = deepdep("validate", tmp_path / "data", "--docs", tmp_path / "docs.html")
    assert done.code == 2
    assert done.stdout.startswith("error: cell_lines.h5mu/methylation")
    assert table.columns[3] in (tmp_path / "docs.html").read_text()
    assert len(done.stderr.splitlines()) == 1
