from dataclasses import dataclass
from pathlib import Path

import pytest
import yaml

from deepdep.domain.errors import BadFileError
from deepdep.domain.omics import Omic
from deepdep.domain.settings import Settings
from deepdep.params import read_omics, read_settings


@dataclass(frozen=True)
class Shape(Settings):
    widths: tuple[int, ...]
    rate: float


@pytest.fixture
def params(tmp_path):
    file = tmp_path / "params.yaml"
    file.write_text(
        "omics: [expression, mutation]\npretrain: {expression: {widths: [8, 2], rate: 1e-3}}\n"
    )
    return file


def test_a_group_becomes_its_settings(params):
    assert read_settings(params, "pretrain.expression", Shape) == Shape((8, 2), 0.001)


def test_omics_come_in_their_own_order(params):
    assert read_omics(params) == (Omic.MUTATION, Omic.EXPRESSION)


def test_tuned_values_go_over_the_file(params, tmp_path):
    tuned = tmp_path / "best.yaml"
    tuned.write_text("pretrain: {expression: {widths: [4]}}\n")
    assert read_settings(params, "pretrain.expression", Shape, tuned=tuned) == Shape((4,), 0.001)


def test_tuning_may_leave_omics_out(params, tmp_path):
    tuned = tmp_path / "best.yaml"
    tuned.write_text("omics: [expression]\n")
    assert read_omics(params, tuned=tuned) == (Omic.EXPRESSION,)
    tuned.write_text("{}\n")
    assert read_omics(params, tuned=tuned) == read_omics(params)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("pretrain: {expression: {widths: [8], rate: 1, depth: 3}}", "expression.depth: is not a"),
        ("pretrain: {expression: {widths: [8]}}", "pretrain.expression.rate: is missing"),
        ("pretrain: {expression: {widths: [a], rate: 1}}", "widths.0: input should be a valid"),
        ("pretrain: {}", "pretrain.expression: is missing"),
        ("pretrian: {}", "pretrian: is not a group"),
        ("pretrain: [", "is not YAML"),
        ("- 1", "is not a mapping"),
    ],
)
def test_a_wrong_file_is_refused_by_place(tmp_path, text, message):
    file = tmp_path / "params.yaml"
    file.write_text(text)
    with pytest.raises(BadFileError, match=message):
        read_settings(file, "pretrain.expression", Shape)


def test_a_missing_file_is_refused():
    with pytest.raises(BadFileError, match="cannot be read"):
        read_omics(Path("absent.yaml"))


def test_features_are_a_preset_or_settings_per_omic(tmp_path):
    from deepdep.data.prepare import PrepareSettings

    own = Path(__file__).parents[1] / "params.yaml"
    tree = yaml.safe_load(own.read_text(encoding="utf-8"))
    file = tmp_path / "params.yaml"

    def read(features):
        tree["prepare"]["features"] = features
        file.write_text(yaml.safe_dump(tree), encoding="utf-8")
        return read_settings(file, "prepare", PrepareSettings)

    assert read("deepdep-2021").is_preset
    with pytest.raises(BadFileError, match=r"prepare.features: 'deepdep' is not one of: deepdep-2"):
        read("deepdep")
    with pytest.raises(BadFileError, match=r"prepare.features.mutation.max_features: is missing"):
        read({"mutation": {}})


def test_the_projects_own_params_fit_their_settings():
    from deepdep.data.prepare import PrepareSettings
    from deepdep.data.validation.settings import ValidateSettings
    from deepdep.evaluation.judge import JudgeSettings
    from deepdep.promotion import PromoteSettings
    from deepdep.report.report import ReportSettings
    from deepdep.training.finetune import FinetuneSettings
    from deepdep.training.pretrain import PretrainSettings
    from deepdep.tuning.settings import TuneSettings

    file = Path(__file__).parents[1] / "params.yaml"
    for group, kind in {
        "validate": ValidateSettings,
        "prepare": PrepareSettings,
        "tune": TuneSettings,
        "pretrain": dict[Omic, PretrainSettings],
        "finetune": FinetuneSettings,
        "evaluate": JudgeSettings,
        "promote": PromoteSettings,
        "report": ReportSettings,
    }.items():
        assert read_settings(file, group, kind)
