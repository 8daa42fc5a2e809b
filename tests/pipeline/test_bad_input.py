"""Bad input at any stage: exit code 2, one line, no output of that stage left behind."""

import json
import runpy
import shlex
import shutil
import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from subprocess import CompletedProcess

import mudata
import pandas as pd
import pytest
import yaml

from deepdep.data.cohort import write_cohort
from deepdep.data.prepared import read_prepared_omic
from deepdep.domain.omics import Omic
from deepdep.io.features import write_feature_space
from deepdep.io.matrices import write_matrix
from deepdep.settings import merged
from pipeline_runs.project import ROOT, Project
from printed import lines_but_progress

STAGES = yaml.safe_load((ROOT / "dvc.yaml").read_text(encoding="utf-8"))["stages"]
CODE = ("dvc.yaml", "params.yaml", "genes.txt", "pipelines", "src")
DATA = ("data", "prepared", "tuning", "models", "reports", "predictions")
OMIC = Omic.EXPRESSION  # whose autoencoder is pretrained with spoiled input

Run = Callable[[Path, str], CompletedProcess[str]]  # a stage in a project's folder


@dataclass(frozen=True)
class Spoiled:
    """A way to spoil what a stage reads, and what the error must name."""

    stage: str
    spoil: Callable[[Path], None]  # takes the project's folder
    named: str

    @property
    def id(self) -> str:
        return f"{self.stage}-{self.spoil.__name__}"


def command_of(stage: str) -> list[str]:
    return shlex.split(STAGES[stage]["cmd"].replace("${item.omic}", OMIC))


def outputs_of(stage: str) -> list[str]:
    entries = [*STAGES[stage].get("outs", []), *STAGES[stage].get("metrics", [])]
    names = [entry if isinstance(entry, str) else next(iter(entry)) for entry in entries]
    return [name.replace("${item.omic}", OMIC) for name in names]


@pytest.fixture(scope="module")
def untouched(tmp_path_factory, cohort) -> Path:
    """The project with the tests' small cohort; no stage has run."""
    folder = tmp_path_factory.mktemp("untouched")
    copy_to(folder, ROOT, CODE)
    write_cohort(cohort, folder / "data")
    return folder


@pytest.fixture
def spoiled_project(tmp_path, empty_mlflow_database):
    """Return what copies a project and spoils what a stage reads; the stage has not run there."""

    def make(project: Path, spoiled: Spoiled) -> Path:
        folder = tmp_path / "spoiled"
        folder.mkdir()
        copy_to(folder, project, (*CODE, *DATA))
        (folder / "mlruns").mkdir()
        shutil.copy(empty_mlflow_database, folder / "mlruns")
        for output in outputs_of(spoiled.stage):
            path = folder / output
            shutil.rmtree(path) if path.is_dir() else path.unlink(missing_ok=True)
        spoiled.spoil(folder)
        return folder

    return make


@pytest.fixture
def run_here(monkeypatch, capsys):
    """Run a stage in this process, which has TensorFlow loaded already."""

    def run(folder: Path, stage: str) -> CompletedProcess[str]:
        _, script, *arguments = command_of(stage)
        monkeypatch.delenv("MLFLOW_TRACKING_URI", raising=False)
        monkeypatch.chdir(folder)
        monkeypatch.setattr(sys, "argv", [script, *arguments])
        capsys.readouterr()  # what was printed before
        with pytest.raises(SystemExit) as ended:
            runpy.run_path(script, run_name="__main__")
        printed = capsys.readouterr()
        return CompletedProcess(script, ended.value.code, printed.out, printed.err)

    return run


def run_in_a_process(folder: Path, stage: str) -> CompletedProcess[str]:
    return Project(folder).run(*command_of(stage))


def copy_to(folder: Path, project: Path, names: Sequence[str]) -> None:
    for name in names:
        if (project / name).is_dir():
            shutil.copytree(project / name, folder / name)
        elif (project / name).exists():
            shutil.copy(project / name, folder / name)


def check_refusal(folder: Path, spoiled: Spoiled, run: Run) -> None:
    before = files_of(folder)
    done = run(folder, spoiled.stage)
    assert done.returncode == 2, done.stderr
    (line,) = lines_but_progress(done.stderr)
    assert line.startswith("error: ")
    assert spoiled.named in line
    assert done.stdout == ""
    assert files_of(folder) == before


def files_of(folder: Path) -> set[Path]:
    """All files but those of MLflow and the interpreter."""
    return {
        path
        for path in folder.rglob("*")
        if not {"mlruns", "__pycache__"} & set(path.relative_to(folder).parts)
    }


def edit_yaml(file: Path, values: dict) -> None:
    tree = yaml.safe_load(file.read_text(encoding="utf-8"))
    file.write_text(yaml.safe_dump(merged(tree, values)), encoding="utf-8")


def flip_last_byte(file: Path) -> None:
    content = bytearray(file.read_bytes())
    content[-1] ^= 0xFF
    file.write_bytes(content)


def beta_of_1_7(folder):
    source = folder / "data" / "tumors.h5mu"
    tumors = mudata.read_h5mu(source)
    values = tumors.mod[Omic.METHYLATION]
    values.X[3, 5] = 1.7
    tumors.write(source)


def no_cell_lines(folder):
    (folder / "data" / "cell_lines.h5mu").unlink()


def truncated_tumors(folder):
    source = folder / "data" / "tumors.h5mu"
    source.write_bytes(source.read_bytes()[:5000])


def unknown_key(folder):
    edit_yaml(folder / "params.yaml", {"prepare": {"min_genes": 3}})


def no_listed_gene_was_screened(folder):
    (folder / "genes.txt").write_text("SIM99998\nSIM99999\n", encoding="utf-8")


def no_gene_list(folder):
    (folder / "genes.txt").unlink()


def no_feature_lists(folder):
    edit_yaml(folder / "params.yaml", {"prepare": {"features": "deepdep-2021"}})


def no_gene_effects(folder):
    (folder / "data" / "gene_effect.h5ad").unlink()


def unknown_setting_in_the_space(folder):
    space = {"finetune.network.embeding": {"choices": [64, 128]}}
    edit_yaml(folder / "params.yaml", {"tune": {"space": space}})


def value_that_no_setting_takes(folder):
    space = {"pretrain.expression.encoder.widths": {"choices": [64]}}
    edit_yaml(folder / "params.yaml", {"tune": {"space": space}})


def empty_range(folder):
    space = {"finetune.network.dropout": {"low": 0.6, "high": 0.2, "scale": "linear"}}
    edit_yaml(folder / "params.yaml", {"tune": {"space": space}})


def logarithm_of_nothing(folder):
    space = {"finetune.learning_rate": {"low": 0.0, "high": 0.2, "scale": "log"}}
    edit_yaml(folder / "params.yaml", {"tune": {"space": space}})


def no_split(folder):
    (folder / "prepared" / "splits.csv").unlink()


def no_omic_folder(folder):
    shutil.rmtree(folder / "prepared" / OMIC)


def wrong_type(folder):
    edit_yaml(folder / "params.yaml", {"pretrain": {str(OMIC): {"epochs": "many"}}})


def broken_features(folder):
    (folder / "prepared" / OMIC / "features.json").write_text("{", encoding="utf-8")


def broken_tuned_values(folder):
    (folder / "tuning" / "best.yaml").write_text("pretrain: [", encoding="utf-8")


def tampered_encoder(folder):
    flip_last_byte(folder / "models" / "autoencoders" / OMIC / "model.safetensors")


def no_encoder(folder):
    shutil.rmtree(folder / "models" / "autoencoders" / OMIC)


def prepared_anew_with_another_feature(folder):
    """The autoencoder is of an earlier preparation."""
    tables = read_prepared_omic(folder / "prepared" / OMIC)
    renamed = {tables.space.table.index[0]: "ANOTHER"}
    space = replace(tables.space, table=tables.space.table.rename(index=renamed))
    write_feature_space(space, folder / "prepared" / OMIC / "features")
    lines = tables.cell_lines.rename(columns=renamed)
    write_matrix(lines, folder / "prepared" / OMIC / "cell_lines.h5ad")


def tampered_predictor(folder):
    flip_last_byte(folder / "models" / "judged" / "network_1.safetensors")


def exchanged_settings(folder):
    file = folder / "models" / "judged" / "settings.json"
    stored = json.loads(file.read_text(encoding="utf-8"))
    stored["predictor"]["embedding"] = 7
    file.write_text(json.dumps(stored), encoding="utf-8")


def damaged_gene_effects(folder):
    source = folder / "prepared" / "gene_effect.h5ad"
    source.write_bytes(source.read_bytes()[:2000])


def tampered_manifest(folder):
    file = folder / "models" / "predictor" / "manifest.json"
    manifest = json.loads(file.read_text(encoding="utf-8"))
    manifest["files"]["network_1.safetensors"] = "0" * 64
    file.write_text(json.dumps(manifest), encoding="utf-8")


def no_manifest_of_an_encoder(folder):
    (folder / "models" / "autoencoders" / OMIC / "manifest.json").unlink()


def no_manifest(folder):
    (folder / "models" / "predictor" / "manifest.json").unlink()


def no_metrics(folder):
    (folder / "reports" / "metrics.json").unlink()


def metrics_of_nothing(folder):
    (folder / "reports" / "metrics.json").write_text("{}", encoding="utf-8")


def truncated_metrics(folder):
    file = folder / "reports" / "metrics.json"
    file.write_text(file.read_text(encoding="utf-8")[:100], encoding="utf-8")


def no_per_gene_table(folder):
    (folder / "reports" / "per_gene.csv").unlink()


def no_r_in_the_per_gene_table(folder):
    file = folder / "reports" / "per_gene.csv"
    pd.read_csv(file).drop(columns="r").to_csv(file, index=False)


def no_prepared_tumors(folder):
    (folder / "prepared" / "tumors.csv").unlink()


def too_many_carriers(folder):
    edit_yaml(folder / "params.yaml", {"screen": {"alterations": {"min_carriers": 10**6}}})


def no_predicted_tumors(folder):
    (folder / "predictions" / "tumors.h5ad").unlink()


def no_trials(folder):
    (folder / "tuning" / "trials.csv").unlink()


def no_predicted_lines(folder):
    (folder / "predictions" / "cell_lines.h5ad").unlink()


def no_history(folder):
    (folder / "models" / "judged" / "history.csv").unlink()


QUICK = [
    Spoiled("validate", beta_of_1_7, "tumors.h5mu/methylation"),
    Spoiled("prepare", unknown_key, "params.yaml: prepare.min_genes"),
]
FROM_DATA = [
    Spoiled("validate", no_cell_lines, "data/cell_lines.h5mu"),
    Spoiled("validate", truncated_tumors, "data/tumors.h5mu"),
    Spoiled("prepare", no_listed_gene_was_screened, "prepare.gene_list (genes.txt)"),
    Spoiled("prepare", no_gene_list, "genes.txt"),
    Spoiled("prepare", no_feature_lists, "feature_lists: there is no such folder"),
    Spoiled("prepare", no_gene_effects, "gene_effect.h5ad"),
]
FROM_STAGES = [
    Spoiled("tune", unknown_setting_in_the_space, "tune.space.finetune.network.embeding"),
    Spoiled("tune", value_that_no_setting_takes, "tune.space.pretrain.expression.encoder.widths"),
    Spoiled("tune", empty_range, "tune.space.finetune.network.dropout"),
    Spoiled("tune", logarithm_of_nothing, "tune.space.finetune.learning_rate"),
    Spoiled("tune", no_split, "prepared/splits.csv"),
    Spoiled("pretrain", no_omic_folder, "prepared/expression"),
    Spoiled("pretrain", wrong_type, "params.yaml: pretrain.expression.epochs"),
    Spoiled("pretrain", broken_features, "prepared/expression/features.json"),
    Spoiled("pretrain", broken_tuned_values, "tuning/best.yaml"),
    Spoiled("finetune", tampered_encoder, "models/autoencoders/expression/manifest.json"),
    Spoiled("finetune", no_encoder, "models/autoencoders/expression"),
    Spoiled("finetune", prepared_anew_with_another_feature, "the autoencoder of expression reads"),
    Spoiled("evaluate", tampered_predictor, "judged/manifest.json: network_1.safetensors"),
    Spoiled("evaluate", exchanged_settings, "models/judged/manifest.json: settings.json"),
    Spoiled("evaluate", damaged_gene_effects, "prepared/gene_effect.h5ad"),
    Spoiled("register", tampered_manifest, "models/predictor/manifest.json"),
    Spoiled("register", no_manifest_of_an_encoder, "models/autoencoders/expression"),
    Spoiled("register", no_manifest, "models/predictor"),
    Spoiled("register", no_metrics, "reports/metrics.json"),
    Spoiled("register", metrics_of_nothing, "reports/metrics.json"),
    Spoiled("predict", no_per_gene_table, "reports/per_gene.csv"),
    Spoiled("predict", no_r_in_the_per_gene_table, "reports/per_gene.csv"),
    Spoiled("predict", no_prepared_tumors, "prepared/tumors.csv"),
    Spoiled("screen", too_many_carriers, "no alteration is carried by 1000000 labelled lines"),
    Spoiled("explain", no_predicted_tumors, "predictions/tumors.h5ad"),
    Spoiled("report", no_metrics, "reports/metrics.json"),
    Spoiled("report", truncated_metrics, "reports/metrics.json"),
    Spoiled("report", no_trials, "tuning/trials.csv"),
    Spoiled("report", no_history, "models/judged/history.csv"),
    Spoiled("explorer", no_predicted_lines, "predictions/cell_lines.h5ad"),
]
FIRST_OF_STAGE = list({spoiled.stage: spoiled for spoiled in reversed(FROM_STAGES)}.values())


@pytest.mark.parametrize("spoiled", QUICK, ids=lambda spoiled: spoiled.id)
def test_the_first_stages_refuse_a_spoiled_cohort_or_setting(untouched, spoiled_project, spoiled):
    check_refusal(spoiled_project(untouched, spoiled), spoiled, run_in_a_process)


@pytest.mark.slow
@pytest.mark.parametrize("spoiled", FROM_DATA, ids=lambda spoiled: spoiled.id)
def test_the_first_stages_refuse_what_else_may_be_wrong(
    untouched, spoiled_project, run_here, spoiled
):
    check_refusal(spoiled_project(untouched, spoiled), spoiled, run_here)


@pytest.mark.slow
@pytest.mark.parametrize("spoiled", FROM_STAGES, ids=lambda spoiled: spoiled.id)
def test_later_stages_refuse_a_spoiled_output_of_an_earlier_one(
    small, spoiled_project, run_here, spoiled
):
    check_refusal(spoiled_project(small.folder, spoiled), spoiled, run_here)


@pytest.mark.slow
@pytest.mark.parametrize("spoiled", FIRST_OF_STAGE, ids=lambda spoiled: spoiled.id)
def test_in_a_process_of_its_own_a_stage_prints_no_more_than_that(small, spoiled_project, spoiled):
    check_refusal(spoiled_project(small.folder, spoiled), spoiled, run_in_a_process)
