"""What a pipeline execution offers to the registry: its models and their figures."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pandas as pd

from deepdep.domain.errors import BadFileError
from deepdep.domain.omics import Omic
from deepdep.io.labelled_csv import read_numbered_csv
from deepdep.io.manifest import MANIFEST, check_manifest
from deepdep.provenance import file_sha256

PREDICTOR = "deepdep-predictor"
AUTOENCODERS = {omic: f"deepdep-autoencoder-{omic}" for omic in Omic}


@dataclass(frozen=True)
class Candidate:
    """A trained model on its way to the registry.

    Attributes
    ----------
    folder
        As ``models.artifacts`` wrote it.
    name
        The registered model that it becomes a version of.
    measured_on
        sha256 of what the metrics were measured on; only then do two versions compare.
    """

    folder: Path
    name: str
    metrics: Mapping[str, float]
    measured_on: str

    @property
    def manifest_sha256(self) -> str:
        """Identify the model by its content."""
        digest = file_sha256(self.folder / MANIFEST)
        if digest is None:
            raise BadFileError(self.folder, f"has no {MANIFEST}", "Run `dvc repro` to train it")
        return digest


def predictor_metrics(report: Mapping[str, Any]) -> dict[str, float]:
    """Take from reports/metrics.json what a predictor is judged by, over all genes."""
    own = report["models"]["predictor"]["all"]
    kept = ("mean_gene_r", "mean_gene_r_low", "mean_gene_r_high", "mean_gene_spearman", "overall_r")
    figures = {f"test_{name}": own[name] for name in kept}
    for comparison, strata in report["differences"].items():
        gain = strata["all"]["mean_gene_r"]
        name = f"test_r_above_{comparison.removeprefix('predictor - ')}"
        figures |= {
            name: gain["difference"],
            f"{name}_low": gain["low"],
            f"{name}_high": gain["high"],
        }
    return {name: float(figure) for name, figure in figures.items() if figure is not None}


def autoencoder_metrics(history: pd.DataFrame) -> dict[str, float]:
    """Return the held-out loss of the kept epoch, the best; nothing for an untrained one."""
    return {"val_loss": float(history["val_loss"].min())} if len(history) else {}


def candidates(models: Path, prepared: Path, report: Mapping[str, Any]) -> list[Candidate]:
    """List the models of a pipeline execution: the autoencoders, then the predictor.

    A folder that is not the model that was saved is an error, before any model is registered.

    Parameters
    ----------
    models, prepared
        The folders that the stages wrote.
    report
        Content of reports/metrics.json.
    """
    folders = sorted(path for path in models.glob("autoencoders/*") if path.is_dir())
    for folder in folders:
        check_manifest(folder, "autoencoder")
    check_manifest(models / "predictor", "predictor")
    encoders = [
        Candidate(
            folder,
            AUTOENCODERS[Omic(folder.name)],
            autoencoder_metrics(read_numbered_csv(folder / "history.csv")),
            _samples_sha256(prepared / folder.name),
        )
        for folder in folders
    ]
    split = _sha256(prepared / "splits.csv")
    predictor = Candidate(models / "predictor", PREDICTOR, predictor_metrics(report), split)
    return [*encoders, predictor]


def _samples_sha256(prepared_omic: Path) -> str:
    """Hash the samples an autoencoder learned from and was judged on."""
    tumors = file_sha256(prepared_omic / "tumors.h5ad")
    return tumors or _sha256(prepared_omic / "cell_lines.h5ad")


def _sha256(file: Path) -> str:
    digest = file_sha256(file)
    if digest is None:
        raise BadFileError(file, "there is no such file", "Run `dvc repro prepare`")
    return digest
