import json

import mlflow
import pytest

from deepdep.tracking.experiments import (
    DESCRIPTION,
    EXPERIMENTS,
    PIPELINE,
    TRIALS,
    Experiment,
    View,
    trials_view,
    view_page,
    view_tag,
)
from deepdep.tracking.store import find_experiment, mlflow_client, show_trials, view_links
from deepdep.tuning.settings import MOST_SETTINGS

LONGEST_TAG = 20_000  # of an experiment, in MLflow


@pytest.fixture
def view():
    return View(
        "Which rate",
        runs="params.model = 'trial'",
        metrics=("r", "loss"),
        params=("rate",),
        group_by="rate",
        parallel=(("r",), ("rate",)),
    )


def state_of(tags, key):
    return json.loads(json.loads(tags[view_tag(key)])["state"])


def test_runs_are_ordered_by_the_first_metric_the_highest_first(view):
    state = state_of(Experiment("About.", {"rates": view}).tags("7"), "rates")
    assert state["searchFilter"] == "params.model = 'trial'"
    assert (state["orderByKey"], state["orderByAsc"]) == ("metrics.`r`", False)


def test_columns_groups_and_charts_are_set_up(view):
    state = state_of(Experiment("About.", {"rates": view}).tags("7"), "rates")
    assert state["selectedColumns"] == ["metrics.`r`", "metrics.`loss`", "params.`rate`"]
    assert state["groupBy"] == "param.average.rate"
    charts = {chart["uuid"]: chart for chart in state["compareRunCharts"]}
    assert charts["bars-loss"]["metricKey"] == "loss"
    assert charts["parallel"]["selectedParams"] == ["rate"]
    sections = {section["uuid"] for section in state["compareRunSections"]}
    assert {chart["metricSectionId"] for chart in charts.values()} == sections


def test_the_description_links_to_each_view_of_its_experiment(view):
    said = Experiment("About.", {"rates": view}).tags("7")[DESCRIPTION]
    assert said.startswith("About. rates: [table]")
    assert "\n" not in said
    page = "#/experiments/7/runs?workflowType=machine_learning&viewStateShareKey=rates"
    assert f"({page})" in said
    assert f"({page}&compareRunsMode=CHART)" in said


@pytest.mark.parametrize("name", EXPERIMENTS)
def test_no_view_is_longer_than_mlflow_takes(name):
    tags = EXPERIMENTS[name].tags("123456")
    assert max(map(len, tags.values())) <= LONGEST_TAG


def test_an_experiment_has_its_views_also_when_an_older_version_made_it(mlflow_project):
    with mlflow_client() as client:
        older = client.create_experiment(
            PIPELINE,
            artifact_location=(mlflow_project / "mlruns" / "artifacts" / PIPELINE).as_uri(),
        )
        assert find_experiment(client, PIPELINE) == older
        tags = mlflow.MlflowClient(client.tracking_uri).get_experiment(older).tags
    assert state_of(tags, "executions")["searchFilter"] == "tags.stage = 'execution'"
    assert view_page(older, "models") in tags[DESCRIPTION]


def test_the_view_of_trials_follows_the_newest_study_and_stays(mlflow_project):
    with mlflow_client() as client:
        ours = find_experiment(client, PIPELINE)
        for searched in (["omics", "pretrain.widths"], ["finetune.dropout"]):
            show_trials(client, ours, searched)
            assert find_experiment(client, PIPELINE) == ours  # a later stage
            tags = client.get_experiment(ours).tags
            (chart,) = state_of(tags, TRIALS)["compareRunCharts"][-1:]
            assert (chart["type"], chart["selectedParams"]) == ("PARALLEL", searched)
            assert view_page(ours, "trials") in tags[DESCRIPTION]


def test_no_view_of_a_study_is_longer_than_mlflow_takes():
    names = [f"pretrain.copy_number.a_setting_of_it_{number}" for number in range(MOST_SETTINGS)]
    tags = Experiment("About.", {TRIALS: trials_view(names)}).tags("123456")
    assert len(tags[view_tag(TRIALS)]) <= LONGEST_TAG


def test_a_view_has_the_name_and_dates_by_which_the_menu_lists_it(view):
    saved = json.loads(view.saved)
    assert saved["name"] == "Which rate"
    assert isinstance(saved["createdAt"], int)
    assert isinstance(saved["updatedAt"], int)
    assert isinstance(saved["state"], str)


def test_the_view_of_trials_of_an_older_version_gets_them_too(mlflow_project):
    with mlflow_client() as client:
        ours = find_experiment(client, PIPELINE)
        state = trials_view(["finetune.dropout"]).state
        client.set_experiment_tag(ours, view_tag(TRIALS), json.dumps(state))
        find_experiment(client, PIPELINE)
        tags = client.get_experiment(ours).tags
    assert state_of(tags, TRIALS) == state


def test_links_lead_to_every_view_and_to_the_registry(mlflow_project):
    with mlflow_client() as client:
        (registry,) = view_links(client, "http://host:1")
        ours = find_experiment(client, PIPELINE)
        registry_again, *links = view_links(client, "http://host:1")
    assert registry == registry_again
    assert "http://host:1/#/models?workflowType=machine_learning" in registry
    assert [link.rpartition("=")[2] for link in links] == list(EXPERIMENTS[PIPELINE].views)
    assert f"http://host:1/#/experiments/{ours}/runs?workflowType=machine_learning" in links[0]
