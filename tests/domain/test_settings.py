from dataclasses import dataclass

import pytest
from pydantic import TypeAdapter, ValidationError

from deepdep.domain.settings import Settings, merged, overridden


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
