import json
import shutil

import pandas as pd
import pytest

from deepdep.data.prepared import write_prepared
from deepdep.data.splits import NOT_JUDGED
from deepdep.domain.gene_effect import GeneEffectKind
from deepdep.domain.omics import Omic
from deepdep.errors import BadFileError
from deepdep.evaluation.judge import Judged, UnseenLines
from deepdep.io.files import file_sha256
from deepdep.registry.candidates import (
    Candidate,
    autoencoder_metrics,
    find_candidates,
    predictor_metrics,
)

REPORT = {
    "cohort": {"n_lines_train": 320, "n_lines_validation": 4, "n_lines_test": 3},
    "models": {
        "predictor": {
            "all": {
                "mean_gene_r": 0.30,
                "mean_gene_r_low": 0.25,
                "mean_gene_r_high": 0.35,
                "mean_gene_spearman": 0.28,
                "overall_r": None,  # JSON's NaN
                "n_genes": 100,
            },
            "selective": {"mean_gene_r": 0.5},
        }
    },
    "differences": {
        "predictor - gene_mean": {
            "all": {"mean_gene_r": {"difference": 0.3, "low": 0.2, "high": 0.4}}
        },
        "predictor - ridge": {
            "all": {"mean_gene_r": {"difference": 0.01, "low": -0.01, "high": 0.03}}
        },
    },
}


@pytest.fixture
def trained(tmp_path, predictor_folder, encoder_folder, prepared_cohort):
    """Folders of one execution: an autoencoder of expression and a predictor, three test lines."""
    shutil.copytree(predictor_folder, tmp_path / "models" / "predictor")
    shutil.copytree(encoder_folder, tmp_path / "models" / "autoencoders" / "expression")
    write_prepared(prepared_cohort, tmp_path / "prepared")
    (tmp_path / "reports").mkdir()
    lines = prepared_cohort.omics[Omic.EXPRESSION].cell_lines.index[:3]
    genes = list(prepared_cohort.genes[:2])
    predicted = pd.DataFrame(0.5, lines, genes)
    unseen = UnseenLines(
        measured=predicted,
        kind=GeneEffectKind.GENE_EFFECT,
        predicted={"predictor": predicted, "gene_mean": predicted - 1},
        obs=pd.DataFrame({"patient_id": lines, "lineage": "Lung"}, lines),
    )
    unseen.write(tmp_path / "reports" / "test_predictions.h5ad")
    cohort = {"name": "demo", "simulated": True, "sha256": "ab"}
    (tmp_path / "reports" / "validation.json").write_text(json.dumps({"cohort": cohort}))
    (tmp_path / "reports" / "metrics.json").write_text(json.dumps(REPORT))
    return tmp_path


def offered(project):
    folders = (project / "models", project / "prepared", project / "reports")
    return find_candidates(*folders, [Omic.EXPRESSION])


def test_a_predictor_is_judged_over_all_genes_and_by_its_gain_over_each_baseline():
    assert predictor_metrics(REPORT) == {
        "test_mean_gene_r": 0.30,
        "test_mean_gene_r_low": 0.25,
        "test_mean_gene_r_high": 0.35,
        "test_mean_gene_spearman": 0.28,
        "test_r_above_gene_mean": 0.3,
        "test_r_above_gene_mean_low": 0.2,
        "test_r_above_gene_mean_high": 0.4,
        "test_r_above_ridge": 0.01,
        "test_r_above_ridge_low": -0.01,
        "test_r_above_ridge_high": 0.03,
    }


def test_an_autoencoder_is_judged_by_its_best_epoch_which_is_the_one_kept():
    history = pd.DataFrame({"epoch": [0, 1, 2], "loss": [3, 2, 1], "val_loss": [2.0, 1.0, 1.5]})
    assert autoencoder_metrics(history) == {"val_loss": 1.0}


def test_an_execution_offers_its_autoencoders_and_its_predictor(trained):
    encoder, predictor = offered(trained)
    assert encoder.name == "deepdep-autoencoder-expression"
    assert encoder.metrics == {"val_loss": 0.5}
    assert predictor.name == "deepdep-predictor"
    assert predictor.metrics["test_mean_gene_r"] == 0.30
    assert predictor.manifest_sha256 == file_sha256(trained / "models/predictor/manifest.json")


def test_the_autoencoder_of_an_omic_that_is_no_longer_read_is_passed_over(trained):
    autoencoders = trained / "models" / "autoencoders"
    shutil.copytree(autoencoders / "expression", autoencoders / "methylation")
    shutil.rmtree(trained / "prepared" / "methylation")
    assert [offer.name for offer in offered(trained)] == [
        "deepdep-autoencoder-expression",
        "deepdep-predictor",
    ]


def test_an_untrained_autoencoder_has_no_figures():
    assert autoencoder_metrics(pd.DataFrame({"epoch": [], "val_loss": []})) == {}


def test_figures_compare_when_they_come_from_the_same_samples(trained):
    encoder, predictor = offered(trained)
    assert encoder.measured_on == file_sha256(trained / "prepared/expression/tumors.h5ad")
    assert predictor.measured_on == file_sha256(trained / "prepared/splits.csv")
    (trained / "prepared/expression/tumors.h5ad").unlink()
    without_tumors, _ = offered(trained)
    expected = file_sha256(trained / "prepared/expression/cell_lines.h5ad")
    assert without_tumors.measured_on == expected


def test_a_predictor_brings_what_it_is_judged_by_and_its_stored_answers(trained):
    _, predictor = offered(trained)
    names = {file.name for file in predictor.evidence}
    assert names == {"metrics.json", "per_gene.csv", "test_predictions.h5ad", "validation.json"}
    # Not what the judged predictor said, but what this one answers.
    assert predictor.reference.answers.shape == (3, 2)
    assert predictor.reference.deviation(trained / "models" / "predictor") < 1e-5
    assert len(predictor.reference.profiles[Omic.EXPRESSION]) == 3
    assert "320 cell lines to learn from" in predictor.card
    assert "| Lung | 3 | +1.00 |" in predictor.card


def test_a_predictor_that_was_judged_on_no_line_has_no_figures_and_answers_for_others(
    trained, prepared_cohort
):
    without_test = prepared_cohort.with_every_line()
    write_prepared(without_test, trained / "prepared")
    names = ("headline.json", "metrics.json", "per_gene.csv", "test_predictions.h5ad")
    Judged.nothing(without_test).write(*(trained / "reports" / name for name in names))
    _, predictor = offered(trained)
    assert predictor.metrics == {}
    assert NOT_JUDGED in predictor.card
    assert list(predictor.reference.answers.index) == list(without_test.splits.index[:5])
    assert predictor.reference.deviation(trained / "models" / "predictor") < 1e-5


def test_cards_say_that_data_are_simulated_and_descriptions_have_no_header(trained):
    for offer in offered(trained):
        assert offer.card.startswith("---\nlicense: apache-2.0\n")
        assert offer.description.startswith(f"# {offer.name}\n\n> **Simulated data.**")


def test_an_autoencoder_brings_codes_of_a_few_lines(trained, encoder_folder):
    encoder, _ = offered(trained)
    assert encoder.reference.answers.shape == (5, 3)
    assert encoder.reference.deviation(encoder_folder) < 1e-6


def test_a_folder_that_is_no_model_is_refused(tmp_path):
    with pytest.raises(BadFileError, match=r"has no manifest\.json"):
        _ = Candidate(tmp_path, "deepdep-predictor", {}, "").manifest_sha256


def test_an_autoencoder_that_was_changed_since_is_refused(trained):
    history = trained / "models" / "autoencoders" / "expression" / "history.csv"
    history.write_text("epoch,loss,val_loss\n0,0,0\n")
    with pytest.raises(
        BadFileError, match=r"expression/manifest\.json: history\.csv is not the file"
    ):
        offered(trained)


def test_an_autoencoder_without_a_manifest_is_not_passed_over(trained):
    (trained / "models" / "autoencoders" / "expression" / "manifest.json").unlink()
    with pytest.raises(BadFileError, match=r"expression: has no readable manifest\.json"):
        offered(trained)
