from dataclasses import replace

import anndata
import h5py
import mudata
import numpy as np
import pandas as pd
import pytest
from scipy import sparse

from deepdep.data.cohort import read_cohort, write_cohort
from deepdep.data.importing import import_files
from deepdep.domain.cohort import Cohort, Samples, Source, Supplement
from deepdep.domain.gene_effect import GeneEffect, GeneEffectKind
from deepdep.domain.omics import Omic
from deepdep.errors import BadFileError
from deepdep.io.containers import read_gene_effect, read_samples, write_gene_effect, write_samples
from deepdep.sources.importing import ImportRequest


def samples(names: list[str], source: Source) -> Samples:
    """Mutations of all samples, expression of all but the first; both omics know TP53."""
    rng = np.random.default_rng(0)
    mutation = pd.DataFrame(
        rng.integers(0, 2, (len(names), 2)).astype(np.uint8), index=names, columns=["KRAS", "TP53"]
    )
    expression = pd.DataFrame(
        rng.random((len(names) - 1, 2)).astype(np.float32), names[1:], ["TP53", "MYC"]
    )
    expression.iloc[0, 0] = np.nan
    obs = pd.DataFrame(
        {"patient_id": names, "lineage": "Lung", "source": str(source), "cohort": "LUAD"},
        index=names,
    )
    units = {Omic.MUTATION: "0/1", Omic.EXPRESSION: "log2(TPM+1)"}
    return Samples({Omic.MUTATION: mutation, Omic.EXPRESSION: expression}, obs, units)


def small_cohort() -> Cohort:
    effect = pd.DataFrame(
        [[-1.5, np.nan], [0.0, 0.25]], index=["L2", "L1"], columns=["A1BG", "TP53"], dtype="f4"
    )
    return Cohort(
        samples(["L1", "L2", "L3"], Source.CELL_LINE),
        samples(["T1", "T2"], Source.TUMOR),
        GeneEffect(effect, GeneEffectKind.GENE_EFFECT),
        {"APOPTOSIS": ("TP53", "BAX")},
    )


def assert_same(read: Samples, written: Samples) -> None:
    assert read.units == written.units
    assert read.omics.keys() == written.omics.keys()
    for omic, table in written.omics.items():
        pd.testing.assert_frame_equal(read.omics[omic], table)
    pd.testing.assert_frame_equal(read.obs.astype(object), written.obs.astype(object))


def test_a_cohort_comes_back_as_it_was_written(tmp_path):
    cohort = small_cohort()
    write_cohort(cohort, tmp_path / "data")
    read = read_cohort(tmp_path / "data")
    assert_same(read.cell_lines, cohort.cell_lines)
    assert_same(read.tumors, cohort.tumors)
    pd.testing.assert_frame_equal(read.gene_effect.table, cohort.gene_effect.table)
    assert read.gene_effect.kind is GeneEffectKind.GENE_EFFECT
    assert read.gene_sets == cohort.gene_sets


def test_the_same_cohort_gives_the_same_bytes(tmp_path):
    for name in ("first", "second"):
        write_cohort(small_cohort(), tmp_path / name)
    files = sorted(path.name for path in (tmp_path / "first").iterdir())
    assert files == ["cell_lines.h5mu", "gene_effect.h5ad", "gene_sets.gmt", "tumors.h5mu"]
    for name in files:
        assert (tmp_path / "first" / name).read_bytes() == (tmp_path / "second" / name).read_bytes()


def test_only_the_cell_lines_are_needed(tmp_path):
    lines = small_cohort().cell_lines
    write_cohort(Cohort(lines, None, None, None), tmp_path / "data")
    read = read_cohort(tmp_path / "data")
    assert_same(read.cell_lines, lines)
    assert (read.tumors, read.gene_effect, read.gene_sets) == (None, None, None)


@pytest.mark.filterwarnings("ignore:var_names are not unique")
def test_tumors_alone_are_no_cohort_to_learn_from(tmp_path):
    write_samples(samples(["T1", "T2"], Source.TUMOR), tmp_path / "tumors.h5mu")
    message = r"cell_lines.h5mu: is not there: the cohort has tumors alone.*deepdep predict"
    with pytest.raises(BadFileError, match=message):
        read_cohort(tmp_path)


def test_plain_mudata_reads_what_was_written(tmp_path):
    cohort = small_cohort()
    write_cohort(cohort, tmp_path / "data")
    read = mudata.read_h5mu(tmp_path / "data" / "cell_lines.h5mu")
    pd.testing.assert_frame_equal(
        read["mutation"].to_df().astype(np.uint8), cohort.cell_lines.omics[Omic.MUTATION]
    )
    assert read["expression"].uns["unit"] == "log2(TPM+1)"
    assert list(read.obs["lineage"]) == ["Lung"] * 3


def with_supplements() -> Samples:
    """Three lines with both omics, and L9, of which a supplement is all there is."""
    lines = samples(["L1", "L2", "L3"], Source.CELL_LINE)
    names = ["L9", "L1"]
    expression_ccle = pd.DataFrame({"MYC": [1, np.nan], "EGFR": [2, 3]}, names, dtype="f4")
    mutation_ccle = pd.DataFrame({"TP53": [1, 0]}, names, dtype="u1")
    other = lines.obs.iloc[[0]].assign(patient_id="P9").set_axis(["L9"])
    return replace(
        lines,
        obs=pd.concat([lines.obs, other]),
        supplements={
            "expression_ccle": Supplement(Omic.EXPRESSION, expression_ccle, "log2(TPM+1)"),
            "mutation_ccle": Supplement(Omic.MUTATION, mutation_ccle, "0/1"),
        },
    )


def test_supplements_come_back_as_they_were_written(tmp_path):
    given = with_supplements()
    write_samples(given, tmp_path / "lines.h5mu")
    read = read_samples(tmp_path / "lines.h5mu")
    assert_same(read, given)
    assert read.obs.loc["L9", "patient_id"] == "P9"
    assert list(read.supplements) == ["expression_ccle", "mutation_ccle"]
    for name, supplement in given.supplements.items():
        assert read.supplements[name].omic is supplement.omic
        assert read.supplements[name].unit == supplement.unit
        pd.testing.assert_frame_equal(read.supplements[name].table, supplement.table)
    write_samples(read, tmp_path / "again.h5mu")
    written = [(tmp_path / name).read_bytes() for name in ("lines.h5mu", "again.h5mu")]
    assert written[0] == written[1]


def test_a_supplement_is_a_modality_of_its_name(tmp_path):
    write_samples(with_supplements(), tmp_path / "lines.h5mu")
    with h5py.File(tmp_path / "lines.h5mu") as file:
        assert set(file["mod"]) == {"mutation", "expression", "expression_ccle", "mutation_ccle"}


def test_samples_need_no_omic_beside_a_supplement(tmp_path):
    given = replace(with_supplements(), omics={}, units={})
    write_samples(given, tmp_path / "lines.h5mu")
    read = read_samples(tmp_path / "lines.h5mu")
    assert (read.omics, sorted(read.obs.index)) == ({}, ["L1", "L9"])


def gene_effect(*patients: str | None) -> GeneEffect:
    effect = small_cohort().gene_effect
    return replace(effect, patient_id=pd.Series(patients, effect.table.index, dtype=object))


@pytest.mark.parametrize(
    "patients", [("P1", "P1"), ("P2", "P1"), ("P2", None)], ids=["sisters", "strangers", "unknown"]
)
def test_the_patients_of_screened_lines_come_back(tmp_path, patients):
    given = gene_effect(*patients)
    for name in ("first.h5ad", "second.h5ad"):
        write_gene_effect(given, tmp_path / name)
    assert (tmp_path / "first.h5ad").read_bytes() == (tmp_path / "second.h5ad").read_bytes()
    read = read_gene_effect(tmp_path / "first.h5ad").patient_id
    assert list(read.index) == ["L2", "L1"]
    assert tuple(read.where(read.notna(), None)) == patients
    write_gene_effect(replace(given, patient_id=read), tmp_path / "again.h5ad")
    assert (tmp_path / "again.h5ad").read_bytes() == (tmp_path / "first.h5ad").read_bytes()


def test_patients_are_stored_by_the_name_of_the_line(tmp_path):
    given = gene_effect("P2", "P1")
    shuffled = replace(given, patient_id=given.patient_id.iloc[::-1])
    write_gene_effect(shuffled, tmp_path / "e.h5ad")
    assert read_gene_effect(tmp_path / "e.h5ad").patient_id.to_dict() == {"L2": "P2", "L1": "P1"}


@pytest.mark.parametrize("effect", [small_cohort().gene_effect, gene_effect(None, None)])
def test_no_patient_is_known_where_none_is_stored(tmp_path, effect):
    write_gene_effect(effect, tmp_path / "e.h5ad")
    assert read_gene_effect(tmp_path / "e.h5ad").patient_id is None


def test_a_nul_in_a_patient_is_refused(tmp_path):
    write_gene_effect(gene_effect("P2", "P1"), tmp_path / "e.h5ad")
    with h5py.File(tmp_path / "e.h5ad", "r+") as file:
        obs = file["obs"]
        attributes = dict(obs["patient_id"].attrs)
        del obs["patient_id"]
        obs["patient_id"] = np.array([b"P\x002", b"P1"], dtype="S3")
        obs["patient_id"].attrs.update(attributes)
    with pytest.raises(BadFileError, match=r"obs, 'P\\x002': holds a NUL"):
        read_gene_effect(tmp_path / "e.h5ad")


def expression(**uns: str) -> anndata.AnnData:
    names = pd.DataFrame(index=["L1", "L2"])
    return anndata.AnnData(np.ones((2, 2), np.float32), names, pd.DataFrame(index=["A", "B"]), uns)


def test_what_a_file_does_not_say_is_filled_in(tmp_path):
    container = mudata.MuData({"expression": expression()})
    container.obs["patient_id"] = ["P1", ""]
    container.obs["lineage"] = pd.Categorical([None, "Skin"])
    container.write(tmp_path / "lines.h5mu")
    read = read_samples(tmp_path / "lines.h5mu", Source.CELL_LINE)
    assert read.obs["patient_id"].tolist() == ["P1", "L2"]
    assert read.obs["lineage"].tolist() == ["unknown", "Skin"]
    assert read.obs["source"].tolist() == ["cell_line", "cell_line"]
    assert read.units == {Omic.EXPRESSION: "log2(TPM+1)"}


def write_nothing(path):
    pass


def write_plain_hdf5(path):
    with h5py.File(path, "w") as file:
        file["numbers"] = np.ones(3)


def write_half(path):
    mudata.MuData({"expression": expression()}).write(path)
    path.write_bytes(path.read_bytes()[:4000])


def without_matrix() -> anndata.AnnData:
    return anndata.AnnData(obs=pd.DataFrame(index=["L1"]), var=pd.DataFrame(index=["A"]))


def with_values(values, **obs: list) -> mudata.MuData:
    table = pd.DataFrame(obs, index=["L1", "L2"])
    matrix = anndata.AnnData(values, table, pd.DataFrame(index=["A", "B"]))
    return mudata.MuData({"expression": matrix})


def with_wrong_indices() -> mudata.MuData:
    container = with_values(sparse.csr_matrix(np.eye(2, dtype=np.float32)))
    container["expression"].X.indices[1] = 10**6  # SciPy would write there
    return container


def unnamed() -> anndata.AnnData:
    return anndata.AnnData(np.ones((1, 2)), var=pd.DataFrame(index=["A", " "]))


def with_duplicates() -> anndata.AnnData:
    return expression()[["L1", "L1"]].copy()


@pytest.mark.filterwarnings("ignore:.* names are not unique", "ignore:var_names are not")
@pytest.mark.parametrize(
    ("write", "message"),
    [
        (write_nothing, "there is no such file"),
        (lambda path: path.write_text("id,A\n"), "not a complete .h5mu"),
        (write_plain_hdf5, "not a complete .h5mu"),
        (write_half, "not a complete .h5mu"),
        (lambda path: expression().write_h5ad(path), "not a complete .h5mu"),
        (lambda path: mudata.MuData({"rna": expression()}).write(path), "'rna' is not an omic"),
        (
            lambda path: mudata.MuData({"expression_CCLE": expression()}).write(path),
            "'expression_CCLE' is not an omic",
        ),
        (
            lambda path: mudata.MuData({"expression_ccle": expression(unit="beta")}).write(path),
            r"expression_ccle uns: unit 'beta' is not known. Use one of: log2\(TPM\+1\)",
        ),
        (
            lambda path: mudata.MuData({"copy_number_wgs": without_matrix()}).write(path),
            "copy_number_wgs: holds no numbers",
        ),
        (
            lambda path: mudata.MuData({"expression": expression(unit="TPM")}).write(path),
            r"unit 'TPM' is not known. Use one of: log2\(TPM\+1\)",
        ),
        (
            lambda path: mudata.MuData({"expression": without_matrix()}).write(path),
            "expression: holds no numbers",
        ),
        (
            lambda path: with_values(np.full((2, 2), 1j)).write(path),
            "expression: holds no numbers",
        ),
        (
            lambda path: with_values(np.array([[1, 2], [3, np.inf]])).write(path),
            "expression, row 'L2', column 'B': is infinite",
        ),
        (
            lambda path: with_values(np.array([[1, 2], [1e300, 4]])).write(path),
            "expression, row 'L2', column 'A': is infinite",
        ),
        (
            lambda path: with_wrong_indices().write(path),
            "expression: is no valid sparse matrix",
        ),
        (
            lambda path: mudata.MuData({"expression": expression()[:, ["A", "A"]].copy()}).write(
                path
            ),
            "expression: feature 'A' occurs more than once",
        ),
        (
            lambda path: mudata.MuData({"expression": unnamed()}).write(path),
            "expression: a feature has no name",
        ),
    ],
)
def test_refuses_what_holds_no_samples(tmp_path, write, message):
    path = tmp_path / "lines.h5mu"
    write(path)
    with pytest.raises(BadFileError, match=message):
        read_samples(path)


def test_a_nul_in_a_text_of_hdf5_is_refused(tmp_path):
    """Texts of one length may hold it; those that are written may not."""
    path = tmp_path / "lines.h5mu"
    with_values(np.ones((2, 2), np.float32), lineage=["Lung", "Skin"]).write(path)
    with h5py.File(path, "r+") as file:
        obs = file["mod/expression/obs"]
        attributes = dict(obs["_index"].attrs)
        del obs["_index"]
        obs["_index"] = np.array([b"L\x001", b"L2"], dtype="S3")
        obs["_index"].attrs.update(attributes)
    with pytest.raises(BadFileError, match=r"expression, sample 'L\\x001': holds a NUL"):
        read_samples(path)


@pytest.mark.filterwarnings("ignore:Observation names are not unique")
@pytest.mark.filterwarnings("ignore:Element .* was written without encoding")
@pytest.mark.parametrize(
    ("write", "message"),
    [
        (write_nothing, "there is no such file"),
        (lambda path: path.write_text("id,A\n"), "not a complete .h5ad"),
        (write_plain_hdf5, "not a complete .h5ad"),
        (lambda path: mudata.MuData({"x": expression()}).write(path), "not a complete .h5ad"),
        (lambda path: without_matrix().write_h5ad(path), "holds no matrix"),
        (lambda path: expression().write_h5ad(path), r"uns: kind is ''. Set uns\['kind'\]"),
        (
            lambda path: anndata.AnnData(
                np.ones((2, 1)), with_duplicates().obs, uns={"kind": "class"}
            ).write_h5ad(path),
            "sample 'L1' occurs more than once",
        ),
    ],
)
def test_refuses_what_holds_no_gene_effect(tmp_path, write, message):
    path = tmp_path / "effect.h5ad"
    write(path)
    with pytest.raises(BadFileError, match=message):
        read_gene_effect(path)


def test_a_simulated_cohort_is_known_for_it_when_it_is_read_and_imported_again(cohort, tmp_path):
    write_cohort(cohort.named("simulated demo cohort, seed 0"), tmp_path / "data")
    read = read_cohort(tmp_path / "data")
    assert (read.name, read.simulated) == ("simulated demo cohort, seed 0", True)
    import_files(ImportRequest("anndata", tmp_path / "data"), tmp_path / "again")
    again = read_cohort(tmp_path / "again")
    assert (again.name, again.simulated) == (read.name, True)


def test_a_cohort_of_which_nothing_is_said_is_neither_named_nor_simulated(tmp_path):
    write_samples(with_supplements(), tmp_path / "cell_lines.h5mu")
    read = read_cohort(tmp_path)
    assert (read.name, read.simulated) == (None, False)


def test_a_cohort_that_was_read_has_the_hash_of_its_files(tmp_path):
    write_cohort(small_cohort(), tmp_path / "one")
    write_cohort(small_cohort(), tmp_path / "two")
    write_cohort(replace(small_cohort(), gene_sets={"S": ("A1BG",)}), tmp_path / "other")
    one, two, other = (read_cohort(tmp_path / name).sha256 for name in ("one", "two", "other"))
    assert one == two != other
    assert len(one) == 64
    assert small_cohort().sha256 is None
