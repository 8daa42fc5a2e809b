from deepdep.candidates import PREDICTOR
from deepdep.mlflow_store import mlflow_client
from deepdep.promotion.origin import FACTS, origin_problems
from deepdep.registry import find_version


def test_a_version_of_a_clean_project_has_no_problems(registry):
    registry.add_predictor(0.3)
    assert origin_problems(find_version(PREDICTOR, 1)) == []


def test_each_missing_fact_is_a_problem(registry):
    registry.add_predictor(0.3)
    version = find_version(PREDICTOR, 1)
    with mlflow_client() as client:
        for fact in (*FACTS, "seed", "dvc.prepared"):
            client.delete_tag(version.trained_by, f"deepdep.{fact}")
    problems = origin_problems(version)
    assert len(problems) == len(FACTS) + 2
    assert "its training run has no DVC hash of an input" in problems
    assert not [problem for problem in problems if "measuring" in problem]
