"""A project under git and DVC, in whose registry versions of any quality can be put."""

import json
import shutil
import subprocess
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from deepdep.domain.omics import Omic
from deepdep.io.files import file_sha256
from deepdep.io.manifest import write_manifest
from deepdep.io.matrices import to_anndata, write_anndata
from deepdep.registry import AUTOENCODER, PREDICTOR, Candidate
from deepdep.registry.answers import Reference
from deepdep.registry.versions import list_versions
from deepdep.settings import Settings
from deepdep.tracking import tracked_run
from deepdep.tracking.provenance import PipelineExecution

DVC_YAML = """
stages:
  finetune: {cmd: x, deps: [prepared]}
  register: {cmd: x, deps: [prepared]}
"""
PASSED = {"success": True, "n_failed": 0, "checks": []}
N_LINES, N_GENES = 60, 40


@dataclass(frozen=True)
class Seeded(Settings):
    seed: int


@dataclass(frozen=True)
class Registry:
    """A project's registry, and what is put into it."""

    folder: Path
    predictor: Path  # folders of models
    encoder: Path
    of_predictor: Reference  # what these models answer
    of_encoder: Reference

    def add_predictor(
        self, r, *, seed=1, validation=PASSED, measured_on=None, metrics=None, trained=True
    ):
        """Register a version whose predictions of unseen patients correlate by about ``r``."""
        model = self._own_copy(self.predictor)
        evidence = (self._validation(validation), self._judged(r, seed))
        gain = {"": r, "_low": r - 0.1, "_high": r + 0.1}
        figures = {f"test_r_above_gene_mean{end}": x for end, x in gain.items()}
        candidate = Candidate(
            model,
            PREDICTOR,
            {"test_mean_gene_r": r, **figures} if metrics is None else metrics,
            measured_on or file_sha256(self.folder / "prepared" / "splits.csv"),
            evidence,
            "# A card\n",
            self.of_predictor,
        )
        self._register(candidate, trained)

    def add_encoder(self, loss):
        """Register a version of an autoencoder with this held-out loss."""
        model = self._own_copy(self.encoder)
        metrics = {} if loss is None else {"val_loss": loss}
        name, evidence = AUTOENCODER.format(Omic.EXPRESSION), (self._validation(PASSED),)
        candidate = Candidate(model, name, metrics, "tumors", evidence, "", self.of_encoder)
        self._register(candidate, trained=True)

    @property
    def aliases(self):
        return {version.version: version.aliases for version in list_versions()}

    def git(self, *arguments):
        identity = ["-c", "user.name=a", "-c", "user.email=a@example.org"]
        subprocess.run(["git", *identity, *arguments], cwd=self.folder, check=True)

    def evidence(self, version):
        """The stored evidence of a version of the predictor."""
        runs = self.folder / "mlruns" / "artifacts" / "deepdep-pipeline"
        return runs / version.run_id / "artifacts" / "evidence"

    def _register(self, candidate, trained):
        execution = PipelineExecution("host:1:1", "dvc repro")
        if trained:
            with tracked_run("finetune", Seeded(1), execution=execution) as run:
                run.made(candidate.folder)
        with tracked_run("register", None, execution=execution) as run:
            candidate.register(run)

    def _own_copy(self, model):
        """The same model under another hash."""
        number = len(list_versions())
        copy = self.folder / "models" / str(number)
        shutil.copytree(model, copy)
        (copy / "manifest.json").unlink()
        (copy / "history.csv").write_text(f"epoch,loss\n0,{number}\n")
        write_manifest(copy, json.loads((model / "manifest.json").read_text())["kind"])
        return copy

    def _validation(self, result):
        file = self.folder / "reports" / "validation.json"
        file.parent.mkdir(exist_ok=True)
        file.write_text(json.dumps(result))
        return file

    def _judged(self, r, seed):
        rng = np.random.default_rng(0)
        labels = [f"ACH-{i}" for i in range(N_LINES)], [f"GENE{i}" for i in range(N_GENES)]
        measured = pd.DataFrame(rng.normal(size=(N_LINES, N_GENES)), *labels)
        noise = np.random.default_rng(seed).normal(size=measured.shape)
        predicted = r * measured + np.sqrt(1 - r**2) * noise
        obs = pd.DataFrame({"patient_id": labels[0]}, index=labels[0])
        file = self.folder / "reports" / "test_predictions.h5ad"
        write_anndata(to_anndata(measured, obs=obs, layers={"predictor": predicted}), file)
        return file


@pytest.fixture(scope="session")
def references(predictor_folder, encoder_folder, prepared_cohort) -> tuple[Reference, Reference]:
    """Answers of the predictor to seven genes, and of the encoder."""
    profiles = {omic: tables.cell_lines for omic, tables in prepared_cohort.omics.items()}
    lines, genes = profiles[Omic.EXPRESSION].index[:5], prepared_cohort.gene_effect.table.columns
    wanted = pd.DataFrame(index=lines, columns=genes[:7])
    return (
        Reference.from_predictor(predictor_folder, profiles, wanted),
        Reference.from_encoder(encoder_folder, Omic.EXPRESSION, profiles[Omic.EXPRESSION]),
    )


@pytest.fixture
def registry(mlflow_project, predictor_folder, encoder_folder, references) -> Registry:
    """An empty registry in a project whose files are committed."""
    (mlflow_project / "dvc.yaml").write_text(DVC_YAML)
    (mlflow_project / "dvc.lock").write_text(
        "stages: {prepare: {outs: [{path: prepared, md5: 11aa.dir}]}}\n"
    )
    (mlflow_project / "requirements.lock").write_text("numpy\n")
    (mlflow_project / ".gitignore").write_text("mlruns\nmodels\nprepared\nreports\n")
    (mlflow_project / "prepared").mkdir()
    (mlflow_project / "prepared" / "splits.csv").write_text("cell_line,split\n")
    made = Registry(mlflow_project, predictor_folder, encoder_folder, *references)
    made.git("init", "--quiet")
    made.git("add", "--all")
    made.git("commit", "--quiet", "--message", "start")
    return made
