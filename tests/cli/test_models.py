import json

from deepdep.registry import PREDICTOR


def test_an_empty_registry_is_listed_as_such(deepdep, mlflow_project):
    assert json.loads(deepdep("models", "--json").stdout) == []
    assert "No model is registered yet" in deepdep("models").stdout


def test_registered_models_are_listed_for_people_and_for_programs(deepdep, registered):
    (version,) = json.loads(deepdep("models", "--json").stdout)
    assert version["name"] == PREDICTOR
    assert version["version"] == 1
    assert version["aliases"] == ["challenger"]
    assert version["metrics"] == {"test_mean_gene_r": 0.25}
    assert "test_mean_gene_r 0.2500" in deepdep("models").stdout


def test_listing_models_writes_nothing(deepdep, tmp_path, monkeypatch):
    monkeypatch.delenv("MLFLOW_TRACKING_URI", raising=False)
    monkeypatch.chdir(tmp_path)
    assert "there is no such file" in deepdep("models").refusal
    assert list(tmp_path.iterdir()) == []
    (tmp_path / "dvc.yaml").touch()  # a project in which nothing has run
    assert "No model is registered yet" in deepdep("models").stdout
    assert json.loads(deepdep("models", "--json").stdout) == []
    for command in (("runs", "reap"), ("runs", "sync")):
        assert deepdep(*command).code == 0
    assert [file.name for file in tmp_path.iterdir()] == ["dvc.yaml"]
