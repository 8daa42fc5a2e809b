from pathlib import Path

import pytest

from deepdep.domain.errors import BadFileError
from deepdep.io.sources.tcga.sample_sheet import first_files, read_sample_sheets

HEADER = "File ID\tFile Name\tProject ID\tCase ID\tSample ID\n"


def write(folder: Path, name: str, *rows: tuple[str, str]) -> Path:
    text = "".join(f"id\t{file}\tTCGA-UVM\tcase\t{sample}\n" for file, sample in rows)
    (folder / name).write_text(HEADER + text)
    return folder / name


def test_sheets_name_the_sample_of_each_file(tmp_path):
    first = write(tmp_path, "1.tsv", ("a.tsv", "TCGA-AA-0001-01A"), ("b.tsv", "TCGA-AA-0002-01A"))
    second = write(tmp_path, "2.tsv", ("a.tsv", "TCGA-AA-0001-01A"), ("c.tsv", "TCGA-AA-0003-01A"))
    assert read_sample_sheets([first, second]) == {
        "a.tsv": "TCGA-AA-0001-01A",
        "b.tsv": "TCGA-AA-0002-01A",
        "c.tsv": "TCGA-AA-0003-01A",
    }


def test_a_file_of_a_tumor_and_its_normal_has_no_one_sample(tmp_path):
    sheet = write(tmp_path, "1.tsv", ("a.maf.gz", "TCGA-AA-0001-01A, TCGA-AA-0001-10A"))
    assert read_sample_sheets([sheet]) == {}


def test_refuses_a_file_of_two_samples(tmp_path):
    rows = ("a.tsv", "TCGA-AA-0001-01A"), ("a.tsv", "TCGA-AA-0002-01A")
    with pytest.raises(BadFileError, match=r"File Name 'a.tsv': is of two samples"):
        read_sample_sheets([write(tmp_path, "1.tsv", *rows)])


def test_the_first_file_of_a_sample_is_the_first_by_name():
    files = [Path("x/b.tsv"), Path("y/a.tsv"), Path("z/c.tsv")]
    sheet = {"a.tsv": "S1", "b.tsv": "S1", "c.tsv": "S2"}
    assert first_files(files, sheet).to_dict() == {files[1]: "S1", files[2]: "S2"}
