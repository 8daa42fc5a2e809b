"""The road on real public tables, where they are."""

import pytest

from real_road import absent_data, project_with_real_tables, run_road

pytestmark = pytest.mark.slow

MODELS = {"predictor", "ridge", "lineage_mean", "gene_mean"}
# Untuned and with one network; the road that a user takes is measured by benchmarks/real_road.py.
SHORT = {
    "tune": {"n_trials": 0},
    "pretrain": {"expression": {"epochs": 5}},
    "finetune": {"epochs": 10, "n_members": 1},
}


@pytest.mark.skipif(bool(absent_data()), reason=f"needs {', '.join(map(str, absent_data()))}")
def test_real_tables_go_the_road(tmp_path):
    """The predictor must beat the gene mean; that it beats ridge is not asked here."""
    project = project_with_real_tables(tmp_path / "deepdep")
    project.override_params(SHORT)
    figures = run_road(project, "register", "predict")
    assert figures["models"].keys() >= MODELS
    gain = figures["differences"]["predictor - gene_mean"]["all"]["mean_gene_r"]
    assert gain["low"] > 0, figures
    assert (project.folder / "predictions" / "tumors.h5ad").exists()
