"""Pictures of MLflow's pages for the docs, from this project's runs: no figures, no JSON line.

Run it after `make repro`.
"""

import tempfile
import time
from pathlib import Path

import mlflow

from deepdep.tracking.experiments import PIPELINE, view_page
from pipeline_runs.browser import browser, mlflow_ui
from pipeline_runs.project import ROOT

IMAGES = ROOT / "docs" / "images"
PICTURES = (("models", "TABLE"), ("trials", "CHART"))
SECONDS_TO_DRAW = 15
CLOSE_ASSISTANT = "document.querySelector('[aria-label=\"Close\"]')?.click()"


def main() -> None:
    database = ROOT / "mlruns" / "mlflow.db"
    client = mlflow.MlflowClient(f"sqlite:///{database}")
    with (
        mlflow_ui(database) as address,
        tempfile.TemporaryDirectory() as profile,
        browser(Path(profile)) as page,
    ):
        stored = client.get_experiment_by_name(PIPELINE)
        for key, mode in PICTURES:
            page.get("about:blank")  # else a page that is open would only change its address
            view = view_page(stored.experiment_id, key)
            page.get(f"{address}/{view}&compareRunsMode={mode}")
            time.sleep(SECONDS_TO_DRAW)
            page.execute_script(CLOSE_ASSISTANT)
            time.sleep(2)
            file = IMAGES / f"mlflow_pipeline_{key}_{mode.lower()}.png"
            page.save_screenshot(str(file))
            print(file)


if __name__ == "__main__":
    main()
