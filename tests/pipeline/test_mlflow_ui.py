"""MLflow's real pages in a headless Chromium, over the runs on the demo cohort."""

import mlflow
import pytest
from mlflow.entities import Metric, Param
from selenium.webdriver.common.by import By
from selenium.webdriver.support.ui import WebDriverWait

from deepdep.tracking.experiments import (
    EXPERIMENTS,
    PIPELINE,
    TRIAL_R,
    TRIALS,
    TRIALS_TITLE,
    view_page,
)
from deepdep.tracking.store import show_trials
from deepdep.tuning.settings import MOST_SETTINGS
from pipeline_runs.browser import CHROMIUM, DRIVER, browser, mlflow_ui

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(
        CHROMIUM is None or DRIVER is None, reason="there is no chromium with its chromedriver"
    ),
]

SECONDS = 120
BASELINES = {"gene_mean", "lineage_mean", "ridge", "ridge_expression"}


@pytest.fixture(scope="module")
def ui(demo):
    """The address of the pages."""
    with mlflow_ui(demo.folder / "mlruns" / "mlflow.db") as address:
        yield address


@pytest.fixture(scope="module")
def page(tmp_path_factory):
    with browser(tmp_path_factory.mktemp("profile")) as driver:
        yield driver


@pytest.fixture(scope="module")
def experiment_id(demo):
    client = mlflow.MlflowClient(f"sqlite:///{demo.folder / 'mlruns' / 'mlflow.db'}")
    return client.get_experiment_by_name(PIPELINE).experiment_id


@pytest.fixture
def opened(ui, page, experiment_id):
    """Open a view, and return the page when it says all of some words."""

    def open_view(key, words, mode="TABLE"):
        open_page(page, ui, experiment_id, key, mode)
        return wait_for(page, words)

    return open_view


def open_page(page, ui, experiment_id, key, mode):
    page.get("about:blank")
    page.get(f"{ui}/{view_page(experiment_id, key)}&compareRunsMode={mode}")


def wait_for(page, words):
    def said(driver):
        text = driver.find_element(By.TAG_NAME, "body").text
        return text if all(word in text for word in words) else False

    return WebDriverWait(page, SECONDS).until(said, f"the page never said all of {words}")


def drawn(page):
    """Wait for parallel coordinates."""
    return WebDriverWait(page, SECONDS).until(
        lambda driver: driver.find_elements(By.CSS_SELECTOR, ".parcoords"),
        "the page never drew parallel coordinates",
    )


def test_the_description_leads_to_every_view(page, ui, experiment_id):
    page.get(f"{ui}/#/experiments/{experiment_id}/runs")
    views = EXPERIMENTS[PIPELINE].views
    wait_for(page, [f"{key}: table, charts" for key in (*views, TRIALS)])
    links = page.find_elements(By.LINK_TEXT, "charts")
    address = links[0].get_attribute("href")  # a click opens another tab
    assert len(links) == len(views) + 1
    page.get("about:blank")
    page.get(address)
    wait_for(page, [views["models"].title, "ridge_expression"])


def test_every_view_is_in_the_menu_and_the_registry_beside_it(opened, page):
    opened("models", ["Model registry"])
    page.find_element(By.CSS_SELECTOR, "[data-testid='saved-views-trigger']").click()
    views = EXPERIMENTS[PIPELINE].views
    wait_for(page, [TRIALS_TITLE, *(view.title for view in views.values())])


def test_predictor_trials_and_baselines_stand_side_by_side(opened):
    text = opened("models", ["predictor", "trial-000", *BASELINES])
    assert "test_mean_gene_r" in text.replace("\n", "")


def test_the_best_model_is_first(opened):
    text = opened("models", ["predictor", "gene_mean"])
    names = [line for line in text.splitlines() if line in {"predictor", *BASELINES}]
    assert names[0] == "predictor"
    assert names[-1] == "gene_mean"


def test_trials_are_drawn_as_parallel_coordinates(opened, page):
    opened(TRIALS, ["trial-000"], "CHART")
    assert drawn(page)


def test_autoencoders_are_compared_by_omic(opened):
    opened("autoencoders", ["pretrain@mutation", "pretrain@expression", "val_loss"])


def test_two_hundred_trials_of_as_many_settings_as_may_be_searched_compare(page, tmp_path):
    database, n_trials = tmp_path / "mlflow.db", 200
    client = mlflow.MlflowClient(f"sqlite:///{database}")
    experiment_id = client.create_experiment(PIPELINE)
    settings = [f"finetune.setting_{number}" for number in range(MOST_SETTINGS)]
    show_trials(client, experiment_id, settings)
    for number in range(n_trials):
        run = client.create_run(experiment_id, run_name=f"trial-{number:03d}")
        params = [Param("model", "trial"), *(Param(name, str(number)) for name in settings)]
        metrics = [Metric(TRIAL_R, number / n_trials, 1, 0)]
        client.log_batch(run.info.run_id, params=params, metrics=metrics)
    with mlflow_ui(database) as ui:
        open_page(page, ui, experiment_id, TRIALS, "CHART")
        wait_for(page, ["trial-199"])  # the best one
        assert drawn(page)
        open_page(page, ui, experiment_id, TRIALS, "TABLE")
        wait_for(page, ["100 matching runs"])
        page.find_element(By.XPATH, "//button[contains(., 'Load more')]").click()
        wait_for(page, ["200 matching runs"])
