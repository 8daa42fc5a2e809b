import pytest

from deepdep.io.sources.depmap.layout import (
    DepMapKind,
    DepMapLayout,
    Generation,
    depmap_layout,
    matrix_columns,
)

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
