"""Shared fixtures: one simulated cohort with a known truth serves all tests."""

import gc
import json
import os
import shutil
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from xdist.scheduler import LoadScopeScheduling

from deepdep.data.features import FeatureSettings
from deepdep.data.prepare import PrepareSettings, prepare
from deepdep.data.prepared import Prepared, PreparedOmic
from deepdep.data.splits import Split, SplitSettings
from deepdep.domain.cohort import Cohort, Source
from deepdep.domain.features import FeatureSpace
from deepdep.domain.gene_effect import GeneEffect, GeneEffectKind
from deepdep.domain.omics import Omic
from deepdep.simulation import TINY, Simulation, simulate
from deepdep.validation import ValidateSettings

sys.path.append(str(Path(__file__).parent))
pytest_plugins = ["small_project", "tuning_project"]

N_LINES, N_TUMORS, N_FEATURES = 90, 150, 12
GENES = [f"GENE{k}" for k in range(8)]
# Files that share a run of the pipeline, of which each process would have its own.
SHARED_RUNS = {
    "pipeline/test_demo_cohort.py": "demo",
    "pipeline/test_mlflow_ui.py": "demo",
    "pipeline/test_small_cohort.py": "small",
    "pipeline/test_bad_input.py": "small",
    "pipeline/test_dvc.py": "small",
    "chaos/test_killed_pipeline.py": "small",
    "chaos/test_sample_names.py": "small",
}
# Begun first, so that none runs alone at the end.
LONGEST = (
    "pipeline/test_small_cohort.py",
    "pipeline/test_demo_cohort.py",
    "tuning/test_shared_workers.py",
    "notebooks/test_lessons.py",
    "data/test_nothing_learned_from_test_rows.py",
    "tuning/test_workers.py",
    "training/test_killed.py",
    "registry/test_reproduction.py",
    "registry/test_promotion.py",
)
UNITS = {Source.CELL_LINE: "z-score", Source.TUMOR: "z-score"}


# As every command and stage of ours has it.
os.environ["MLFLOW_ALLOW_PICKLE_DESERIALIZATION"] = "false"
# A server has seven processes for jobs, of which there are none here.
os.environ["MLFLOW_SERVER_ENABLE_JOB_EXECUTION"] = "false"


def pytest_collection_finish():
    """Take imported modules out of garbage collection, which Keras asks for at each training."""
    gc.freeze()


def pytest_collection_modifyitems(items):
    """Begin with the longest files; with ``--no-loadscope-reorder``, processes do so, too."""
    rank = {file: number for number, file in enumerate(LONGEST)}
    items.sort(key=lambda item: rank.get(file_of(item.nodeid), len(rank)))


def file_of(nodeid):
    """Return the path of a test's file below ``tests``."""
    return nodeid.partition("::")[0].removeprefix("tests/")


def pytest_xdist_make_scheduler(config, log):
    """Keep tests that share costly fixtures in one process."""
    return ByFixtures(config, log)


class ByFixtures(LoadScopeScheduling):
    """A file's tests together, and those of files over the same run of the pipeline."""

    def _split_scope(self, nodeid):
        file = file_of(nodeid)
        return SHARED_RUNS.get(file, file)


@pytest.fixture
def print_figures(capsys) -> Callable[..., None]:
    """Print figures as one line of JSON, past what pytest keeps."""

    def show(name: str, **figures: Any) -> None:
        with capsys.disabled():
            sys.stdout.write("\n" + json.dumps({"chaos": name, **figures}) + "\n")

    return show


@pytest.fixture(scope="session")
def simulation() -> Simulation:
    """120 tumours, 70 lines of 59 patients, 11 lineages, 60 genes; do not change it in place.

    ``simulation.truth`` names what was planted: addictions (BRAF mutation and BRAF, ERBB2
    amplification and ERBB2 ...), synthetic lethalities (TP53 wild type and MDM2, MSI and WRN,
    MTAP loss and PRMT5, SMARCA4 and SMARCA2 ...), lineage dependencies (melanocytic and SOX10,
    luminal and ESR1 ...), genes that follow programmes, common essentials near -1 and genes with
    no signal near 0. Noise of a gene effect: standard deviation 0.1.
    """
    return simulate(TINY, np.random.default_rng(0))


@pytest.fixture(scope="session")
def cohort(simulation: Simulation) -> Cohort:
    """Return the cohort of ``simulation``: every omic predicts part of the gene effect.

    A tenth of the samples lack an omic, 8 % of the lines have no gene effect, and a few gene
    effects and beta values are NaN.
    """
    return simulation.cohort


@pytest.fixture(scope="session")
def validate_settings() -> ValidateSettings:
    """Limits that ``cohort`` meets."""
    return ValidateSettings(
        min_samples=10,
        min_features=10,
        min_labelled_lines=8,
        min_shared_share=0.5,
        max_missing_share=0.5,
        max_missing_share_gene_effect=0.9,
        max_foreign_share=0.5,
        min_mean_r=0.3,
        max_mean_shift=1.0,
        shift=2.0,
        max_shifted_share=0.5,
        twin_r=0.999,
        twin_features=100,
    )


@pytest.fixture(scope="session")
def prepare_settings() -> PrepareSettings:
    """Nearly everything is kept; features tumours lack are left out, each source scaled apart."""
    features = FeatureSettings(
        max_features=None,
        min_changed_share=0.01,
        max_missing_share=0.2,
        tumor_features="shared",
        within_sample=False,
        scale="by_source",
    )
    return PrepareSettings(
        gene_list="genes.txt",
        dependent_share=(0.0, 1.0),
        min_screened_share=0.5,
        min_genes_per_set=2,
        split=SplitSettings(validation=0.15, test=0.2, seed=1),
        features=dict.fromkeys(Omic, features),
        purity=None,
        feature_lists="feature_lists",
        fills="training",
    )


@pytest.fixture(scope="session")
def prepared_cohort(cohort: Cohort, prepare_settings: PrepareSettings) -> Prepared:
    """Return ``cohort`` as ``prepare`` leaves it, all four omics; do not change it in place."""
    return prepare(cohort, prepare_settings, tuple(TINY.n_features), [])


@pytest.fixture(scope="session")
def closed_form_settings():
    """Little to choose from; every omic counts beside the best."""
    from deepdep.models.closed_form import ClosedFormSettings  # Keras, see ``predictor``
    from deepdep.models.kernel_fit import KernelSettings
    from deepdep.models.single_features import GeneFeatureSettings, SingleFeatureSettings

    return ClosedFormSettings(
        kernel=KernelSettings(
            weights=(0.3,),
            linear_shares=(0.3,),
            penalties=(0.1, 1.0, 4.0),
            further_penalty=3.0,
            n_components=10,
            fill_weights=(0.3,),
            fill_penalties=(1.0,),
            fill_noise=1.5,
            smoothing=5.0,
            n_neighbors=20,
            n_folds=3,
        ),
        gene_features=GeneFeatureSettings((10.0, 100.0), min_gain=0.001, partner_scale=0.6),
        single_features=SingleFeatureSettings(n_candidates=5, penalties=(0.2, 0.3), n_folds=3),
    )


@pytest.fixture(scope="session")
def predictor(prepared_cohort: Prepared, closed_form_settings):
    """Two random networks, and a closed form fitted on 24 training lines; each says one half.

    It reads every omic, and knows next to nothing.
    """
    import keras  # here, so that other tests do not wait for it

    from deepdep.models.closed_form import ClosedForm, in_omic_units
    from deepdep.models.gene_scale import GeneScale
    from deepdep.models.kernel_fit import KernelLabels
    from deepdep.models.network import build_predictor
    from deepdep.models.predictor import TrainedPredictor
    from deepdep.models.settings import EncoderSettings, PredictorSettings

    keras.utils.set_random_seed(0)
    of_encoder = EncoderSettings((8, 4), "gelu", "linear", "linear", corruption=0.2)
    settings = PredictorSettings((8,), (8,), 4, (), True, "deviation", 0.2, 0.2)
    spaces = prepared_cohort.features
    gene_sets = prepared_cohort.gene_sets

    def network():
        encoders = {
            omic: of_encoder.build(len(space.table), name=str(omic))
            for omic, space in spaces.items()
        }
        return build_predictor(encoders, len(gene_sets), settings)

    train_lines = prepared_cohort.lines(Split.TRAIN)
    effect = prepared_cohort.gene_effect.table
    labels = KernelLabels(effect.loc[train_lines[:24]], prepared_cohort.splits["patient_id"])
    return TrainedPredictor(
        networks=(network(), network()),
        closed_form=ClosedForm.fit(
            in_omic_units(prepared_cohort.samples(train_lines), spaces),
            labels,
            gene_sets,
            closed_form_settings,
        ),
        network_share=0.5,
        gene_trust=None,
        half_width_per_sd=2.0,
        settings=settings,
        encoder_settings=dict.fromkeys(spaces, of_encoder),
        features=spaces,
        gene_scale=GeneScale.fit(effect.loc[train_lines], gene_sets),
        gene_sets=gene_sets,
        kind=prepared_cohort.gene_effect.kind,
        translations={},
    )


@pytest.fixture(scope="session")
def predictor_folder(predictor, tmp_path_factory):
    """``predictor``, saved; do not change it in place."""
    from deepdep.models.artifacts import save_predictor

    folder = tmp_path_factory.mktemp("models") / "predictor"
    save_predictor(predictor, pd.DataFrame({"epoch": [], "loss": []}), folder)
    return folder


@pytest.fixture(scope="session")
def encoder_folder(prepared_cohort: Prepared, tmp_path_factory):
    """A random encoder of expression, saved; do not change it in place."""
    from deepdep.models.artifacts import TrainedEncoder, save_encoder  # Keras, see ``predictor``
    from deepdep.models.settings import EncoderSettings

    settings = EncoderSettings((6, 3), "gelu", "linear", "linear", corruption=0.2)
    space = prepared_cohort.omics[Omic.EXPRESSION].space
    encoder = settings.build(len(space.table), name="expression")
    history = pd.DataFrame({"epoch": [0, 1], "loss": [2.0, 1.0], "val_loss": [1.5, 0.5]})
    folder = tmp_path_factory.mktemp("models") / "expression"
    save_encoder(TrainedEncoder(encoder, settings, space), Omic.EXPRESSION, history, folder)
    return folder


@pytest.fixture
def prepared():
    """90 lines, 8 genes: the first four follow the first programme of expression, the rest none."""
    rng = np.random.default_rng(0)
    lines = pd.Index([f"ACH-{k:06d}" for k in range(N_LINES)])
    tumors = pd.Index([f"T{k}" for k in range(N_TUMORS)])
    expression, programmes = _two_programmes(rng, lines, tumors)
    effects = rng.normal(scale=0.1, size=(N_LINES, len(GENES)))
    effects[:, :4] -= 0.5 * programmes[:, :1]
    effects[3, 2] = np.nan
    obs = pd.DataFrame({"patient_id": lines, "lineage": "Lung", "source": "cell_line"}, index=lines)
    split = np.array(["train"] * 60 + ["validation"] * 15 + ["test"] * 15)
    table = pd.DataFrame(effects, index=lines, columns=GENES)
    kind = GeneEffectKind.GENE_EFFECT
    return Prepared(
        omics={Omic.EXPRESSION: expression},
        cell_lines=obs,
        tumors=obs.iloc[:0].reindex(tumors).fillna("tumor"),
        splits=obs[["patient_id", "lineage"]].assign(split=split),
        gene_effect=GeneEffect(table, kind),
        gene_sets={
            "FIRST_PROGRAMME": tuple(GENES[:4]),
            "OTHERS": tuple(GENES[4:]),
            "ODD": ("GENE1", "GENE3", "UNSCREENED"),
            "PROGRAMME_TOO": ("GENE0", "GENE1", "GENE2", "UNSCREENED"),
        },
        genes_without_fingerprint=[],
        background=GeneEffect(table[split != "test"], kind, obs["patient_id"][split != "test"]),
        translations={},
    )


@pytest.fixture(scope="session")
def pretrain_settings():
    from deepdep.models.settings import EncoderSettings  # Keras, see ``predictor``
    from deepdep.training.settings import PretrainSettings

    return PretrainSettings(
        encoder=EncoderSettings(
            widths=(16, 4),
            activation="gelu",
            code_activation="linear",
            restored_activation="linear",
            corruption=0.1,
        ),
        loss="by_unit",
        learning_rate=0.01,
        weight_decay=0.0,
        batch_size=32,
        epochs=15,
        patience=15,
        held_out=0.1,
        without_tumors="cell_lines",
        precision="float32",
        xla=False,
        seed=0,
    )


@pytest.fixture(scope="session")
def finetune_settings():
    from deepdep.models.settings import PredictorSettings  # Keras, see ``predictor``
    from deepdep.training.settings import FinetuneSettings

    return FinetuneSettings(
        network=PredictorSettings(
            cell_widths=(16,),
            gene_widths=(16,),
            embedding=8,
            pair_widths=(),
            normalize_codes=True,
            target="deviation",
            dropout=0.0,
            omic_dropout=0.0,
        ),
        encoders="trainable",
        optimizer="adam",
        learning_rate=0.01,
        weight_decay=0.0,
        lines_per_block=16,
        genes_per_block=None,
        drawn_genes=None,
        epochs=25,
        watch="val_mean_gene_r",
        patience=25,
        restore_best=True,
        precision="float32",
        xla=False,
        n_members=1,
        closed_form=None,
        seed=0,
    )


@pytest.fixture(scope="session")
def baseline_settings():
    """Every baseline, with few trees and few penalties to choose from."""
    from deepdep.models.baselines import BASELINES  # Keras, see ``predictor``
    from deepdep.models.baselines.task import (  # Keras, see ``predictor``
        BaselineSettings,
        ElasticNetSettings,
        PenaltyScope,
        RandomForestSettings,
    )

    return BaselineSettings(
        models=tuple(BASELINES),
        lineage_shrinkage=5.0,
        n_nearest_lines=10,
        n_nearest_genes=5,
        penalties=(0.01, 0.1, 1.0, 10.0),
        penalty=PenaltyScope.COMMON,
        weights=(0.1, 1.0),
        covariates=None,
        n_folds=4,
        elastic_net=ElasticNetSettings(n_features=20, l1_share=0.5, penalties=(0.05, 0.2, 0.4)),
        random_forest=RandomForestSettings(
            n_features=5, n_trees=20, features_per_split=0.5, lines_per_leaf=3, seed=1
        ),
    )


@pytest.fixture(scope="session")
def empty_mlflow_database(tmp_path_factory):
    """MLflow's database without a run; making one takes 3 s, a copy none."""
    from deepdep.tracking.store import mlflow_client  # here, so that other tests do not wait for it

    database = tmp_path_factory.mktemp("mlflow") / "mlflow.db"
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("MLFLOW_TRACKING_URI", f"sqlite:///{database}")
        with mlflow_client(makes_store=True):
            pass
    return database


@pytest.fixture
def mlflow_project(tmp_path, empty_mlflow_database, monkeypatch):
    """A project's folder, and the current one, in which no stage has run."""
    monkeypatch.delenv("MLFLOW_TRACKING_URI", raising=False)
    monkeypatch.setenv("MLFLOW_SYSTEM_METRICS_SAMPLING_INTERVAL", "3600")  # whatever a test takes
    monkeypatch.chdir(tmp_path)
    (tmp_path / "dvc.yaml").touch()
    (tmp_path / "mlruns").mkdir()
    shutil.copy(empty_mlflow_database, tmp_path / "mlruns")
    return tmp_path


def _two_programmes(rng, lines, tumors):
    """Profiles of two hidden programmes; the first is feature F0 to F5, the second the others."""
    loadings = np.kron(np.eye(2), np.ones(N_FEATURES // 2))
    names = [f"F{k}" for k in range(N_FEATURES)]
    tables = {}
    programmes = rng.normal(size=(len(lines), 2))
    for samples, latent in (
        (lines, programmes),
        (tumors, rng.normal(size=(len(tumors), 2))),
    ):
        noise = rng.normal(scale=0.3, size=(len(samples), N_FEATURES))
        values = (latent @ loadings + noise).astype(np.float32)
        tables[len(samples)] = pd.DataFrame(values, index=samples, columns=names)
    scale = pd.DataFrame(
        {
            "in_tumors": True,
            "center_cell_line": 0.0,
            "scale_cell_line": 1.0,
            "center_tumor": 0.0,
            "scale_tumor": 1.0,
        },
        index=pd.Index(names, name="feature"),
    )
    space = FeatureSpace(scale, within_sample=False, units=UNITS)
    return PreparedOmic(tables[len(lines)], tables[len(tumors)], space), programmes
