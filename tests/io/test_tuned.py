import pandas as pd
import yaml

from deepdep.io.tuned import write_tuned

BEST = {"pretrain": {"mutation": {"widths": [256, 64]}}, "finetune": {"dropout": 0.1 + 0.2}}
TRIALS = pd.DataFrame({"number": [0, 1], "state": ["complete", "pruned"], "value": [0.3, None]})


def test_both_files_say_what_was_found(tmp_path):
    best, trials = tmp_path / "tuning" / "best.yaml", tmp_path / "tuning" / "trials.csv"
    write_tuned(BEST, TRIALS, best, trials)
    assert yaml.safe_load(best.read_text()) == BEST
    pd.testing.assert_frame_equal(pd.read_csv(trials), TRIALS)


def test_nothing_found_is_an_empty_mapping_and_a_header(tmp_path):
    write_tuned({}, TRIALS.iloc[:0], tmp_path / "best.yaml", tmp_path / "trials.csv")
    assert yaml.safe_load((tmp_path / "best.yaml").read_text()) == {}
    assert (tmp_path / "trials.csv").read_text() == "number,state,value\n"
