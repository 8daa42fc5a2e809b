"""What one ``dvc repro`` on the demo cohort gave; see ``demo`` in conftest.py."""

import json
import re
import shutil
from dataclasses import replace
from html.parser import HTMLParser
from pathlib import Path

import mlflow
import mudata
import numpy as np
import pandas as pd
import pytest
import yaml
from scipy.stats import fisher_exact

from causes import attributions
from deepdep.analysis.dependency_map import deviation_from_mean
from deepdep.data.cohort import read_cohort
from deepdep.data.prepared import read_prepared
from deepdep.data.standardized import StandardizedSamples
from deepdep.domain.omics import Omic
from deepdep.evaluation.judge import JudgeSettings
from deepdep.experiments.learning_curve import LearningCurveSettings, learning_curve
from deepdep.io.matrices import read_anndata, to_frame
from deepdep.models import load_encoder, load_predictor
from deepdep.settings import read_settings
from deepdep.simulation import DEMO, Simulation, simulate
from deepdep.training.settings import FinetuneSettings
from pipeline_runs.project import Project, copy_with_demo_cohort
from printed import lines_but_progress

pytestmark = pytest.mark.slow

STAGES = [
    "validate",
    "prepare",
    "tune",
    *(f"pretrain@{omic}" for omic in DEMO.n_features),
    "finetune",
    "evaluate",
    "release",
    "register",
    "predict",
    "screen",
    "explain",
    "report",
    "explorer",
]
AGAIN = Omic.EXPRESSION  # whose autoencoder is trained once more
STAGES_AGAIN = ["prepare", f"pretrain@{AGAIN}", "finetune"]
LEARNED = ("prepared/", "models/autoencoders/", "models/judged/")
PREDICTOR = "deepdep-predictor"

# Which planted facts are looked for in tumours, chosen before any prediction was seen: an event
# makes the gene as needed as a common essential, and enough lines carry it to learn that from.
STRONG_EFFECT, ENOUGH_LINES = -1.0, 10
N_STRONGEST = 10  # dependencies of a tumour, by deviation from the gene's mean in its SD


@pytest.fixture(scope="module")
def truth() -> Simulation:
    """The demo cohort again, from its seed."""
    return simulate(DEMO, np.random.default_rng(0))


@pytest.fixture(scope="module")
def metrics(demo):
    return json.loads((demo.folder / "reports" / "metrics.json").read_text(encoding="utf-8"))


@pytest.fixture(scope="module")
def runs(demo):
    """Every MLflow run of the demo."""
    client = mlflow.MlflowClient(f"sqlite:///{demo.folder / 'mlruns' / 'mlflow.db'}")
    experiment = client.get_experiment_by_name("deepdep-pipeline")
    return list(client.search_runs([experiment.experiment_id], max_results=1000))


@pytest.fixture
def registry(demo, tmp_path) -> Project:
    """A project with the pipeline's registry and params, to promote in."""
    for name in ("dvc.yaml", "params.yaml", "src", "mlruns"):
        copy = shutil.copytree if (demo.folder / name).is_dir() else shutil.copy
        copy(demo.folder / name, tmp_path / name)
    return Project(tmp_path)


def test_every_stage_ran_and_left_its_files(demo):
    outputs = demo.outputs()
    assert len(outputs) >= len(STAGES)
    assert [path for path in outputs if not path.exists()] == []


def test_the_report_needs_nothing_from_elsewhere(demo):
    html = (demo.folder / "reports" / "report.html").read_text(encoding="utf-8")
    assert resources_of(html)
    assert [address for address in resources_of(html) if not address.startswith("data:")] == []


def test_a_second_repro_runs_nothing(demo):
    again = demo.repro()
    assert again.returncode == 0
    assert again.stage_seconds == {}
    assert "Data and pipelines are up to date." in again.output


def test_a_fresh_copy_gives_the_same_byte_by_byte(demo, tmp_path):
    """Stages that learn from training lines; that every stage does: test_small_cohort.py."""
    fresh = copy_with_demo_cohort(tmp_path / "deepdep")
    for given in ("reports/validation.json", "tuning/best.yaml"):
        (fresh.folder / given).parent.mkdir(exist_ok=True)
        shutil.copy(demo.folder / given, fresh.folder / given)
    for omic in set(DEMO.n_features) - {AGAIN}:
        trained = Path("models", "autoencoders", omic)
        shutil.copytree(demo.folder / trained, fresh.folder / trained)
    fresh.must("dvc", "repro", "--force", "--single-item", *STAGES_AGAIN)
    first, second = (
        {name: file for name, file in files.items() if name.startswith(LEARNED)}
        for files in (demo.files(), fresh.files())
    )
    encoders = [name for name in first if name.endswith("/model.safetensors")]
    networks = [name for name in first if "/network_" in name]
    assert len(encoders) == len(DEMO.n_features)
    assert networks
    assert first.keys() == second.keys()
    assert [name for name in second if first[name] != second[name]] == []


@pytest.mark.parametrize(
    "baseline", ["gene_mean", "lineage_mean", "nearest_lines", "ridge", "ridge_expression"]
)
def test_the_predictor_beats_every_kind_of_baseline_on_unseen_patients(metrics, baseline):
    models = metrics["models"]
    gain = metrics["differences"][f"predictor - {baseline}"]["all"]["mean_gene_r"]
    assert models["predictor"]["all"]["mean_gene_r"] > models[baseline]["all"]["mean_gene_r"]
    assert gain["low"] > 0


def test_nine_of_ten_intervals_hold_the_measured_effect_of_unseen_patients(metrics):
    assert 0.85 < metrics["models"]["predictor"]["all"]["coverage"] < 0.95


def test_codes_learned_from_tumours_beat_untrained_ones_when_labels_are_few(demo):
    """Of the learning curve, what its networks do not matter to."""
    params = demo.folder / "params.yaml"
    settings = read_settings(params, "learning_curve", LearningCurveSettings)
    of_network = read_settings(params, "finetune", FinetuneSettings)
    gain = learning_curve(
        read_prepared(demo.folder / "prepared", list(DEMO.n_features)),
        {
            omic: load_encoder(demo.folder / "models" / "autoencoders" / omic)
            for omic in DEMO.n_features
        },
        replace(of_network, epochs=1, closed_form=None),
        read_settings(params, "evaluate", JudgeSettings).baselines,
        settings,
    ).gain
    of_codes = gain[gain["model"] == "codes"]
    assert sorted(of_codes["n_lines"]) == [20, 40, 80]
    assert (of_codes["low"] > 0).all()


def test_ridge_is_among_the_baselines(metrics):
    assert {"ridge", "gene_mean", "lineage_mean"} < metrics["models"].keys()


def test_the_stored_cohort_is_the_simulated_one(demo, truth):
    """Another CPU sums in another order, and now and then rounds the third decimal otherwise."""
    close = {"check_dtype": False, "check_names": False, "rtol": 0, "atol": 0.0011}
    stored, simulated = read_cohort(demo.folder / "data"), truth.cohort
    for ours, theirs in (
        (stored.tumors, simulated.tumors),
        (stored.cell_lines, simulated.cell_lines),
    ):
        assert ours.omics.keys() == theirs.omics.keys()
        for omic, table in theirs.omics.items():
            pd.testing.assert_frame_equal(ours.omics[omic], table, **close)
    assert stored.gene_sets == simulated.gene_sets
    pd.testing.assert_frame_equal(stored.gene_effect.table, simulated.gene_effect.table, **close)


def test_planted_addictions_are_among_the_strongest_dependencies_of_their_carriers(demo, truth):
    """Measured: 1,536 of 1,818 (carrier, planted gene), 84 %, are among the tumour's ten strongest.

    Among tumours without the event 2 % are; 24 of the 25 facts are enriched by themselves. Asked
    for is less, since other machines train other weights.
    """
    facts = strong_facts(truth)
    assert len(facts) == 25
    predicted = read_anndata(demo.folder / "predictions" / "tumors.h5ad")
    deviation = deviation_from_mean(to_frame(predicted), pd.DataFrame(predicted.var))
    is_strong = deviation.rank(axis=1, method="first") <= N_STRONGEST
    carried = truth.truth.carriers.loc[is_strong.index]
    counts = pd.DataFrame(
        [contingency(is_strong[f.gene], carried[f.carriers]) for f in facts.itertuples()],
        index=pd.MultiIndex.from_frame(facts[["carriers", "gene"]]),
    )
    p = counts.apply(
        lambda c: fisher_exact([c.iloc[:2], c.iloc[2:]], alternative="greater").pvalue, axis=1
    )
    hits, misses, other_hits, other_misses = counts.sum()
    share, share_of_others = hits / (hits + misses), other_hits / (other_hits + other_misses)
    said = f"{hits} of {hits + misses}, others {share_of_others:.3f}\n{counts.assign(p=p)}"
    assert share > 0.5, said
    assert share > 10 * share_of_others, said
    assert (p < 0.01).sum() >= 20, said


def test_planted_addictions_are_attributed_to_the_planted_feature(demo, truth):
    """Measured: in 99.9 % of 1,462 carriers the feature is among the five that contribute most."""
    predictor = load_predictor(demo.folder / "models" / "predictor")
    prepared = read_prepared(demo.folder / "prepared", list(predictor.features))
    tumors = StandardizedSamples(prepared.tumor_profiles, prepared.tumors)
    found = attributions(predictor, tumors, truth.truth)
    carriers = pd.concat([one.rank[one.carries.to_numpy()] for one in found])
    assert len(carriers) > 1000
    assert (carriers <= 5).mean() >= 0.8
    needed = [one.contribution[one.carries.to_numpy()].median() < -0.2 for one in found]
    assert np.mean(needed) > 0.8


def test_one_parent_run_holds_the_stages_and_the_trials(demo, runs):
    by_parent = pd.Series({r.info.run_id: r.data.tags.get("mlflow.parentRunId") for r in runs})
    runs_by_id = {run.info.run_id: run for run in runs}
    (parent,) = by_parent.index[by_parent.isna()]
    assert re.fullmatch(r"r=0\.\d{3} (\w{7}\+? )?dvc repro", runs_by_id[parent].info.run_name)
    assert runs_by_id[parent].info.status == "FINISHED"
    stages = {runs_by_id[i].info.run_name: i for i in by_parent.index[by_parent == parent]}
    assert set(stages) == set(STAGES)
    trials = [runs_by_id[i] for i in by_parent.index[by_parent == stages["tune"]]]
    params = yaml.safe_load((demo.folder / "params.yaml").read_text(encoding="utf-8"))
    outcomes = [trial.data.tags["deepdep.outcome"] for trial in trials]
    assert outcomes.count("complete") == params["tune"]["n_trials"]
    assert {trial.info.status for trial in trials} == {"FINISHED"}


def test_every_model_is_registered_as_challenger(demo):
    versions = json.loads(demo.must("deepdep", "models", "--json"))
    assert {version["name"] for version in versions} == {
        PREDICTOR,
        *(f"deepdep-autoencoder-{omic}" for omic in DEMO.n_features),
    }
    assert all(version["aliases"] == ["challenger"] for version in versions)


def test_a_challenger_that_passes_the_gates_becomes_champion(registry):
    assert registry.run("deepdep", "promote").returncode == 0
    assert aliases_of_predictor(registry) == ["champion"]
    assert registry.run("deepdep", "promote", PREDICTOR, "1").returncode == 0
    assert aliases_of_predictor(registry) == ["champion"]
    nothing_before = registry.run("deepdep", "promote", "--rollback")
    assert nothing_before.returncode == 2
    assert len(lines_but_progress(nothing_before.stderr)) == 1


def test_a_challenger_that_fails_a_gate_stays_one(registry):
    registry.override_params({"promote": {"min_r_above_gene_mean": 0.99}})
    refused = registry.run("deepdep", "promote")
    assert refused.returncode == 3
    *notes, last = lines_but_progress(refused.stderr)
    assert last.startswith("error: ")
    assert all("was made in" in note for note in notes)  # the store, which was copied
    assert aliases_of_predictor(registry) == ["challenger"]


def test_predicting_the_cohorts_tumours_again_gives_what_the_pipeline_gave(demo, tmp_path):
    by_folder, by_alias = tmp_path / "folder.csv", tmp_path / "alias.csv"
    predict(demo, by_folder, "data/tumors.h5mu")
    predict(demo, by_alias, "data/tumors.h5mu", model=f"{PREDICTOR}@challenger")
    expected = to_frame(read_anndata(demo.folder / "predictions" / "tumors.h5ad"))
    predicted = pd.read_csv(by_folder, index_col=0)
    pd.testing.assert_frame_equal(
        predicted.loc[expected.index, expected.columns],
        expected,
        check_dtype=False,
        check_names=False,
        rtol=1e-4,
        atol=1e-4,
    )
    assert by_alias.read_bytes() == by_folder.read_bytes()


@pytest.mark.parametrize("omic", list(DEMO.n_features))
def test_one_omic_is_enough_to_predict_from(demo, tmp_path, omic):
    samples = mudata.read_h5mu(demo.folder / "data" / "tumors.h5mu").mod[omic][:20].copy()
    samples.uns["omic"] = str(omic)
    samples.obs["source"] = "tumor"
    samples.write_h5ad(tmp_path / "few.h5ad")
    said = predict(demo, tmp_path / "out.csv", str(tmp_path / "few.h5ad"))
    predicted = pd.read_csv(tmp_path / "out.csv", index_col=0)
    assert list(predicted.index) == list(samples.obs_names)
    assert predicted.notna().all(axis=None)
    assert predicted.std().gt(0).all()
    assert all(
        f"no {other}; predicted without it" in said for other in DEMO.n_features if other != omic
    )


def test_a_gene_that_was_never_screened_is_predicted_by_its_gene_sets(demo, truth, tmp_path):
    screened = set(truth.cohort.gene_effect.table.columns)
    in_sets = {gene for members in truth.cohort.gene_sets.values() for gene in members}
    unscreened = min(in_sets - screened)
    (tmp_path / "genes.txt").write_text(f"BRAF\n{unscreened}\n", encoding="utf-8")
    said = predict(
        demo,
        tmp_path / "out.csv",
        "data/tumors.h5mu",
        "--genes",
        str(tmp_path / "genes.txt"),
    )
    predicted = pd.read_csv(tmp_path / "out.csv", index_col=0)
    assert list(predicted.columns) == ["BRAF", unscreened]
    assert predicted.notna().all(axis=None)
    assert "never screened" in said


def predict(project, to, samples, *more, model="models/predictor"):
    """Run ``deepdep predict`` and return what it said."""
    done = project.run(
        "deepdep", "predict", "--model", model, "--samples", samples, "--to", str(to), *more
    )
    assert done.returncode == 0, done.stderr
    return done.stderr


def aliases_of_predictor(project):
    versions = json.loads(project.must("deepdep", "models", "--json"))
    return next(version["aliases"] for version in versions if version["name"] == PREDICTOR)


def strong_facts(simulation):
    """The planted facts of ``STRONG_EFFECT`` whose event ``ENOUGH_LINES`` carry.

    The absence of an event is none: most tumours carry it, and it makes the gene's mean.
    """
    truth = simulation.truth
    n_lines = truth.carriers.loc[simulation.cohort.cell_lines.obs.index].sum()
    planted = truth.planted[truth.planted["kind"].isin(["addiction", "synthetic_lethality"])]
    planted = planted[planted["driver_event"] != "wild_type"]
    enough = planted["carriers"].map(n_lines) >= ENOUGH_LINES
    return planted[enough & (planted["effect"] <= STRONG_EFFECT)]


def contingency(is_strong, carries):
    """Carriers with and without the gene among their strongest, then the other tumours."""
    return {
        "carriers with": int((carries & is_strong).sum()),
        "carriers without": int((carries & ~is_strong).sum()),
        "others with": int((~carries & is_strong).sum()),
        "others without": int((~carries & ~is_strong).sum()),
    }


class Resources(HTMLParser):
    """Addresses that a browser fetches by itself to show a page."""

    def __init__(self, html):
        super().__init__()
        self.addresses = re.findall(r"(?:url\(|@import)\s*[\"']?([^\"')\s;]+)", html)
        self.feed(html)

    def handle_starttag(self, tag, attrs):
        if tag != "a":
            fetched = {"src", "srcset", "href", "xlink:href", "data", "poster", "background"}
            self.addresses += [value for name, value in attrs if name in fetched and value]


def resources_of(html):
    return Resources(html).addresses
