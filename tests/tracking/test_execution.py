import json
import os
import socket
import subprocess
import sys
import time
from contextlib import suppress
from dataclasses import dataclass

import mlflow
import pandas as pd
import pytest
from mlflow.data import get_source

from deepdep.domain.omics import Omic
from deepdep.errors import BusyError, DeepDEPError
from deepdep.settings import Settings
from deepdep.tracking import end_killed_runs, execution, tracked_run
from deepdep.tracking.experiments import PIPELINE
from deepdep.tracking.provenance import PipelineExecution
from deepdep.tracking.run import flat_params
from deepdep.tracking.store import mlflow_client, tracking_uri

REPRO = PipelineExecution("host:1:100", "dvc repro")
LATER = PipelineExecution("host:2:200", "dvc repro finetune")


@dataclass(frozen=True)
class EncoderSettings(Settings):
    widths: tuple[int, ...]
    dropout: float


@dataclass(frozen=True)
class StageSettings(Settings):
    learning_rate: float
    encoder: EncoderSettings
    seed: int


SETTINGS = StageSettings(0.001, EncoderSettings((64, 16), 0.1), 7)


def runs():
    """Every run by its name, in the order of their start."""
    with mlflow_client() as client:
        experiment = client.get_experiment_by_name(PIPELINE)
        found = client.search_runs([experiment.experiment_id], order_by=["start_time ASC"])
    return {run.info.run_name: run for run in found}


def parent_of(run):
    return run.data.tags.get("mlflow.parentRunId")


def test_a_stage_is_a_child_of_its_execution(mlflow_project):
    with tracked_run("pretrain", SETTINGS, omic=Omic.EXPRESSION, execution=REPRO):
        assert runs()["dvc repro"].info.status == "RUNNING"
    found = runs()
    assert set(found) == {"dvc repro", "pretrain@expression"}
    assert parent_of(found["pretrain@expression"]) == found["dvc repro"].info.run_id
    assert parent_of(found["dvc repro"]) is None
    assert found["dvc repro"].data.tags["deepdep.execution"] == "host:1:100"
    assert {run.info.status for run in found.values()} == {"FINISHED"}


def test_stages_of_one_execution_share_its_run_and_another_execution_has_its_own(mlflow_project):
    for stage, of_dvc in [("prepare", REPRO), ("tune", REPRO), ("finetune", LATER)]:
        with tracked_run(stage, None, execution=of_dvc):
            pass
    found = runs()
    assert parent_of(found["prepare"]) == parent_of(found["tune"])
    assert parent_of(found["finetune"]) == found["dvc repro finetune"].info.run_id
    assert len(found) == 5


def test_a_failing_stage_and_its_execution_are_failed_and_say_why(mlflow_project):
    with (
        pytest.raises(DeepDEPError, match="too few"),
        tracked_run("prepare", None, execution=REPRO),
    ):
        raise DeepDEPError("too few\ncell lines")
    found = runs()
    assert found["prepare"].info.status == found["dvc repro"].info.status == "FAILED"
    assert found["prepare"].data.tags["deepdep.error"] == "DeepDEPError: too few cell lines"
    assert found["dvc repro"].data.tags["deepdep.error"].startswith("prepare: DeepDEPError")


def test_a_later_stage_reopens_its_execution_but_does_not_hide_a_failure(mlflow_project):
    with pytest.raises(ValueError, match="x"), tracked_run("tune", None, execution=REPRO):
        raise ValueError("x")
    with tracked_run("report", None, execution=REPRO):
        assert runs()["dvc repro"].info.status == "RUNNING"
    assert runs()["report"].info.status == "FINISHED"
    assert runs()["dvc repro"].info.status == "FAILED"


def test_an_interrupt_leaves_killed_runs(mlflow_project):
    with pytest.raises(KeyboardInterrupt), tracked_run("tune", None, execution=REPRO):
        raise KeyboardInterrupt
    assert {run.info.status for run in runs().values()} == {"KILLED"}


def test_settings_become_flat_parameters_named_after_the_stage():
    assert flat_params(SETTINGS, "pretrain") == {
        "pretrain.learning_rate": "0.001",
        "pretrain.encoder.widths": "[64, 16]",
        "pretrain.encoder.dropout": "0.1",
        "pretrain.seed": "7",
    }
    per_omic = {Omic.MUTATION: EncoderSettings((8,), 0.0)}
    assert flat_params(per_omic, "x")["x.mutation.widths"] == "[8]"


def test_a_stage_logs_its_settings_its_omic_and_where_it_comes_from(mlflow_project):
    (mlflow_project / "prepared").mkdir()
    (mlflow_project / "prepared" / "splits.csv").touch()
    with tracked_run("pretrain", SETTINGS, omic=Omic.EXPRESSION, execution=REPRO):
        pass
    run = runs()["pretrain@expression"]
    assert run.data.params["pretrain.learning_rate"] == "0.001"
    assert run.data.params["omic"] == "expression"
    assert run.data.tags["deepdep.seed"] == "7"
    # sha256 of nothing, as FIPS 180-4 gives it
    assert run.data.tags["deepdep.split_sha256"].startswith("e3b0c44298fc1c149afbf4c8996fb924")
    assert runs()["dvc repro"].data.tags["deepdep.split_sha256"].startswith("e3b0c442")


def test_what_a_stage_reads_is_its_data_set_with_the_hash_of_dvc(mlflow_project):
    (mlflow_project / "dvc.yaml").write_text("stages: {finetune: {cmd: x, deps: [prepared]}}")
    outs = [{"path": "prepared", "md5": "0123456789abcdef0123456789abcdef.dir"}]
    (mlflow_project / "dvc.lock").write_text(json.dumps({"stages": {"prepare": {"outs": outs}}}))
    with tracked_run("finetune", None, execution=REPRO):
        pass
    (used,) = runs()["finetune"].inputs.dataset_inputs
    assert (used.dataset.name, used.dataset.digest) == ("prepared", outs[0]["md5"])
    assert [(tag.key, tag.value) for tag in used.tags] == [("mlflow.data.context", "input")]
    assert get_source(used.dataset).uri == "prepared"


def test_a_run_says_which_model_it_made(mlflow_project):
    (mlflow_project / "manifest.json").touch()
    with tracked_run("finetune", None, execution=REPRO) as run:
        run.made(mlflow_project)
    # sha256 of nothing, as FIPS 180-4 gives it
    assert runs()["finetune"].data.tags["deepdep.made_sha256"].startswith("e3b0c44298fc1c14")


def test_a_curve_is_logged_by_epoch_without_its_gaps(mlflow_project):
    history = pd.DataFrame(
        {"epoch": [0, 1, 2], "loss": [3.0, 2.0, 1.0], "val_loss": [4.0, None, 2]}
    )
    with tracked_run("finetune", None, execution=REPRO) as run:
        run.curve(history)
        run.metrics({"val_mean_gene_r": 0.25})
    with mlflow_client():
        logged = mlflow.MlflowClient().get_metric_history(run.run_id, "val_loss")
    assert [(point.step, point.value) for point in logged] == [(0, 4.0), (2, 2.0)]
    assert runs()["finetune"].data.metrics["loss"] == 1.0
    assert runs()["finetune"].data.metrics["val_mean_gene_r"] == 0.25


def test_a_curve_longer_than_a_batch_of_mlflow_is_logged_whole(mlflow_project):
    epochs = range(1100)
    with tracked_run("finetune", None, execution=REPRO) as run:
        run.curve(pd.DataFrame({"epoch": epochs, "loss": epochs}))
    with mlflow_client():
        assert len(mlflow.MlflowClient().get_metric_history(run.run_id, "loss")) == 1100


def test_trials_are_children_of_their_stage_and_a_pruned_one_is_no_failure(mlflow_project):
    with tracked_run("tune", SETTINGS, execution=REPRO) as run:
        with run.child("trial 0", {"finetune.learning_rate": 0.01}) as trial:
            trial.metrics({"val_mean_gene_r": 0.2})
        with suppress(RuntimeError), run.child("trial 1") as trial:
            trial.ends_as("FINISHED")
            raise RuntimeError("pruned")
        with suppress(RuntimeError), run.child("trial 2"):
            raise RuntimeError("broke")
    found = runs()
    assert {parent_of(found[f"trial {i}"]) for i in range(3)} == {found["tune"].info.run_id}
    assert [found[f"trial {i}"].info.status for i in range(3)] == ["FINISHED", "FINISHED", "FAILED"]
    assert "deepdep.error" not in found["trial 1"].data.tags
    assert found["trial 0"].data.params == {"finetune.learning_rate": "0.01"}
    assert found["trial 0"].data.tags["deepdep.seed"] == "7"
    assert found["tune"].info.status == "FINISHED"


def test_a_setting_for_every_omic_is_named_as_the_stages_name_it(mlflow_project):
    suggested = {"pretrain.*.widths": (64, 16)}
    with tracked_run("tune", None, execution=REPRO) as run, run.child("trial 0", suggested):
        pass
    assert runs()["trial 0"].data.params == {"pretrain.widths": "[64, 16]"}


def test_more_settings_than_a_batch_of_mlflow_are_logged_whole(mlflow_project):
    suggested = {f"x{i}": i for i in range(101)}
    with tracked_run("tune", None, execution=REPRO) as run, run.child("trial 0", suggested):
        pass
    assert len(runs()["trial 0"].data.params) == 101


def test_models_judged_alike_stand_side_by_side(mlflow_project):
    with tracked_run("evaluate", None, execution=REPRO) as run:
        run.describe({"omics": "expression"})
        run.compare({"ours": {"test_r": 0.3}, "ridge": {"test_r": 0.2}}, "ours")
    found = runs()
    assert set(found) == {"dvc repro", "evaluate", "ours", "ridge"}
    for name in ("dvc repro", "evaluate", "ours"):
        assert found[name].data.metrics == {"test_r": 0.3}
    assert found["ridge"].data.metrics == {"test_r": 0.2}
    assert found["ridge"].data.params == {"model": "ridge"}
    assert found["ours"].data.params == {"model": "ours", "omics": "expression"}
    assert parent_of(found["ridge"]) == parent_of(found["ours"]) == found["evaluate"].info.run_id
    # One search shows them side by side, and no other run.
    models = {name for name, run in found.items() if "model" in run.data.params}
    assert models == {"ours", "ridge"}


def test_where_nothing_was_judged_no_figure_is_logged(mlflow_project):
    with tracked_run("evaluate", None, execution=REPRO) as run:
        run.compare({}, "predictor")
    assert {name: run.data.metrics for name, run in runs().items()} == {
        "dvc repro": {},
        "evaluate": {},
    }


def test_an_execution_is_named_by_commit_and_headline_figure(mlflow_project):
    git = ["git", "-c", "user.name=a", "-c", "user.email=a@example.org"]
    (mlflow_project / ".gitignore").write_text("mlruns\n")
    for command in (["init", "-q"], ["add", "."], ["commit", "-qm", "start"]):
        subprocess.run([*git, *command], check=True)
    done = subprocess.run([*git, "rev-parse", "HEAD"], capture_output=True, text=True, check=True)
    name = f"{done.stdout[:7]} dvc repro"
    with tracked_run("evaluate", None, execution=REPRO) as run:
        assert name in runs()
        for r in (0.3, 0.35142):
            run.compare({"predictor": {"test_mean_gene_r": r}}, "predictor")
    assert f"r=0.351 {name}" in runs()
    (mlflow_project / "half-done.py").touch()
    with tracked_run("prepare", None, execution=LATER):
        pass
    assert f"{done.stdout[:7]}+ dvc repro finetune" in runs()


def test_settings_that_nothing_ran_with_are_no_parameters(mlflow_project):
    with tracked_run("evaluate", SETTINGS, execution=REPRO, left_out=["encoder"]):
        pass
    params = runs()["evaluate"].data.params
    assert params == {"evaluate.learning_rate": "0.001", "evaluate.seed": "7"}


def test_what_runs_are_compared_by_stands_in_the_run_and_in_its_execution(mlflow_project):
    with tracked_run("evaluate", None, execution=REPRO) as run:
        run.describe({"omics": "expression+mutation", "latent_size.expression": 32})
        run.params({"latent_size": 16})
    found = runs()
    described = {"omics": "expression+mutation", "latent_size.expression": "32"}
    assert found["dvc repro"].data.params == described
    assert found["evaluate"].data.params == {**described, "latent_size": "16"}
    assert found["dvc repro"].data.tags["stage"] == "execution"


def test_an_artifact_is_kept_beside_the_database(mlflow_project):
    (mlflow_project / "per_gene.csv").write_text("gene,r\n")
    with tracked_run("evaluate", None, execution=REPRO) as run:
        run.artifact(mlflow_project / "per_gene.csv")
    folder = mlflow_project / "mlruns" / "artifacts" / PIPELINE / run.run_id / "artifacts"
    assert (folder / "per_gene.csv").read_text() == "gene,r\n"


def test_keras_logs_each_epoch(mlflow_project):
    import keras
    import numpy as np

    model = keras.Sequential([keras.layers.Input((2,)), keras.layers.Dense(1)])
    model.compile("sgd", loss="mse")
    with tracked_run("finetune", None, execution=REPRO) as run:
        fitted = model.fit(
            np.ones((4, 2)), np.ones(4), epochs=2, verbose=0, callbacks=run.keras_callbacks()
        )
    with mlflow_client():
        logged = mlflow.MlflowClient().get_metric_history(run.run_id, "loss")
    assert [point.step for point in logged] == [0, 1]
    assert [point.value for point in logged] == pytest.approx(fitted.history["loss"])


def test_epochs_that_wait_to_be_sent_are_there_when_training_is_cut_off(mlflow_project):
    runs = []

    def interrupted():
        with tracked_run("finetune", None, execution=REPRO) as run:
            runs.append(run.run_id)
            (callback,) = run.keras_callbacks()
            for epoch in range(3):
                callback.on_epoch_end(epoch, {"loss": 1.0 - epoch})
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        interrupted()
    with mlflow_client():
        logged = mlflow.MlflowClient().get_metric_history(runs[0], "loss")
    assert [(point.step, point.value) for point in logged] == [(0, 1.0), (1, 0.0), (2, -1.0)]


def test_the_address_is_the_projects_own_unless_the_environment_says_otherwise(
    mlflow_project, monkeypatch
):
    assert tracking_uri() == f"sqlite:///{mlflow_project}/mlruns/mlflow.db"
    with mlflow_client():
        pass
    assert "MLFLOW_TRACKING_URI" not in os.environ  # MLflow sets it for itself
    monkeypatch.setenv("MLFLOW_TRACKING_URI", "http://127.0.0.1:5000")
    assert tracking_uri() == "http://127.0.0.1:5000"


@pytest.mark.slow
def test_the_stages_of_a_real_dvc_repro_are_children_of_one_run(mlflow_project):
    script = (
        "import sys\n"
        "from pathlib import Path\n"
        "from deepdep.tracking import tracked_run\n"
        "with tracked_run(sys.argv[1], None):\n"
        "    Path(sys.argv[1]).touch()\n"
        "sys.exit('tensorflow' in sys.modules)  # the door must not cost the import\n"
    )
    (mlflow_project / "stage.py").write_text(script)
    stage = {name: {"cmd": f"{sys.executable} stage.py {name}", "outs": [name]} for name in "ab"}
    (mlflow_project / "dvc.yaml").write_text(json.dumps({"stages": stage}))
    dvc = [sys.executable, "-m", "dvc"]
    subprocess.run([*dvc, "init", "--no-scm", "-q"], check=True)
    subprocess.run([*dvc, "repro", "-q"], check=True)
    found = runs()
    assert set(found) == {"dvc repro -q", "a", "b"}
    assert parent_of(found["a"]) == parent_of(found["b"]) == found["dvc repro -q"].info.run_id


def test_runs_of_dead_processes_are_ended_and_those_of_living_ones_go_on(mlflow_project):
    for name in ("dead", "elsewhere", "finished"):
        with tracked_run(name, None, execution=PipelineExecution(f"host:{name}:1", f"dvc {name}")):
            pass
    found, here = runs(), socket.gethostname()
    with mlflow_client() as client:
        for name, process in (("dead", f"{here}:999999999:1"), ("elsewhere", f"not-{here}:1:1")):
            client.set_tag(found[name].info.run_id, "deepdep.process", process)
            client.update_run(found[name].info.run_id, status="RUNNING")
    with tracked_run("living", None, execution=REPRO):
        end_killed_runs(PIPELINE)
        status = {name: run.info.status for name, run in runs().items()}
    assert status["dead"] == "KILLED"
    assert status["elsewhere"] == status["living"] == "RUNNING"
    assert status["finished"] == "FINISHED"


def test_a_stage_that_its_killed_dvc_left_behind_is_not_joined_by_another(
    mlflow_project, monkeypatch
):
    (mlflow_project / ".dvc").mkdir()
    monkeypatch.setattr(execution, "SECONDS_TO_DIE", 0.1)
    by_hand = PipelineExecution("host:3:300", "by hand: prepare.py")
    with tracked_run("prepare", None, execution=REPRO):
        with (
            pytest.raises(BusyError, match=f"^prepare: .* It is process {os.getpid()}"),
            tracked_run("prepare", None, execution=LATER),
        ):
            pass
        for stage, other in (("validate", LATER), ("prepare", by_hand)):
            with tracked_run(stage, None, execution=other):
                pass
    with tracked_run("prepare", None, execution=LATER):
        pass


def test_a_stage_that_begins_ends_the_runs_of_one_that_was_killed(mlflow_project):
    with tracked_run("killed", None, execution=PipelineExecution("host:1:1", "dvc repro")):
        pass
    with mlflow_client() as client:
        for run in runs().values():
            name = f"{socket.gethostname()}:999999999:1"
            client.set_tag(run.info.run_id, "deepdep.process", name)
            client.update_run(run.info.run_id, status="RUNNING")
    with tracked_run("again", None, execution=REPRO):
        found = {name: run.info.status for name, run in runs().items()}
    assert found.pop("again") == "RUNNING"
    assert found.pop("killed") == "KILLED"


def test_a_run_while_its_server_is_away_leaves_no_password_behind(
    mlflow_project, monkeypatch, capsys
):
    monkeypatch.setenv("MLFLOW_TRACKING_URI", "http://lab:Sup3rSecret@127.0.0.1:1")
    monkeypatch.setenv("MLFLOW_HTTP_REQUEST_MAX_RETRIES", "0")
    with pytest.raises(ValueError, match="no address"), tracked_run("prepare", None):
        raise ValueError("http://lab:Sup3rSecret@host is no address")
    assert "MLflow at http://127.0.0.1:1 is away" in capsys.readouterr().err
    journals = [*(mlflow_project / "mlruns" / "spool").glob("*.jsonl")]
    text = "".join(journal.read_text() for journal in journals)
    assert "http://127.0.0.1:1" in text
    assert "http://***@host is no address" in text  # the tag that says what went wrong
    assert "Sup3rSecret" not in text


@pytest.mark.slow
def test_a_stage_logs_the_load_of_the_machine_and_what_is_below_it_does_not(
    mlflow_project, monkeypatch
):
    monkeypatch.setenv("MLFLOW_SYSTEM_METRICS_SAMPLING_INTERVAL", "0.2")
    with tracked_run("prepare", None, execution=REPRO) as run, run.child("trial-000"):
        time.sleep(2)
    found = runs()
    assert "system/cpu_utilization_percentage" in found["prepare"].data.metrics
    assert found["trial-000"].data.metrics == {}
