import pytest

from deepdep.domain.errors import BadFileError
from deepdep.domain.gene_table import NO_GENE_TABLE, GeneTable
from deepdep.io.sources.depmap.mutation_rows import read_mutation_rows

OLD = """\
Chrom,VariantInfo,HugoSymbol,EntrezGeneID,ModelID
chr17,missense_variant&splice_region_variant,TP53,7157.0,ACH-000002
chr17,stop_gained,TP53,7157.0,ACH-000002
chr12,synonymous_variant,KRAS,3845,ACH-000002
chr12,MISSENSE,KRAS,3845,ACH-000001
chr1,SILENT,NRAS,4893,ACH-000003
chr1,intron_variant,,,ACH-000003
"""

NEW = """\
HugoSymbol,MolecularConsequence,ModelID,IsDefaultEntryForModel,VariantInfo
TP53,stop_gained,ACH-000001,No,stop_gained
KRAS,missense_variant,ACH-000001,Yes,
BRAF,missense_variant,ACH-000001,Yes,synonymous_variant
TP53,stop_gained,ACH-000002,No,stop_gained
"""


@pytest.fixture
def read(tmp_path):
    def write_and_read(text: str, genes: GeneTable = NO_GENE_TABLE):
        path = tmp_path / "OmicsSomaticMutations.csv"
        path.write_text(text)
        return read_mutation_rows(path, genes)

    return write_and_read


def test_a_gene_is_mutated_where_any_mutation_changes_its_protein(read):
    noted = read(OLD)
    assert noted.value.to_dict("index") == {
        "ACH-000001": {"KRAS": 1, "TP53": 0},
        "ACH-000002": {"KRAS": 0, "TP53": 1},
        "ACH-000003": {"KRAS": 0, "TP53": 0},
    }
    assert noted.notes == (
        "1 mutation left out, of no named gene",
        "3 silent mutations left out",
        "lines without any row are absent: they may not have been sequenced",
    )


def test_default_entries_count_and_one_column_fills_the_other(read):
    noted = read(NEW)
    assert noted.value.to_dict("index") == {"ACH-000001": {"KRAS": 1}}
    assert "2 rows left out, not the default entry of a model" in noted.notes
    assert "1 model without default entry: 'ACH-000002'" in noted.notes


def test_several_names_of_a_gene_are_one(read):
    genes = GeneTable(frozenset({"SEPTIN9"}), {"10801": "SEPTIN9"}, {}, {"SEPT9": "SEPTIN9"})
    text = (
        "ModelID,HugoSymbol,EntrezGeneID,VariantInfo\n"
        "ACH-000001,SEPT9,,missense_variant\n"
        "ACH-000002,,10801.0,missense_variant\n"
        "ACH-000003,SEPTIN9,10801,missense_variant\n"
    )
    assert read(text, genes).value.to_dict("list") == {"SEPTIN9": [1, 1, 1]}


def test_consequences_that_are_not_known_are_named(read):
    noted = read(OLD.replace("stop_gained", "stop_gone"))
    assert "consequences that are not known count as silent: 'stop_gone'" in noted.notes


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (OLD.replace("VariantInfo", "Effect"), "lacks the column 'VariantInfo' or 'MolecularCons"),
        (OLD.replace("HugoSymbol", "Gene"), "lacks the column 'HugoSymbol'"),
        (OLD.replace("ModelID", "ProfileID"), "lacks the column 'ModelID'"),
        (OLD.replace("ACH-000001", "A549_LUNG"), "row 'A549_LUNG': is no ModelID"),
        (OLD.replace("TP53", "2-Sep"), r"gene '2-Sep': is a date that Excel made"),
        (
            "ModelID,HugoSymbol,VariantInfo\nACH-000001,KRAS,SILENT\n",
            "no mutation changes a protein; their consequences are 'SILENT'",
        ),
        ("ModelID,HugoSymbol,VariantInfo\nACH-000001,,SILENT\n", "names no gene in any row"),
        (OLD.replace("KRAS,3845,ACH-000001", "KRAS"), "line 5, row 'chr12': is cut short"),
        ("ModelID,HugoSymbol,VariantInfo\n", "has a header and no row"),
    ],
)
def test_refuses_what_is_no_such_table(read, text, message):
    with pytest.raises(BadFileError, match=message):
        read(text)
