import pytest

from deepdep.domain.lineages import (
    LINEAGE_BY_STUDY,
    STUDY_BY_DISEASE,
    UNKNOWN_LINEAGE,
    lineage_of_study,
    study_code,
)

# OncotreeLineage of DepMap 24Q2, as far as TCGA has studies of them.
DEPMAP_LINEAGES = {
    "Adrenal Gland",
    "Biliary Tract",
    "Bladder/Urinary Tract",
    "Bowel",
    "Breast",
    "CNS/Brain",
    "Cervix",
    "Esophagus/Stomach",
    "Eye",
    "Head and Neck",
    "Kidney",
    "Liver",
    "Lung",
    "Lymphoid",
    "Myeloid",
    "Ovary/Fallopian Tube",
    "Pancreas",
    "Pleura",
    "Prostate",
    "Skin",
    "Soft Tissue",
    "Testis",
    "Thyroid",
    "Uterus",
}


def test_names_all_33_studies_as_depmap_names_lineages():
    assert len(LINEAGE_BY_STUDY) == 33
    assert set(LINEAGE_BY_STUDY.values()) - DEPMAP_LINEAGES == {"Thymus"}
    assert set(LINEAGE_BY_STUDY.values()) >= DEPMAP_LINEAGES


def test_reads_study_codes_as_tcga_and_as_gdc_write_them():
    assert lineage_of_study("UVM") == "Eye"
    assert lineage_of_study("TCGA-GBM") == "CNS/Brain"
    assert lineage_of_study("brca") == "Breast"
    assert lineage_of_study("TARGET-AML") == UNKNOWN_LINEAGE


def test_reads_diseases_as_xena_spells_them():
    assert sorted(STUDY_BY_DISEASE.values()) == sorted(LINEAGE_BY_STUDY)
    assert lineage_of_study("breast invasive carcinoma") == "Breast"
    assert study_code("diffuse large B-cell lymphoma") == "DLBC"
    assert study_code("head & neck squamous cell carcinoma") == "HNSC"
    assert study_code("Breast Cancer") is None


@pytest.mark.parametrize(
    ("code", "study", "lineage"),
    [
        ("ccrcc", "KIRC", "Kidney"),
        ("chrcc", "KICH", "Kidney"),
        ("prcc", "KIRP", "Kidney"),
        ("difg", "LGG", "CNS/Brain"),
        ("hcc", "LIHC", "Liver"),
        ("hgsoc", "OV", "Ovary/Fallopian Tube"),
        ("um", "UVM", "Eye"),
        ("aml", "LAML", "Myeloid"),
        ("mnet", "PCPG", "Adrenal Gland"),
        ("nsgct", "TGCT", "Testis"),
        ("soft_tissue", "SARC", "Soft Tissue"),
        ("dlbclnos", "DLBC", "Lymphoid"),
        ("plmeso", "MESO", "Pleura"),
        ("thpa", "THCA", "Thyroid"),
        ("coadread", "COADREAD", "Bowel"),
        ("GBMLGG", "GBMLGG", "CNS/Brain"),
        ("idc", None, "unknown"),
    ],
)
def test_reads_codes_of_oncotree_and_of_joint_studies(code, study, lineage):
    assert study_code(code) == study
    assert lineage_of_study(code) == lineage
