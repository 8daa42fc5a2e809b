import pytest

from deepdep.benchmarking.settings import BenchmarkSettings, DrawSettings, TrainedModel
from deepdep.domain.errors import DeepDEPError


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
