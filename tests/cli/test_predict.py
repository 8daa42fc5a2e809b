import sys

import anndata
import numpy as np
import pandas as pd
import pytest

from deepdep import progress
from deepdep.candidates import PREDICTOR
from deepdep.domain.omics import Omic
from deepdep.models import table as blockwise


@pytest.fixture(scope="module")
def expected(samples, predictor):
    from deepdep.io.samples import read_any_samples
    from deepdep.models.prediction import predict_samples

    return predict_samples(read_any_samples(samples), predictor, None, file_name="mine").effect


def read_predictions(path):
    if path.suffix == ".h5ad":
        return anndata.read_h5ad(path).to_df()
    if path.suffix == ".parquet":
        return pd.read_parquet(path)
    return pd.read_csv(path, index_col=0, sep="," if path.suffix == ".csv" else "\t")


@pytest.mark.parametrize("ending", ["csv", "tsv", "h5ad", "parquet"])
def test_samples_are_predicted_into_the_format_asked_for(
    deepdep, predictor_folder, samples, expected, tmp_path, ending
):
    to = tmp_path / f"predicted.{ending}"
    done = deepdep("predict", "--model", predictor_folder, "--samples", samples, "--to", to)
    assert (done.code, done.stdout) == (0, "")
    assert done.stderr.splitlines() == [
        f"{to}: gene effects of 6 samples x {expected.shape[1]} genes",
        "6 of 6 samples have no methylation; predicted without it",
        "6 of 6 samples have no copy_number; predicted without it",
    ]
    read = read_predictions(to)
    assert list(read.index) == list(expected.index)
    assert list(read.columns) == list(expected.columns)
    np.testing.assert_allclose(read, expected, atol=1e-4)


def test_a_folder_of_tables_is_predicted_and_no_cell_is_a_formula(
    deepdep, predictor_folder, samples, cohort, expected, tmp_path
):
    table = cohort.cell_lines.omics[Omic.EXPRESSION].loc[expected.index]
    (tmp_path / "mine").mkdir()
    renamed = table.rename(index={table.index[0]: "=cmd()"})
    renamed.to_csv(tmp_path / "mine" / "expression.csv", index_label="id")
    to = tmp_path / "predicted.csv"
    done = deepdep(
        "predict", "--model", predictor_folder, "--samples", tmp_path / "mine", "--to", to
    )
    assert done.code == 0
    read = read_predictions(to)
    assert "'=cmd()" in read.index
    assert not any(line.startswith("=") for line in to.read_text().splitlines())


def test_genes_may_be_chosen_and_the_unknown_are_named(
    deepdep, predictor_folder, samples, expected, tmp_path
):
    known = expected.columns[5]
    (tmp_path / "genes.txt").write_text(f"# mine\nNOWHERE\n{known}\n")
    to = tmp_path / "predicted.parquet"
    done = deepdep(
        "predict", "--model", predictor_folder, "--samples", samples, "--to", to,
        "--genes", tmp_path / "genes.txt",
    )  # fmt: skip
    assert list(read_predictions(to).columns) == ["NOWHERE", known]
    assert "no gene set of the model holds 'NOWHERE'; predicted as an average gene" in done.stderr


def test_a_terminal_has_a_bar_apart_from_all_that_is_said(
    deepdep, predictor_folder, samples, tmp_path, monkeypatch
):
    monkeypatch.setattr(sys.stderr, "isatty", lambda: True)
    to = tmp_path / "predicted.csv"
    done = deepdep("predict", "--model", predictor_folder, "--samples", samples, "--to", to)
    assert (done.code, done.stdout) == (0, "")
    bar, said, *_ = done.stderr.split("\n")
    last = bar.rpartition("\r")[2]
    assert last.startswith("predict: 100%")
    assert "6/6" in last
    assert said.startswith(f"{to}: gene effects of 6 samples")


def test_elsewhere_long_work_says_now_and_then_how_many_samples_are_done(
    deepdep, predictor_folder, samples, tmp_path, monkeypatch
):
    monkeypatch.setattr(progress, "SECONDS_BETWEEN_LINES", 1e-9)  # as if each block took long
    monkeypatch.setattr(blockwise, "N_SAMPLES", 2)
    to = tmp_path / "predicted.csv"
    done = deepdep("predict", "--model", predictor_folder, "--samples", samples, "--to", to)
    assert (done.code, done.stdout) == (0, "")
    lines = [line for line in done.stderr.splitlines() if line.startswith("predict: ")]
    for n_done in ("2/6", "4/6", "6/6"):
        assert any(n_done in line for line in lines)


@pytest.mark.parametrize(
    ("changed", "said"),
    [
        # The ending is looked at first: nothing else of this call is there.
        ({"--to": "out.xlsx", "--model": "absent", "--samples": "absent"}, "names no format"),
        ({"--samples": "absent.h5mu", "--model": "absent"}, "there is no such file or folder"),
        ({"--genes": "empty.txt", "--model": "absent"}, "empty.txt: names no gene"),
        ({"--model": "."}, "has no readable manifest.json"),
        ({"--model": "deepdep-predictor"}, "names no version; say NAME@alias"),
        ({"--model": "deepdep-predictor@champion"}, "has no version or alias 'champion'"),
    ],
)
def test_what_cannot_be_predicted_is_refused_and_nothing_written(
    deepdep, predictor_folder, samples, mlflow_project, changed, said
):
    (mlflow_project / "empty.txt").write_text("# no symbol\n")
    before = set(mlflow_project.rglob("*.*"))
    options = {"--model": predictor_folder, "--samples": samples, "--to": "out.csv"} | changed
    done = deepdep("predict", *(word for option in options.items() for word in option))
    assert said in done.refusal
    assert set(mlflow_project.rglob("*.*")) == before


def test_a_registered_model_predicts_as_its_folder_does(
    deepdep, registered, samples, expected, tmp_path
):
    to = tmp_path / "predicted.parquet"
    model = f"{PREDICTOR}@challenger"
    assert deepdep("predict", "--model", model, "--samples", samples, "--to", to).code == 0
    np.testing.assert_allclose(read_predictions(to), expected, atol=1e-4)
