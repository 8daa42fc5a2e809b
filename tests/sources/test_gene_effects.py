from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from collecting import collected

from deepdep.domain.gene_effect import GeneEffectKind
from deepdep.domain.notes import Notes
from deepdep.errors import BadFileError
from deepdep.sources.cell_lines import NO_MODELS, Models
from deepdep.sources.gene_effects import read_gene_effect_table, recognise_gene_effect, table_named

FILE = Path("given.csv")
ESSENTIAL = ["RPL3", "RPS6", "PSMA1", "PSMB2", "POLR2A", "EIF3A"]


def table(rows: list[list[float]], genes: list[str]) -> pd.DataFrame:
    return pd.DataFrame(rows, index=[f"L{i}" for i in range(len(rows))], columns=genes)


def test_classes_are_turned_so_that_negative_means_dependent():
    classes = table([[0, 1, 2], [-1, 0, 1]], ["A1BG", "TP53", "KRAS"]).astype(np.int8)
    noted = collected(recognise_gene_effect, classes, FILE)
    assert noted.value.kind is GeneEffectKind.CLASS
    np.testing.assert_array_equal(noted.value.table, [[0, -1, -2], [np.nan, 0, -1]])
    assert not np.signbit(noted.value.table.to_numpy()[0, 0])  # 0, not -0
    assert "1 value of -1 taken as missing" in noted.notes


def test_gene_effects_stay_as_they_are():
    effects = table([[-1.0, 0.1], [np.nan, -0.2]], ["A1BG", "TP53"])
    noted = collected(recognise_gene_effect, effects, FILE)
    assert noted.value.kind is GeneEffectKind.GENE_EFFECT
    np.testing.assert_allclose(noted.value.table, effects, rtol=1e-6)
    assert "sign not checked" in noted.notes[0]


def test_the_sign_is_told_by_common_essential_genes():
    effects = table([[-1.5, -1.0, -0.9, -1.1, -2.0, 0.3, 0.2]], [*ESSENTIAL, "A1BG"])
    noted = collected(recognise_gene_effect, effects, FILE)
    assert noted.notes == ("median of 6 well-known common essential genes -1.05",)
    with pytest.raises(BadFileError, match=r"sign reversed: the median of 6 .* is \+1\.05"):
        recognise_gene_effect(-effects, FILE, notes=Notes())


@pytest.mark.parametrize(
    "write",
    [
        str.lower,
        lambda gene: f"{gene} (6122)",
        lambda gene: f"{gene}..6122.",
        lambda gene: f"{gene}|6122",
        lambda gene: f"{gene}.6122",
    ],
)
def test_the_sign_is_told_however_the_genes_are_written(write):
    effects = table([[1.5, 1.0, 0.9, 1.1, 2.0, -0.3]], [*map(write, ESSENTIAL), "A1BG"][:6])
    with pytest.raises(BadFileError, match="has the sign reversed"):
        recognise_gene_effect(effects, FILE, notes=Notes())


def test_a_sign_that_looks_reversed_is_noted_where_it_cannot_be_checked():
    rng = np.random.default_rng(0)
    effects = table(rng.normal(0, 0.1, (20, 10)), [f"GENE{i}" for i in range(10)])
    effects["GENE3"] += 1.2
    (note,) = [n for n in collected(recognise_gene_effect, effects, FILE).notes if "sign" in n]
    assert "make sure that negative means dependent; it looks reversed" in note
    (right,) = [n for n in collected(recognise_gene_effect, -effects, FILE).notes if "sign" in n]
    assert "make sure" in right
    assert "reversed" not in right


@pytest.mark.parametrize(
    ("rows", "message"),
    [
        ([[0.01, 0.99], [0.5, 1.0]], "a probability of dependency"),
        ([[0.0, -1.0], [-1.0, 0.0]], "no dependency class 1 or 2"),
        ([[np.nan, np.nan]], "holds no value"),
    ],
)
def test_refuses_what_is_no_gene_effect(rows, message):
    with pytest.raises(BadFileError, match=message):
        recognise_gene_effect(table(rows, ["A1BG", "TP53"]), FILE, notes=Notes())


def test_keeps_lines_with_an_omic_and_the_genes_measured_in_them(tmp_path):
    path = tmp_path / "classes.csv"
    path.write_text("id,A1BG,TP53,KRAS\nL1,0,-1,1\nL2,2,1,0\nL3,1,-1,1\n")
    noted = collected(read_gene_effect_table, path, NO_MODELS, pd.Index(["L3", "L1", "L9"]))
    effects = noted.value.table
    assert effects.to_dict("index") == {
        "L1": {"A1BG": 0, "KRAS": -1},
        "L3": {"A1BG": -1, "KRAS": -1},
    }
    assert noted.notes == (
        "gene_effect/classes.csv: 2 cell lines x 2 genes, class",
        "gene_effect/classes.csv: classes 0, 1, 2 turned to 0, -1, -2, "
        "so that negative means dependent",
        "gene_effect/classes.csv: 2 values of -1 taken as missing",
        "gene_effect/classes.csv: 1 line left out, without any omic or known patient: 'L2'",
        "gene_effect/classes.csv: 1 gene without any value left out",
        "gene_effect/classes.csv: 1 gene with one value in all samples",
    )


@pytest.fixture
def screened(tmp_path) -> Path:
    """Four lines, of which Model.csv knows L2 and L3; KRAS was screened in L2 only."""
    path = tmp_path / "classes.csv"
    path.write_text("id,A1BG,KRAS\nL1,0,-1\nL2,2,1\nL3,1,-1\nL4,1,-1\n")
    return path


@pytest.fixture
def models() -> Models:
    """L2 and L3 are sisters."""
    obs = pd.DataFrame({"patient_id": ["P", "P"], "lineage": "Lung"}, index=["L2", "L3"])
    return Models(obs, {})


def test_keeps_lines_without_an_omic_whose_patient_is_known(screened, models):
    noted = collected(read_gene_effect_table, screened, models, pd.Index(["L3", "L1"]))
    effects = noted.value
    assert effects.table["KRAS"].to_dict() == pytest.approx(
        {"L1": np.nan, "L2": -1, "L3": np.nan}, nan_ok=True
    )
    assert effects.patient_id.to_dict() == {"L1": "L1", "L2": "P", "L3": "P"}
    for note in (
        "1 screened line without any omic, whose labels only tell which genes go together",
        "1 line left out, without any omic or known patient: 'L4'",
    ):
        assert f"gene_effect/classes.csv: {note}" in noted.notes


def test_without_a_model_table_no_patient_is_known(screened):
    noted = collected(read_gene_effect_table, screened, NO_MODELS, pd.Index(["L1"]))
    assert noted.value.patient_id is None
    assert list(noted.value.table.index) == ["L1"]


def test_labels_alone_keep_every_line_and_what_is_known_of_it(screened, models):
    effects = read_gene_effect_table(screened, models, None, notes=Notes())
    assert list(effects.table.index) == ["L1", "L2", "L3", "L4"]
    assert effects.patient_id.dropna().to_dict() == {"L2": "P", "L3": "P"}


def test_refuses_labels_of_other_lines(tmp_path):
    path = tmp_path / "classes.csv"
    path.write_text("id,A1BG\nL1,0\nL2,2\n")
    with pytest.raises(BadFileError, match="none of its lines has an omic: 'L1', 'L2'"):
        read_gene_effect_table(path, NO_MODELS, pd.Index(["ACH-000001"]), notes=Notes())


def test_a_table_is_found_by_its_name(tmp_path):
    (tmp_path / "chronos.v2.csv.gz").touch()
    assert table_named("chronos.v2", tmp_path) == tmp_path / "chronos.v2.csv.gz"
    with pytest.raises(BadFileError, match=r"no table named 'ceres'. It holds: chronos.v2.csv.gz"):
        table_named("ceres", tmp_path)
    (tmp_path / "chronos.v2.parquet").touch()
    with pytest.raises(BadFileError, match="second table named"):
        table_named("chronos.v2", tmp_path)


ESSENTIALS = {"RPL3": 6122, "RPS6": 6194, "PSMA1": 5682, "POLR2A": 5430, "SF3A1": 10291}


@pytest.mark.parametrize(
    "label",
    ["{0}", "{0} ({1})", "{0}..{1}.", "{0}|{1}", "{0}.{1}", "lower", '"{0}"'],
)
@pytest.mark.parametrize("delimiter", [",", "\t"])
def test_a_reversed_sign_is_refused_under_whatever_names(tmp_path, label, delimiter):
    genes = {gene: gene.lower() if label == "lower" else label for gene in ESSENTIALS}
    header = ["id", *(name.format(gene, ESSENTIALS[gene]) for gene, name in genes.items())]
    rows = [[f"L{k}", *["0.9", "1.1", "1.3", "0.7", "1.2"]] for k in range(3)]
    path = tmp_path / "effects.csv"
    path.write_text("".join(delimiter.join(row) + "\n" for row in [header, *rows]))
    with pytest.raises(BadFileError, match="has the sign reversed: the median of 5 common"):
        read_gene_effect_table(path, NO_MODELS, None, notes=Notes())


def test_genes_in_rows_are_refused(tmp_path):
    path = tmp_path / "effects.csv"
    path.write_text("id,LINE1,LINE2\n" + "".join(f"{gene},-1.2,-0.9\n" for gene in ESSENTIALS))
    with pytest.raises(BadFileError, match="is transposed: rows are genes, such as 'RPL3'"):
        read_gene_effect_table(path, NO_MODELS, None, notes=Notes())


@pytest.mark.parametrize(
    ("omics", "effects", "lines"),
    [
        (["22RV1", "NCI-H1299"], ["X22RV1", "NCI.H1299"], ["22RV1", "NCI-H1299"]),
        (["X22RV1", "NCI.H1299"], ["22RV1", "NCI-H1299"], ["X22RV1", "NCI.H1299"]),
    ],
)
def test_lines_that_r_renamed_keep_their_labels(tmp_path, omics, effects, lines):
    path = tmp_path / "effects.csv"
    path.write_text("id,A1BG,KRAS\n" + "".join(f"{name},-0.5,-1.5\n" for name in effects))
    noted = collected(read_gene_effect_table, path, NO_MODELS, pd.Index(omics))
    assert list(noted.value.table.index) == lines
    assert "2 samples given the name that R changed" in " ".join(noted.notes)
