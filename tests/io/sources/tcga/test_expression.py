from pathlib import Path

import numpy as np
import pytest

from deepdep.domain.errors import BadFileError
from deepdep.io.sources.tcga.expression import log_expression

EB = Path("EB++AdjustPANCAN_IlluminaHiSeq_RNASeqV2.geneExp.xena")
RSEM = Path("data_mrna_seq_v2_rsem.txt")


def column(*values: float) -> np.ndarray:
    return np.array(values, dtype=np.float32)[:, None]


def test_log_counts_are_taken_as_they_are():
    noted = log_expression(column(0, 3.5, np.nan), Path("HiSeqV2"))
    np.testing.assert_array_equal(noted.value.values, column(0, 3.5, np.nan))
    assert (noted.value.unit, noted.notes) == ("log2(norm_count+1)", ())


def test_rsem_of_cbioportal_are_put_on_a_log_scale():
    noted = log_expression(column(0, 1, 1023, np.nan), RSEM)
    np.testing.assert_array_equal(noted.value.values, column(0, 1, 10, np.nan))
    assert noted.notes == ("counts (RSEM) turned to log2(x+1)",)


def test_rsem_of_cbioportal_may_be_on_a_log_scale():
    noted = log_expression(column(0, 1, 10), RSEM)
    np.testing.assert_array_equal(noted.value.values, column(0, 1, 10))
    assert noted.notes == ()


def test_a_few_values_below_zero_are_left_by_the_batch_correction():
    values = column(*[5.0] * 99, -0.02)
    noted = log_expression(values, EB)
    np.testing.assert_array_equal(noted.value.values, column(*[5.0] * 99, 0))
    assert noted.notes == ("1 value below 0, left by the batch correction, set to 0",)
    counts = log_expression(column(*[127.0] * 99, -0.4), RSEM)
    np.testing.assert_array_equal(counts.value.values, column(*[7.0] * 99, 0))


@pytest.mark.parametrize("source", [EB, RSEM], ids=["EB++", "RSEM"])
def test_many_values_below_zero_are_z_scores(source):
    with pytest.raises(BadFileError, match="25% of its values are negative: z-scores, or centred"):
        log_expression(column(30, 2, 1, -1), source)


def test_tpm_are_named_so():
    noted = log_expression(column(0, 5), Path("TCGA-BRCA.star_tpm.tsv.gz"))
    assert (noted.value.unit, noted.notes) == ("log2(TPM+1)", ())


def test_toils_offset_is_replaced():
    lowest = np.log2(0.001)
    noted = log_expression(column(lowest, np.log2(7.001)), Path("tcga_RSEM_gene_tpm.gz"))
    np.testing.assert_allclose(noted.value.values, column(0, 3), atol=1e-6)
    assert noted.notes == ("log2(TPM+0.001) turned to log2(TPM+1)",)


def test_refuses_fpkm():
    with pytest.raises(BadFileError, match=r"holds FPKM.*Bring TPM"):
        log_expression(column(1), Path("TCGA-BRCA.htseq_fpkm.tsv.gz"))
