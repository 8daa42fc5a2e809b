"""What a pipeline execution offers to the registry: its models and their figures."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pandas as pd

from deepdep.domain.omics import Omic
from deepdep.errors import BadFileError
from deepdep.io.documents import read_numbered_csv
from deepdep.io.files import file_sha256, require_file
from deepdep.io.manifest import MANIFEST, check_manifest
from deepdep.io.matrices import read_anndata, read_matrix, to_frame
from deepdep.registry.answers import Reference, encoder_reference, predictor_reference
from deepdep.registry.model_card import encoder_card, predictor_card
from deepdep.report.results import read_metrics
from deepdep.tracking.provenance import INPUT, project_root, stage_inputs

PREDICTOR = "deepdep-predictor"
AUTOENCODERS = {omic: f"deepdep-autoencoder-{omic}" for omic in Omic}

# Names of what a version is judged by, in the folder that is stored with it.
METRICS, PER_GENE, TEST_PREDICTIONS, VALIDATION = (
    "metrics.json",
    "per_gene.csv",
    "test_predictions.h5ad",
    "validation.json",
)


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
    evidence
        Files that the figures come from, stored with the version.
    card
        What a person should know of the model, in Markdown.
    reference
        A few samples and the model's answers, by which it is known to load as it was.
    """

    folder: Path
    name: str
    metrics: Mapping[str, float]
    measured_on: str
    evidence: tuple[Path, ...] = ()
    card: str = ""
    reference: Reference | None = None

    @property
    def manifest_sha256(self) -> str:
        """Identify the model by its content."""
        if not (self.folder / MANIFEST).is_file():
            raise BadFileError(self.folder, f"has no {MANIFEST}", "Run `dvc repro` to train it")
        return file_sha256(self.folder / MANIFEST)


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


def candidates(models: Path, prepared: Path, reports: Path) -> list[Candidate]:
    """List the models of a pipeline execution: the autoencoders, then the predictor.

    A folder that is not the model that was saved is an error, before any model is registered.

    Parameters
    ----------
    models, prepared, reports
        The folders that the stages wrote.
    """
    folders = sorted(path for path in models.glob("autoencoders/*") if path.is_dir())
    for folder in folders:
        check_manifest(folder, "autoencoder")
    check_manifest(models / "predictor", "predictor")
    predictor = _predictor(models / "predictor", prepared, reports)
    return [*(_autoencoder(folder, prepared, reports) for folder in folders), predictor]


def _autoencoder(folder: Path, prepared: Path, reports: Path) -> Candidate:
    omic = Omic(folder.name)
    losses = autoencoder_metrics(read_numbered_csv(folder / "history.csv"))
    samples = _samples_sha256(prepared / omic)
    facts = _data_hash() | {"samples (sha256)": samples}
    return Candidate(
        folder=folder,
        name=AUTOENCODERS[omic],
        metrics=losses,
        measured_on=samples,
        evidence=(reports / VALIDATION,),
        card=encoder_card(AUTOENCODERS[omic], folder, omic, losses, facts),
        reference=encoder_reference(folder, omic, read_matrix(prepared / omic / "cell_lines.h5ad")),
    )


def _predictor(folder: Path, prepared: Path, reports: Path) -> Candidate:
    report = read_metrics(reports / METRICS)
    split = _sha256(prepared / "splits.csv")
    tables = {omic: prepared / omic / "cell_lines.h5ad" for omic in Omic}
    cell_lines = {omic: read_matrix(file) for omic, file in tables.items() if file.exists()}
    predicted = to_frame(read_anndata(reports / TEST_PREDICTIONS), "predictor")
    facts = _data_hash() | {"split (sha256)": split}
    return Candidate(
        folder=folder,
        name=PREDICTOR,
        metrics=predictor_metrics(report),
        measured_on=split,
        evidence=tuple(
            reports / name for name in (METRICS, PER_GENE, TEST_PREDICTIONS, VALIDATION)
        ),
        card=predictor_card(PREDICTOR, folder, report, facts),
        reference=predictor_reference(cell_lines, predicted),
    )


def _data_hash() -> dict[str, str]:
    inputs = stage_inputs(project_root(), "prepare")
    return {f"{tag.removeprefix(INPUT)} (DVC)": digest for tag, digest in inputs.items()}


def _samples_sha256(prepared_omic: Path) -> str:
    """Hash the samples an autoencoder learned from and was judged on."""
    tumors = prepared_omic / "tumors.h5ad"
    return _sha256(tumors if tumors.is_file() else prepared_omic / "cell_lines.h5ad")


def _sha256(file: Path) -> str:
    require_file(file, "Run `dvc repro prepare`")
    return file_sha256(file)
