import os
import re
import shutil
from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from collecting import collected

from deepdep.domain.gene_effect import GeneEffectKind
from deepdep.domain.identifiers import GeneTable
from deepdep.domain.notes import Notes
from deepdep.domain.omics import Omic
from deepdep.errors import BadFileError
from deepdep.sources.depmap.release import read_depmap

SHARED = Path(__file__).parents[4] / "shared" / "real"
REAL_MODELS = Path(os.environ.get("DEEPDEP_REAL_DATA", SHARED)) / "cell_lines" / "Model.csv"

EXPRESSION = "OmicsExpressionProteinCodingGenesTPMLogp1.csv"


def same(read: pd.DataFrame, simulated: pd.DataFrame, **tolerance: float) -> None:
    """Equal by label; genes of no sample's mutation are not in a table of mutations."""
    assert set(read.index) == set(simulated.index)
    wanted = simulated.loc[read.index, read.columns]
    pd.testing.assert_frame_equal(read, wanted, check_names=False, **tolerance)


@pytest.mark.parametrize("generation", ["up_to_22q2", "up_to_25q1", "from_25q2"])
def test_reads_back_what_was_simulated(generation, request, cohort, options):
    folder = request.getfixturevalue(generation)
    part = read_depmap(folder.path, options, notes=Notes())
    given, read = cohort.cell_lines, part.cell_lines
    same(read.omics[Omic.EXPRESSION], given.omics[Omic.EXPRESSION])
    assert list(read.omics[Omic.EXPRESSION]) == list(given.omics[Omic.EXPRESSION])
    same(read.omics[Omic.COPY_NUMBER], given.omics[Omic.COPY_NUMBER], rtol=0, atol=1e-5)
    same(read.omics[Omic.MUTATION], given.omics[Omic.MUTATION])
    mutated = given.omics[Omic.MUTATION].any()
    assert set(read.omics[Omic.MUTATION]) >= set(mutated[mutated].index)
    measured = {omic: unit for omic, unit in given.units.items() if omic is not Omic.METHYLATION}
    assert read.units == measured
    assert read.assembly is None
    pd.testing.assert_frame_equal(read.obs, given.obs.loc[read.obs.index], check_names=False)
    assert part.gene_effect.kind is GeneEffectKind.GENE_EFFECT
    effects = cohort.gene_effect.table
    same(part.gene_effect.table, effects.loc[effects.index.isin(read.obs.index)])
    assert part.tumors is None
    assert part.gene_sets is None


def test_says_what_was_recognised_and_decided(from_25q2, options):
    from_25q2.put("README.txt", "# DepMap Public 25Q3\n\nSome words on 24Q2.\n")
    from_25q2.put("OmicsProfiles.csv", "ProfileID\nPR-1\n")
    from_25q2.put("CRISPRGeneDependency.csv", ",TP53 (1)\nACH-000001,0.5\n")
    noted = collected(read_depmap, from_25q2.path, options)
    assert noted.value.cell_lines.release == "DepMap 25Q3, layout from 25Q2"
    assert noted.notes[0] == "depmap: DepMap 25Q3, layout from 25Q2"
    for said in (
        r"OmicsExpression\S+: 70 samples x 160 features, log2\(TPM\+1\)",
        r"OmicsExpression\S+: 22 rows left out, not the default entry of a model",
        r"OmicsExpression\S+: 1 model without default entry: 'ACH-999999'",
        r"OmicsCNGeneWGS.csv: linear ratios turned to log2",
        r"\S+Damaging.csv: [\d,]+ values of 2 taken as 1",
        r"mutation: 1 where \S+Damaging.csv or \S+Hotspot.csv has it",
        r"CRISPRGeneEffect.csv.gz: 64 cell lines x 60 genes, gene_effect",
        r"CRISPRGeneEffect.csv.gz: median of \d+ well-known common essential genes -[01]",
        r"CRISPRGeneDependency.csv: left out, a probability and no gene effect",
        r"2 files left out, of no table that is read: 'OmicsProfiles.csv', 'README.txt'",
    ):
        assert any(re.match(said, note) for note in noted.notes), said


def test_the_name_of_the_folder_may_tell_the_release(up_to_25q1, options):
    path = up_to_25q1.path.rename(up_to_25q1.path.with_name("DepMap_Public_24q4"))
    read = read_depmap(path, options, notes=Notes()).cell_lines
    assert read.release == "DepMap 24Q4, layout up to 25Q1"


def test_any_of_the_files_may_be_absent(up_to_25q1, options, cohort):
    for path in up_to_25q1.path.iterdir():
        if path.name != EXPRESSION:
            path.unlink()
    noted = collected(read_depmap, up_to_25q1.path, options)
    assert set(noted.value.cell_lines.omics) == {Omic.EXPRESSION}
    assert noted.value.gene_effect is None
    assert set(noted.value.cell_lines.obs["lineage"]) == {"unknown"}
    assert "there is no Model.csv" in noted.notes
    assert "there is no CRISPRGeneEffect.csv: no gene effect" in noted.notes


def test_gene_effects_alone_are_brought_for_every_line(folder, options, cohort):
    folder.matrix("CRISPRGeneEffect.csv", cohort.gene_effect.table)
    part = read_depmap(folder.path, options, notes=Notes())
    assert part.cell_lines is None
    same(part.gene_effect.table, cohort.gene_effect.table)


def test_lines_with_gene_effects_but_no_omic_are_left_out(up_to_25q1, options, cohort):
    strangers = cohort.gene_effect.table.iloc[:2].set_axis(["ACH-555555", "ACH-666666"])
    table = pd.concat([cohort.gene_effect.table, strangers])
    up_to_25q1.matrix("CRISPRGeneEffect.csv", table)
    noted = collected(read_depmap, up_to_25q1.path, options)
    same(noted.value.gene_effect.table, cohort.gene_effect.table)
    lines = "'ACH-555555', 'ACH-666666'"
    left_out = f"2 lines left out, without any omic or known patient: {lines}"
    assert f"CRISPRGeneEffect.csv: {left_out}" in noted.notes


def test_lines_without_an_omic_stay_where_the_model_table_knows_their_patient(folder, options):
    table = pd.DataFrame({"TP53": [2.0, 3.0]}, index=["ACH-000001", "ACH-000002"])
    folder.matrix(EXPRESSION, table)
    effects = pd.DataFrame({"TP53": [-1.0, -0.2, 0.1]}, ["ACH-000001", "ACH-000002", "ACH-000003"])
    folder.matrix("CRISPRGeneEffect.csv", effects)
    folder.put(
        "Model.csv",
        "ModelID,PatientID,OncotreeLineage\nACH-000001,PT-1,Lung\nACH-000003,PT-1,Lung\n",
    )
    noted = collected(read_depmap, folder.path, options)
    assert list(noted.value.cell_lines.obs.index) == ["ACH-000001", "ACH-000002"]
    assert noted.value.gene_effect.patient_id.to_dict() == {
        "ACH-000001": "PT-1",
        "ACH-000002": "ACH-000002",
        "ACH-000003": "PT-1",
    }
    kept = "1 screened line without any omic, whose labels only tell which genes go together"
    assert f"CRISPRGeneEffect.csv: {kept}" in noted.notes


def test_genes_get_their_current_symbols_in_every_table(up_to_25q1, options, omics):
    genes = GeneTable(frozenset({"BRAF2"}), {}, {}, {"BRAF": "BRAF2"})
    part = read_depmap(up_to_25q1.path, replace(options, genes=genes), notes=Notes())
    for omic, table in part.cell_lines.omics.items():
        if "BRAF" in omics[omic]:
            assert "BRAF2" in table
            assert "BRAF" not in table
    assert "BRAF2" in part.gene_effect.table


@pytest.mark.skipif(not REAL_MODELS.exists(), reason=f"needs {REAL_MODELS}")
def test_the_real_model_table_tells_patients_and_lineages(folder, options):
    shutil.copy(REAL_MODELS, folder.path)
    table = pd.DataFrame({"TP53": [1.0, 2.0]}, index=["ACH-000001", "ACH-000002"])
    folder.matrix(EXPRESSION, table)
    obs = read_depmap(folder.path, options, notes=Notes()).cell_lines.obs
    assert obs["patient_id"].tolist() == ["PT-gj46wT", "PT-5qa3uk"]
    assert obs["lineage"].tolist() == ["Ovary/Fallopian Tube", "Myeloid"]


def spoiled_sign(folder):
    path = folder.path / "CRISPRGeneEffect.csv"
    table = pd.read_csv(path, index_col=0)
    (-table).to_csv(path)


def probabilities(folder):
    path = folder.path / "CRISPRGeneEffect.csv"
    table = pd.read_csv(path, index_col=0)
    (1 / (1 + np.exp(table))).to_csv(path)


def raw_tpm(folder):
    path = folder.path / EXPRESSION
    np.exp2(pd.read_csv(path, index_col=0)).to_csv(path)


def z_scores(folder):
    path = folder.path / EXPRESSION
    table = pd.read_csv(path, index_col=0)
    table.sub(table.mean(axis=1), axis=0).div(table.std(axis=1, ddof=0), axis=0).to_csv(path)


def infinity(folder):
    path = folder.path / EXPRESSION
    table = pd.read_csv(path, index_col=0)
    table.iloc[2, 3] = np.inf
    table.to_csv(path)


def both_generations(folder):
    text = "ModelID,IsDefaultEntryForModel,TP53 (7157)\nACH-000001,Yes,1\n"
    folder.put("OmicsExpressionTPMLogp1HumanProteinCodingGenes.csv", text)


def two_copies(folder):
    folder.put(f"{EXPRESSION}.gz", (folder.path / EXPRESSION).read_text())


def ccle_names(folder):
    path = folder.path / EXPRESSION
    path.write_text(path.read_text().replace("ACH-000003", "LINE2_TISSUE"))


def no_line_with_omic(folder):
    path = folder.path / "CRISPRGeneEffect.csv"
    path.write_text(path.read_text().replace("ACH-0", "ACH-7"))


def nothing_known(folder):
    for path in folder.path.iterdir():
        path.rename(path.with_name(f"my_{path.name}"))


def only_dependency(folder):
    for path in folder.path.iterdir():
        path.unlink()
    folder.put("CRISPRGeneDependency.csv", ",TP53 (7157)\nACH-000001,0.5\n")


def no_patient(folder):
    path = folder.path / "Model.csv"
    path.write_text(path.read_text().replace("PatientID", "Patient"))


@pytest.mark.parametrize(
    ("spoil", "file", "message"),
    [
        (spoiled_sign, "CRISPRGeneEffect.csv", "has the sign reversed"),
        (probabilities, "CRISPRGeneEffect.csv", "a probability of dependency, not a gene effect"),
        (raw_tpm, EXPRESSION, r"row 'ACH-\d+', column '\w+': is [\d.]+, and log2\(TPM\+1\) lies"),
        (z_scores, EXPRESSION, r"row 'ACH-\d+', column '\w+': is -[\d.]+, and log2\(TPM\+1\) lies"),
        (infinity, EXPRESSION, r"row 'ACH-000003', column '\w+ \(1003\)': is infinite"),
        (both_generations, "OmicsExpressionTPMLog", f"the same kind as {EXPRESSION}. Keep one"),
        (two_copies, f"{EXPRESSION}.gz", f"the same kind as {EXPRESSION}. Keep one"),
        (ccle_names, EXPRESSION, "row 'LINE2_TISSUE': is no ModelID, such as ACH-000001"),
        (no_line_with_omic, "CRISPRGeneEffect.csv", "none of its lines has an omic"),
        (nothing_known, "", "has no table of a DepMap release under a name"),
        (only_dependency, "", "has no table of a DepMap release but probabilities of dependency"),
        (no_patient, "Model.csv", "lacks the column 'PatientID'"),
    ],
)
def test_refuses_in_one_line_that_names_the_file(up_to_25q1, options, spoil, file, message):
    spoil(up_to_25q1)
    with pytest.raises(BadFileError, match=message) as error:
        read_depmap(up_to_25q1.path, options, notes=Notes())
    assert str(error.value).startswith(str(up_to_25q1.path / file))
    assert "\n" not in str(error.value)


def test_refuses_a_folder_that_is_not_there(tmp_path, options):
    with pytest.raises(BadFileError, match="there is no such folder"):
        read_depmap(tmp_path / "26Q1", options, notes=Notes())


ESSENTIALS = ["RPL3", "RPL4", "RPS6", "PSMA1", "POLR2A"]


@pytest.fixture
def expression(given):
    return given.folder / "depmap/expression/OmicsExpressionProteinCodingGenesTPMLogp1.csv"


def renamed(path, folder):
    copy = folder / "mine.csv"
    copy.write_bytes(path.read_bytes())
    return copy


def depmap_table(values, genes=("TP53", "KRAS", "MYC")):
    lines = pd.Index([f"ACH-{k:06d}" for k in range(len(values))])
    return pd.DataFrame(values, lines, [f"{gene} ({k})" for k, gene in enumerate(genes, start=1)])


def test_the_layout_and_its_release_are_named(given, expression, inspect):
    found = inspect(expression)
    assert (found.source, found.release) == ("DepMap", "DepMap, layout up to 25Q1")
    name = "OmicsExpressionTPMLogp1HumanProteinCodingGenes.csv.gz"
    found = inspect(given.folder / "depmap_25q2/expression" / name)
    assert found.release == "DepMap, layout from 25Q2"


def test_a_readme_beside_the_file_tells_the_release(expression, inspect, tmp_path):
    copy = tmp_path / expression.name
    copy.write_bytes(expression.read_bytes())
    (tmp_path / "README.txt").write_text("# DepMap 24Q4\n")
    assert inspect(copy).release == "DepMap 24Q4, layout up to 25Q1"


def test_rows_of_sequencings_are_counted_and_the_column_that_chooses_them_is_named(given, inspect):
    name = "OmicsExpressionTPMLogp1HumanProteinCodingGenes.csv.gz"
    found = inspect(given.folder / "depmap_25q2/expression" / name)
    (table,), (plan,) = found.tables, found.plans
    assert (table.n_rows, table.samples.n) == (9, 7)  # 6 lines, 2 again, 1 without default entry
    assert plan.brings[0].n_samples == 6
    assert "keeps the rows with IsDefaultEntryForModel" in plan.says
    assert table.features.identifiers == "symbol (Entrez id)"


def test_a_table_under_another_name_is_told_by_its_values(expression, inspect, tmp_path):
    found = inspect(renamed(expression, tmp_path))
    (plan,) = found.plans
    assert found.content == "expression"
    assert "OmicsExpressionTPMLogp1HumanProteinCodingGenes.csv" in plan.says[0]


def test_linear_copy_number_under_another_name_might_be_expression(given, inspect, tmp_path):
    found = inspect(renamed(given.folder / "depmap/copy_number/OmicsCNGene.csv", tmp_path))
    assert found.content == "expression or copy_number"
    assert [plan.brings[0].unit for plan in found.plans] == ["log2(TPM+1)", "log2(CN/2)"]
    assert found.tables[0].unit is None


def test_well_known_essential_genes_tell_gene_effects_from_copy_number(inspect, tmp_path):
    rng = np.random.default_rng(0)
    values = rng.normal(0, 0.1, (9, 8))
    genes = [*ESSENTIALS, "TP53", "KRAS", "MYC"]
    depmap_table(values, genes).to_csv(tmp_path / "ratios.csv")
    values[:, :5] -= 1
    depmap_table(values, genes).to_csv(tmp_path / "effects.csv")
    assert inspect(tmp_path / "ratios.csv").content == "copy_number"
    assert inspect(tmp_path / "effects.csv").content == "gene_effect"


def test_probabilities_of_dependency_are_left_out_by_import(inspect, tmp_path):
    path = tmp_path / "CRISPRGeneDependency.csv"
    depmap_table(np.full((2, 3), 0.5)).to_csv(path)
    found = inspect(path)
    assert (found.content, found.plans) == ("probabilities of dependency", ())
    assert "a probability is no gene effect" in found.remarks[0]


def test_a_transposed_table_is_described_as_it_lies_and_refused(small, inspect, tmp_path):
    path = tmp_path / "OmicsExpressionProteinCodingGenesTPMLogp1.csv"
    small["cell_lines"][Omic.EXPRESSION].T.to_csv(path)
    found = inspect(path)
    assert found.tables[0].orientation == "features x samples"
    assert found.tables[0].samples.n == 6
    assert "Transpose the table" in found.problems[0]


def test_models_tell_patients_and_lineages(inspect, tmp_path):
    text = "ModelID,PatientID,OncotreeLineage\nACH-000001,P1,Lung\nACH-000002,P1,Skin\n"
    (tmp_path / "Model.csv").write_text(text)
    found = inspect(tmp_path / "Model.csv")
    assert found.content == "models"
    assert found.tables[0].samples.n == 2
    assert [plan.brings for plan in found.plans] == [(), ()]
    assert "2 cell lines of 1 patient, 2 lineages" in found.plans[0].says


def test_a_model_table_without_a_column_has_that_problem(inspect, tmp_path):
    (tmp_path / "Model.csv").write_text("ModelID,PatientID\nACH-000001,P1\n")
    found = inspect(tmp_path / "Model.csv")
    assert found.problems == (
        f"{tmp_path}/Model.csv: lacks the column 'OncotreeLineage'. Bring DepMap's Model.csv",
    )


def test_a_folder_without_a_table_of_a_release_is_refused_by_what_it_holds(folder, options):
    folder.put("expression_matrix.csv", ",TP53 (7157)\nACH-000001,1\n")
    with pytest.raises(
        BadFileError, match=r"but 'expression_matrix\.csv'\. Bring CRISPRGeneEffect"
    ):
        read_depmap(folder.path, options, Notes())


def test_inspect_tells_the_files_of_22q2(up_to_22q2, inspect):
    found = inspect(up_to_22q2.path)
    assert {file.name: file.content for file in found.files} == {
        "CCLE_expression.csv": "expression",
        "CCLE_gene_cn.csv": "copy_number",
        "CCLE_mutations.csv": "mutation",
        "CRISPR_gene_effect.csv": "gene_effect",
        "sample_info.csv": "models",
    }
    for file in found.files:
        assert inspect(up_to_22q2.path / file.name).problems == ()
