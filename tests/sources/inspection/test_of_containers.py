import anndata
import mudata
import numpy as np
import pandas as pd
from scipy import sparse

from deepdep.domain.omics import Omic


def test_each_modality_is_described(given, inspect, small):
    found = inspect(given.folder / "h5/lines.h5mu")
    assert (found.source, found.release, found.content) == ("MuData", "DepMap 24Q4", "samples")
    tables = {table.name: table for table in found.tables}
    assert [*tables] == [str(omic) for omic in Omic]
    for omic, simulated in small["cell_lines"].items():
        assert (tables[omic].n_rows, tables[omic].n_columns) == simulated.shape
    assert {name: table.unit for name, table in tables.items()} == {
        "mutation": "0/1",
        "expression": "log2(TPM+1)",
        "methylation": "beta",
        "copy_number": "log2(CN/2)",
    }
    assert tables["copy_number"].assembly == "hg19"
    assert tables["expression"].assembly is None


def test_a_supplement_is_described_like_its_omic(inspect, tmp_path):
    matrix = anndata.AnnData(
        np.array([[-0.5, 0.5]]),
        pd.DataFrame(index=["L1"]),
        pd.DataFrame(index=["TP53", "MYC"]),
        {"unit": "log2(CN/2)", "assembly": "hg38"},
    )
    mudata.MuData({"copy_number_wgs": matrix}).write(tmp_path / "mine.h5mu")
    found = inspect(tmp_path / "mine.h5mu")
    assert found.problems == ()
    assert (found.tables[0].name, found.tables[0].assembly) == ("copy_number_wgs", "hg38")
    assert found.plans[0].brings[0].content == "copy_number_wgs"


def test_a_modality_of_another_name_is_described_and_refused(inspect, tmp_path):
    matrix = anndata.AnnData(np.ones((2, 1)), obs=pd.DataFrame(index=["a", "b"]))
    mudata.MuData({"rna": matrix}).write(tmp_path / "mine.h5mu")
    found = inspect(tmp_path / "mine.h5mu")
    assert found.tables[0].name == "rna"
    assert "modality 'rna' is not an omic" in found.problems[0]


def test_a_unit_that_is_not_named_is_told_from_the_values(inspect, tmp_path):
    obs, var = pd.DataFrame(index=["L1", "L2"]), pd.DataFrame(index=["TP53", "MYC"])
    matrix = anndata.AnnData(np.array([[0.5, 9.0], [2, 3]]), obs, var, uns={"omic": "expression"})
    matrix.write_h5ad(tmp_path / "mine.h5ad")
    assert inspect(tmp_path / "mine.h5ad").tables[0].unit == "log2(TPM+1)"


def test_sparse_zeros_count_among_the_values(inspect, tmp_path):
    obs, var = pd.DataFrame(index=["L1", "L2"]), pd.DataFrame(index=["TP53", "MYC"])
    values = sparse.csr_matrix(np.array([[0, 1], [0, 0]], dtype=np.uint8))
    anndata.AnnData(values, obs, var, uns={"omic": "mutation"}).write_h5ad(tmp_path / "m.h5ad")
    values = inspect(tmp_path / "m.h5ad").tables[0].values
    assert (values.minimum, values.median, values.maximum) == (0, 0, 1)
