"""Files spoiled at random: a command takes them, or says in one line why not."""

import shutil
import warnings

import pytest
from file_edits import edits, edits_of, spoil
from good_files import READERS
from hypothesis import note
from hypothesis import strategies as st

from fuzzing import fuzz

MOST_EDITS = 3

# Python shows these on standard error; others are for developers only.
SHOWN = (UserWarning, RuntimeWarning, FutureWarning)


@pytest.fixture(params=READERS)
def reader(request, cohort, tmp_path):
    """A reader, and a folder of good files for it."""
    known = READERS[request.param]
    folder = tmp_path / "good"
    folder.mkdir()
    known.write(cohort, folder)
    return known, folder


@pytest.fixture
def run(deepdep):
    def run_reader(reader, folder):
        words = [word.format(folder=folder) for word in reader.command.split()]
        with warnings.catch_warnings(record=True) as warned:
            warnings.simplefilter("always")
            done = deepdep(*words, "--to", folder.parent / reader.target)
        assert [w for w in warned if issubclass(w.category, SHOWN)] == []
        return done

    return run_reader


def test_good_files_are_taken(reader, run):
    known, folder = reader
    done = run(known, folder)
    assert done.code == (0 if known.takes else 2), done.stderr


def test_spoiled_files_are_taken_or_refused_in_one_line(
    reader, run, tmp_path, request, print_figures
):
    known, good = reader

    def check(data):
        scratch = tmp_path / "scratch"
        shutil.rmtree(scratch, ignore_errors=True)
        folder = shutil.copytree(good, scratch / "files")
        path = data.draw(st.sampled_from(sorted(folder.glob(known.spoiled))))
        for edit in data.draw(edits(edits_of(path), MOST_EDITS)):
            spoil(path, edit)
        before = sorted(scratch.rglob("*"))
        done = run(known, folder)
        note(done.stderr)
        if done.code == 0:
            assert known.takes
            assert done.stderr == ""
            return
        assert done.code == 2
        (said,) = done.stderr.splitlines()
        assert said.startswith(f"error: {folder}"), said
        assert done.stdout == ""
        assert sorted(scratch.rglob("*")) == before

    fuzz(request.node.callspec.id, check, print_figures)
