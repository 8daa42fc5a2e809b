import csv

import anndata
import numpy as np
import pandas as pd
import pytest

from deepdep.domain.errors import BadFileError
from deepdep.domain.gene_effect import GeneEffectKind
from deepdep.io.predictions import check_writable, genes_file, write_predictions

SAMPLES, GENES = ["ACH-000001", "=cmd()"], ["TP53", "@SUM(A1)", "NA"]
EFFECT = pd.DataFrame([[-1.5, 0.25, 0.0], [1 / 3, -2.0, 1e-9]], SAMPLES, GENES)
OBS = pd.DataFrame({"lineage": ["Lung", "Skin"], "source": "cell_line"}, index=SAMPLES)
ABOUT_GENES = pd.DataFrame(
    {"mean": [-1.0, 0.0, 0.5], "screened": [True, False, True]},
    index=pd.Index(GENES, name="gene"),
)


WIDTHS = ABOUT_GENES.assign(half_width=[0.5, 1.0, 0.25], trusted=[True, False, False])


def write(target, genes=ABOUT_GENES):
    write_predictions(EFFECT, OBS, genes, GeneEffectKind.CLASS, target)
    return target


def test_h5ad_keeps_what_is_known_of_samples_and_genes(tmp_path):
    matrix = anndata.read_h5ad(write(tmp_path / "p.h5ad"))
    assert list(matrix.obs_names) == SAMPLES
    assert list(matrix.var_names) == GENES
    np.testing.assert_allclose(matrix.X, EFFECT, rtol=1e-6)
    assert matrix.obs["lineage"].tolist() == ["Lung", "Skin"]
    assert matrix.var["screened"].tolist() == [True, False, True]
    assert matrix.uns["kind"] == "class"


def test_h5ad_holds_the_ends_of_intervals(tmp_path):
    turned = WIDTHS.iloc[::-1]  # aligned by name
    matrix = anndata.read_h5ad(write(tmp_path / "p.h5ad", turned))
    np.testing.assert_allclose(matrix.layers["low"][0], [-2.0, -0.75, -0.25], rtol=1e-6)
    np.testing.assert_allclose(matrix.layers["high"][0], [-1.0, 1.25, 0.25], rtol=1e-6)
    assert matrix.var["half_width"].tolist() == [0.5, 1.0, 0.25]


def test_without_widths_there_are_no_layers(tmp_path):
    assert not anndata.read_h5ad(write(tmp_path / "p.h5ad")).layers
    assert [path.name for path in tmp_path.iterdir()] == ["p.h5ad"]


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


@pytest.mark.parametrize("ending", ["csv", "tsv"])
def test_what_is_known_of_genes_is_a_second_table(tmp_path, ending):
    delimiter = {"csv": ",", "tsv": "\t"}[ending]
    write(tmp_path / f"p.{ending}", WIDTHS.iloc[::-1])
    text = (tmp_path / f"p.genes.{ending}").read_text()
    assert list(csv.reader(text.splitlines(), delimiter=delimiter)) == [
        ["gene", "mean", "screened", "half_width", "trusted"],
        ["TP53", "-1", "True", "0.5", "True"],
        ["'@SUM(A1)", "0", "False", "1", "False"],
        ["NA", "0.5", "True", "0.25", "False"],
    ]


def test_parquet_has_a_second_table_too(tmp_path):
    write(tmp_path / "p.parquet", WIDTHS.iloc[::-1])
    pd.testing.assert_frame_equal(pd.read_parquet(tmp_path / "p.genes.parquet"), WIDTHS)


def test_the_file_of_genes_is_named_after_the_predictions(tmp_path):
    assert genes_file(tmp_path / "of.mine.csv") == tmp_path / "of.mine.genes.csv"
    assert genes_file(tmp_path / "p.h5ad") is None


def test_there_are_both_tables_or_none(tmp_path):
    (tmp_path / "p.csv").mkdir()  # effects cannot be put there
    with pytest.raises(BadFileError, match="cannot be written"):
        write(tmp_path / "p.csv")
    assert [path.name for path in tmp_path.iterdir()] == ["p.csv"]


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
