from dataclasses import dataclass
from functools import reduce
from operator import getitem
from pathlib import Path

import pytest
import yaml
from pydantic import TypeAdapter, ValidationError

from deepdep.data.prepared import read_omics
from deepdep.domain.omics import Omic
from deepdep.errors import BadFileError
from deepdep.settings import Settings, merged, overridden, read_settings, read_yaml


@dataclass(frozen=True)
class Shape(Settings):
    widths: tuple[int, ...]


def test_a_key_that_no_setting_has_is_refused():
    with pytest.raises(ValidationError, match="depth"):
        TypeAdapter(Shape).validate_python({"widths": [8], "depth": 2})


def test_a_star_overrides_every_branch():
    tree = {"pretrain": {"mutation": {"rate": 1}, "expression": {"rate": 2}}, "finetune": {"a": 1}}
    assert overridden(tree, {"pretrain.*.rate": 5, "finetune.b": 2}) == {
        "pretrain": {"mutation": {"rate": 5}, "expression": {"rate": 5}},
        "finetune": {"a": 1, "b": 2},
    }
    assert tree["pretrain"]["mutation"]["rate"] == 1


def test_the_later_of_two_paths_to_one_setting_wins():
    tree = {"pretrain": {"mutation": {}, "expression": {}}}
    values = {"pretrain.*.rate": 5, "pretrain.expression.rate": 7}
    assert overridden(tree, values)["pretrain"] == {
        "mutation": {"rate": 5},
        "expression": {"rate": 7},
    }


def test_a_path_that_is_not_there_is_made():
    assert overridden({}, {"finetune.rate": 1}) == {"finetune": {"rate": 1}}


def test_merging_keeps_what_is_not_replaced():
    assert merged({"a": {"b": 1, "c": 2}}, {"a": {"b": 3}, "d": 4}) == {
        "a": {"b": 3, "c": 2},
        "d": 4,
    }


def test_merging_replaces_a_list_as_a_whole_and_changes_no_argument():
    tree, over = {"a": {"widths": [8, 4]}}, {"a": {"widths": [2]}}
    assert merged(tree, over) == {"a": {"widths": [2]}}
    assert (tree, over) == ({"a": {"widths": [8, 4]}}, {"a": {"widths": [2]}})


@dataclass(frozen=True)
class ParamsShape(Settings):
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
    assert read_settings(params, "pretrain.expression", ParamsShape) == ParamsShape((8, 2), 0.001)


def test_what_is_common_to_all_omics_is_stated_once(tmp_path):
    file = tmp_path / "params.yaml"
    file.write_text(
        "pretrain: {common: {widths: [8], rate: 1}, mutation: , expression: {widths: [4, 2]}}\n"
    )
    assert read_settings(file, "pretrain", dict[Omic, ParamsShape]) == {
        Omic.MUTATION: ParamsShape((8,), 1.0),
        Omic.EXPRESSION: ParamsShape((4, 2), 1.0),
    }


def test_tuned_values_go_over_what_is_common_and_what_is_not(tmp_path):
    file, tuned = tmp_path / "params.yaml", tmp_path / "best.yaml"
    file.write_text("pretrain: {common: {rate: 1}, expression: {widths: [4, 2]}}\n")
    tuned.write_text("pretrain: {expression: {rate: 2, widths: [8]}}\n")
    found = read_settings(file, "pretrain.expression", ParamsShape, tuned=tuned)
    assert found == ParamsShape((8,), 2.0)


@pytest.mark.parametrize("stated", ["mutation_mobem:", "expression:", "mutation_mobem: {rate: 3}"])
def test_a_table_has_the_settings_of_its_omic_but_for_its_own(tmp_path, stated):
    file = tmp_path / "params.yaml"
    file.write_text(
        "omics: [mutation, mutation_mobem, copy_number_gdsc]\n"
        "pretrain: {common: {widths: [8], rate: 1}, mutation: {widths: [4]}, "
        f"copy_number: {{rate: 2}}, {stated}}}\n"
    )
    found = read_settings(file, "pretrain", dict[str, ParamsShape])
    assert found["mutation_mobem"] == ParamsShape((4,), 3.0 if "3" in stated else 1.0)
    assert found["copy_number_gdsc"] == ParamsShape((8,), 2.0)


@pytest.mark.parametrize(
    ("omics", "message"),
    [
        ("[mutation, mutation_mobem, mutation]", "omics: names 'mutation' twice. Name each table"),
        ("[]", "omics: names no table"),
        ("[mutation, proteome]", "omics.1: 'proteome' is no table of an omic; the omics are mut"),
        ("[expression, expression_My]", "omics.1: 'expression_My' is no table of an omic"),
        ("mutation", "omics: input should be a valid list"),
        ("[3]", "omics.0: input should be a valid string"),
    ],
)
def test_omics_that_name_no_table_or_one_twice_are_refused(tmp_path, omics, message):
    file = tmp_path / "params.yaml"
    file.write_text(f"omics: {omics}\npretrain: {{common: {{rate: 1}}, mutation: }}\n")
    with pytest.raises(BadFileError, match=message) as raised:
        read_omics(file)
    assert "\n" not in str(raised.value)


def test_omics_come_in_their_own_order(params):
    assert read_omics(params) == (Omic.MUTATION, Omic.EXPRESSION)


def test_tuned_values_go_over_the_file(params, tmp_path):
    tuned = tmp_path / "best.yaml"
    tuned.write_text("pretrain: {expression: {widths: [4]}}\n")
    assert read_settings(params, "pretrain.expression", ParamsShape, tuned=tuned) == ParamsShape(
        (4,), 0.001
    )


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
        ("pretrain: {expression: {widths: [8], rat: 1}}", "rat: is not a known key. Write rate"),
        ("pretrian: {}", "pretrian: is not a group of settings. Write pretrain, or remove it"),
        ("pretrain: [", "cannot be read as YAML"),
        ("- 1", "is not a mapping"),
    ],
)
def test_a_wrong_file_is_refused_by_place(tmp_path, text, message):
    file = tmp_path / "params.yaml"
    file.write_text(text)
    with pytest.raises(BadFileError, match=message):
        read_settings(file, "pretrain.expression", ParamsShape)


def test_a_missing_file_is_refused():
    with pytest.raises(BadFileError, match="there is no such file"):
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


@pytest.fixture
def kinds():
    """The settings of each group of params.yaml."""
    from deepdep.cli.params_schema import SETTINGS_OF_GROUPS

    return SETTINGS_OF_GROUPS


def test_the_projects_own_params_fit_their_settings(kinds):
    file = Path(__file__).parents[1] / "params.yaml"
    for group, kind in kinds.items():
        assert read_settings(file, group, kind)


@pytest.mark.parametrize(
    ("path", "wrong"),
    [
        ("validate.min_samples", "min_sampels"),
        ("prepare.split.validation", "validaton"),
        ("prepare.features.expression.max_features", "maxfeatures"),
        ("tune.finetune.network.dropout", "droput"),
        ("pretrain.common.learning_rate", "lerning_rate"),
        ("finetune.n_members", "n_member"),
        ("finetune.closed_form.kernel.penalties", "penalty"),
        ("evaluate.protocol.n_bootstrap", "nbootstrap"),
        ("promote.min_r_above_gene_mean", "min_r_over_gene_mean"),
        ("report.min_deviation", "mindeviation"),
    ],
)
def test_a_misspelt_key_is_named_with_the_nearest_there_is(kinds, tmp_path, path, wrong):
    tree = yaml.safe_load((Path(__file__).parents[1] / "params.yaml").read_text(encoding="utf-8"))
    *parents, right = path.split(".")
    branch = reduce(getitem, parents, tree)
    branch[wrong] = branch.pop(right)
    file = tmp_path / "params.yaml"
    file.write_text(yaml.safe_dump(tree), encoding="utf-8")
    with pytest.raises(BadFileError, match=rf"{wrong}: is not a known key. Write {right}, or"):
        read_settings(file, parents[0], kinds[parents[0]])


def test_a_yaml_file_is_a_mapping(tmp_path):
    (tmp_path / "file").write_text('{"a": {"b": [1, 2]}}')
    assert read_yaml(tmp_path / "file") == {"a": {"b": [1, 2]}}
    (tmp_path / "file").write_text("# nothing yet\n")
    assert read_yaml(tmp_path / "file") == {}


@pytest.mark.parametrize(
    ("content", "problem"),
    [
        (b'{"a": [', "cannot be read"),
        (b"\xff\xfe", "cannot be read"),
        (b"[1, 2]", "is not a mapping"),
        (b"word", "is not a mapping"),
    ],
)
def test_yaml_that_is_anything_else_is_refused(tmp_path, content, problem):
    (tmp_path / "file").write_bytes(content)
    with pytest.raises(BadFileError, match=f"file: {problem}"):
        read_yaml(tmp_path / "file")


def test_a_missing_yaml_file_is_refused_with_a_remedy(tmp_path):
    with pytest.raises(BadFileError, match=r"there is no such file\. Run `dvc repro`"):
        read_yaml(tmp_path / "file", "Run `dvc repro`")
