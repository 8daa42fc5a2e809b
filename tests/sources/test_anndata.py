from dataclasses import replace

import anndata
import h5py
import mudata
import numpy as np
import pandas as pd
import pytest
from collecting import collected
from scipy import sparse

from deepdep.data.cohort import write_cohort
from deepdep.data.importing import write_import
from deepdep.domain.cohort import Supplement
from deepdep.domain.notes import Notes
from deepdep.domain.omics import Omic
from deepdep.errors import BadFileError, DeepDEPError
from deepdep.io.containers import write_gene_effect, write_samples
from deepdep.io.matrices import write_matrix
from deepdep.simulation.settings import TINY
from deepdep.sources.anndata import read_containers


def test_a_cohort_written_and_imported_again_is_the_same(cohort, tmp_path):
    write_cohort(cohort, tmp_path / "mine")
    part = read_containers(tmp_path / "mine", notes=Notes())
    for read, given in ((part.cell_lines, cohort.cell_lines), (part.tumors, cohort.tumors)):
        assert read.units == given.units
        for omic, table in given.omics.items():
            pd.testing.assert_frame_equal(read.omics[omic], table, check_names=False)
    pd.testing.assert_frame_equal(
        part.gene_effect.table, cohort.gene_effect.table, check_names=False
    )


def test_what_was_imported_opens_in_plain_mudata_with_equal_numbers(cohort, tmp_path):
    write_samples(cohort.cell_lines, tmp_path / "lines.h5mu")
    notes = Notes()
    write_import(read_containers(tmp_path / "lines.h5mu", notes), notes, tmp_path / "data")
    opened = mudata.read_h5mu(tmp_path / "data" / "cell_lines.h5mu")
    for omic, table in cohort.cell_lines.omics.items():
        modality = opened.mod[str(omic)]
        assert modality.uns["unit"] == cohort.cell_lines.units[omic]
        values = modality.to_df().loc[table.index, table.columns]
        np.testing.assert_array_equal(values.to_numpy(), table.to_numpy())
    lineages = cohort.cell_lines.obs.loc[opened.obs_names, "lineage"]
    assert opened.obs["lineage"].astype(str).tolist() == lineages.tolist()


def test_one_file_with_both_sources_is_parted(cohort, tmp_path):
    lines, tumors = (
        samples.omics[Omic.EXPRESSION].iloc[:5] for samples in (cohort.cell_lines, cohort.tumors)
    )
    shared = lines.columns.intersection(tumors.columns)
    both = pd.concat([lines[shared], tumors[shared].rename(index="TCGA-AA-{}".format)])
    write_matrix(both, tmp_path / "both.h5ad", uns={"omic": "expression"})
    noted = collected(read_containers, tmp_path / "both.h5ad")
    assert list(noted.value.cell_lines.obs.index) == list(lines.index)
    assert list(noted.value.tumors.obs.index) == [f"TCGA-AA-{name}" for name in tumors.index]
    assert "both.h5ad: 5 tumors with expression (log2(norm_count+1))" in noted.notes


def test_supplements_are_parted_by_source_and_named(cohort, tmp_path):
    lines = cohort.cell_lines.omics[Omic.EXPRESSION].iloc[:3]
    tumors = lines.rename(index="TCGA-AA-{}".format)
    table = pd.concat([lines, tumors])
    unsaid = cohort.cell_lines.obs.iloc[:0].reindex(table.index).assign(source="unknown")
    mixed = replace(
        cohort.cell_lines,
        omics={Omic.EXPRESSION: lines},
        obs=unsaid.assign(patient_id=table.index, lineage="unknown"),
        supplements={"expression_array": Supplement(Omic.EXPRESSION, table, "log2(TPM+1)")},
    )
    write_samples(mixed, tmp_path / "both.h5mu")
    noted = collected(read_containers, tmp_path / "both.h5mu")
    of_lines, of_tumors = (
        samples.supplements["expression_array"]
        for samples in (noted.value.cell_lines, noted.value.tumors)
    )
    assert list(of_lines.table.index) == list(lines.index)
    assert list(of_tumors.table.index) == list(tumors.index)
    assert noted.value.tumors.omics == {}
    assert "both.h5mu: 3 tumors with expression_array (log2(TPM+1))" in noted.notes


def test_the_patients_of_gene_effects_are_those_of_obs(cohort, tmp_path):
    effect = cohort.gene_effect
    patients = cohort.cell_lines.obs["patient_id"].reindex(effect.table.index)
    write_gene_effect(replace(effect, patient_id=patients), tmp_path / "e.h5ad")
    read = read_containers(tmp_path / "e.h5ad", notes=Notes()).gene_effect.patient_id
    assert read.to_dict() == patients.to_dict()


def test_a_unit_that_no_file_names_is_told_from_the_values(tmp_path):
    counts = pd.DataFrame({"TP53": [4000.0], "MYC": [12.0]}, index=["L1"])
    write_matrix(counts, tmp_path / "raw.h5ad", uns={"omic": "expression"})
    with pytest.raises(BadFileError, match=r"row 'L1', column 'TP53': is 4000, .* Raw TPM"):
        read_containers(tmp_path / "raw.h5ad", notes=Notes())


@pytest.mark.parametrize(
    ("values", "message"),
    [
        ([[0.5, 1.0], [0.1, 0.9]], "a probability of dependency, not a gene effect"),
        ([[np.nan, np.nan], [np.nan, np.nan]], "has no sample with a value left"),
    ],
)
def test_what_is_no_gene_effect_is_refused(tmp_path, values, message):
    table = pd.DataFrame(values, index=["L1", "L2"], columns=["TP53", "MYC"])
    write_matrix(table, tmp_path / "e.h5ad", uns={"kind": "gene_effect"})
    with pytest.raises(BadFileError, match=rf"e.h5ad: .*{message}"):
        read_containers(tmp_path, notes=Notes())


def test_gene_effects_of_the_wrong_sign_are_refused(tmp_path):
    genes = ["RPL3", "RPL4", "RPS3", "RPS6", "PSMA1", "TP53"]
    table = pd.DataFrame([[1.1, 1.2, 0.9, 1.0, 1.3, -0.2]], index=["L1"], columns=genes)
    write_matrix(table, tmp_path / "e.h5ad", uns={"kind": "gene_effect"})
    with pytest.raises(BadFileError, match=r"e.h5ad: has the sign reversed"):
        read_containers(tmp_path, notes=Notes())
    write_matrix(-table, tmp_path / "e.h5ad", uns={"kind": "gene_effect"})
    said = collected(read_containers, tmp_path).notes
    assert "e.h5ad: median of 5 well-known common essential genes -1.10" in said


def test_a_damaged_file_is_refused_before_it_is_read(cohort, tmp_path):
    write_samples(cohort.cell_lines, tmp_path / "lines.h5mu")
    with h5py.File(tmp_path / "lines.h5mu", "r+") as file:
        file["mod/again"] = h5py.SoftLink("/mod")
    with pytest.raises(DeepDEPError, match=r"lines.h5mu: /mod/again: holds a link"):
        read_containers(tmp_path, notes=Notes())


def test_listed_features_that_were_missing_are_missing_again(cohort, tmp_path):
    """A feature list keeps a gene that no sample has, NaN throughout, even among mutations."""
    samples = cohort.cell_lines
    missing = samples.omics[Omic.MUTATION].astype(np.float32).assign(NEVER_MEASURED=np.nan)
    given = replace(samples, omics=samples.omics | {Omic.MUTATION: missing})
    write_samples(given, tmp_path / "cell_lines.h5mu")
    notes = Notes()
    write_import(read_containers(tmp_path / "cell_lines.h5mu", notes), notes, tmp_path / "data")
    written = (tmp_path / "data" / "cell_lines.h5mu").read_bytes()
    assert written == (tmp_path / "cell_lines.h5mu").read_bytes()


def test_two_files_of_the_same_kind_are_refused(cohort, tmp_path):
    for name in ("a.h5ad", "b.h5ad"):
        write_gene_effect(cohort.gene_effect, tmp_path / name)
    with pytest.raises(BadFileError, match=r"b.h5ad: brings gene_effect a second time"):
        read_containers(tmp_path, notes=Notes())


def test_a_folder_without_such_files_is_refused(tmp_path):
    with pytest.raises(BadFileError, match="holds none"):
        read_containers(tmp_path, notes=Notes())


def test_each_modality_is_described(given, inspect, small):
    found = inspect(given.folder / "h5/lines.h5mu")
    assert (found.source, found.release, found.content) == ("MuData", "DepMap 24Q4", "samples")
    tables = {table.name: table for table in found.tables}
    assert [*tables] == [str(omic) for omic in TINY.n_features]
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


@pytest.mark.parametrize("kind", ["gene_effect", "class"])
def test_gene_effects_with_genes_in_rows_are_refused(tmp_path, kind):
    genes = ["RPL3", "RPS6", "RPL4", "PSMA1", "POLR2A"]
    table = pd.DataFrame(-1.0, index=genes, columns=["LINE0", "LINE1"])
    write_matrix(table, tmp_path / "e.h5ad", uns={"kind": kind})
    with pytest.raises(BadFileError, match=r"e\.h5ad: is transposed: genes are in obs"):
        read_containers(tmp_path / "e.h5ad", Notes())


def test_gene_effects_with_patients_in_numbers_are_read_and_written(tmp_path):
    table = pd.DataFrame([[-1.0, 0.5], [0.25, -2.0]], index=["A", "B"], columns=["TP53", "MYC"])
    given = anndata.AnnData(table.to_numpy(), pd.DataFrame({"patient_id": [7, 8]}, table.index))
    given.var_names, given.uns["kind"] = table.columns, "gene_effect"
    given.write(tmp_path / "e.h5ad")
    effects = read_containers(tmp_path / "e.h5ad", Notes()).gene_effect
    assert effects.patient_id.to_dict() == {"A": "7", "B": "8"}
    write_gene_effect(effects, tmp_path / "again.h5ad")
    again = read_containers(tmp_path / "again.h5ad", Notes()).gene_effect
    assert again.patient_id.to_dict() == {"A": "7", "B": "8"}


def test_a_reversed_sign_is_told_under_names_that_r_changed(tmp_path):
    genes = ["RPL3..6122.", "RPS6..6194.", "RPL4..6124.", "PSMA1..5682.", "POLR2A..5430."]
    table = pd.DataFrame(1.1, index=["A", "B"], columns=genes)
    write_matrix(table, tmp_path / "e.h5ad", uns={"kind": "gene_effect"})
    with pytest.raises(BadFileError, match=r"e\.h5ad: has the sign reversed"):
        read_containers(tmp_path / "e.h5ad", Notes())


def test_what_macos_leaves_beside_a_file_is_not_read(cohort, tmp_path):
    write_samples(cohort.cell_lines, tmp_path / "lines.h5mu")
    (tmp_path / "._lines.h5mu").write_bytes(b"\0\5\x16\7")
    (tmp_path / ".DS_Store").write_bytes(b"\0")
    part = read_containers(tmp_path, Notes())
    alone = read_containers(tmp_path / "lines.h5mu", Notes())
    pd.testing.assert_frame_equal(part.cell_lines.obs, alone.cell_lines.obs)
