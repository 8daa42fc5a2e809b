"""The lineage of each TCGA study, in the words of DepMap's cell lines."""

UNKNOWN_LINEAGE = "unknown"

# TCGA study -> Oncotree lineage, as in the column OncotreeLineage of DepMap's Model.csv.
LINEAGE_BY_STUDY = {
    "ACC": "Adrenal Gland",
    "BLCA": "Bladder/Urinary Tract",
    "BRCA": "Breast",
    "CESC": "Cervix",
    "CHOL": "Biliary Tract",
    "COAD": "Bowel",
    "DLBC": "Lymphoid",
    "ESCA": "Esophagus/Stomach",
    "GBM": "CNS/Brain",
    "HNSC": "Head and Neck",
    "KICH": "Kidney",
    "KIRC": "Kidney",
    "KIRP": "Kidney",
    "LAML": "Myeloid",
    "LGG": "CNS/Brain",
    "LIHC": "Liver",
    "LUAD": "Lung",
    "LUSC": "Lung",
    "MESO": "Pleura",
    "OV": "Ovary/Fallopian Tube",
    "PAAD": "Pancreas",
    "PCPG": "Adrenal Gland",  # most are pheochromocytomas; the paragangliomas lie elsewhere
    "PRAD": "Prostate",
    "READ": "Bowel",
    "SARC": "Soft Tissue",
    "SKCM": "Skin",
    "STAD": "Esophagus/Stomach",
    "TGCT": "Testis",
    "THCA": "Thyroid",
    "THYM": "Thymus",  # DepMap 24Q2 has no line of it
    "UCEC": "Uterus",
    "UCS": "Uterus",
    "UVM": "Eye",
}

# Studies that portals publish as one; which of them a tumour is of, they do not say.
LINEAGE_BY_JOINT_STUDY = {
    "COADREAD": "Bowel",
    "GBMLGG": "CNS/Brain",
    "KIPAN": "Kidney",
    "STES": "Esophagus/Stomach",
}

# OncoTree's codes, by which cBioPortal names studies and their types of cancer, where they are
# not TCGA's own.
STUDY_BY_ONCOTREE = {
    "AML": "LAML",
    "CCRCC": "KIRC",
    "CHRCC": "KICH",
    "DIFG": "LGG",
    "DLBCLNOS": "DLBC",
    "HCC": "LIHC",
    "HGSOC": "OV",
    "LGGNOS": "LGG",
    "MNET": "PCPG",
    "NSGCT": "TGCT",
    "PHC": "PCPG",
    "PLMESO": "MESO",
    "PRCC": "KIRP",
    "SOFT_TISSUE": "SARC",
    "TESTIS": "TGCT",
    "THPA": "THCA",
    "UM": "UVM",
}

# DepMap's lineages up to 22Q2, in the words of later releases; of its `blood`, two subtypes are not
# myeloid.
LYMPHOID_OF_BLOOD = ("ALL", "CLL")
EARLIER_LINEAGES = {
    "adrenal_cortex": "Adrenal Gland",
    "bile_duct": "Biliary Tract",
    "blood": "Myeloid",
    "bone": "Bone",
    "breast": "Breast",
    "central_nervous_system": "CNS/Brain",
    "cervix": "Cervix",
    "colorectal": "Bowel",
    "esophagus": "Esophagus/Stomach",
    "eye": "Eye",
    "fibroblast": "Fibroblast",
    "gastric": "Esophagus/Stomach",
    "kidney": "Kidney",
    "liver": "Liver",
    "lung": "Lung",
    "lymphocyte": "Lymphoid",
    "ovary": "Ovary/Fallopian Tube",
    "pancreas": "Pancreas",
    "peripheral_nervous_system": "Peripheral Nervous System",
    "plasma_cell": "Lymphoid",
    "prostate": "Prostate",
    "skin": "Skin",
    "soft_tissue": "Soft Tissue",
    "thyroid": "Thyroid",
    "upper_aerodigestive": "Head and Neck",
    "urinary_tract": "Bladder/Urinary Tract",
    "uterus": "Uterus",
}

# Diseases as UCSC Xena spells them in the column _primary_disease of TCGA's phenotypes.
STUDY_BY_DISEASE = {
    "adrenocortical cancer": "ACC",
    "bladder urothelial carcinoma": "BLCA",
    "breast invasive carcinoma": "BRCA",
    "cervical & endocervical cancer": "CESC",
    "cholangiocarcinoma": "CHOL",
    "colon adenocarcinoma": "COAD",
    "diffuse large b-cell lymphoma": "DLBC",
    "esophageal carcinoma": "ESCA",
    "glioblastoma multiforme": "GBM",
    "head & neck squamous cell carcinoma": "HNSC",
    "kidney chromophobe": "KICH",
    "kidney clear cell carcinoma": "KIRC",
    "kidney papillary cell carcinoma": "KIRP",
    "acute myeloid leukemia": "LAML",
    "brain lower grade glioma": "LGG",
    "liver hepatocellular carcinoma": "LIHC",
    "lung adenocarcinoma": "LUAD",
    "lung squamous cell carcinoma": "LUSC",
    "mesothelioma": "MESO",
    "ovarian serous cystadenocarcinoma": "OV",
    "pancreatic adenocarcinoma": "PAAD",
    "pheochromocytoma & paraganglioma": "PCPG",
    "prostate adenocarcinoma": "PRAD",
    "rectum adenocarcinoma": "READ",
    "sarcoma": "SARC",
    "skin cutaneous melanoma": "SKCM",
    "stomach adenocarcinoma": "STAD",
    "testicular germ cell tumor": "TGCT",
    "thyroid carcinoma": "THCA",
    "thymoma": "THYM",
    "uterine corpus endometrioid carcinoma": "UCEC",
    "uterine carcinosarcoma": "UCS",
    "uveal melanoma": "UVM",
}


def study_code(study: str) -> str | None:
    """Code of a TCGA study, given as ``BRCA``, ``TCGA-BRCA``, its disease or OncoTree's code.

    Studies that portals publish as one, such as ``COADREAD``, have a code too; None for others.
    """
    name = study.strip()
    code = STUDY_BY_DISEASE.get(name.lower(), name.upper().removeprefix("TCGA-"))
    code = STUDY_BY_ONCOTREE.get(code, code)
    return code if code in LINEAGE_BY_STUDY or code in LINEAGE_BY_JOINT_STUDY else None


def lineage_of_study(study: str) -> str:
    """Lineage of a TCGA study, given as ``study_code`` reads it; ``unknown`` for other names."""
    lineages = LINEAGE_BY_STUDY | LINEAGE_BY_JOINT_STUDY
    return lineages.get(study_code(study) or "", UNKNOWN_LINEAGE)
