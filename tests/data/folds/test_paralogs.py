import pytest

from deepdep.data.folds.paralogs import family_keys


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("KRT5", "KRT14"),
        ("KRT5", "KRT6A"),
        ("CDK4", "CDK6"),
        ("ARID1A", "ARID1B"),
        ("SMARCA2", "SMARCA4"),
        ("STAG1", "STAG2"),
        ("PIK3CA", "PIK3CB"),
        ("PPP2CA", "PPP2CB"),
        ("VPS4A", "VPS4B"),
        ("FAM50A", "FAM50B"),
        ("DDX3X", "DDX3Y"),
        ("EIF1AX", "EIF1AY"),
        ("RPS4X", "RPS4Y1"),
        ("MAGOH", "MAGOHB"),
        ("RAD51", "RAD51B"),
        ("TUBB", "TUBB4B"),
        ("RPL22", "RPL22L1"),
        ("BCL2", "BCL2L1"),
        ("TP53", "TP63"),
        ("CSNK2A1", "CSNK2A2"),
        ("HOXA9", "HOXA10"),
        ("NKX2-1", "NKX2-5"),
        ("HLA-A", "HLA-B"),
    ],
)
def test_likely_paralogs_share_a_name(one, other):
    assert family_keys(one) & family_keys(other)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("C1orf112", "C1orf43"),
        ("C1orf112", "C2orf42"),
        ("CXorf38", "CXorf58"),
        ("FAM50A", "FAM83A"),
        ("TMEM173", "TMEM30A"),
        ("CCDC6", "CCDC88A"),
        ("KIAA0100", "KIAA1549"),
        ("LOC100", "LOC200"),
        ("RPL5", "RPL11"),
        ("MRPL3", "MRPL10"),
        ("EIF3A", "EIF3B"),
        ("MED12", "MED1"),
        ("FANCA", "FANCC"),
        ("BRCA1", "BRCA2"),
        ("RAD21", "RAD51"),
        ("CD4", "CD19"),
        ("NF1", "NF2"),
        ("F2", "F5"),
        ("SMARCA4", "SMARCB1"),
        ("ARID1A", "SMARCA4"),
        ("IGF1", "IGF1R"),
        ("AR", "ARL1"),
        ("ATR", "ATRX"),
        ("MYC", "MAX"),
        ("WRN", "PRMT5"),
    ],
)
def test_what_only_sounds_alike_shares_none(one, other):
    assert not family_keys(one) & family_keys(other)


def test_every_gene_is_of_its_own_family():
    assert "WRN" in family_keys("WRN")
    assert family_keys("C1orf112") == {"C1orf112"}
    assert family_keys("KIAA0100") == {"KIAA0100"}
