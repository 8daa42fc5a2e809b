import pytest

from deepdep.domain.genome import Assembly
from deepdep.domain.omics import Omic
from deepdep.errors import BadFileError
from deepdep.sources.tcga.layouts import (
    NOT_TABLES,
    Layout,
    assembly_of_name,
    is_of_no_omic,
    layout_of,
    omic_of_name,
    study_of_name,
)

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


@pytest.mark.parametrize(
    ("name", "omic"),
    [
        ("EB++AdjustPANCAN_IlluminaHiSeq_RNASeqV2.geneExp.xena", Omic.EXPRESSION),
        ("TCGA.BRCA.sampleMap_HiSeqV2.gz", Omic.EXPRESSION),
        ("TCGA-BRCA.star_tpm.tsv.gz", Omic.EXPRESSION),
        ("data_mrna_seq_v2_rsem.txt", Omic.EXPRESSION),
        ("mc3.v0.2.8.PUBLIC.nonsilentGene.xena.gz", Omic.MUTATION),
        ("jhu-usc.edu_PANCAN_HumanMethylation450.betaValue_whitelisted.xena", Omic.METHYLATION),
        ("data_methylation_hm450.txt", Omic.METHYLATION),
        ("broad.mit.edu_PANCAN_Genome_Wide_SNP_6_whitelisted.gene.xena", Omic.COPY_NUMBER),
        ("Gistic2_CopyNumber_Gistic2_all_thresholded.by_genes", Omic.COPY_NUMBER),
        ("data_CNA.txt", Omic.COPY_NUMBER),
        ("data_log2_cna.txt", Omic.COPY_NUMBER),
        ("expression.tsv", Omic.EXPRESSION),
        ("copy_number.tsv", Omic.COPY_NUMBER),
        ("matrix.tsv", None),
        ("mutation_and_expression.tsv", None),
    ],
)
def test_the_names_of_the_sources_speak_of_an_omic(name, omic):
    assert omic_of_name(name) is omic
    assert not is_of_no_omic(name)


@pytest.mark.parametrize(
    "name",
    [
        "TCGA-RPPA-pancan-clean.xena",
        "pancanMiRs_EBadjOnProtocolPlatformWithoutRepsWithUnCorrectMiRs_08_04_16.xena",
        "TCGA-BRCA.mirna.tsv.gz",
        "HiSeqV2_PANCAN.gz",
        "HiSeqV2_exon.gz",
        "data_mrna_seq_v2_rsem_zscores_ref_all_samples.txt",
        "data_armlevel_cna.txt",
        "data_timeline_treatment.txt",
        "data_rppa.txt",
    ],
)
def test_other_molecules_and_units_are_no_omic(name):
    assert is_of_no_omic(name)


def test_tells_study_and_build():
    assert study_of_name("TCGA-BRCA.star_tpm.tsv.gz") == "BRCA"
    assert study_of_name("TCGA.LUAD.sampleMap_HiSeqV2.gz") == "LUAD"
    assert study_of_name("TCGA.PANCAN.sampleMap_HiSeqV2.gz") is None
    assert study_of_name("expression.tsv") is None
    assert assembly_of_name("brca_tcga_data_cna_hg19.seg") is Assembly.HG19
    assert assembly_of_name("a.nocnv_grch38.seg.v2.txt") is Assembly.HG38
    assert assembly_of_name("data_cna.seg") is None


def test_knows_what_stands_beside_tables():
    for name in (
        "meta_study.txt",
        "MANIFEST.txt",
        "README.md",
        "x.tar.gz",
        "a.tsv.parcel",
        "S1.xlsx",
    ):
        assert NOT_TABLES.match(name), name
    for name in ("data_cna.txt", "HiSeqV2", "x.xena.gz", "by_genes", "a.maf.gz", "a.seg.v2.txt"):
        assert not NOT_TABLES.match(name), name
