from pathlib import Path

import anndata
import numpy as np
import pytest

from deepdep.sources.samples import read_any_samples

PARAMS = Path(__file__).parents[2] / "params.yaml"


@pytest.fixture
def map_samples(deepdep, predictor_folder, prepared_folder, samples, tmp_path):
    def run(*arguments):
        words = ("--model", predictor_folder, "--prepared", prepared_folder, "--params", PARAMS)
        to = tmp_path / "mine.h5ad"
        return deepdep("map", *words, "--samples", samples, "--to", to, *arguments)

    return run


def test_samples_are_predicted_and_placed(
    map_samples, predictor, prepared_cohort, samples, tmp_path
):
    done = map_samples()
    assert (done.code, done.stdout) == (0, "")
    assert "mine.h5ad: 6 samples x" in done.stderr
    mapped, measured = anndata.read_h5ad(tmp_path / "mine.h5ad"), read_any_samples(samples)
    predicted = predictor.predict(measured).effect
    np.testing.assert_allclose(mapped.to_df(), predicted, atol=1e-4)
    assert mapped.obs["distance"].between(0, 2).all()
    patients = prepared_cohort.cell_lines["patient_id"]
    for k in range(1, 6):
        nearest = mapped.obs[f"nearest_line_{k}"].astype(str)
        assert nearest.isin(prepared_cohort.gene_effect.table.index).all()
        assert (patients[nearest].to_numpy() != patients[mapped.obs_names].to_numpy()).all()
    assert set(np.unique(mapped.layers["call"])) <= {0, 1, 2, 3}
    held = {f"{part}.{name}" for part in ("layers", "obsm") for name in getattr(mapped, part)}
    assert held <= {*mapped.uns["definitions"]}


@pytest.mark.parametrize(
    ("arguments", "problem"),
    [
        (("--to", "mine.csv"), "ending '.csv' holds no map"),
        (("--params", "absent.yaml"), "absent.yaml"),
        (("--samples", "absent.h5mu"), "there is no such file or folder"),
        (("--prepared", "absent"), "absent"),
    ],
)
def test_what_cannot_be_mapped_is_refused_and_nothing_written(
    map_samples, tmp_path, monkeypatch, arguments, problem
):
    monkeypatch.chdir(tmp_path)
    assert problem in map_samples(*arguments).refusal
    assert list(tmp_path.iterdir()) == []
