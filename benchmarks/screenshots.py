"""Pictures of MLflow's pages and of the explorer for the docs; no figures.

Run it after `make repro`.
"""

import base64
import tempfile
import time
from pathlib import Path

import mlflow
from selenium.webdriver.remote.webdriver import WebDriver

from deepdep.tracking.experiments import PIPELINE, view_page
from pipeline_runs.browser import browser, mlflow_ui
from pipeline_runs.project import ROOT

IMAGES = ROOT / "docs" / "images"
PICTURES = (("models", "TABLE"), ("trials", "CHART"))
SECONDS_TO_DRAW = 15
CLOSE_ASSISTANT = "document.querySelector('[aria-label=\"Close\"]')?.click()"


EXPLORER = (  # name of the picture, what stands in the address, width, preferred scheme
    ("explorer_tumor", "view=tumor&sample=SIM-S1-0020-01", 1280, "light"),
    ("explorer_alteration", "view=alteration&alteration=TP53+mutation", 1280, "light"),
    ("explorer_map_dark", "view=map", 1280, "dark"),
    ("explorer_gene_narrow", "view=gene&gene=MDM2", 390, "light"),
)
HIGHEST = 1500  # pixels of a picture


def picture_explorer(page: WebDriver, html: Path) -> None:
    """Picture views of the explorer from their top."""
    page.get(html.as_uri())
    for name, state, width, scheme in EXPLORER:
        size = {"width": width, "height": 1000, "deviceScaleFactor": 1, "mobile": False}
        page.execute_cdp_cmd("Emulation.setDeviceMetricsOverride", size)
        features = [{"name": "prefers-color-scheme", "value": scheme}]
        page.execute_cdp_cmd("Emulation.setEmulatedMedia", {"features": features})
        page.execute_script("location.hash = arguments[0]", state)
        time.sleep(3)
        height = page.execute_script("return document.documentElement.scrollHeight")
        clip = {"x": 0, "y": 0, "width": width, "height": min(height, HIGHEST), "scale": 1}
        shot = {"captureBeyondViewport": True, "clip": clip}
        picture = page.execute_cdp_cmd("Page.captureScreenshot", shot)["data"]
        file = IMAGES / f"{name}.png"
        file.write_bytes(base64.b64decode(picture))
        print(file)


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
        picture_explorer(page, ROOT / "reports" / "explorer.html")


if __name__ == "__main__":
    main()
