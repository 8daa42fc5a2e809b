import json

import pytest

from deepdep.registry import PREDICTOR
from deepdep.tracking import mlflow_client


def write_promote_settings(folder):
    (folder / "params.yaml").write_text(
        "promote: {min_r_above_gene_mean: 0, min_r_above_champion: 0, max_loss_above_champion: 0, "
        "max_deviation: 0, n_bootstrap: 9, seed: 1}\n"
    )


def test_nothing_can_be_promoted_in_an_empty_registry(deepdep, mlflow_project):
    write_promote_settings(mlflow_project)
    assert "has no version or alias 'challenger'" in deepdep("promote").refusal
    assert "no such model" in deepdep("promote", "deepdep-oracle").refusal
    assert PREDICTOR in deepdep("promote", "--rollback").refusal


@pytest.mark.parametrize(
    "words",
    [
        (f"models:/{PREDICTOR}@challenger",),
        (f"{PREDICTOR}@challenger",),
        (f"models:/{PREDICTOR}/1",),
        (f"{PREDICTOR}/1", 1),
    ],
)
def test_a_version_may_be_named_as_mlflow_does(deepdep, registered, words):
    write_promote_settings(registered)
    done = deepdep("promote", *words)
    assert done.code == 3
    assert f"{PREDICTOR} version 1 may not be champion" in done.stderr


@pytest.mark.parametrize("words", [(f"{PREDICTOR}/1", 2), (f"{PREDICTOR}@champion", "--rollback")])
def test_a_version_is_named_once(deepdep, registered, words):
    write_promote_settings(registered)
    if "@" in words[0]:
        with mlflow_client() as client:
            client.set_registered_model_alias(PREDICTOR, "champion", "1")
    assert "names a version; give" in deepdep("promote", *words).refusal


def test_a_model_that_does_not_pass_the_gates_is_not_promoted(deepdep, registered):
    write_promote_settings(registered)
    done = deepdep("promote")
    assert done.code == 3
    assert len(done.stdout.splitlines()) == 5  # a gate each
    (line,) = done.stderr.splitlines()
    assert line.startswith(f"error: {PREDICTOR} version 1 may not be champion: not met: checks")
    (version,) = json.loads(deepdep("models", "--json").stdout)
    assert version["aliases"] == ["challenger"]


def test_promotion_needs_its_settings(deepdep, registered):
    assert "params.yaml: there is no such file" in deepdep("promote").refusal
