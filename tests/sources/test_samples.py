import logging
from pathlib import Path

import anndata
import mudata
import numpy as np
import pandas as pd
import pytest
from collecting import collected

from deepdep.domain.identifiers import GeneTable
from deepdep.domain.notes import Notes
from deepdep.domain.omics import Omic
from deepdep.errors import BadFileError, UnusableUnitError
from deepdep.io.containers import write_samples
from deepdep.sources.samples import read_any_samples, read_samples


def matrix(names: list[str], values: float = 3.0, **uns: str) -> anndata.AnnData:
    return anndata.AnnData(
        np.full((len(names), 2), values, np.float32),
        obs=pd.DataFrame(index=names),
        var=pd.DataFrame(index=["TP53", "MYC"]),
        uns=uns,
    )


NAMES = ["ACH-000001", "TCGA-AA-0001-01A", "mine"]
SOURCES = ["cell_line", "tumor", "cell_line"]


def test_an_h5mu_without_sources_has_them_told_by_the_names(tmp_path):
    mudata.MuData({"expression": matrix(NAMES)}).write(tmp_path / "s.h5mu")
    samples = read_any_samples(tmp_path / "s.h5mu")
    assert samples.obs["source"].tolist() == SOURCES
    assert samples.omics[Omic.EXPRESSION].index.tolist() == NAMES


def test_a_simulated_tumor_is_known_by_its_name(tmp_path):
    names = ["SIM-S1-0001-01", "ACH-000001"]
    mudata.MuData({"expression": matrix(names)}).write(tmp_path / "s.h5mu")
    read = read_any_samples(tmp_path / "s.h5mu")
    assert read.obs["source"].tolist() == ["tumor", "cell_line"]


def test_a_source_that_is_said_is_kept(tmp_path):
    container = mudata.MuData({"expression": matrix(NAMES)})
    container.obs["source"] = ["tumor", "tumor", ""]
    container.write(tmp_path / "s.h5mu")
    samples = read_any_samples(tmp_path / "s.h5mu")
    assert samples.obs["source"].tolist() == ["tumor", "tumor", "cell_line"]


def test_a_source_we_do_not_know_is_an_error(tmp_path):
    container = mudata.MuData({"expression": matrix(NAMES)})
    container.obs["source"] = ["tumor", "organoid", "tumor"]
    container.write(tmp_path / "s.h5mu")
    with pytest.raises(BadFileError, match="row 'TCGA-AA-0001-01A': source is 'organoid'"):
        read_any_samples(tmp_path / "s.h5mu")


@pytest.mark.parametrize(
    ("omic", "values", "said", "unit"),
    [
        (Omic.EXPRESSION, 3.0, {}, "log2(norm_count+1)"),  # a tumour is among the samples
        (Omic.EXPRESSION, 3.0, {"unit": "log2(TPM+1)"}, "log2(TPM+1)"),
        (Omic.COPY_NUMBER, -1.0, {}, "call"),
        (Omic.COPY_NUMBER, -0.5, {}, "log2(CN/2)"),
    ],
)
def test_an_h5ad_says_its_omic_and_may_say_its_unit(tmp_path, omic, values, said, unit):
    matrix(NAMES, values, omic=str(omic), **said).write_h5ad(tmp_path / "s.h5ad")
    samples = read_any_samples(tmp_path / "s.h5ad")
    assert samples.units == {omic: unit}
    assert samples.obs["source"].tolist() == SOURCES
    np.testing.assert_array_equal(samples.omics[omic], np.full((3, 2), values))


def test_an_h5ad_that_does_not_say_its_omic_is_told_what_to_do(tmp_path):
    matrix(NAMES).write_h5ad(tmp_path / "s.h5ad")
    with pytest.raises(BadFileError, match=r"Set uns\['omic'\] to one of mutation, expression"):
        read_any_samples(tmp_path / "s.h5ad")


def test_an_h5ad_in_no_known_unit_is_refused(tmp_path):
    matrix(NAMES, 5000.0, omic="expression").write_h5ad(tmp_path / "s.h5ad")
    with pytest.raises(BadFileError, match="Raw TPM or counts"):
        read_any_samples(tmp_path / "s.h5ad")


@pytest.mark.parametrize(
    ("omic", "unit", "value", "message"),
    [
        ("expression", "log2(TPM+1)", 5000.0, "is 5000, and .* Raw TPM or counts"),
        ("expression", "log2(TPM+1)", -0.5, "is -0.5, and .* lies in 0 to 25"),
        ("methylation", "beta", 1.5, "is 1.5, and beta lies in 0 to 1"),
        ("mutation", "0/1", 0.5, "is 0.5, no whole number"),
        ("copy_number", "call", 0.5, "is 0.5, no whole number"),
    ],
)
def test_values_that_the_unit_of_an_h5ad_does_not_have_are_refused(
    tmp_path, omic, unit, value, message
):
    given = matrix(NAMES, omic=omic, unit=unit)
    given.X[:] = [[0, 1], [1, np.nan], [0, value]]
    given.write_h5ad(tmp_path / "s.h5ad")
    with pytest.raises(BadFileError, match=f"row 'mine', column 'MYC': {message}"):
        read_any_samples(tmp_path / "s.h5ad")


def write_folder(folder: Path, **files: str) -> Path:
    folder.mkdir()
    for name, text in files.items():
        (folder / name.replace("_dot_", ".")).write_text(text)
    return folder


def test_a_folder_that_holds_tumors_alone_is_read_as_these(tmp_path):
    write_folder(tmp_path / "tumors", **{"expression.csv": "id,TP53\nTCGA-AA-0001-01A,1\n"})
    read = read_any_samples(tmp_path)
    assert read.obs["source"].to_dict() == {"TCGA-AA-0001": "tumor"}
    cohort = tmp_path / "cohort"
    cohort.mkdir()
    write_samples(read, cohort / "tumors.h5mu")
    assert list(read_any_samples(cohort).obs.index) == ["TCGA-AA-0001"]


def test_a_cohort_with_tumors_and_cell_lines_does_not_say_which_to_read(tmp_path):
    for name in ("tumors", "cell_lines"):
        write_folder(tmp_path / name, **{"expression.csv": "id,TP53\nTCGA-AA-0001-01A,1\n"})
    with pytest.raises(
        BadFileError, match=r"holds tumors and cell lines. Name one of them: .*tumors"
    ):
        read_any_samples(tmp_path)


def test_a_folder_of_cell_lines_may_bring_its_model_table(tmp_path):
    folder = write_folder(
        tmp_path / "lines",
        expression_dot_csv="id,TP53\nACH-000001,3\nmine,4\n",
        mutation_dot_tsv="id\tTP53\nmine\t1\n",
        Model_dot_csv="ModelID,PatientID,OncotreeLineage\nACH-000001,PT-1,Lung\n",
    )
    samples = read_any_samples(folder)
    assert samples.obs.to_dict("index") == {
        "ACH-000001": {"patient_id": "PT-1", "lineage": "Lung", "source": "cell_line"},
        "mine": {"patient_id": "mine", "lineage": "unknown", "source": "cell_line"},
    }
    assert samples.omics[Omic.MUTATION]["TP53"].to_dict() == {"mine": 1}


def test_a_folder_may_bring_supplements_of_lines_that_have_nothing_else(tmp_path):
    folder = write_folder(
        tmp_path / "lines",
        expression_dot_csv="id,TP53\nL1,3\n",
        expression_ccle_dot_csv="id,MYC\nL1,5\nL2,6\n",
    )
    samples = read_any_samples(folder)
    assert samples.obs["source"].to_dict() == {"L1": "cell_line", "L2": "cell_line"}
    assert list(samples.omics[Omic.EXPRESSION]) == ["TP53"]
    assert samples.supplements["expression_ccle"].table["MYC"].to_dict() == {"L1": 5, "L2": 6}


@pytest.mark.filterwarnings("ignore:var_names are not unique")
def test_a_supplement_of_an_h5mu_has_its_unit_told_or_checked(tmp_path):
    tables = {"expression": matrix(["L1"], unit="z-score"), "copy_number_wgs": matrix(["L2"], -1)}
    mudata.MuData(tables).write(tmp_path / "s.h5mu")
    samples = read_any_samples(tmp_path / "s.h5mu")
    supplement = samples.supplements["copy_number_wgs"]
    assert (supplement.omic, supplement.unit) == (Omic.COPY_NUMBER, "call")
    assert samples.obs.index.tolist() == ["L1", "L2"]
    tables["copy_number_wgs"] = matrix(["L2"], 40, unit="call")
    mudata.MuData(tables).write(tmp_path / "s.h5mu")
    with pytest.raises(BadFileError, match="row 'L2', column 'TP53': is 40, and call lies in"):
        read_any_samples(tmp_path / "s.h5mu")


def test_a_folder_of_tcga_tumors_is_read_as_tumors_and_what_is_left_out_is_logged(tmp_path, caplog):
    folder = write_folder(
        tmp_path / "tumors",
        expression_dot_csv="id,_cohort,TP53\nTCGA-AA-0001-01A,UVM,3\nTCGA-AA-0001-06A,UVM,4\n",
    )
    with caplog.at_level(logging.DEBUG, logger="deepdep"):
        samples = read_any_samples(folder)
    assert samples.obs[["lineage", "source"]].to_dict("index") == {
        "TCGA-AA-0001": {"lineage": "Eye", "source": "tumor"}
    }
    assert samples.units == {Omic.EXPRESSION: "log2(norm_count+1)"}
    assert any("a further sample" in message for message in caplog.messages)


@pytest.mark.parametrize(
    ("name", "message"),
    [
        ("none.h5mu", "there is no such file or folder"),
        ("expression.csv", r"Put a table into a folder and name it after its omic"),
        ("empty", "holds no table of an omic"),
        ("text.h5mu", "not a complete .h5mu"),
        ("text.h5ad", "not a complete .h5ad"),
    ],
)
def test_refuses_what_holds_no_samples(tmp_path, name, message):
    (tmp_path / "empty").mkdir()
    for file in ("expression.csv", "text.h5mu", "text.h5ad"):
        (tmp_path / file).write_text("id,TP53\nL1,1\n")
    with pytest.raises(BadFileError, match=message):
        read_any_samples(tmp_path / name)


def test_expression_that_is_not_normalised_is_told_by_the_name_of_its_file(tmp_path):
    matrix(NAMES, omic="expression").write_h5ad(tmp_path / "raw_counts.h5ad")
    with pytest.raises(UnusableUnitError, match=r"raw_counts\.h5ad: holds raw counts"):
        read_any_samples(tmp_path / "raw_counts.h5ad")
    matrix(NAMES, omic="expression", unit="log2(TPM+1)").write_h5ad(tmp_path / "raw_counts.h5ad")
    assert read_any_samples(tmp_path / "raw_counts.h5ad").units == {Omic.EXPRESSION: "log2(TPM+1)"}


def test_probes_of_epic_v2_lose_their_suffix_whether_the_unit_is_said_or_not(tmp_path):
    for said in ({}, {"unit": "beta"}):
        given = matrix(NAMES, 0.5, omic="methylation", **said)
        given.var_names = ["cg00000029_TC21", "cg00000029_TC22"]
        given.write_h5ad(tmp_path / "s.h5ad")
        samples = read_any_samples(tmp_path / "s.h5ad")
        assert list(samples.omics[Omic.METHYLATION]) == ["cg00000029"]


LOGS = np.array([[0.0, 2.5], [4.25, 1.0]])  # of base 2


@pytest.mark.parametrize(
    ("log1p", "base"),
    [({}, np.e), ({"base": np.e}, np.e), ({"base": 10}, 10), ({"base": 2}, 2), (None, 2)],
)
@pytest.mark.parametrize("suffix", [".h5ad", ".h5mu"])
def test_logarithms_that_scanpy_took_are_turned_to_base_2(tmp_path, log1p, base, suffix):
    given = matrix(["A", "B"], omic="expression")
    given.X = (LOGS * np.log(2) / np.log(base)).astype(np.float32)
    if log1p is not None:
        given.uns["log1p"] = log1p
    path = tmp_path / f"s{suffix}"
    if suffix == ".h5ad":
        given.write(path)
    else:
        mudata.MuData({"expression": given}).write(path)
    read = collected(read_samples, path)
    np.testing.assert_allclose(read.value.omics[Omic.EXPRESSION], LOGS, atol=1e-5)
    assert any("turned to base 2" in note for note in read.notes) == (base != 2)


def test_a_unit_that_contradicts_scanpy_is_refused(tmp_path):
    given = matrix(["A"], omic="expression", unit="log2(TPM+1)")
    given.uns["log1p"] = {}
    given.write(tmp_path / "s.h5ad")
    with pytest.raises(BadFileError, match=r"logarithms of base 2\.718, and uns\['unit'\] log2"):
        read_any_samples(tmp_path / "s.h5ad")


@pytest.mark.parametrize("values", [3.0, 0.5])
@pytest.mark.parametrize("omic", ["expression", "mutation"])
def test_genes_in_rows_are_refused(tmp_path, omic, values):
    genes = ["TP53", "RPL3", "RPS6", "RPL4", "PSMA1", "POLR2A"]
    anndata.AnnData(
        np.full((6, 2), values, np.float32),
        obs=pd.DataFrame(index=genes),
        var=pd.DataFrame(index=["LINE0", "LINE1"]),
        uns={"omic": omic},
    ).write(tmp_path / "s.h5ad")
    with pytest.raises(BadFileError, match=r"s\.h5ad: .*is transposed: features are in obs"):
        read_any_samples(tmp_path / "s.h5ad")


def named(path, genes):
    given = matrix(["A", "B"], omic="expression")
    given.var_names = genes
    given.write(path)
    return path


def test_genes_of_anndata_have_symbols(tmp_path):
    path = named(tmp_path / "s.h5ad", ["TP53..7157.", "HLA.A..3105."])
    assert list(read_any_samples(path).omics[Omic.EXPRESSION]) == ["TP53", "HLA-A"]
    path = named(tmp_path / "s.h5ad", ["ENSG00000141510", "ENSG00000133703.4"])
    with pytest.raises(BadFileError, match="genes are named by Ensembl id"):
        read_any_samples(path)
    ids = {"ENSG00000141510": "TP53", "ENSG00000133703": "KRAS"}
    genes = GeneTable(frozenset(ids.values()), {}, ids, {})
    assert list(read_samples(path, Notes(), genes).omics[Omic.EXPRESSION]) == ["TP53", "KRAS"]


def test_names_and_notes_in_strings_of_pandas_are_read_and_can_be_written(tmp_path):
    given = matrix(["A", "B"], omic="expression")
    given.obs = pd.DataFrame(
        {"site": ["skin", None], "lineage": ["Lung", None]}, index=given.obs_names, dtype="string"
    )
    given.obs_names, given.var_names = (
        n.astype("string") for n in (given.obs_names, given.var_names)
    )
    with anndata.settings.override(allow_write_nullable_strings=True):
        given.write(tmp_path / "s.h5ad")
    samples = read_any_samples(tmp_path / "s.h5ad")
    assert samples.obs["lineage"].tolist() == ["Lung", "unknown"]
    write_samples(samples, tmp_path / "s.h5mu")
    again = read_any_samples(tmp_path / "s.h5mu")
    pd.testing.assert_frame_equal(
        again.omics[Omic.EXPRESSION], samples.omics[Omic.EXPRESSION], check_names=False
    )


@pytest.mark.parametrize(
    ("patients", "expected"),
    [
        ([1.0, np.nan], ["1", "B"]),
        ([1, 2], ["1", "2"]),
        (["7 ", None], ["7", "B"]),
        ([1.5, 1.5], ["1.5", "1.5"]),
    ],
)
def test_patients_and_lineages_are_text(tmp_path, patients, expected):
    given = matrix(["A", "B"], omic="expression")
    given.obs["patient_id"] = given.obs["lineage"] = patients
    given.write(tmp_path / "s.h5ad")
    samples = read_any_samples(tmp_path / "s.h5ad")
    assert samples.obs["patient_id"].tolist() == expected
    lineages = [name if name != "B" else "unknown" for name in expected]
    assert samples.obs["lineage"].tolist() == lineages
    write_samples(samples, tmp_path / "s.h5mu")
    assert read_any_samples(tmp_path / "s.h5mu").obs["patient_id"].tolist() == expected


def test_names_lose_their_blanks_and_may_hold_no_quote(tmp_path):
    matrix([" A", "B "], omic="expression").write(tmp_path / "s.h5ad")
    samples = read_any_samples(tmp_path / "s.h5ad")
    assert samples.obs.index.tolist() == ["A", "B"]
    matrix(['"A', "B"], omic="expression").write(tmp_path / "s.h5ad")
    with pytest.raises(BadFileError, match="holds a stray quotation mark"):
        read_any_samples(tmp_path / "s.h5ad")
