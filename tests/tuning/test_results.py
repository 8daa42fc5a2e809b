import pandas as pd
import pytest
import yaml

from deepdep.errors import BadFileError
from deepdep.tuning.results import write_tuned

BEST = {"pretrain": {"mutation": {"widths": [256, 64]}}, "finetune": {"dropout": 0.1 + 0.2}}
TRIALS = pd.DataFrame({"number": [0, 1], "state": ["complete", "pruned"], "value": [0.3, None]})
IMPORTANCES = pd.DataFrame({"setting": ["finetune.network.dropout"], "importance": [1.0]})


def files_in(folder):
    return [folder / name for name in ("best.yaml", "trials.csv", "importances.csv")]


def test_the_files_say_what_was_found(tmp_path):
    best, trials, importances = files = files_in(tmp_path / "tuning")
    write_tuned(BEST, TRIALS, IMPORTANCES, *files)
    assert yaml.safe_load(best.read_text()) == BEST
    pd.testing.assert_frame_equal(pd.read_csv(trials), TRIALS)
    pd.testing.assert_frame_equal(pd.read_csv(importances), IMPORTANCES)


def test_nothing_found_is_an_empty_mapping_and_headers(tmp_path):
    write_tuned({}, TRIALS.iloc[:0], IMPORTANCES.iloc[:0], *files_in(tmp_path))
    assert yaml.safe_load((tmp_path / "best.yaml").read_text()) == {}
    assert (tmp_path / "trials.csv").read_text() == "number,state,value\n"
    assert (tmp_path / "importances.csv").read_text() == "setting,importance\n"


def test_a_place_that_cannot_be_written_leaves_all_files_as_they_were(tmp_path):
    files = files_in(tmp_path)
    write_tuned({}, TRIALS, IMPORTANCES, *files)
    files[1].unlink()
    files[1].mkdir()
    with pytest.raises(BadFileError, match=r"trials\.csv"):
        write_tuned(BEST, TRIALS, IMPORTANCES, *files)
    assert yaml.safe_load(files[0].read_text()) == {}
