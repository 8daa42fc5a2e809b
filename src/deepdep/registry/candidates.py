"""What a pipeline execution offers to the registry: its models and their figures."""

import json
import shutil
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import mlflow
import pandas as pd
from mlflow.entities import LoggedModelOutput, Metric
from mlflow.models import Model
from mlflow.utils.mlflow_tags import MLFLOW_MODEL_VERSIONS
from mlflow.utils.time import get_current_time_millis

from deepdep.domain.omics import in_order
from deepdep.errors import BadFileError
from deepdep.evaluation.judge import UnseenLines
from deepdep.io.documents import read_indexed_csv, read_numbered_csv
from deepdep.io.files import file_sha256, require_file
from deepdep.io.manifest import MANIFEST, check_manifest
from deepdep.io.matrices import read_matrix
from deepdep.registry.answers import Reference
from deepdep.registry.model_card import encoder_card, predictor_card, without_header
from deepdep.registry.packages import LOADER, example_request, table_signature
from deepdep.registry.versions import (
    AUTOENCODER,
    CARD,
    CHALLENGER,
    CHAMPION,
    EVIDENCE,
    MANIFEST_SHA256,
    MEASURED_BY,
    MEASURED_ON,
    METRICS,
    METRICS_TAG,
    PER_GENE,
    PREDICTOR,
    REFERENCE,
    TEST_PREDICTIONS,
    TRAINED_BY,
    VALIDATION,
    main_metric,
    page_text,
    versions_of,
)
from deepdep.report.results import read_identity, read_metrics
from deepdep.tracking import PIPELINE, Run, mlflow_client
from deepdep.tracking.provenance import INPUT, library_versions, project_root, stage_inputs
from deepdep.tracking.run import MADE
from deepdep.tracking.store import PatientClient

LONGEST_DIGEST = 36  # of a data set, in MLflow
LONGEST_DESCRIPTION = 5000  # MLflow's databases take no more
PREPARE = "Run `dvc repro prepare`"


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

    @classmethod
    def of_encoder(
        cls, folder: Path, prepared: Path, reports: Path, data: Mapping[str, str]
    ) -> "Candidate":
        """Collect what there is on an autoencoder, whose folder is named after its omic.

        ``data`` has the hashes of the cohort, by what each is called.
        """
        omic = folder.name
        losses = autoencoder_metrics(read_numbered_csv(folder / "history.csv"))
        cell_lines, tumors = (prepared / omic / f"{name}.h5ad" for name in ("cell_lines", "tumors"))
        learned_from = tumors if tumors.is_file() else cell_lines
        require_file(learned_from, PREPARE)
        samples = file_sha256(learned_from)
        facts = {**data, "samples (sha256)": samples}
        return cls(
            folder=folder,
            name=AUTOENCODER.format(omic),
            metrics=losses,
            measured_on=samples,
            evidence=(reports / VALIDATION,),
            card=encoder_card(
                AUTOENCODER.format(omic),
                folder,
                omic,
                losses,
                facts,
                read_identity(reports / VALIDATION),
            ),
            reference=Reference.from_encoder(folder, omic, read_matrix(cell_lines)),
        )

    @classmethod
    def of_predictor(
        cls, folder: Path, prepared: Path, reports: Path, data: Mapping[str, str]
    ) -> "Candidate":
        """Collect what there is on a predictor; see ``of_encoder``.

        It learned from every labelled line; the figures are of the same settings without the
        test's. Where the test has none, it has no figures.
        """
        report = read_metrics(reports / METRICS)
        require_file(prepared / "splits.csv", PREPARE)
        split = file_sha256(prepared / "splits.csv")
        tables = {file.parent.name: file for file in prepared.glob("*/cell_lines.h5ad")}
        cell_lines = {omic: read_matrix(tables[omic]) for omic in in_order(tables)}
        unseen = UnseenLines.read(reports / TEST_PREDICTIONS)
        wanted = unseen.measured
        if wanted.empty:  # no line was kept to judge by: the first that were learned from
            wanted = wanted.reindex(read_indexed_csv(prepared / "splits.csv").index)
        return cls(
            folder=folder,
            name=PREDICTOR,
            metrics=predictor_metrics(report),
            measured_on=split,
            evidence=tuple(
                reports / name for name in (METRICS, PER_GENE, TEST_PREDICTIONS, VALIDATION)
            ),
            card=predictor_card(
                PREDICTOR,
                folder,
                report,
                {**data, "split (sha256)": split},
                read_identity(reports / VALIDATION),
                unseen,
            ),
            reference=Reference.from_predictor(folder, cell_lines, wanted),
        )

    @property
    def manifest_sha256(self) -> str:
        """Identify the model by its content."""
        if not (self.folder / MANIFEST).is_file():
            raise BadFileError(self.folder, f"has no {MANIFEST}", "Run `dvc repro` to train it")
        return file_sha256(self.folder / MANIFEST)

    @property
    def description(self) -> str:
        """The card, cut after a line where it is longer than MLflow takes."""
        more = f"\n\nThe rest is in the artifact {EVIDENCE}/{CARD} of its run."
        card = without_header(self.card)
        if len(card) <= LONGEST_DESCRIPTION:
            return card
        return card[: LONGEST_DESCRIPTION - len(more)].rpartition("\n")[0] + more

    def register(self, run: Run) -> int:
        """Become a version of the registered model, and its challenger; return the number.

        The same model is never a second version: only its figures and what they come from are
        brought up to date. A champion does not become its own challenger.
        """
        with mlflow_client() as client:
            versions = versions_of(client, self.name)
            same = [v for v in versions if v.manifest_sha256 == self.manifest_sha256]
            trained_by = self._training_run(client)
            version = same[-1].version if same else self._add_version(run, client, trained_by)
            run_id = client.get_model_version(self.name, str(version)).run_id
            with TemporaryDirectory(prefix="deepdep-") as scratch:
                client.log_artifact(run_id, str(self._written_evidence(Path(scratch))))
            client.update_model_version(self.name, str(version), self.description)
            client.update_registered_model(self.name, page_text(self.name))
            tags = {METRICS_TAG: json.dumps(dict(self.metrics))}
            tags |= {MEASURED_ON: self.measured_on, MEASURED_BY: run.run_id}
            headline = main_metric(self.name)
            if headline in self.metrics:
                tags[headline] = f"{self.metrics[headline]:.4f}"  # for MLflow's own pages
            if trained_by:
                tags[TRAINED_BY] = trained_by
            for key, value in tags.items():
                client.set_model_version_tag(self.name, str(version), key, value)
            if not (same and CHAMPION in same[-1].aliases):
                client.set_registered_model_alias(self.name, CHALLENGER, str(version))
            return version

    def _training_run(self, client: PatientClient) -> str | None:
        """Return the id of the run that trained it; None where none is known to have."""
        experiment = client.get_experiment_by_name(PIPELINE)
        found = experiment and client.search_runs(
            [experiment.experiment_id],
            f"tags.`{MADE}` = '{self.manifest_sha256}'",
            order_by=["attributes.start_time DESC"],
            max_results=1,
        )
        return str(found[0].info.run_id) if found else None

    def _add_version(self, run: Run, client: PatientClient, trained_by: str | None) -> int:
        """Log the model to the run that trained it, and its figures to one below ``run``."""
        mlflow_itself = mlflow.MlflowClient()
        is_predictor = self.name == PREDICTOR
        with run.child(self.name) as child, TemporaryDirectory(prefix="deepdep-") as scratch:
            source = client.get_run(trained_by or child.run_id)
            logged = mlflow_itself.create_logged_model(
                source.info.experiment_id,
                name=self.name,
                source_run_id=source.info.run_id,
                tags={MANIFEST_SHA256: self.manifest_sha256},
                params=source.data.params,
                model_type="predictor" if is_predictor else "autoencoder",
            )
            package = Path(scratch) / "model"
            # By hand: MLflow's log_model would load the model and ask it the example again.
            mlflow.pyfunc.save_model(
                str(package),
                loader_module=LOADER,
                data_path=str(self.folder),
                signature=table_signature("effect" if is_predictor else "codes"),
                input_example=example_request(self.folder),
                # Without a list MLflow takes 15 s to find one.
                pip_requirements=[f"{name}=={v}" for name, v in library_versions().items()],
                mlflow_model=Model(
                    artifact_path=logged.artifact_location,
                    model_uuid=logged.model_id,
                    run_id=source.info.run_id,
                    model_id=logged.model_id,
                ),
            )
            mlflow_itself.log_model_artifacts(logged.model_id, str(package))
            mlflow_itself.finalize_logged_model(logged.model_id, "READY")
            output = [LoggedModelOutput(logged.model_id, step=0)]
            mlflow_itself.log_outputs(source.info.run_id, output)
            now = get_current_time_millis()
            of_data = {
                "model_id": logged.model_id,
                "dataset_name": "unseen patients" if is_predictor else "held-out samples",
                "dataset_digest": self.measured_on[:LONGEST_DIGEST],
                "run_id": child.run_id,
            }
            figures = [Metric(key, x, now, 0, **of_data) for key, x in self.metrics.items()]
            client.log_batch(child.run_id, metrics=figures)
            if not mlflow_itself.search_registered_models(f"name = '{self.name}'"):
                mlflow_itself.create_registered_model(self.name)
            # The hash at once: a version without it would be added again.
            registered = mlflow_itself.create_model_version(
                self.name,
                f"models:/{logged.model_id}",
                run_id=child.run_id,
                tags={MANIFEST_SHA256: self.manifest_sha256},
                model_id=logged.model_id,
            )
            registered_as = [{"name": self.name, "version": registered.version}]
            tags = {MLFLOW_MODEL_VERSIONS: json.dumps(registered_as)}  # for the page of models
            mlflow_itself.set_logged_model_tags(logged.model_id, tags)
        return int(registered.version)

    def _written_evidence(self, scratch: Path) -> Path:
        folder = scratch / EVIDENCE
        folder.mkdir()
        for file in self.evidence:
            shutil.copy(file, folder)
        (folder / CARD).write_text(self.card, encoding="utf-8")
        if self.reference is not None:
            self.reference.write(folder / REFERENCE)
        return folder


def predictor_metrics(report: Mapping[str, Any]) -> dict[str, float]:
    """Take from reports/metrics.json what a predictor is judged by, over all genes.

    Nothing where no line was kept to judge by.
    """
    if not report["models"]:
        return {}
    measured = report["models"]["predictor"]["all"]
    kept = ("mean_gene_r", "mean_gene_r_low", "mean_gene_r_high", "mean_gene_spearman", "overall_r")
    figures = {f"test_{name}": measured[name] for name in kept}
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


def find_candidates(
    models: Path, prepared: Path, reports: Path, omics: Sequence[str]
) -> list[Candidate]:
    """List the models of a pipeline execution: the autoencoders, then the predictor.

    A folder that is not the model that was saved is an error, before any model is registered.

    Parameters
    ----------
    models, prepared, reports
        The folders that the stages wrote.
    omics
        Those that the pipeline reads. The autoencoder of one that it once read stays in its
        folder, as DVC removes no output of a stage that is no more, and is no candidate.
    """
    folders = [models / "autoencoders" / omic for omic in omics]
    for folder in folders:
        check_manifest(folder, "autoencoder")
    released = models / "predictor"
    check_manifest(released, "predictor")
    inputs = stage_inputs(project_root(), "prepare")
    data = {f"{tag.removeprefix(INPUT)} (DVC)": digest for tag, digest in inputs.items()}
    predictor = Candidate.of_predictor(released, prepared, reports, data)
    return [*(Candidate.of_encoder(one, prepared, reports, data) for one in folders), predictor]
