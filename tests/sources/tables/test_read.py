import os
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from collecting import collected

from deepdep.data.cohort import add_to_cohort, read_cohort
from deepdep.data.importing import import_report
from deepdep.domain.cohort import Samples
from deepdep.domain.gene_effect import GeneEffectKind
from deepdep.domain.notes import Notes
from deepdep.domain.omics import Omic
from deepdep.errors import BadFileError
from deepdep.sources.cell_lines import NO_MODELS, Models, read_models
from deepdep.sources.tables.read import OmicTables, import_tables, omic_files

REAL = Path(
    os.environ.get("DEEPDEP_REAL_DATA", Path(__file__).resolve().parents[4] / "shared" / "real")
)

FILES = {
    "cell_lines/expression.csv": "id,TP53,MYC\nACH-000001,1,5\nACH-000002,2,6\nHELA,3,7\n",
    "cell_lines/mutation.tsv": "id\tTP53\nA549_LUNG\t1\nACH-000002\t2\n",
    "cell_lines/expression_ccle.csv": "id,EGFR\nACH-000004,3\nHELA,1\n",
    "cell_lines/subtypes.csv": "not,read\n",
    "cell_lines/Model.csv": (
        "ModelID,PatientID,OncotreeLineage,CCLEName,StrippedCellLineName\n"
        "ACH-000001,PT-1,Lung,A549_LUNG,A549\n"
        "ACH-000002,PT-1,Lung,,A549B\n"
        "ACH-000003,PT-3,Skin,,A375\n"
        "ACH-000004,PT-4,Skin,,SKMEL2\n"
    ),
    "tumors/expression.csv": "id,_cohort,TP53\nTCGA-AA-0001-01A,BRCA,1\n",
    "gene_effect/classes.csv": (
        "id,A1BG,TP53\nA549,0,2\nACH-000003,1,1\nHELA,-1,1\nACH-000009,0,1\nACH-000004,1,0\n"
    ),
    "gene_effect/effects.csv": "id,A1BG,TP53\nACH-000001,0.1,-1\nHELA,,0.5\n",
    "gene_sets/sets.gmt": "DEATH\t\tTP53\tBAX\n",
}


def write_folder(folder: Path, files: dict[str, str]) -> Path:
    for name, text in files.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    return folder


@pytest.fixture
def folder(tmp_path) -> Path:
    """Four lines, two of one patient, one unknown to Model.csv; one tumour.

    Of ACH-000004 there is a supplement only. ACH-000003 and ACH-000009 were screened, but have no
    omic; Model.csv knows the former.
    """
    return write_folder(tmp_path / "tables", FILES)


def test_tumors_alone_are_a_cohort_that_has_nothing_to_learn_from(tmp_path):
    only = {name: text for name, text in FILES.items() if name.startswith(("tumors", "gene_sets"))}
    folder, notes = write_folder(tmp_path / "tables", only), Notes()
    cohort = import_tables(folder, None, notes=notes)
    assert cohort.cell_lines is None
    assert cohort.gene_effect is None
    assert list(cohort.tumors.obs.index) == ["TCGA-AA-0001"]
    assert "cell_lines: none; tumors alone can be predicted, not learned from" in notes.lines()
    with pytest.raises(BadFileError, match="cell_lines: holds no table of an omic"):
        import_tables(folder, "classes", notes=Notes())


def test_a_folder_becomes_a_cohort(folder):
    cohort = import_tables(folder, "classes", notes=Notes())
    obs = cohort.cell_lines.obs
    assert obs["patient_id"].to_dict() == {
        "ACH-000001": "PT-1",
        "ACH-000002": "PT-1",
        "ACH-000004": "PT-4",
        "HELA": "HELA",
    }
    assert obs["lineage"].tolist() == ["Lung", "Lung", "Skin", "unknown"]
    mutation = cohort.cell_lines.omics[Omic.MUTATION]
    assert mutation["TP53"].to_dict() == {"ACH-000001": 1, "ACH-000002": 1}
    assert cohort.tumors.obs[["lineage", "cohort"]].to_dict("index") == {
        "TCGA-AA-0001": {"lineage": "Breast", "cohort": "BRCA"}
    }
    assert cohort.gene_effect.kind is GeneEffectKind.CLASS
    effects = cohort.gene_effect.table
    lines = ["ACH-000001", "ACH-000003", "HELA", "ACH-000004"]
    assert effects.index.tolist() == lines
    np.testing.assert_array_equal(effects.to_numpy(), [[0, -2], [-1, -1], [np.nan, -1], [-1, 0]])
    patients = dict(zip(lines, ["PT-1", "PT-3", "HELA", "PT-4"], strict=True))
    assert cohort.gene_effect.patient_id.to_dict() == patients
    supplement = cohort.cell_lines.supplements["expression_ccle"]
    assert (supplement.omic, supplement.unit) == (Omic.EXPRESSION, "log2(TPM+1)")
    assert supplement.table["EGFR"].to_dict() == {"ACH-000004": 3, "HELA": 1}
    assert cohort.gene_sets == {"DEATH": ("TP53", "BAX")}


def test_the_report_counts_and_tells(folder):
    notes = Notes()
    report = import_report(import_tables(folder, "classes", notes), notes)
    assert report.counts == {
        "cell_lines": 4,
        "cell_lines/mutation": 2,
        "cell_lines/expression": 3,
        "cell_lines/expression_ccle": 2,
        "tumors": 1,
        "tumors/expression": 1,
        "labelled_cell_lines": 4,
        "genes": 2,
        "gene_sets": 1,
    }
    for line in (
        "cell_lines/mutation.tsv: 1 value of 2 taken as 1",
        "cell_lines/mutation.tsv: 1 sample given the ModelID in Model.csv",
        "cell_lines/expression_ccle.csv: 2 samples x 1 feature, log2(TPM+1)",
        "cell_lines: subtypes.csv left out, not named after an omic",
        "gene_effect/classes.csv: 1 screened line without any omic, whose labels only tell which "
        "genes go together",
        "gene_effect/classes.csv: 1 line left out, without any omic or known patient: 'ACH-000009'",
        "cohort: 4 cell lines of 3 patients and 3 lineages",
        "cohort: 4 labelled lines x 2 genes, kind class; 1 line without any omic; "
        "1 gene in no gene set",
        "cohort: 1 tumor; 1 expression feature shared with the cell lines",
    ):
        assert line in report.lines


def test_what_is_absent_is_left_out(tmp_path):
    name = "cell_lines/expression.csv"
    folder = write_folder(tmp_path / "tables", {name: FILES[name]})
    imported = collected(import_tables, folder, None)
    cohort = imported.value
    assert (cohort.tumors, cohort.gene_effect, cohort.gene_sets) == (None, None, None)
    assert cohort.cell_lines.obs["patient_id"].tolist() == ["ACH-000001", "ACH-000002", "HELA"]
    assert "there is no cell_lines/Model.csv" in imported.notes


BAD = {
    "no such folder": (None, "", "there is no such folder"),
    "no cell lines": (
        {"cell_lines/expression.csv": None, "cell_lines/expression_ccle.csv": None},
        "classes",
        "no table of an omic",
    ),
    "raw supplement": ({"cell_lines/mutation_ccle.csv": "id,TP53\nL1,4\n"}, "classes", "0 nor 1"),
    "supplement twice": (
        {"cell_lines/expression_ccle.tsv": "id\tTP53\nL1\t4\n"},
        "classes",
        "is a second table of expression_ccle",
    ),
    "no such gene effect": ({}, "chronos", "no table named 'chronos'. It holds: classes.csv"),
    "raw counts": ({"cell_lines/expression.csv": "id,TP53\nL1,4000\n"}, "classes", "Raw TPM"),
    "raw tumors": ({"tumors/expression.csv": "id,TP53\nL1,4000\n"}, "classes", "Raw TPM"),
    "probability": (
        {"gene_effect/classes.csv": "id,TP53,KRAS\nHELA,0.3,0.9\n"},
        "classes",
        "a probability of dependency",
    ),
    "reversed sign": (
        {"gene_effect/classes.csv": "id,RPL3,RPL4,RPS6,PSMA1,PSMB2,TP53\nHELA,1,2,1,2,1.5,-.1\n"},
        "classes",
        "sign reversed",
    ),
    "set in two files": ({"gene_sets/more.gmt": "DEATH\t\tBAX\n"}, "classes", "another file too"),
    "model table of a web page": ({"cell_lines/Model.csv": "<html>"}, "classes", "web page"),
    "ragged row": ({"tumors/expression.csv": "id,A,B\nL1,1\n"}, "classes", "line 2, row 'L1'"),
}


@pytest.mark.parametrize(("changes", "name", "message"), BAD.values(), ids=BAD.keys())
def test_refuses_in_one_line(tmp_path, changes, name, message):
    folder = tmp_path / "tables"
    if changes is not None:
        files = {"cell_lines/mutation.tsv": None, **changes}
        write_folder(folder, {n: t for n, t in (FILES | files).items() if t is not None})
    with pytest.raises(BadFileError, match=message) as error:
        import_tables(folder, name, notes=Notes())
    assert "\n" not in str(error.value)
    assert str(folder) in str(error.value)


@pytest.mark.slow
@pytest.mark.skipif(not REAL.is_dir(), reason="real data not there: set DEEPDEP_REAL_DATA")
@pytest.mark.parametrize(
    ("name", "kind", "n_lines", "n_measured", "n_genes"),
    [
        ("dependency_class_22q1", GeneEffectKind.CLASS, 938, 575, 17386),
        ("ceres_20q4", GeneEffectKind.GENE_EFFECT, 334, 334, 464),
        ("chronos_25q2", GeneEffectKind.GENE_EFFECT, 106, 41, 3465),
    ],
)
def test_the_real_tables_pass(name, kind, n_lines, n_measured, n_genes):
    cohort = import_tables(REAL, name, notes=Notes())
    effect = cohort.gene_effect
    assert effect.kind is kind
    assert effect.table.shape == (n_lines, n_genes)
    assert effect.table.index.isin(cohort.cell_lines.obs.index).sum() == n_measured
    assert effect.patient_id.str.startswith("PT-").all()
    supplements = cohort.cell_lines.supplements
    assert {name: known.table.shape for name, known in supplements.items()} == {
        "expression_ccle": (334, 512),
        "mutation_ccle": (334, 476),
    }
    assert cohort.gene_effect.table.median().median() <= 0
    assert cohort.cell_lines.units == {
        Omic.MUTATION: "0/1",
        Omic.EXPRESSION: "z-score",
        Omic.METHYLATION: "beta",
        Omic.COPY_NUMBER: "call",
    }
    assert cohort.tumors.units == {Omic.EXPRESSION: "log2(norm_count+1)"}
    assert len(cohort.tumors.obs) == 1073
    assert cohort.tumors.obs["lineage"].value_counts().to_dict() == {
        "Breast": 769,
        "Eye": 80,
        "Adrenal Gland": 79,
        "Uterus": 57,
        "Esophagus/Stomach": 37,
        "Biliary Tract": 36,
        "Lymphoid": 15,
    }


def write(folder: Path, **tables: str) -> Path:
    folder.mkdir()
    for name, text in tables.items():
        (folder / f"{name}.csv").write_text(text)
    return folder


def read_lines(folder: Path, models: Models, notes: Notes) -> Samples:
    return OmicTables.of_folder(folder, notes).cell_lines(models, notes)


def read_tumors(folder: Path, notes: Notes) -> Samples:
    return OmicTables.of_folder(folder, notes).tumors(notes)


def test_finds_tables_by_the_name_of_an_omic_and_of_an_assay(tmp_path):
    names = ("copy_number_wgs.csv", "methylation.tsv.gz", "expression.parquet", "copy_number.csv")
    others = (".mutation.csv.swp", "expression_CCLE.csv", "pam50.csv", "copy_wgs.csv")
    for name in (*names, "expression_ccle.csv.gz", *others):
        (tmp_path / name).touch()
    found = omic_files(tmp_path)
    assert {name: path.name for name, path in found.items()} == {
        "expression": "expression.parquet",
        "methylation": "methylation.tsv.gz",
        "copy_number": "copy_number.csv",
        "copy_number_wgs": "copy_number_wgs.csv",
        "expression_ccle": "expression_ccle.csv.gz",
    }
    own = ["expression", "methylation", "copy_number"]
    assert list(found) == [*own, "copy_number_wgs", "expression_ccle"]


@pytest.mark.parametrize("name", ["expression", "expression_ccle"])
def test_refuses_two_tables_of_one_name(tmp_path, name):
    (tmp_path / f"{name}.csv").touch()
    (tmp_path / f"{name}.parquet").touch()
    with pytest.raises(BadFileError, match=f"is a second table of {name}. Keep it or {name}.csv"):
        omic_files(tmp_path)


@pytest.mark.parametrize(
    ("names", "simulated"),
    [
        (("SIM-S1-0001-01", "SIM-S1-0002-01"), True),
        (("SIM-S1-0001-01", "TCGA-AA-0001-01"), False),
    ],
)
def test_tumors_that_are_all_named_as_simulated_ones_are_known_for_it(tmp_path, names, simulated):
    first, second = names
    write(tmp_path / "tumors", expression=f"id,TP53\n{first},1\n{second},2\n")
    tables = OmicTables.of_folder(tmp_path / "tumors", notes=Notes())
    assert tables.tumors(Notes()).simulated is simulated


def test_refuses_a_folder_without_omics(tmp_path):
    with pytest.raises(BadFileError, match=r"Put any of these there: mutation.csv, expression.csv"):
        OmicTables.of_folder(tmp_path / "cell_lines", notes=Notes())


def test_refuses_an_omic_in_a_workbook(tmp_path):
    (tmp_path / "expression.xlsx").write_bytes(b"PK\x03\x04")
    with pytest.raises(BadFileError, match="Excel"):
        OmicTables.of_folder(tmp_path, notes=Notes())


def test_lines_with_different_omics_share_one_table_of_observations(tmp_path):
    folder = write(
        tmp_path / "lines",
        expression="id,TP53,_batch\nL2,1,a\nL1,2,b\n",
        mutation="id,TP53\nL3,1\nL2,0\n",
        notes="id,any\nL1,1\n",
    )
    noted = collected(read_lines, folder, NO_MODELS)
    lines = noted.value
    assert lines.obs.index.tolist() == ["L1", "L2", "L3"]
    assert lines.omics[Omic.EXPRESSION]["TP53"].to_dict() == {"L2": 1, "L1": 2}
    assert lines.omics[Omic.MUTATION]["TP53"].to_dict() == {"L3": 1, "L2": 0}
    assert lines.units == {Omic.MUTATION: "0/1", Omic.EXPRESSION: "log2(TPM+1)"}
    assert "lines/expression.csv: annotations left out: '_batch'" in noted.notes
    assert "lines: notes.csv left out, not named after an omic" in noted.notes


def test_a_supplement_stands_beside_the_omic_in_its_own_unit(tmp_path):
    folder = write(
        tmp_path / "lines",
        expression="id,TP53,MYC\nL1,-1,1\nL2,1,-1\n",
        expression_ccle="id,TP53,_batch\nL3,4,a\nL1,2,b\n",
        mutation_ccle="id,TP53\nL4,2\n",
        Model="ModelID,PatientID,OncotreeLineage,CCLEName\nACH-000003,PT-3,Skin,L3\n",
    )
    noted = collected(read_lines, folder, read_models(folder / "Model.csv"))
    lines = noted.value
    assert lines.units == {Omic.EXPRESSION: "z-score"}
    assert lines.omics[Omic.EXPRESSION].index.tolist() == ["L1", "L2"]
    ccle = lines.supplements["expression_ccle"]
    assert (ccle.omic, ccle.unit) == (Omic.EXPRESSION, "log2(TPM+1)")
    assert ccle.table["TP53"].to_dict() == {"ACH-000003": 4, "L1": 2}
    assert lines.supplements["mutation_ccle"].table["TP53"].to_dict() == {"L4": 1}
    assert lines.obs["patient_id"].to_dict() == {
        "ACH-000003": "PT-3", "L1": "L1", "L2": "L2", "L4": "L4"
    }  # fmt: skip
    for note in (
        "lines/expression_ccle.csv: 2 samples x 1 feature, log2(TPM+1)",
        "lines/expression_ccle.csv: 1 sample given the ModelID in Model.csv",
        "lines/expression_ccle.csv: annotations left out: '_batch'",
        "lines/mutation_ccle.csv: 1 value of 2 taken as 1",
    ):
        assert note in noted.notes


def test_proteins_and_metabolites_keep_their_names(tmp_path):
    folder = write(
        tmp_path / "lines",
        protein="id,4E-BP1_pS65,Annexin 1\nL1,-2.5,1\nL2,1.5,0\n",
        protein_ms="id,TP53 (P04637)\nL1,20\n",
        metabolite="id,2-aminoadipate\nL1,5.5\n",
    )
    lines = read_lines(folder, NO_MODELS, Notes())
    assert {name: list(each.table) for name, each in lines.tables.items()} == {
        "protein": ["4E-BP1_pS65", "Annexin 1"],
        "metabolite": ["2-aminoadipate"],
        "protein_ms": ["TP53 (P04637)"],
    }
    assert lines.units == {"protein": "log2(signal)", "metabolite": "log10(abundance)"}


def test_a_supplement_alone_is_enough(tmp_path):
    folder = write(tmp_path / "lines", expression_ccle="id,TP53\nL1,2\n")
    lines = read_lines(folder, NO_MODELS, Notes())
    assert (lines.omics, lines.units) == ({}, {})
    assert list(lines.supplements) == ["expression_ccle"]
    assert list(lines.obs.index) == ["L1"]


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("id,TP53\nL1,4000\n", r"row 'L1', column 'TP53': is 4000, .* Raw TPM"),
        ("id,TP53\nL1,x\n", "'x' is not a number"),
        ("id,TP53,MYC\nL1,1,\nL2,1,\n", "column 'MYC': has no value"),
        ("id,TP53\nL1,1\nL1,2\n", "row 'L1': occurs more than once"),
        ("id,2-Sep\nL1,1\n", "column '2-Sep': is a date"),
        ("id,TP53\n", "has a header and no row"),
    ],
)
def test_a_supplement_is_checked_like_its_omic(tmp_path, text, message):
    folder = write(tmp_path / "lines", expression="id,TP53\nL1,2\n", expression_ccle=text)
    with pytest.raises(BadFileError, match=f"expression_ccle.csv: .*{message}"):
        read_lines(folder, NO_MODELS, Notes())


def test_tumors_may_have_supplements_of_the_same_tissue(tmp_path):
    folder = write(
        tmp_path / "tumors",
        expression="id,_cohort,TP53\nTCGA-AA-0001-01A,UVM,3\n",
        expression_array="id,_cohort,TP53\nTCGA-AA-0001-06A,UVM,9\nTCGA-AA-0002-01A,UVM,4\n",
    )
    tumors = read_tumors(folder, Notes())
    array = tumors.supplements["expression_array"]
    assert array.table["TP53"].to_dict() == {"TCGA-AA-0002": 4}
    assert array.unit == "log2(norm_count+1)"
    assert tumors.obs["lineage"].to_dict() == {"TCGA-AA-0001": "Eye", "TCGA-AA-0002": "Eye"}


def test_refuses_normal_tissue_in_a_supplement(tmp_path):
    folder = write(tmp_path / "tumors", expression_array="id,TP53\nTCGA-AA-0001-11A,3\n")
    with pytest.raises(BadFileError, match=r"expression_array.csv: .* is normal tissue"):
        read_tumors(folder, Notes())


def test_tumors_get_the_lineage_of_their_study(tmp_path):
    folder = write(
        tmp_path / "tumors",
        expression="id,_cohort,_purity,TP53\nTCGA-AA-0001-01A-1,UVM,0.5,3\nTCGA-AA-0002,,1,4\n",
        methylation="id,_cohort,cg1\nTCGA-AA-0001-01A-2,UVM,0.5\nTCGA-AA-0001-06A-1,UVM,1\n",
    )
    noted = collected(read_tumors, folder)
    expected = pd.DataFrame(
        {
            "patient_id": ["TCGA-AA-0001", "TCGA-AA-0002"],
            "lineage": ["Eye", "unknown"],
            "source": "tumor",
            "cohort": ["UVM", "unknown"],
            "barcode": ["TCGA-AA-0001-01A-1", "TCGA-AA-0002"],
        },
        index=["TCGA-AA-0001", "TCGA-AA-0002"],
    )
    pd.testing.assert_frame_equal(noted.value.obs, expected)
    assert noted.value.omics[Omic.METHYLATION].index.tolist() == ["TCGA-AA-0001"]
    assert noted.value.units[Omic.EXPRESSION] == "log2(norm_count+1)"
    assert "tumors/expression.csv: annotations left out: '_purity'" in noted.notes
    assert "tumors: 1 tumor of unknown study and lineage: 'TCGA-AA-0002'" in noted.notes


def test_a_tumor_of_two_studies_is_an_error(tmp_path):
    folder = write(
        tmp_path / "tumors",
        expression="id,_cohort,TP53\nTCGA-AA-0001,UVM,3\n",
        methylation="id,_cohort,cg1\nTCGA-AA-0001,SKCM,0.5\n",
    )
    with pytest.raises(BadFileError, match="column '_cohort': tumor 'TCGA-AA-0001' is of two"):
        read_tumors(folder, Notes())


def test_refuses_normal_tissue_among_tumors(tmp_path):
    folder = write(
        tmp_path / "tumors", expression="id,TP53\nTCGA-AA-0001-01,2\nTCGA-AA-0001-11,3\n"
    )
    with pytest.raises(BadFileError, match=r"row 'TCGA-AA-0001-11': is normal tissue.*import tcga"):
        read_tumors(folder, Notes())


def test_refuses_barcodes_of_mixed_length(tmp_path):
    folder = write(tmp_path / "tumors", expression="id,TP53\nTCGA-AA-0001-01A,2\nTCGA-AA-0002,3\n")
    with pytest.raises(BadFileError, match=r"row 'TCGA-AA-0002': .*mixed length.*12 characters"):
        read_tumors(folder, Notes())


def test_each_study_may_have_its_own_length_for_a_patient_is_in_one(tmp_path):
    text = "id,_cohort,TP53\nTCGA-AA-0001-01A,UVM,2\nTCGA-AA-0002,BRCA,3\n"
    tumors = read_tumors(write(tmp_path / "tumors", expression=text), Notes())
    assert list(tumors.obs.index) == ["TCGA-AA-0001", "TCGA-AA-0002"]


DESCRIBED = {
    "cell_lines/confounders.csv": (
        "id,growth_rate,medium,lineage,age\n"
        "A549,0.7,R,lung,60\nACH-000002,,D/F12,lung,60\nACH-009999,1,R,skin,1\n"
    ),
    "tumors/clinical.tsv": "id\tOS.time\tpam50\tmutations/Mb\nTCGA-AA-0001\t12\tLumA\t3.5\n",
}


def test_clinical_tables_and_confounders_become_columns_of_obs(tmp_path):
    folder = write_folder(tmp_path / "tables", FILES | DESCRIBED)
    imported = collected(import_tables, folder, None)
    lines, tumors = imported.value.cell_lines.obs, imported.value.tumors.obs
    assert lines["growth_rate"].dropna().to_dict() == {"ACH-000001": 0.7}
    assert lines["medium"].dropna().to_dict() == {"ACH-000001": "R", "ACH-000002": "D/F12"}
    assert lines.loc["ACH-000001", "lineage"] == "Lung"  # Model.csv's
    assert tumors.loc["TCGA-AA-0001", ["OS.time", "pam50", "mutations_per_Mb"]].tolist() == [
        12, "LumA", 3.5,
    ]  # fmt: skip
    table = "cell_lines/confounders.csv: "
    for note in (
        table + "1 sample given the ModelID in Model.csv",
        table + "1 column left out, told by the import or before: 'lineage'",
        table + "1 row left out, of no sample with an omic: 'ACH-009999'",
        table + "2 columns with one value in all samples: 'growth_rate', 'age'",
        table + "3 columns added to obs: 'growth_rate', 'medium', 'age'",
    ):
        assert note in imported.notes


def test_what_is_said_of_samples_outlasts_the_cohorts_files(tmp_path):
    folder = write_folder(tmp_path / "tables", FILES | DESCRIBED)
    add_to_cohort(import_tables(folder, None, Notes()), tmp_path / "data")
    obs = read_cohort(tmp_path / "data").cell_lines.obs
    assert obs["growth_rate"].dropna().to_dict() == {"ACH-000001": 0.7}
    assert obs["age"].dropna().to_dict() == {"ACH-000001": 60, "ACH-000002": 60}
    assert obs["age"].dtype == float
    assert obs["medium"].dropna().to_dict() == {"ACH-000001": "R", "ACH-000002": "D/F12"}


def test_a_clinical_table_of_other_samples_is_refused(tmp_path):
    other = {"tumors/clinical.csv": "id,age\nTCGA-ZZ-0001,60\n"}
    folder = write_folder(tmp_path / "tables", FILES | other)
    with pytest.raises(BadFileError, match=r"clinical.csv: names none of the samples. Name them"):
        import_tables(folder, None, Notes())
