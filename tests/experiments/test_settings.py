import pytest
from pydantic import TypeAdapter, ValidationError

from deepdep.domain.omics import Omic
from deepdep.errors import DeepDEPError
from deepdep.experiments.settings import (
    BenchmarkSettings,
    DrawSettings,
    TrainedModel,
)
from deepdep.settings import read_params
from small_benchmark import ROOT

OMICS = (Omic.MUTATION, Omic.EXPRESSION)
PRESET = str(ROOT / "presets" / "deepdep-2021.yaml")


@pytest.fixture(scope="module")
def params():
    return read_params(ROOT / "params.yaml")


def test_without_changes_it_is_trained_as_params_yaml_says(params):
    found = TrainedModel().training("predictor", params, OMICS)
    assert tuple(found.pretrain) == OMICS
    assert found.finetune.n_members == params["finetune"]["n_members"]


def test_a_star_stands_for_every_omic_and_goes_over_the_preset(params):
    model = TrainedModel(preset=PRESET, set={"pretrain.*.epochs": 0})
    found = model.training("deepdep_2021", params, OMICS)
    assert {of.epochs for of in found.pretrain.values()} == {0}
    assert found.pretrain[Omic.MUTATION].encoder.widths == (1000, 100, 50)
    assert found.finetune.network.pair_widths == (250, 250)


def test_a_preset_holds_for_every_table_of_an_omic(params):
    tree = {**params, "pretrain": params["pretrain"] | {"mutation_mobem": {}}}
    found = TrainedModel(preset=PRESET).training("deepdep_2021", tree, ("mutation_mobem",))
    assert found.pretrain["mutation_mobem"].encoder.widths == (1000, 100, 50)


@pytest.mark.parametrize("data", ["permuted_mutation", "permuted_mutation_mobem"])
def test_a_table_that_is_permuted_must_be_one_that_is_read(data):
    model = TypeAdapter(TrainedModel).validate_python({"data": data})
    assert model.permuted_omic == data.removeprefix("permuted_")
    assert model.excluded_by(("mutation", "mutation_mobem")) is None
    assert "params.yaml does not use" in model.excluded_by(("expression",))


@pytest.mark.parametrize(
    "data", ["permuted_proteome", "permuted_", "mutation", "permuted_labels_a"]
)
def test_a_change_of_no_table_is_refused(data):
    with pytest.raises(ValidationError, match="data"):
        TypeAdapter(TrainedModel).validate_python({"data": data})


@pytest.mark.parametrize(
    "path",
    [
        "evaluate.seed",
        "seed",
        "*.seed",
        "finetune.epoch",
        "finetune.epochs.more",
        "finetune.network.cell_widths.0",
        "pretrain.epochs",
        "pretrain.proteome.epochs",
        "pretrain.*.epochs.*",
        "finetune.",
    ],
)
def test_a_path_to_no_setting_is_refused(params, path):
    with pytest.raises(DeepDEPError, match=r"^params\.yaml: benchmark\.models\.mine: ") as error:
        TrainedModel(set={path: 1}).training("mine", params, OMICS)
    assert repr(path) in str(error.value)
    assert "\n" not in str(error.value)


def test_a_path_below_a_setting_that_is_null_is_refused(params):
    model = TrainedModel(preset=PRESET, set={"finetune.closed_form.kernel.n_folds": 2})
    with pytest.raises(DeepDEPError, match="is no setting"):
        model.training("mine", params, OMICS)


@pytest.mark.parametrize(
    "values",
    [{"finetune.epochs": "many"}, {"pretrain.mutation.encoder.widths": 3}, {"finetune": 3}],
)
def test_a_value_that_a_setting_cannot_take_is_refused(params, values):
    with pytest.raises(DeepDEPError, match=r"^params\.yaml: benchmark\.models\.mine: ") as error:
        TrainedModel(set=values).training("mine", params, OMICS)
    assert "\n" not in str(error.value)


def test_a_preset_that_is_not_there_is_refused(params, tmp_path):
    model = TrainedModel(preset=str(tmp_path / "none.yaml"))
    with pytest.raises(DeepDEPError, match="there is no such file"):
        model.training("mine", params, OMICS)


def settings(name):
    return BenchmarkSettings(DrawSettings(2, 0.2, 10), (), (), {name: TrainedModel()})


@pytest.mark.parametrize(
    "name", ["../up", "a/b", "", ".", "..", ".hidden", "two words", "ä", "a\n"]
)
def test_a_name_that_is_no_folder_of_its_own_is_refused(name):
    with pytest.raises(DeepDEPError, match=r"^params\.yaml: benchmark\.models: .* folder"):
        settings(name)


@pytest.mark.parametrize("name", ["predictor", "deepdep-2021", "a.b", "_x", "2"])
def test_other_names_are_taken(name):
    assert list(settings(name).models) == [name]
