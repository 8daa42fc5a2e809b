from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from deepdep.domain.cohort import Cohort, Samples, Supplement
from deepdep.domain.gene_effect import GeneEffect, GeneEffectKind
from deepdep.domain.omics import Omic
from deepdep.validation.matrices import facts_of, matrices_of


@pytest.fixture
def cell_lines() -> Samples:
    """Two lines; of five features one is constant, two are the same and one lacks a value."""
    values = [[1, 0.5, 0.5, 2, np.nan], [1, 0.7, 0.7, 3, 4]]
    table = pd.DataFrame(values, index=["L1", "L2"], columns=list("ABCDE"), dtype=np.float32)
    obs = pd.DataFrame({"patient_id": ["L1", "L2"]}, index=table.index)
    unit = {Omic.EXPRESSION: "log2(TPM+1)"}
    return Samples({Omic.EXPRESSION: table}, obs, unit, "hg38", "DepMap")


def test_a_table_is_summed_up(cell_lines, validate_settings):
    (matrix,) = matrices_of(Cohort(cell_lines, None, None, None), validate_settings).values()
    facts = facts_of(matrix, cell_lines)
    assert facts.table == "cell_lines.h5mu/expression"
    assert (facts.n_samples, facts.n_features) == (2, 5)
    assert (facts.unit, facts.assembly, facts.release) == ("log2(TPM+1)", "hg38", "DepMap")
    assert facts.missing_share == pytest.approx(0.1)
    assert (facts.n_constant, facts.n_repeated) == (2, 2)  # E has one value only


def test_a_supplement_is_described_like_a_table_of_its_omic(cell_lines, validate_settings):
    calls = pd.DataFrame({"A": [0, -1], "B": [1, 1]}, index=["L1", "L2"], dtype=np.float32)
    supplements = {"copy_number_wgs": Supplement(Omic.COPY_NUMBER, calls, "call")}
    given = replace(cell_lines, supplements=supplements)
    found = matrices_of(Cohort(given, None, None, None), validate_settings)
    assert list(found) == ["cell_lines.h5mu/expression", "cell_lines.h5mu/copy_number_wgs"]
    matrix = found["cell_lines.h5mu/copy_number_wgs"]
    assert (matrix.omic, matrix.unit, matrix.is_whole) == (Omic.COPY_NUMBER, "call", True)
    assert facts_of(matrix, given).n_constant == 1
    own = replace(given, omics={Omic.COPY_NUMBER: calls}, units={Omic.COPY_NUMBER: "call"})
    plain = matrices_of(Cohort(own, None, None, None), validate_settings)
    assert matrix.required == plain["cell_lines.h5mu/copy_number"].required


@pytest.mark.parametrize(
    ("kind", "is_whole"), [(GeneEffectKind.CLASS, True), (GeneEffectKind.GENE_EFFECT, False)]
)
def test_gene_effects_come_first(cell_lines, validate_settings, kind, is_whole):
    effects = GeneEffect(-cell_lines.omics[Omic.EXPRESSION], kind)
    cohort = Cohort(cell_lines, cell_lines, effects, None)
    found = matrices_of(cohort, validate_settings)
    assert list(found) == [
        "gene_effect.h5ad",
        "cell_lines.h5mu/expression",
        "tumors.h5mu/expression",
    ]
    assert found["gene_effect.h5ad"].is_whole is is_whole
    assert facts_of(found["gene_effect.h5ad"], None).unit == f"kind {kind}"
