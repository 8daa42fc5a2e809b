import re

import pytest
from collecting import collected

from deepdep.domain.notes import Notes
from deepdep.errors import BadFileError
from deepdep.sources.depmap.layout import (
    DepMapKind,
    DepMapLayout,
    Generation,
    depmap_layout,
    find_files,
    matrix_columns,
)


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
    found = collected(find_files, folder)
    files = found.value
    assert files.expression.name == "OmicsExpressionTPMLogp1HumanProteinCodingGenes.csv.gz"
    assert [path.name for path in files.mutation_matrices] == [
        "OmicsSomaticMutationsMatrixDamaging.csv",
        "OmicsSomaticMutationsMatrixHotspot.csv",
    ]
    assert None not in vars(files).values()
    assert found.notes == ()


def test_what_is_absent_is_none_and_what_is_unknown_is_noted(with_files):
    found = collected(
        find_files, with_files("Gene.csv", "Models.csv", "OmicsProfiles.csv", "README.txt")
    )
    assert {value for value in vars(found.value).values() if value} == set()
    assert found.notes == (
        "4 files left out, of no table that is read: 'Gene.csv', 'Models.csv', "
        "'OmicsProfiles.csv' and 1 more",
    )


def test_a_second_best_table_is_read_where_there_is_no_better(with_files):
    stranded = "OmicsExpressionTPMLogp1HumanProteinCodingGenesStranded.csv"
    folder = with_files(stranded, "PortalOmicsCNGeneLog2.csv")
    assert find_files(folder, notes=Notes()).expression.name == stranded
    assert find_files(folder, notes=Notes()).copy_number.name == "PortalOmicsCNGeneLog2.csv"
    with_files("OmicsExpressionTPMLogp1HumanProteinCodingGenes.csv", "OmicsCNGeneWGS.csv")
    found = collected(find_files, folder)
    assert found.value.copy_number.name == "OmicsCNGeneWGS.csv"
    assert found.notes == (
        f"'{stranded}' left out, OmicsExpressionTPMLogp1HumanProteinCodingGenes.csv being there",
        "'PortalOmicsCNGeneLog2.csv' left out, OmicsCNGeneWGS.csv being there",
    )


@pytest.mark.parametrize(
    "name",
    [
        "CRISPRGeneEffect.csv",
        "CRISPRGeneEffect (1).csv",
        "CRISPRGeneEffect(2).csv",
        "CRISPRGeneEffect - Copy.csv",
        "CRISPRGeneEffect - Copy (2).csv",
        "CRISPRGeneEffect copy.csv",
        "CRISPRGeneEffect copy 3.csv.gz",
        "CRISPRGeneEffect (1).tsv",
        "CRISPRGeneEffect.tsv.gz",
        "CRISPRGeneEffect.txt",
        "CRISPRGeneEffect.parquet",
        "CRISPR_gene_effect.csv",
        "CRISPR_gene_effect (1).csv",
        "CRISPRGeneEffect_24Q4.csv",
        "24Q4_CRISPRGeneEffect (1).csv.gz",
        "crispr_gene_effect_22q2.csv",
        "crisprgeneeffect.csv",
        "Achilles_gene_effect.csv",
    ],
)
def test_copies_kinds_of_files_and_earlier_names_are_known(with_files, name):
    assert find_files(with_files(name), Notes()).gene_effect.name == name


@pytest.mark.parametrize(
    ("kept", "left_out"),
    [
        ("CRISPRGeneEffect.csv", "CRISPRGeneEffect (1).csv"),
        ("CRISPRGeneEffect.csv", "CRISPR_gene_effect.csv"),
        ("CRISPRGeneEffect (1).csv", "CRISPR_gene_effect.csv"),
        ("CRISPR_gene_effect.csv", "Achilles_gene_effect.csv"),
    ],
)
def test_copies_and_earlier_tables_are_left_out_where_there_is_a_better(with_files, kept, left_out):
    found = collected(find_files, with_files(kept, left_out))
    assert found.value.gene_effect.name == kept
    assert found.notes == (f"'{left_out}' left out, {kept} being there",)


@pytest.mark.parametrize(
    ("first", "second"),
    [
        ("OmicsCNGene.csv", "OmicsCNGeneWGS.csv"),
        ("CRISPRGeneEffect.csv", "CRISPRGeneEffect.csv.gz"),
        ("CRISPRGeneEffect.csv", "CRISPRGeneEffect.parquet"),
        ("CRISPRGeneEffect - Copy.csv", "CRISPRGeneEffect copy.csv"),
        (
            "OmicsExpressionProteinCodingGenesTPMLogp1.csv",
            "OmicsExpressionTPMLogp1HumanProteinCodingGenes.csv",
        ),
    ],
)
def test_two_files_of_one_table_are_refused_by_name(with_files, first, second):
    message = f"{second}: is a table of the same kind as {first}. Keep one"
    with pytest.raises(BadFileError, match=re.escape(message)):
        find_files(with_files(first, second), notes=Notes())


def test_a_file_is_no_folder(with_files):
    with pytest.raises(BadFileError, match="there is no such folder"):
        find_files(with_files("Model.csv") / "Model.csv", notes=Notes())


OLD, NEW = Generation.UP_TO_25Q1, Generation.FROM_25Q2

SEGMENTS = "SequencingID,ModelID,IsDefaultEntryForModel,CONTIG,START,END,state,SEGMENT_COPY_NUMBER"


@pytest.mark.parametrize(
    ("header", "kind", "generation"),
    [
        (",TSPAN6 (7105),TNMD (64102)", DepMapKind.GENE_MATRIX, OLD),
        ("ModelID,TSPAN6 (7105)", DepMapKind.GENE_MATRIX, OLD),
        ("Unnamed: 0,TSPAN6 (7105)", DepMapKind.GENE_MATRIX, OLD),
        (
            ",IsDefaultEntryForModel,SequencingID,ModelID,ModelConditionID,IsDefaultEntryForMC"
            ",TSPAN6 (7105)",
            DepMapKind.GENE_MATRIX,
            NEW,
        ),
        ("ProfileID,is_default_entry,ModelID,TSPAN6 (7105)", DepMapKind.GENE_MATRIX, NEW),
        (
            "Chrom,Pos,VariantInfo,HugoSymbol,EntrezGeneID,ModelID,LikelyLoF",
            DepMapKind.MUTATIONS,
            OLD,
        ),
        (
            "Chrom,HugoSymbol,MolecularConsequence,ModelID,IsDefaultEntryForModel",
            DepMapKind.MUTATIONS,
            NEW,
        ),
        (SEGMENTS, DepMapKind.SEGMENTS, NEW),
        ("ModelID,PatientID,CellLineName,OncotreeLineage", DepMapKind.MODELS, None),
        ("DepMap_ID,cell_line_name,lineage,patient_id", DepMapKind.MODELS, None),
        ("Hugo_Symbol,Variant_Classification,DepMap_ID,isDeleterious", DepMapKind.MUTATIONS, OLD),
    ],
)
def test_tells_kind_and_generation_by_the_names_of_columns(header, kind, generation):
    assert depmap_layout(header.split(",")) == DepMapLayout(kind, generation)


@pytest.mark.parametrize(
    "header",
    [
        "sample,TCGA-3C-AAAU-01,TCGA-3C-AALI-01",
        "Gene,CCL_A,CCL_B",
        "id,TP53,KRAS",
        ",TP53,KRAS",
        "Hugo_Symbol,Tumor_Sample_Barcode,Variant_Classification",
        "CCLE_name,Chromosome,Start,End,Num_Probes,Segment_Mean",
        "sgRNA,TSPAN6 (7105)",
        "ModelID,ScreenID",
    ],
)
def test_knows_nothing_of_other_files(header):
    assert depmap_layout(header.split(",")) is None


def test_genes_are_told_from_what_describes_the_rows():
    header = ["", "ProfileID", "TP53 (7157)", "ModelID", "Lane", "KRAS (3845)", "is_default_entry"]
    columns = matrix_columns(header)
    assert columns.genes == [2, 5]
    assert (columns.model_id, columns.is_default) == (3, 6)
    assert columns.others == ["Lane"]


def test_an_unnamed_first_column_is_the_model_s_where_no_other_is():
    assert matrix_columns(["", "TP53 (7157)"]).model_id == 0
    assert matrix_columns(["cell", "TP53 (7157)"]).model_id is None


def test_plain_symbols_are_genes_where_none_has_an_id():
    header = ["depmap_id", "cell_line_display_name", "lineage_1", "lineage_2", "EGFR", "KRAS"]
    columns = matrix_columns(header)
    assert columns.genes == [4, 5]
    assert columns.model_id == 0
    assert columns.others == []
