import json
import runpy
import shutil
from dataclasses import replace
from pathlib import Path

import mlflow
import pandas as pd
import pytest

from deepdep.data.prepared import write_prepared
from deepdep.io.files import file_sha256
from deepdep.io.matrices import to_anndata, write_anndata
from deepdep.registry import versions as registry
from deepdep.registry.candidates import Candidate
from deepdep.registry.packages import table_signature
from deepdep.registry.versions import (
    UnknownModelError,
    champion_or_named,
    find_version,
    list_versions,
    version_named,
)
from deepdep.tracking import tracked_run
from deepdep.tracking.provenance import PipelineExecution
from deepdep.tracking.store import mlflow_client

REGISTER = Path(__file__).parents[2] / "pipelines" / "register.py"
PREDICTOR = "deepdep-predictor"


def write_model(folder, *, content):
    folder.mkdir(parents=True, exist_ok=True)
    manifest = {"format_version": 3, "kind": content, "files": {}}
    (folder / "manifest.json").write_text(json.dumps(manifest))
    return folder


@pytest.fixture
def registered(mlflow_project):
    """Register a model of this content as a version of a name; return the number."""

    def register_content(content, *, name=PREDICTOR, metrics=None, measured_on="split", **more):
        folder = write_model(mlflow_project / content, content=content)
        execution = PipelineExecution("host:1:1", "dvc repro")
        with tracked_run("register", None, execution=execution) as run:
            candidate = Candidate(folder, name, metrics or {}, measured_on, **more)
            return candidate.register(run)

    return register_content


def test_a_new_model_becomes_a_version_and_the_challenger(registered):
    assert registered("one", metrics={"test_mean_gene_r": 0.1 + 0.2}) == 1
    assert registered("two") == 2
    one, two = list_versions()
    assert (one.aliases, two.aliases) == ((), ("challenger",))
    assert one.metrics == {"test_mean_gene_r": 0.1 + 0.2}  # to the last digit
    assert one.measured_on == "split"


def test_the_same_model_is_registered_once_and_keeps_its_newest_figures(registered):
    registered("one", metrics={"test_mean_gene_r": 0.3})
    registered("two")
    assert registered("one", metrics={"test_mean_gene_r": 0.4}, measured_on="other split") == 1
    one, _ = list_versions()
    assert one.metrics == {"test_mean_gene_r": 0.4}
    assert one.measured_on == "other split"
    assert one.aliases == ("challenger",)  # it is what the pipeline made last


def test_a_champion_does_not_become_its_own_challenger(registered):
    registered("one")
    with mlflow_client() as client:
        client.set_registered_model_alias(PREDICTOR, "champion", "1")
        client.delete_registered_model_alias(PREDICTOR, "challenger")
    assert registered("one") == 1
    assert find_version(PREDICTOR, 1).aliases == ("champion",)


def test_a_version_knows_its_run_and_the_run_has_its_figures(registered):
    registered("one", metrics={"test_mean_gene_r": 0.3})
    with mlflow_client() as client:
        run = client.get_run(client.get_model_version(PREDICTOR, "1").run_id)
    assert run.info.run_name == PREDICTOR
    assert run.data.metrics == {"test_mean_gene_r": 0.3}


def test_a_reference_leads_to_the_files_as_they_were(registered, mlflow_project):
    registered("one")
    registered("two")
    for reference, content in [
        ("deepdep-predictor@challenger", "two"),
        ("deepdep-predictor/1", "one"),
    ]:
        folder = version_named(reference).folder()
        assert folder.is_relative_to(mlflow_project / "mlruns" / "artifacts")
        original = mlflow_project / content / "manifest.json"
        assert file_sha256(folder / "manifest.json") == file_sha256(original)


def test_no_pickle_is_written(registered, mlflow_project):
    registered("one")
    files = [file.name for file in (mlflow_project / "mlruns" / "artifacts").rglob("*.*")]
    assert "manifest.json" in files
    assert not [name for name in files if "pkl" in name or "pickle" in name]


def test_a_name_alone_is_its_champion(registered):
    registered("one")
    with mlflow_client() as client:
        client.set_registered_model_alias(PREDICTOR, "champion", "1")
    for reference in (PREDICTOR, f"models:/{PREDICTOR}", f"{PREDICTOR}/1"):
        assert champion_or_named(reference).version == 1
    with pytest.raises(UnknownModelError, match="models/typo: there is no such folder"):
        champion_or_named("models/typo")


@pytest.mark.parametrize(
    ("reference", "said"),
    [
        ("deepdep-predictor", "names no version"),
        ("deepdep-predictor@champion", "no version or alias 'champion'; it has 1 challenger"),
        ("deepdep-predictor/9", "no version or alias '9'"),
        (
            "deepdep-' OR name LIKE '%@champion",
            "no such model, by a folder or by name; registered may be",
        ),
        ("deepdep-autoencoder-mutation@champion", "it has none"),
    ],
)
def test_an_unknown_reference_is_told_what_there_is(registered, reference, said):
    registered("one")
    with pytest.raises(UnknownModelError, match=said):
        version_named(reference).folder()


def test_a_version_whose_files_are_gone_is_refused(registered):
    registered("one")
    (version_named("deepdep-predictor/1").folder() / "manifest.json").unlink()
    version_named("deepdep-predictor/1").folder().rmdir()
    with pytest.raises(UnknownModelError, match="its files are not at"):
        version_named("deepdep-predictor/1").folder()


def test_autoencoders_of_every_table_have_a_name_and_are_listed(registered):
    names = ["deepdep-autoencoder-mutation_mobem", "deepdep-autoencoder-protein", PREDICTOR]
    for name in names:
        registered(name, name=name)
    assert [version.name for version in list_versions()] == [names[1], names[2], names[0]]
    assert find_version(names[0], "latest").version == 1
    with pytest.raises(UnknownModelError, match="no such model"):
        find_version("deepdep-autoencoder-proteome", "latest")


def test_versions_are_laid_out_for_people(registered):
    assert "dvc repro" in registry.format_versions(list_versions())
    registered("one", metrics={"test_mean_gene_r": 0.31259})
    registered("encoder", name="deepdep-autoencoder-mutation", metrics={"val_loss": 0.5})
    lines = registry.format_versions(list_versions()).splitlines()
    assert lines[0].split() == ["model", "version", "aliases", "figure", "created"]
    assert lines[1].split()[:5] == [
        "deepdep-autoencoder-mutation",
        "1",
        "challenger",
        "val_loss",
        "0.5000",
    ]
    assert "test_mean_gene_r 0.3126" in lines[2]


def test_the_stage_writes_the_same_file_each_time(
    mlflow_project, predictor_folder, encoder_folder, prepared_cohort
):
    shutil.copytree(predictor_folder, "models/predictor")
    shutil.copytree(encoder_folder, "models/autoencoders/expression")
    write_prepared(prepared_cohort, Path("prepared"))
    Path("reports").mkdir()
    predicted = pd.DataFrame(0.5, ["ACH-1"], ["BRAF"])
    obs = pd.DataFrame({"patient_id": "P", "lineage": "Lung"}, predicted.index)
    kind = {"kind": "gene_effect"}
    stored = to_anndata(predicted, obs=obs, uns=kind, layers={"predictor": predicted})
    write_anndata(stored, Path("reports/test_predictions.h5ad"))
    Path("reports/per_gene.csv").write_text("gene,r\n")
    Path("reports/validation.json").write_text("{}")
    Path("params.yaml").write_text("omics: [expression]\n")
    names = ("mean_gene_r", "mean_gene_r_low", "mean_gene_r_high", "mean_gene_spearman")
    models = {"predictor": {"all": dict.fromkeys((*names, "overall_r"), 0.3)}}
    report = {"cohort": prepared_cohort.counts, "models": models, "differences": {}}
    Path("reports/metrics.json").write_text(json.dumps(report))
    main = runpy.run_path(str(REGISTER))["main"]
    written = []
    for _ in range(2):
        main(Path("models"), Path("prepared"), Path("reports"), Path("registration.json"))
        written.append(Path("registration.json").read_bytes())
    assert written[0] == written[1]
    assert json.loads(written[0]) == {
        "deepdep-autoencoder-expression": file_sha256(encoder_folder / "manifest.json"),
        "deepdep-predictor": file_sha256(predictor_folder / "manifest.json"),
    }
    assert [version.version for version in list_versions()] == [1, 1]


def test_a_version_keeps_what_it_is_judged_by_and_the_newest_of_it(registered, mlflow_project):
    per_gene = mlflow_project / "per_gene.csv"
    for content in ("older", "newer"):
        per_gene.write_text(content)
        registered("one", evidence=(per_gene,), card=f"# {content}\n")
    version = find_version(PREDICTOR, 1)
    with version.evidence() as folder:
        assert (folder / "per_gene.csv").read_text() == "newer"
        assert (folder / "model_card.md").read_text() == "# newer\n"
    with mlflow_client() as client:
        assert client.get_model_version(PREDICTOR, "1").description == "# newer\n"


def test_a_card_that_mlflow_has_no_room_for_is_cut_after_a_line_and_kept_whole_beside(registered):
    card = "".join(f"line {i}\n" for i in range(1000))
    registered("one", card=card)
    with mlflow_client() as client:
        described = client.get_model_version(PREDICTOR, "1").description
    assert 4900 < len(described) <= 5000
    shown, _, rest = described.rpartition("\n\n")
    assert card.startswith(shown + "\n")
    assert rest == "The rest is in the artifact evidence/model_card.md of its run."
    with find_version(PREDICTOR, 1).evidence() as folder:
        assert (folder / "model_card.md").read_text() == card


def test_a_version_leads_to_the_run_that_trained_it_and_the_one_that_measured_it(
    registered, mlflow_project
):
    folder = write_model(mlflow_project / "one", content="one")
    with tracked_run("finetune", None, execution=PipelineExecution("host:1:1", "dvc repro")) as run:
        run.made(folder)
    registered("one")
    registered("two")
    one, two = list_versions()
    assert one.trained_by == run.run_id
    assert two.trained_by is None
    # Without figures of its own it comes out again where those of its training do.
    assert (one.reproduced_run, two.reproduced_run) == (run.run_id, two.run_id)
    assert replace(one, metrics={"test_mean_gene_r": 0.3}).reproduced_run == one.run_id
    with mlflow_client() as client:
        assert client.get_run(one.measured_by).info.run_name == "register"


def test_a_version_says_what_its_served_model_takes(registered):
    registered("one")
    with mlflow_client():
        stored = mlflow.models.get_model_info(f"models:/{PREDICTOR}/1").signature
    assert stored == table_signature("effect")
    assert [column.name for column in stored.outputs] == ["samples", "effect"]


def test_a_logged_model_belongs_to_the_run_that_trained_it(registered, mlflow_project):
    folder = write_model(mlflow_project / "one", content="one")
    with tracked_run("finetune", None, execution=PipelineExecution("host:1:1", "dvc repro")) as run:
        run.params({"finetune.epochs": 3})
        run.made(folder)
    registered("one", metrics={"test_mean_gene_r": 0.3}, measured_on="6d0e638d" * 8)
    with mlflow_client() as client:
        version = mlflow.MlflowClient().get_model_version(PREDICTOR, "1")
        logged = mlflow.MlflowClient().get_logged_model(version.source.removeprefix("models:/"))
        (output,) = client.get_run(run.run_id).outputs.model_outputs
    assert logged.source_run_id == run.run_id
    assert output.model_id == logged.model_id
    assert logged.status == "READY"
    (registered_as,) = json.loads(logged.tags["mlflow.modelVersions"])
    assert registered_as == {"name": PREDICTOR, "version": version.version}
    assert logged.params == {"finetune.epochs": "3"}
    (figure,) = logged.metrics
    assert (figure.key, figure.value) == ("test_mean_gene_r", 0.3)
    assert (figure.dataset_name, figure.dataset_digest[:8]) == ("unseen patients", "6d0e638d")


def test_figures_are_one_tag_and_the_registered_model_says_what_it_is(registered):
    registered("one", metrics={"test_mean_gene_r": 0.3, "test_r_above_ridge": 0.1})
    with mlflow_client() as client:
        model = client.get_registered_model(PREDICTOR)
        tags = client.get_model_version(PREDICTOR, "1").tags
    assert "gene effects" in model.description
    assert json.loads(tags["metrics"]) == {"test_mean_gene_r": 0.3, "test_r_above_ridge": 0.1}
    assert [tag for tag in tags if tag.startswith("test_")] == ["test_mean_gene_r"]


def test_figures_of_a_version_of_an_earlier_release_are_read(registered):
    registered("one")
    with mlflow_client() as client:
        mlflow.MlflowClient().delete_model_version_tag(PREDICTOR, "1", "metrics")
        client.set_model_version_tag(PREDICTOR, "1", "metric.test_mean_gene_r", "0.25")
    assert find_version(PREDICTOR, 1).metrics == {"test_mean_gene_r": 0.25}
