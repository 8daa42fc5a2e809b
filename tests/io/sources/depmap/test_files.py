import pytest

from deepdep.domain.errors import BadFileError
from deepdep.io.sources.depmap.files import find_files


@pytest.fixture
def with_files(tmp_path):
    """A folder with files of these names."""

    def make(*names: str):
        for name in names:
            (tmp_path / name).touch()
        return tmp_path

    return make


def test_finds_the_files_of_either_generation(with_files):
    folder = with_files(
        "OmicsExpressionTPMLogp1HumanProteinCodingGenes.csv.gz",
        "OmicsSomaticMutations.csv",
        "OmicsSomaticMutationsMatrixHotspot.csv",
        "OmicsSomaticMutationsMatrixDamaging.csv",
        "OmicsCNGene.csv",
        "OmicsCNSegmentsWGS.csv",
        "CRISPRGeneEffect.csv",
        "CRISPRGeneDependency.csv",
        "Model.csv",
        ".DS_Store",
    )
    (folder / "old").mkdir()
    found = find_files(folder)
    files = found.value
    assert files.expression.name == "OmicsExpressionTPMLogp1HumanProteinCodingGenes.csv.gz"
    assert [path.name for path in files.mutation_matrices] == [
        "OmicsSomaticMutationsMatrixDamaging.csv",
        "OmicsSomaticMutationsMatrixHotspot.csv",
    ]
    assert None not in vars(files).values()
    assert found.notes == ()


def test_what_is_absent_is_none_and_what_is_unknown_is_noted(with_files):
    found = find_files(with_files("Gene.csv", "Model (1).csv", "OmicsProfiles.csv", "README.txt"))
    assert {value for value in vars(found.value).values() if value} == set()
    assert found.notes == (
        "4 files left out, of no table that is read: 'Gene.csv', 'Model (1).csv', "
        "'OmicsProfiles.csv' and 1 more",
    )


def test_a_second_best_table_is_read_where_there_is_no_better(with_files):
    stranded = "OmicsExpressionTPMLogp1HumanProteinCodingGenesStranded.csv"
    folder = with_files(stranded, "PortalOmicsCNGeneLog2.csv")
    assert find_files(folder).value.expression.name == stranded
    assert find_files(folder).value.copy_number.name == "PortalOmicsCNGeneLog2.csv"
    with_files("OmicsExpressionTPMLogp1HumanProteinCodingGenes.csv", "OmicsCNGeneWGS.csv")
    found = find_files(folder)
    assert found.value.copy_number.name == "OmicsCNGeneWGS.csv"
    assert found.notes == (
        f"'{stranded}' left out, OmicsExpressionTPMLogp1HumanProteinCodingGenes.csv being there",
        "'PortalOmicsCNGeneLog2.csv' left out, OmicsCNGeneWGS.csv being there",
    )


@pytest.mark.parametrize(
    ("first", "second"),
    [
        ("OmicsCNGene.csv", "OmicsCNGeneWGS.csv"),
        ("CRISPRGeneEffect.csv", "CRISPRGeneEffect.csv.gz"),
        (
            "OmicsExpressionProteinCodingGenesTPMLogp1.csv",
            "OmicsExpressionTPMLogp1HumanProteinCodingGenes.csv",
        ),
    ],
)
def test_two_files_of_one_table_are_refused_by_name(with_files, first, second):
    message = f"{second}: is a table of the same kind as {first}. Keep one"
    with pytest.raises(BadFileError, match=message):
        find_files(with_files(first, second))


def test_a_file_is_no_folder(with_files):
    with pytest.raises(BadFileError, match="there is no such folder"):
        find_files(with_files("Model.csv") / "Model.csv")
