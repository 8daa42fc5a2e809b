import numpy as np
import pandas as pd
import pytest

from deepdep.domain.cohort import Samples, Supplement
from deepdep.domain.omics import Omic
from deepdep.validation.labels import essential_summary, label_summary


def test_common_essentials_are_set_against_the_other_genes():
    genes = pd.DataFrame({"feature": ["RPL3", "PSMA1", "TP53", "KRAS"], "mean": [-1, -3, 0, 0.5]})
    (row,) = essential_summary(genes).to_dict("records")
    assert row == {
        "n_essential": 2, "median_essential": -2, "median_difference": -2.25, "depth": -2,
        "lean": pytest.approx(0.485 - 2.94),
    }  # fmt: skip


@pytest.mark.parametrize("written", ["RPL3 (6122)", "RPL3..6122.", "RPL3|6122", "rpl3"])
def test_a_common_essential_counts_however_it_is_written(written):
    genes = pd.DataFrame({"feature": [written, "TP53"], "mean": [1.0, 0.0]})
    assert essential_summary(genes)["n_essential"].item() == 1


def test_the_depth_is_left_open_where_the_sign_is_wrong():
    genes = pd.DataFrame({"feature": ["RPL3", "TP53"], "mean": [1.0, 0.0]})
    assert np.isnan(essential_summary(genes)["depth"].item())


def test_labels_count_lines_with_any_table_and_genes_in_a_set():
    table = pd.DataFrame(0.0, index=["L1", "L2"], columns=["TP53"])
    obs = pd.DataFrame({"patient_id": "P"}, index=table.index)
    array = Supplement(Omic.EXPRESSION, table.set_axis(["L1", "array"]), "log2(TPM+1)")
    lines = Samples(
        {Omic.EXPRESSION: table},
        obs,
        {Omic.EXPRESSION: "log2(TPM+1)"},
        supplements={"expression_array": array},
    )
    effects = pd.DataFrame(0.0, index=["L1", "array", "other"], columns=["TP53", "KRAS", "BRAF"])
    (row,) = label_summary(effects, lines, {"S": ("BRAF", "KRAS", "EGFR")}).to_dict("records")
    assert row == {"n_labelled_lines": 2, "n_described_genes": 2}
