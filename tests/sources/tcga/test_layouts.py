from pathlib import Path

import pytest

from deepdep.domain.omics import Omic
from deepdep.errors import BadFileError
from deepdep.sources.tcga.layouts import (
    NOT_TABLES,
    Layout,
    layout_in,
    layout_of,
    omic_of_name,
    other_content,
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
    "segments under names of their own": (
        "Sample\tchr\tstart\tend\tmy.ratio\nTCGA-AA-0001-01\t1\t1\t9\t0.1\n",
        Layout.SEGMENTS,
    ),
    "GDC's betas": ("cg00000029\t0.5\ncg00000108\tNA\n", Layout.BETAS),
    "GDC's betas, the first missing": ("cg00000029\tNA\ncg00000108\t1\n", Layout.BETAS),
    "GDC's copies": (
        "gene_id\tgene_name\tchromosome\tstart\tend\tcopy_number\tmin_copy_number\n",
        Layout.COPIES,
    ),
    "transposed": ("sample\tTP53\tMYC\nTCGA-AA-0001-01\t1\tNA\n", Layout.TRANSPOSED),
    "clinical, of numbers": (
        "PATIENT_ID\tSTART_DATE\tOS.time\nTCGA-AA-0001\t1\t9\n",
        Layout.OTHER,
    ),
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
        ("TCGA-BRCA.star_counts.tsv", Omic.EXPRESSION),
        ("data_mrna_seq_cpm.txt", Omic.EXPRESSION),
        ("matrix.tsv", None),
        ("mutation_and_expression.tsv", None),
    ],
)
def test_the_names_of_the_sources_speak_of_an_omic(name, omic):
    assert omic_of_name(name) is omic
    assert other_content(Path(name)) is None


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("TCGA-RPPA-pancan-clean.xena", "proteins"),
        ("data_rppa.txt", "proteins"),
        ("data_protein_quantification.txt", "proteins"),
        (
            "pancanMiRs_EBadjOnProtocolPlatformWithoutRepsWithUnCorrectMiRs_08_04_16.xena",
            "micro-RNAs",
        ),
        ("TCGA-BRCA.mirna.tsv.gz", "micro-RNAs"),
        ("HiSeqV2_PANCAN.gz", "values centred on the mean of each gene"),
        ("HiSeqV2_exon.gz", "exons or isoforms"),
        ("data_mrna_seq_v2_rsem_zscores_ref_all_samples.txt", "z-scores"),
        ("data_mrna_agilent_microarray.txt", "intensities of a microarray"),
        ("TCGA.OV.sampleMap_HT_HG-U133A", "intensities of a microarray"),
        ("data_armlevel_cna.txt", "chromosome arms"),
        ("broad_values_by_arm.txt", "chromosome arms"),
        ("focal_data_by_genes.txt", "a part of the copy number, focal or broad"),
        ("all_lesions.conf_99.txt", "GISTIC's lesions"),
        ("data_linear_cna.txt", "linear copy number"),
        ("data_mutations_uncalled.txt", "mutations that no caller vouches for"),
    ],
)
def test_other_molecules_and_units_are_no_omic(name, content):
    assert other_content(Path(name)) == content


@pytest.mark.parametrize("column", ["Chromosome Arm", "Wide Peak Limits"])
def test_tables_of_gistic_that_are_not_by_gene_are_told_by_their_columns(tmp_path, column):
    (tmp_path / "renamed.txt").write_text(f"{column}\tTCGA-AA-0001-01\n1p\t0.5\n")
    assert layout_of(tmp_path / "renamed.txt") is Layout.OTHER
    assert other_content(tmp_path / "renamed.txt", [column, "TCGA-AA-0001-01"]) is not None


@pytest.mark.parametrize(
    ("said", "content"),
    [
        ("genetic_alteration_type: PROTEIN_LEVEL\ndatatype: LOG2-VALUE\n", "proteins"),
        ("genetic_alteration_type: MRNA_EXPRESSION\ndatatype: Z-SCORE\n", "z-scores"),
        ("genetic_alteration_type: MRNA_EXPRESSION\ndatatype: CONTINUOUS\n", None),
        ("genetic_alteration_type: GENERIC_ASSAY\n", "another assay"),
        ("genetic_alteration_type: GENERIC_ASSAY\ngeneric_assay_type: METHYLATION\n", None),
    ],
)
def test_the_meta_file_of_cbioportal_says_what_a_table_holds(tmp_path, said, content):
    (tmp_path / "meta_of_mine.txt").write_text(f"{said}data_filename: data_mine.txt\n")
    (tmp_path / "meta_of_other.txt").write_text("datatype: Z-SCORE\ndata_filename: other.txt\n")
    assert other_content(tmp_path / "data_mine.txt") == content
    assert other_content(tmp_path / "other.txt") is None
    (tmp_path / "meta_study.txt").write_text("type_of_cancer: brca\n")
    assert other_content(tmp_path / "other.txt") == "z-scores"


@pytest.mark.parametrize(
    ("name", "text", "layout"),
    [
        ("data_of_my_own.txt", "Hugo_Symbol\tTCGA-AA-0001-01\nTP53\t1\n", Layout.MATRIX),
        ("data_mutations_mine.maf", TEXTS["MAF"][0], Layout.MUTATIONS),
        ("data_timeline_treatment.txt", "PATIENT_ID\tSTART_DATE\nTCGA-AA-0001\t1\n", Layout.OTHER),
        ("data_rppa.txt", "Composite\tTCGA-AA-0001-01\nAKT\t1\n", Layout.OTHER),
        ("meta_study.txt", "type_of_cancer: brca\n", Layout.OTHER),
        ("logs/data_cna.txt", "Hugo_Symbol\tTCGA-AA-0001-01\nTP53\t1\n", None),
        (".hidden/data_cna.txt", "Hugo_Symbol\tTCGA-AA-0001-01\nTP53\t1\n", None),
    ],
)
def test_columns_tell_what_a_file_of_a_folder_is(tmp_path, name, text, layout):
    file = tmp_path / name
    file.parent.mkdir(exist_ok=True)
    file.write_text(text)
    assert layout_in(tmp_path, file) is layout


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
