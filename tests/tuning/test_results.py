import json
from dataclasses import asdict, replace

import pandas as pd
import pytest
import yaml

from deepdep.domain.omics import Omic
from deepdep.errors import BadFileError
from deepdep.settings import read_settings
from deepdep.training.settings import FinetuneSettings, PretrainSettings
from deepdep.tuning.results import Tuned

BEST = {
    "pretrain.*.encoder.corruption": 0.1 + 0.2,
    "pretrain.expression.encoder.widths": [8, 2],
    "finetune.network.embedding": 6,
}
NESTED = {
    "pretrain": {
        "mutation": {"encoder": {"corruption": 0.1 + 0.2}},
        "expression": {"encoder": {"corruption": 0.1 + 0.2, "widths": [8, 2]}},
    },
    "finetune": {"network": {"embedding": 6}},
}
OMICS = (Omic.MUTATION, Omic.EXPRESSION)
TRIALS = pd.DataFrame({"number": [0, 1], "state": ["complete", "pruned"], "value": [0.3, None]})
TIMES = pd.DataFrame(
    {"number": [0, 1], "started": ["2026-11-29T10:00:00+00:00"] * 2, "seconds": 1.5}
)
IMPORTANCES = pd.DataFrame({"setting": ["finetune.network.dropout"], "importance": [1.0]})


def files_in(folder):
    return [folder / name for name in ("best.yaml", "trials.csv", "importances.csv")]


def test_the_files_say_what_was_found(tmp_path):
    best, trials, importances = files = files_in(tmp_path / "tuning")
    Tuned(BEST, TRIALS, IMPORTANCES, TIMES).write(OMICS, *files)
    assert yaml.safe_load(best.read_text()) == NESTED
    pd.testing.assert_frame_equal(pd.read_csv(trials), TRIALS)
    pd.testing.assert_frame_equal(pd.read_csv(importances), IMPORTANCES)
    pd.testing.assert_frame_equal(pd.read_csv(trials.with_name("times.csv")), TIMES)


def test_nothing_found_is_an_empty_mapping_and_headers(tmp_path):
    Tuned({}, TRIALS.iloc[:0], IMPORTANCES.iloc[:0], TIMES.iloc[:0]).write(
        OMICS, *files_in(tmp_path)
    )
    assert yaml.safe_load((tmp_path / "best.yaml").read_text()) == {}
    assert (tmp_path / "trials.csv").read_text() == "number,state,value\n"
    assert (tmp_path / "importances.csv").read_text() == "setting,importance\n"


def test_a_place_that_cannot_be_written_leaves_all_files_as_they_were(tmp_path):
    files = files_in(tmp_path)
    Tuned({}, TRIALS, IMPORTANCES, TIMES).write(OMICS, *files)
    files[1].unlink()
    files[1].mkdir()
    with pytest.raises(BadFileError, match=r"trials\.csv"):
        Tuned(BEST, TRIALS, IMPORTANCES, TIMES).write(OMICS, *files)
    assert yaml.safe_load(files[0].read_text()) == {}


def test_the_best_values_are_nested_as_params_yaml_is_and_a_star_is_every_omic():
    assert Tuned(BEST, TRIALS, IMPORTANCES, TIMES).settings(OMICS) == NESTED


def test_without_tuning_nothing_is_nested():
    assert Tuned({}, TRIALS.iloc[:0], IMPORTANCES.iloc[:0], TIMES.iloc[:0]).settings(OMICS) == {}


def test_the_best_values_go_over_params_yaml(tune_settings, tmp_path):
    params, best = tmp_path / "params.yaml", files_in(tmp_path)[0]
    groups = {
        "pretrain": {"expression": asdict(tune_settings.pretrain)},
        "finetune": asdict(tune_settings.finetune),
    }
    params.write_text(json.dumps(groups))  # JSON, which is YAML, has no tuples
    Tuned(BEST, TRIALS, IMPORTANCES, TIMES).write(OMICS, *files_in(tmp_path))
    pretrain = read_settings(params, "pretrain.expression", PretrainSettings, tuned=best)
    encoder = replace(tune_settings.pretrain.encoder, corruption=0.1 + 0.2, widths=(8, 2))
    assert pretrain == replace(tune_settings.pretrain, encoder=encoder)
    finetune = read_settings(params, "finetune", FinetuneSettings, tuned=best)
    network = replace(tune_settings.finetune.network, embedding=6)
    assert finetune == replace(tune_settings.finetune, network=network)
