from dataclasses import replace

import pytest
from pydantic import TypeAdapter, ValidationError

from deepdep.tuning.settings import Choices, Group, Objective, Range, TuneSettings


@pytest.mark.parametrize(
    "domain",
    [
        {"low": 0.5, "high": 0.1, "scale": "linear"},
        {"low": 0.0, "high": 0.1, "scale": "log"},
        {"low": 0.1, "high": 0.5, "scale": "cubic"},
        {"choices": []},
        {"choices": [1], "low": 0},
    ],
)
def test_a_domain_that_is_none_is_refused(domain):
    with pytest.raises(ValidationError):
        TypeAdapter(Range | Choices).validate_python(domain)


def test_choices_keep_their_kind():
    choices = [1, 0.5, "muon", None, True, [256, 32], ["mutation", "expression"]]
    read = TypeAdapter(Choices).validate_python({"choices": choices}).choices
    assert read == (1, 0.5, "muon", None, True, (256, 32), ("mutation", "expression"))
    assert [type(choice) for choice in read[:5]] == [int, float, str, type(None), bool]


def test_optuna_stores_choices_as_what_they_are_but_lists():
    given = (1, 0.5, "muon", None, True, (256, 32), ("mutation",))
    choices = Choices(given)
    assert choices.stored == [1, 0.5, "muon", None, True, "[256, 32]", '["mutation"]']
    back = [choices.decoded(stored) for stored in choices.stored]
    assert back == [1, 0.5, "muon", None, True, [256, 32], ["mutation"]]
    assert [type(value) for value in back[:5]] == [int, float, str, type(None), bool]


@pytest.mark.parametrize(
    ("domain", "inside", "outside"),
    [
        (Range(0.1, 0.5, "linear"), 0.1, 0.6),
        (Range(0.1, 0.5, "linear"), 0.5, None),
        (Choices((None, 64)), None, 32),
        (Choices(((8, 4), (8,))), (8,), (4,)),
    ],
)
def test_a_domain_knows_what_it_contains(domain, inside, outside):
    assert domain.contains(inside)
    assert not domain.contains(outside)


@pytest.fixture
def settings(pretrain_settings, finetune_settings):
    space = {"finetune.network.dropout": Range(0.1, 0.5, "linear")}
    return TuneSettings(
        *(1, None, Group.JOINT, Objective.ACCURACY, 1, 1, 1, 1),
        pretrain_settings,
        finetune_settings,
        space,
    )


def test_a_group_without_a_setting_is_refused(settings):
    with pytest.raises(ValueError, match="no setting of the group pretrain"):
        replace(settings, group=Group.PRETRAIN)
    assert replace(settings, group=Group.PRETRAIN, n_trials=0).searched == {}


def test_more_settings_than_can_be_searched_are_refused(settings):
    one = Range(0.1, 0.5, "linear")
    many = {f"finetune.setting_{k}": one for k in range(26)}
    with pytest.raises(ValueError, match="26 settings, more than 25"):
        replace(settings, space=many)
    assert len(replace(settings, space=dict(list(many.items())[:25])).searched) == 25


def test_a_table_that_no_choice_of_omics_names_is_read_by_every_trial(settings):
    choices = Choices((("mutation", "expression"), ("expression",)))
    searching = replace(settings, space={**settings.space, "omics": choices})
    assert searching.reading(["mutation", "expression"]) is searching
    found = searching.reading(["mutation", "mutation_mobem", "expression", "protein"])
    assert found.space["omics"] == Choices(
        (
            ("mutation", "mutation_mobem", "expression", "protein"),
            ("mutation_mobem", "expression", "protein"),
        )
    )
    assert settings.reading(["protein"]) is settings


@pytest.mark.parametrize("name", ["n_folds", "n_startup", "min_epochs"])
def test_a_number_below_one_is_refused(settings, name):
    with pytest.raises(ValueError, match="at least 1"):
        replace(settings, **{name: 0})
