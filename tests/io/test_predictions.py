import csv

import anndata
import numpy as np
import pandas as pd
import pytest

from deepdep.domain.errors import BadFileError
from deepdep.domain.gene_effect import GeneEffectKind
from deepdep.io.predictions import check_writable, write_predictions

SAMPLES, GENES = ["ACH-000001", "=cmd()"], ["TP53", "@SUM(A1)", "NA"]
EFFECT = pd.DataFrame([[-1.5, 0.25, 0.0], [1 / 3, -2.0, 1e-9]], SAMPLES, GENES)
OBS = pd.DataFrame({"lineage": ["Lung", "Skin"], "source": "cell_line"}, index=SAMPLES)
ABOUT_GENES = pd.DataFrame(
    {"mean": [-1.0, 0.0, 0.5], "screened": [True, False, True]},
    index=pd.Index(GENES, name="gene"),
)


def write(target):
    write_predictions(EFFECT, OBS, ABOUT_GENES, GeneEffectKind.CLASS, target)
    return target


def test_h5ad_keeps_what_is_known_of_samples_and_genes(tmp_path):
    matrix = anndata.read_h5ad(write(tmp_path / "p.h5ad"))
    assert list(matrix.obs_names) == SAMPLES
    assert list(matrix.var_names) == GENES
    np.testing.assert_allclose(matrix.X, EFFECT, rtol=1e-6)
    assert matrix.obs["lineage"].tolist() == ["Lung", "Skin"]
    assert matrix.var["screened"].tolist() == [True, False, True]
    assert matrix.uns["kind"] == "class"


def test_parquet_keeps_names_and_numbers_as_they_are(tmp_path):
    table = pd.read_parquet(write(tmp_path / "p.parquet"))
    pd.testing.assert_frame_equal(table, EFFECT.rename_axis("sample"))


@pytest.mark.parametrize(("ending", "delimiter"), [("csv", ","), ("tsv", "\t")])
def test_text_holds_no_cell_that_a_spreadsheet_would_run(tmp_path, ending, delimiter):
    text = write(tmp_path / f"p.{ending}").read_text()
    header, first, second = csv.reader(text.splitlines(), delimiter=delimiter)
    assert header == ["sample", "TP53", "'@SUM(A1)", "NA"]
    assert first == ["ACH-000001", "-1.5", "0.25", "0"]
    assert second == ["'=cmd()", "0.333333", "-2", "1e-09"]


@pytest.mark.parametrize(
    ("name", "shown"),
    [
        ("=1", "'=1"),
        ("+1", "'+1"),
        ("-1", "'-1"),
        ("@A1", "'@A1"),
        ("\t=1", "'\t=1"),
        (" =1", "' =1"),
        ("\r=1", "' =1"),
        ("A\r\n=1", "A =1"),
        ("A=1", "A=1"),
    ],
)
def test_every_start_of_a_formula_is_made_text(tmp_path, name, shown):
    effect, obs = (table.rename(index={"=cmd()": name}) for table in (EFFECT, OBS))
    write_predictions(effect, obs, ABOUT_GENES, GeneEffectKind.CLASS, tmp_path / "p.csv")
    with (tmp_path / "p.csv").open(newline="") as text:
        assert [row[0] for row in csv.reader(text)] == ["sample", "ACH-000001", shown]


def test_genes_are_described_by_name(tmp_path):
    turned = ABOUT_GENES.iloc[::-1]
    write_predictions(EFFECT, OBS, turned, GeneEffectKind.CLASS, tmp_path / "p.h5ad")
    assert anndata.read_h5ad(tmp_path / "p.h5ad").var["mean"].tolist() == [-1.0, 0.0, 0.5]


@pytest.mark.parametrize("name", ["p.xlsx", "p", "p.csv.gz", "p.CSV"])
def test_an_ending_that_names_no_format_is_refused(tmp_path, name):
    with pytest.raises(BadFileError, match=r"names no format. Use .h5ad, .parquet, .csv, .tsv"):
        check_writable(tmp_path / name)
    with pytest.raises(BadFileError):
        write(tmp_path / name)
    assert not (tmp_path / name).exists()
