import pandas as pd
import pytest

from deepdep.candidates import Candidate, autoencoder_metrics, candidates, predictor_metrics
from deepdep.domain.errors import BadFileError
from deepdep.io.manifest import write_manifest
from deepdep.provenance import file_sha256

REPORT = {
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
def trained(tmp_path):
    """Folders of one execution: two omics, one of them without tumours, and a predictor."""
    for folder in ("autoencoders/mutation", "autoencoders/expression", "predictor"):
        (tmp_path / "models" / folder).mkdir(parents=True)
    for omic, losses in [("mutation", "0,3,2\n1,2,1\n2,1,1.5\n"), ("expression", "")]:
        history = tmp_path / "models" / "autoencoders" / omic / "history.csv"
        history.write_text("epoch,loss,val_loss\n" + losses)
        (tmp_path / "prepared" / omic).mkdir(parents=True)
        (tmp_path / "prepared" / omic / "cell_lines.h5ad").write_text(f"lines {omic}")
        write_manifest(history.parent, "autoencoder")
    write_manifest(tmp_path / "models" / "predictor", "predictor")
    (tmp_path / "prepared" / "mutation" / "tumors.h5ad").write_text("tumours")
    (tmp_path / "prepared" / "splits.csv").write_text("cell_line,split\n")
    return tmp_path


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
    found = candidates(trained / "models", trained / "prepared", REPORT)
    expression, mutation, predictor = found
    assert [candidate.name for candidate in found] == [
        "deepdep-autoencoder-expression",
        "deepdep-autoencoder-mutation",
        "deepdep-predictor",
    ]
    assert mutation.metrics == {"val_loss": 1.0}
    assert expression.metrics == {}  # untrained
    assert predictor.metrics["test_mean_gene_r"] == 0.30
    assert predictor.manifest_sha256 == file_sha256(trained / "models/predictor/manifest.json")


def test_figures_compare_when_they_come_from_the_same_samples(trained):
    found = candidates(trained / "models", trained / "prepared", REPORT)
    expression, mutation, predictor = (candidate.measured_on for candidate in found)
    assert mutation == file_sha256(trained / "prepared/mutation/tumors.h5ad")
    assert expression == file_sha256(trained / "prepared/expression/cell_lines.h5ad")
    assert predictor == file_sha256(trained / "prepared/splits.csv")


def test_a_folder_that_is_no_model_is_refused(tmp_path):
    with pytest.raises(BadFileError, match=r"has no manifest\.json"):
        _ = Candidate(tmp_path, "deepdep-predictor", {}, "").manifest_sha256


def test_an_autoencoder_that_was_changed_since_is_refused(trained):
    history = trained / "models" / "autoencoders" / "mutation" / "history.csv"
    history.write_text("epoch,loss,val_loss\n0,0,0\n")
    with pytest.raises(
        BadFileError, match=r"mutation/manifest\.json: history\.csv is not the file"
    ):
        candidates(trained / "models", trained / "prepared", REPORT)


def test_an_autoencoder_without_a_manifest_is_not_passed_over(trained):
    (trained / "models" / "autoencoders" / "mutation" / "manifest.json").unlink()
    with pytest.raises(BadFileError, match=r"mutation: has no readable manifest\.json"):
        candidates(trained / "models", trained / "prepared", REPORT)
