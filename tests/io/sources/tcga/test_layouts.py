import pytest

from deepdep.domain.errors import BadFileError
from deepdep.io.sources.tcga.layouts import Layout, layout_of

TEXTS = {
    "Xena": ("sample\tTCGA-AA-0001-01\nTP53\t1\n", Layout.MATRIX),
    "Xena by R": ("Sample\tTCGA.AA.0001.01\nTP53\t1\n", Layout.MATRIX),
    "betas": ("Composite Element REF\tTCGA-AA-0001-01A\ncg00000029\t.1\n", Layout.MATRIX),
    "cBioPortal": ("Hugo_Symbol\tEntrez_Gene_Id\tTCGA-AA-0001-01\n", Layout.MATRIX),
    "STAR": (
        "# gene-model: GENCODE v36\ngene_id\tgene_name\tgene_type\tunstranded\ttpm_unstranded\n",
        Layout.STAR_COUNTS,
    ),
    "sample sheet": (
        "File ID\tFile Name\tData Category\tData Type\tProject ID\tCase ID\tSample ID\n",
        Layout.SAMPLE_SHEET,
    ),
    "MAF": (
        "#version 2.4\nHugo_Symbol\tVariant_Classification\tTumor_Sample_Barcode\n",
        Layout.MUTATIONS,
    ),
    "Xena's mutations": (
        "Sample_ID\tgene\tchrom\tstart\tend\tref\talt\teffect\n",
        Layout.MUTATIONS,
    ),
    "SEG": ("ID\tchrom\tloc.start\tloc.end\tnum.mark\tseg.mean\n", Layout.SEGMENTS),
    "Xena's segments": ("sample\tchr\tstart\tend\tvalue\n", Layout.SEGMENTS),
    "phenotype": ("sample\tsample_type_id\tsample_type\t_primary_disease\n", Layout.STUDIES),
    "survival": ("sample\t_PATIENT\tcancer type abbreviation\tOS\n", Layout.STUDIES),
    "cBioPortal's patients": (
        "#Patient\n#Identifier\n#STRING\n#1\nPATIENT_ID\tCANCER_TYPE_ACRONYM\n",
        Layout.STUDIES,
    ),
    "transposed": ("sample\tTP53\tMYC\nTCGA-AA-0001-01\t1\tNA\n", Layout.TRANSPOSED),
    "clinical": ("sample\t_PATIENT\tOS\nTCGA-AA-0001-01\tTCGA-AA-0001\t1\n", Layout.OTHER),
    "prose": ("Dear colleague,\n\nplease find\n", Layout.OTHER),
    "only comments": ("# nothing\n", Layout.OTHER),
}


@pytest.mark.parametrize(("text", "layout"), TEXTS.values(), ids=TEXTS.keys())
def test_tells_a_layout_by_the_names_of_columns(tmp_path, text, layout):
    file = tmp_path / "file"
    file.write_text(text)
    assert layout_of(file) is layout


def test_a_web_page_is_no_layout(tmp_path):
    file = tmp_path / "expression.tsv"
    file.write_text("<!doctype html>")
    with pytest.raises(BadFileError, match="is a web page"):
        layout_of(file)
