"""Genes that a clinician asks for, which a mean over all genes hides.

Oncogenes, tumour suppressors and lineage factors are those that surveys of cancer genomes agree on
(Vogelstein 2013, https://doi.org/10.1126/science.1235122; Sondka 2018, the Cancer Gene Census,
https://doi.org/10.1038/s41568-018-0060-1; Bailey 2018, https://doi.org/10.1016/j.cell.2018.02.060)
and that screens of cell lines find needed in some lines and not in others (Tsherniak 2017,
https://doi.org/10.1016/j.cell.2017.06.010; Behan 2019, https://doi.org/10.1038/s41586-019-1103-9).
"""

from dataclasses import dataclass


@dataclass(frozen=True)
class Driver:
    """What is known of a gene that drives tumours, or that only some tumours need.

    Attributes
    ----------
    cause
        Which alteration makes cells depend on it, in words; empty where none is agreed on.
    partners
        Other genes, or columns of ``obs``, whose state tells who depends on it.
    """

    cause: str = ""
    partners: tuple[str, ...] = ()


DRIVERS = {
    # Signalling from receptors to RAS, RAF and MEK
    "BRAF": Driver("its mutation, mostly V600E", ("NRAS", "KRAS")),
    "KRAS": Driver("its mutation", ("BRAF", "NRAS", "EGFR")),
    "NRAS": Driver("its mutation", ("BRAF", "KRAS")),
    "RAF1": Driver("mutated RAS", ("KRAS", "NRAS", "BRAF")),
    "MAP2K1": Driver("mutated BRAF or RAS", ("BRAF", "KRAS", "NRAS")),
    "SHOC2": Driver("mutated RAS", ("NRAS", "KRAS", "BRAF")),
    "PTPN11": Driver("active receptors, and no mutated RAS or RAF", ("KRAS", "NRAS", "BRAF")),
    "EGFR": Driver("its mutation or amplification", ("KRAS", "ERBB2")),
    "ERBB2": Driver("its amplification", ("ERBB3", "EGFR")),
    "FGFR1": Driver("its amplification or high expression", ("FGF2", "KRAS")),
    "ERBB3": Driver(partners=("ERBB2", "NRG1")),
    "FGFR2": Driver(),
    "FGFR3": Driver(),
    "MET": Driver(partners=("HGF",)),
    "KIT": Driver(),
    "PDGFRA": Driver(),
    "IGF1R": Driver(partners=("IRS1", "IRS2")),
    "FLT3": Driver(),
    "JAK2": Driver(),
    "STAT3": Driver(),
    "MAPK1": Driver(partners=("BRAF", "KRAS", "NRAS")),
    # PI3K
    "PIK3CA": Driver("its mutation", ("PTEN", "ERBB2")),
    "PIK3CB": Driver("loss of PTEN", ("PTEN", "PIK3CA")),
    "AKT1": Driver(partners=("PIK3CA", "PTEN")),
    "MTOR": Driver(partners=("PIK3CA", "PTEN", "TSC1", "TSC2")),
    "PTEN": Driver(partners=("PIK3CA",)),
    # Wnt
    "CTNNB1": Driver("its mutation, or that of APC", ("APC", "AXIN1", "AXIN2", "RNF43")),
    "TCF7L2": Driver("mutated APC or CTNNB1", ("APC", "CTNNB1", "AXIN2")),
    "APC": Driver(partners=("CTNNB1",)),
    # The cell cycle and p53
    "CDK4": Driver("its amplification, or high CCND1, with intact RB1", ("RB1", "CCND1", "CDKN2A")),
    "CDK6": Driver("its high expression, with intact RB1", ("RB1", "CDK4", "CCND3", "CDKN2A")),
    "CCND1": Driver("its amplification, with intact RB1", ("RB1", "CCND2", "CCND3", "CDKN2A")),
    "CCNE1": Driver("its amplification", ("FBXW7", "RB1")),
    "E2F3": Driver("its amplification, or loss of RB1", ("RB1", "E2F1")),
    "MDM2": Driver("intact TP53, more so where it is amplified", ("TP53", "CDKN1A", "CDKN2A")),
    "MDM4": Driver("intact TP53, more so where it is amplified", ("TP53", "CDKN1A", "MDM2")),
    "CCND2": Driver(partners=("RB1", "CCND1")),
    "CCND3": Driver(partners=("RB1", "CCND1")),
    "CDK2": Driver(partners=("CCNE1", "RB1")),
    "TP53": Driver(partners=("MDM2", "CDKN1A")),
    "RB1": Driver(partners=("CDKN2A", "CCND1")),
    # Transcription
    "MYC": Driver("its amplification", ("MYCN", "MYCL")),
    "NFE2L2": Driver("its mutation, or that of KEAP1", ("KEAP1", "NQO1")),
    "MYCN": Driver(partners=("MYC",)),
    "MYB": Driver(),
    "YAP1": Driver(partners=("NF2", "WWTR1")),
    # Chromatin, cohesin and repair: paralogs and instability
    "SMARCA2": Driver("loss of SMARCA4", ("SMARCA4",)),
    "STAG1": Driver("loss of STAG2", ("STAG2",)),
    "WRN": Driver("microsatellite instability", ("msi_status", "MLH1", "RPL22", "MSH2", "MSH6")),
    "ARID1B": Driver(partners=("ARID1A",)),
    "SMARCA4": Driver(partners=("SMARCA2",)),
    "PRMT5": Driver(partners=("MTAP", "CDKN2A")),
    # Apoptosis
    "BCL2": Driver(),
    "BCL2L1": Driver(partners=("MCL1", "BCL2")),
    "MCL1": Driver(partners=("BCL2L1", "BCL2")),
    # Factors of a lineage
    "ESR1": Driver(partners=("GATA3", "FOXA1")),
    "AR": Driver(),
    "FOXA1": Driver(partners=("ESR1", "AR")),
    "GATA3": Driver(partners=("ESR1",)),
    "SPDEF": Driver(partners=("ESR1",)),
    "SOX10": Driver(partners=("MITF",)),
    "MITF": Driver(partners=("SOX10",)),
    "IRF4": Driver(),
    "HNF1B": Driver(),
    "PAX8": Driver(),
    "TP63": Driver(),
}

# Targets of approved drugs of oncology, each with one such drug, as their FDA labels
# (https://dailymed.nlm.nih.gov) name them; after Santos 2017, https://doi.org/10.1038/nrd.2016.230.
DRUGGABLE = {
    "ABL1": "imatinib",
    "AKT1": "capivasertib",
    "ALK": "crizotinib",
    "AR": "enzalutamide",
    "BCL2": "venetoclax",
    "BRAF": "dabrafenib",
    "BTK": "ibrutinib",
    "CDK4": "palbociclib",
    "CDK6": "palbociclib",
    "EGFR": "osimertinib",
    "EPAS1": "belzutifan",
    "ERBB2": "tucatinib",
    "ESR1": "fulvestrant",
    "EZH2": "tazemetostat",
    "FGFR1": "pemigatinib",
    "FGFR2": "pemigatinib",
    "FGFR3": "erdafitinib",
    "FLT3": "gilteritinib",
    "IDH1": "ivosidenib",
    "IDH2": "enasidenib",
    "JAK2": "ruxolitinib",
    "KDR": "axitinib",
    "KIT": "imatinib",
    "KRAS": "sotorasib",
    "MAP2K1": "trametinib",
    "MAP2K2": "trametinib",
    "MEN1": "revumenib",
    "MET": "capmatinib",
    "MTOR": "everolimus",
    "NTRK1": "larotrectinib",
    "PARP1": "olaparib",
    "PDGFRA": "avapritinib",
    "PIK3CA": "alpelisib",
    "PIK3CD": "idelalisib",
    "PSMB5": "bortezomib",
    "RET": "selpercatinib",
    "ROS1": "entrectinib",
    "SMO": "vismodegib",
    "XPO1": "selinexor",
}
