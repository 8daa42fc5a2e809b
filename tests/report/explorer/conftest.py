"""A small project whose names are hostile, and in which SOX10 is what skin needs."""

import numpy as np
import pandas as pd
import pytest

from deepdep.io.matrices import read_anndata, read_matrix, write_anndata
from deepdep.report.explorer import ExplorerData, explorer_page

FORMULA = "=cmd()"
ALTERATIONS = ("BRAF mutation", FORMULA, "CDKN2A deletion")


@pytest.fixture(scope="session")
def project(write_stages, story, tmp_path_factory):
    """What the stages left: predictions with all that ``deepdep map`` adds, pairs and causes."""
    folder = write_stages(tmp_path_factory.mktemp("explored"), story)
    measured = read_matrix(folder / "prepared" / "gene_effect.h5ad")
    for name in ("tumors", "cell_lines"):
        matrix = read_anndata(folder / "predictions" / f"{name}.h5ad")
        deviation = (matrix.to_df() - matrix.var["mean"]) / matrix.var["sd"]
        matrix.layers["call"] = (deviation < -0.02).to_numpy(np.int8)
        matrix.obs["distance"] = np.linspace(0.2, 0.8, matrix.n_obs)
        matrix.obs["distance_rank"] = np.linspace(0.0, 1.0, matrix.n_obs)
        matrix.obs["nearest_line_1"], matrix.obs["nearest_line_2"] = "line-0001", "line-0003"
        matrix.obs["age"] = (
            np.where(np.arange(matrix.n_obs) % 7, 50.5, np.nan) + matrix.obs.distance
        )
        if name == "cell_lines":
            matrix.layers["measured"] = measured.reindex(matrix.obs_names).to_numpy(np.float32)
        else:
            matrix.obs_names = [FORMULA, *matrix.obs_names[1:]]
        write_anndata(matrix, folder / "predictions" / f"{name}.h5ad")
    _pairs(list(measured.columns)).to_parquet(
        folder / "predictions" / "synthetic_lethality.parquet"
    )
    _causes().to_parquet(folder / "predictions" / "causes.parquet")
    return folder


@pytest.fixture(scope="session")
def explored(project):
    with ExplorerData.open(project) as data:
        yield data


@pytest.fixture(scope="session")
def html(explored):
    return explorer_page(explored, "commit abc")


def _pairs(genes):
    """BRAF mutation goes with BRAF and KRAS, the latter explained; nothing else does so."""
    rng = np.random.default_rng(1)
    table = pd.DataFrame(
        [(alteration, gene) for alteration in ALTERATIONS for gene in genes],
        columns=["alteration", "gene"],
    )
    n = len(table)
    table = table.assign(
        table="mutation", n_carriers=9, n_lines=60, difference=rng.normal(0, 0.05, n),
        z=rng.normal(0, 1, n), p=rng.uniform(0.05, 1, n), q=1.0, q_standing=1.0, explained_by="",
        in_silico_cell_lines=rng.normal(0, 0.01, n), in_silico_tumors=rng.normal(0, 0.01, n),
        in_silico_p=rng.uniform(0.05, 1, n), in_silico_q=1.0, is_deepdep_call=False,
        rank=np.arange(1, n + 1),
    )  # fmt: skip
    of_braf = (table["alteration"] == "BRAF mutation") & table["gene"].isin(["BRAF", "KRAS"])
    table.loc[of_braf, ["difference", "z", "p", "q_standing"]] = [-0.8, -7.0, 1e-5, 1e-3]
    table.loc[of_braf & (table["gene"] == "KRAS"), ["q_standing", "explained_by"]] = [np.nan, "X"]
    return table


def _causes():
    """What a tumour needs BRAF for: its mutation, a feature of no weight, and a gene set."""
    rows = [
        ("feature", 1, "mutation", "BRAF", 0.9, -0.5, 1.0, np.nan),
        ("feature", 2, "expression", FORMULA, 0.1, 0.1, 0.2, np.nan),
        ("gene_set", 1, "", "MAPK", np.nan, -0.3, np.nan, 0.01),
        ("line", 1, "", "line-0001", np.nan, np.nan, np.nan, np.nan),
    ]
    names = ["part", "rank", "table", "name", "difference", "contribution", "stability", "q"]
    return pd.DataFrame(rows, columns=names).assign(sample="tumor-0007", gene="BRAF")
