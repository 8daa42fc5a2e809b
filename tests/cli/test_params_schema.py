from copy import deepcopy
from functools import reduce
from operator import getitem
from pathlib import Path

import jsonschema
import pytest
import yaml

from deepdep.cli.params_schema import SETTINGS_OF_GROUPS, params_schema, schema_text
from deepdep.settings import GROUPS

PROJECT = Path(__file__).parents[2]


@pytest.fixture(scope="module")
def params():
    return yaml.safe_load((PROJECT / "params.yaml").read_text(encoding="utf-8"))


def test_the_schema_in_the_repository_is_that_of_the_settings():
    """If not: python -m deepdep.cli.params_schema > params.schema.json."""
    assert (PROJECT / "params.schema.json").read_text(encoding="utf-8") == schema_text()


def test_params_yaml_names_it_where_editors_look():
    first = (PROJECT / "params.yaml").read_text(encoding="utf-8").splitlines()[0]
    assert first == "# yaml-language-server: $schema=params.schema.json"


def test_every_group_has_its_settings():
    assert set(SETTINGS_OF_GROUPS) == GROUPS


def test_the_projects_own_params_fit(params):
    jsonschema.validate(params, params_schema())


@pytest.mark.parametrize(
    ("path", "key", "value", "said"),
    [
        ("", "valdate", {}, "'valdate' was unexpected"),
        ("validate", "min_sampels", 3, "'min_sampels' was unexpected"),
        ("prepare.split", "seed", "one", "is not of type 'integer'"),
        ("pretrain.common", "lerning_rate", 1, "'lerning_rate' was unexpected"),
        ("finetune.network", "embedding", "wide", "is not of type 'integer'"),
        ("report", "seed", None, "is not of type 'integer'"),
    ],
)
def test_what_is_wrong_is_marked(params, path, key, value, said):
    changed = deepcopy(params)
    reduce(getitem, path.split(".") if path else [], changed)[key] = value
    errors = jsonschema.Draft202012Validator(params_schema()).iter_errors(changed)
    messages = [each.message for error in errors for each in (error, *(error.context or ()))]
    assert any(said in message for message in messages), messages
