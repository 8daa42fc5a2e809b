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


def lineage_of_study(study: str) -> str:
    """Lineage of a TCGA study, given as ``BRCA`` or ``TCGA-BRCA``; ``unknown`` for other names."""
    return LINEAGE_BY_STUDY.get(study.upper().removeprefix("TCGA-"), UNKNOWN_LINEAGE)
