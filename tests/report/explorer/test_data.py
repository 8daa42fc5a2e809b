import shutil
from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from deepdep.data.splits import NOT_JUDGED
from deepdep.errors import BadFileError
from deepdep.io.documents import PER_GENE
from deepdep.io.matrices import read_anndata, read_matrix
from deepdep.report.explorer import ExplorerData, UnknownNameError
from deepdep.report.explorer.data import plain


@pytest.fixture(scope="module")
def tumors(project):
    return read_anndata(project / "predictions" / "tumors.h5ad")


@pytest.fixture(scope="module")
def measured(project):
    return read_matrix(project / "prepared" / "gene_effect.h5ad")


def test_a_sample_is_its_row_and_a_gene_its_column(explored, tumors):
    effects = tumors.to_df().round(3)
    assert explored.sample("tumors", "tumor-0005")["effect"] == pytest.approx(
        effects.loc["tumor-0005"].tolist()
    )
    assert explored.gene("BRAF")["tumors"] == pytest.approx(effects["BRAF"].tolist())
    assert list(explored.genes) == list(effects.columns)


def test_of_lines_measured_effects_are_there_and_of_tumours_not(explored, measured):
    of_line = explored.sample("cell_lines", "line-0002")["measured"]
    expected = measured.loc["line-0002"]
    assert [v is None for v in of_line] == expected.isna().tolist()
    assert pd.Series(of_line, dtype=float).tolist() == pytest.approx(
        expected.round(3).tolist(), nan_ok=True
    )
    assert explored.sample("tumors", "tumor-0005")["measured"] is None


def test_a_lineage_is_compared_with_all_others(explored, tumors):
    in_skin = (tumors.obs["lineage"] == "Skin").to_numpy()
    found = explored.lineage("Skin")["tumors"]
    effects = tumors.to_df()
    assert found["n"] == in_skin.sum()
    assert found["within"] == pytest.approx(effects[in_skin].mean().tolist(), abs=6e-4)
    assert found["rest"] == pytest.approx(effects[~in_skin].mean().tolist(), abs=6e-4)


def test_correlated_genes_are_those_of_measured_effects(explored, measured):
    filled = measured.fillna(measured.mean())
    r = filled.corr()["BRAF"].drop("BRAF")
    strongest = r.abs().sort_values(ascending=False).index[:3]
    found = explored.correlated("BRAF")["correlated"]
    assert found["gene"][:3] == list(strongest)
    assert found["r"][:3] == pytest.approx(r[strongest].tolist(), abs=1e-3)


def test_the_pairs_of_an_alteration_and_of_a_gene_are_those_of_the_table(explored, project):
    table = pd.read_parquet(project / "predictions" / "synthetic_lethality.parquet")
    of_alteration = explored.alteration("BRAF mutation")
    assert of_alteration["gene"] == table["gene"][table["alteration"] == "BRAF mutation"].tolist()
    of_gene = explored.pairs_of("BRAF")
    assert of_gene["alteration"] == table["alteration"][table["gene"] == "BRAF"].tolist()
    assert explored.overview()["alterations"][0] == {
        "name": "BRAF mutation", "n_carriers": 9, "n_called": 1
    }  # fmt: skip


def test_causes_are_those_of_the_sample_but_for_lines(explored):
    found = explored.causes_of("tumor-0007")
    assert found["name"] == ["BRAF", "=cmd()", "MAPK"]
    assert found["contribution"] == [-0.5, 0.1, -0.3]
    assert explored.all_causes() == {"tumor-0007": found}
    assert explored.causes_of("tumor-0008") == {}


def test_a_feature_has_a_value_for_every_sample_that_has_the_table(explored, project):
    table = read_matrix(project / "prepared" / "expression" / "tumors.h5ad")
    found = explored.feature("expression", "feature3")
    # The first tumour has another name in the predictions.
    assert len(found["tumors"]) == 60
    names = explored.sources["tumors"].obs.index
    values = dict(zip(names, found["tumors"], strict=True))
    assert {name for name in names[1:] if values[name] is not None} == {*table.index} & {*names}
    assert values[table.index[4]] == pytest.approx(table["feature3"].iloc[4], abs=0.026)


def test_the_map_is_the_plane_of_largest_variance(explored, tumors):
    overview = explored.overview()["samples"]
    codes = np.concatenate([one.codes for one in explored.sources.values()]).astype(float)
    plane = np.array([[v for of in overview.values() for v in of[axis]] for axis in ("pc1", "pc2")])
    largest = np.linalg.eigvalsh(np.cov(codes.T, bias=True))[::-1]
    assert plane.var(axis=1) == pytest.approx(largest[:2], rel=0.01)


@pytest.mark.parametrize(
    ("ask", "arguments"),
    [
        ("sample", ("tumors", "nobody")),
        ("sample", ("elsewhere", "tumor-0005")),
        ("gene", ("NOGENE",)),
        ("lineage", ("Moon",)),
        ("alteration", ("none",)),
        ("feature", ("expression", "none")),
        ("feature", ("../expression", "feature3")),
    ],
)
def test_a_name_that_is_not_there_is_refused(explored, ask, arguments):
    with pytest.raises(UnknownNameError, match="there is no"):
        getattr(explored, ask)(*arguments)


def test_a_cohort_without_tumours_pairs_and_causes_is_shown(project, tmp_path):
    folder = shutil.copytree(project, tmp_path / "little")
    for name in ("tumors.h5ad", "synthetic_lethality.parquet"):
        (folder / "predictions" / name).unlink()
    (folder / "predictions" / "causes.parquet").unlink()
    with ExplorerData.open(folder) as data:
        overview = data.overview()
        assert list(overview["samples"]) == ["cell_lines"]
        assert overview["alterations"] == []
        assert data.causes_of("line-0001") == {}
        assert "tumors" not in data.gene("BRAF")


def test_a_screen_that_found_nothing_to_alter_has_no_alterations(project, tmp_path):
    folder = shutil.copytree(project, tmp_path / "unscreened")
    pairs = folder / "predictions" / "synthetic_lethality.parquet"
    pd.read_parquet(pairs).iloc[:0].to_parquet(pairs)
    with ExplorerData.open(folder) as data:
        assert data.overview()["alterations"] == []
        assert not any(data.pairs_of("BRAF").values())


def test_alterations_of_one_name_in_two_tables_are_both_there(project, tmp_path):
    folder = shutil.copytree(project, tmp_path / "twice")
    pairs = folder / "predictions" / "synthetic_lethality.parquet"
    table = pd.read_parquet(pairs)
    pd.concat([table, table.assign(table="mutation_mobem")]).to_parquet(pairs)
    with ExplorerData.open(folder) as data:
        assert len(data.alteration("BRAF mutation")["gene"]) == 2 * table["gene"].nunique()
        assert len(data.overview()["alterations"]) == 3


def test_a_table_of_pairs_without_a_column_is_refused(project, tmp_path):
    folder = shutil.copytree(project, tmp_path / "lacking")
    pairs = folder / "predictions" / "synthetic_lethality.parquet"
    pd.read_parquet(pairs).drop(columns="z").to_parquet(pairs)
    with ExplorerData.open(folder) as data, pytest.raises(BadFileError, match="no column 'z'"):
        data.overview()


def test_a_file_that_is_no_prediction_is_refused(project, tmp_path):
    folder = shutil.copytree(project, tmp_path / "broken")
    (folder / "predictions" / "cell_lines.h5ad").write_bytes(b"no")
    with (
        pytest.raises(BadFileError, match=r"cell_lines.h5ad.*dvc repro"),
        ExplorerData.open(folder),
    ):
        pass


def test_numbers_are_rounded_and_what_is_missing_is_none():
    assert plain([0.123456, np.nan, np.inf]) == [0.123, None, None]
    assert plain([0.123456, -1.02], 0.05) == [0.1, -1.0]
    assert plain(pd.Series(["a", None], dtype=object)) == ["a", None]
    assert plain(np.array([True, False])) == [True, False]
    assert plain(None) is None


def test_without_lines_to_judge_by_there_is_a_sentence_and_no_figure(explored, project, tmp_path):
    assert "note" not in explored.overview()["accuracy"]
    reports = tmp_path / "reports"
    reports.mkdir()
    (reports / "metrics.json").write_text('{"cohort": {}, "models": {}, "differences": {}}')
    (reports / "per_gene.csv").write_text(",".join(PER_GENE) + "\n")
    accuracy = replace(explored, reports=reports).overview()["accuracy"]
    assert accuracy.keys() == {"models", "differences", "cohort", "note"}
    assert accuracy["note"] == NOT_JUDGED
