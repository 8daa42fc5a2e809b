import pytest

from deepdep.domain.errors import BadFileError
from deepdep.domain.gene_table import NO_GENE_TABLE
from deepdep.io.sources.depmap.mutations import read_mutations

DAMAGING = ",TP53 (7157),KRAS (3845)\nACH-000001,2,0\nACH-000002,0,0\nACH-000003,1,1\n"
HOTSPOT = ",BRAF (673),KRAS (3845)\nACH-000002,0,1\nACH-000001,1,0\nACH-000009,0,0\n"


@pytest.fixture
def matrices(folder):
    return [
        folder.put("OmicsSomaticMutationsMatrixDamaging.csv", DAMAGING),
        folder.put("OmicsSomaticMutationsMatrixHotspot.csv", HOTSPOT),
    ]


def test_a_gene_is_mutated_that_is_so_in_either_matrix(matrices):
    noted = read_mutations(None, matrices, NO_GENE_TABLE)
    assert noted.value.unit == "0/1"
    assert noted.value.table.to_dict("index") == {
        "ACH-000001": {"BRAF": 1, "KRAS": 0, "TP53": 1},
        "ACH-000002": {"BRAF": 0, "KRAS": 1, "TP53": 0},
    }
    assert "OmicsSomaticMutationsMatrixDamaging.csv: 1 value of 2 taken as 1" in noted.notes
    lost = "mutation: 2 lines left out, not in both: 'ACH-000003', 'ACH-000009'"
    assert lost in noted.notes


def test_one_matrix_will_do(matrices):
    table = read_mutations(None, matrices[1:], NO_GENE_TABLE).value.table
    assert table.loc["ACH-000001"].to_dict() == {"BRAF": 1, "KRAS": 0}
    assert len(table) == 3


def test_the_table_of_all_mutations_is_preferred(matrices, folder):
    text = "ModelID,HugoSymbol,VariantInfo\nACH-000005,NRAS,stop_gained\n"
    rows = folder.put("OmicsSomaticMutations.csv", text)
    noted = read_mutations(rows, matrices, NO_GENE_TABLE)
    assert noted.value.table.to_dict("index") == {"ACH-000005": {"NRAS": 1}}
    assert noted.notes[-1] == (
        "OmicsSomaticMutationsMatrixHotspot.csv: left out, OmicsSomaticMutations.csv being there"
    )


def test_nothing_comes_of_nothing():
    assert read_mutations(None, [], NO_GENE_TABLE).value is None


def test_refuses_counts_of_mutations(folder):
    text = DAMAGING.replace("2,0", "7,0")
    path = folder.put("OmicsSomaticMutationsMatrixDamaging.csv", text)
    with pytest.raises(BadFileError, match="row 'ACH-000001', column 'TP53': is 7, neither 0 nor"):
        read_mutations(None, [path], NO_GENE_TABLE)


def test_refuses_matrices_of_different_lines(folder, matrices):
    text = HOTSPOT.replace("ACH-00000", "ACH-77777")
    other = folder.put("OmicsSomaticMutationsMatrixHotspot.csv", text)
    with pytest.raises(BadFileError, match=r"has no line of OmicsSomaticMutationsMatrixDamaging"):
        read_mutations(None, [matrices[0], other], NO_GENE_TABLE)
