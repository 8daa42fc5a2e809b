from pathlib import Path

import numpy as np
import pytest

from deepdep.domain.errors import BadFileError
from deepdep.domain.omics import Omic
from deepdep.io.sources.tcga.matrix_omic import are_probes, omic_of_matrix

GENES = [f"GENE{k}" for k in range(50)]
rng = np.random.default_rng(0)


def values(kind: str) -> np.ndarray:
    """Values (50 features, 40 samples) as tables of this kind have them, one of them missing."""
    shape = (50, 40)
    drawn = {
        "mutations": rng.random(shape) < 0.1,
        "mutated copies": rng.integers(0, 3, shape),
        "calls": rng.integers(-2, 3, shape),
        "log expression": np.clip(rng.normal(7, 4, shape), 0, 18),
        "counts": rng.poisson(500, shape),
        "copies": rng.poisson(2, shape) + 3 * (rng.random(shape) < 0.05),
        "log2 ratios": rng.normal(0, 0.2, shape),
        "z-scores": rng.normal(0, 1, shape),
        "betas": rng.beta(0.5, 0.5, shape),
        "linear ratios": np.exp2(rng.normal(0, 0.2, shape)),
        "M-values": rng.normal(0, 3, shape),
    }[kind].astype(np.float32)
    drawn[3, 5] = np.nan
    return drawn


@pytest.mark.parametrize(
    ("kind", "omic"),
    [
        ("mutations", Omic.MUTATION),
        ("calls", Omic.COPY_NUMBER),
        ("log expression", Omic.EXPRESSION),
        ("counts", Omic.EXPRESSION),  # refused when their range is checked
        ("log2 ratios", Omic.COPY_NUMBER),
    ],
)
def test_values_alone_tell_the_omic(kind, omic):
    assert omic_of_matrix(values(kind), GENES, Path("matrix.tsv")) is omic


@pytest.mark.parametrize(
    ("kind", "name", "omic"),
    [
        ("mutated copies", "mutation.tsv", Omic.MUTATION),
        ("betas", "methylation_of_genes.tsv", Omic.METHYLATION),
        ("M-values", "methylation_of_genes.tsv", Omic.METHYLATION),  # refused by their range
        ("linear ratios", "copy_number.tsv", Omic.COPY_NUMBER),  # refused by their unit
        ("z-scores", "expression.tsv", Omic.EXPRESSION),  # refused by their range
        ("log2 ratios", "gistic.tsv", Omic.COPY_NUMBER),
        ("mutations", "gistic_thresholded.tsv", Omic.COPY_NUMBER),  # gains only
    ],
)
def test_the_name_settles_what_values_leave_open(kind, name, omic):
    assert omic_of_matrix(values(kind), GENES, Path(name)) is omic


@pytest.mark.parametrize(
    "kind", ["mutated copies", "copies", "z-scores", "betas", "linear ratios", "M-values"]
)
def test_refuses_what_remains_open(kind):
    with pytest.raises(BadFileError, match=r"neither these nor its name tell.*one of mutation"):
        omic_of_matrix(values(kind), GENES, Path("matrix.tsv"))


@pytest.mark.parametrize(
    ("kind", "name"),
    [
        ("mutations", "expression.tsv"),
        ("betas", "expression.tsv"),
        ("calls", "methylation.tsv"),
        ("counts", "copy_number.tsv"),
        ("copies", "copy_number.tsv"),
    ],
)
def test_refuses_values_that_contradict_the_name(kind, name):
    with pytest.raises(BadFileError, match=f"its name speaks of {Path(name).stem}"):
        omic_of_matrix(values(kind), GENES, Path(name))


def test_probes_are_methylation_whatever_the_values():
    assert are_probes(["cg00000029", "ch.1.1024R", "rs10033147"])
    assert not are_probes(["TP53", "CHEK2", "cg00000029"])
    found = omic_of_matrix(values("M-values"), ["cg00000029"] * 50, Path("x.tsv"))
    assert found is Omic.METHYLATION


def test_refuses_a_table_without_values():
    with pytest.raises(BadFileError, match="no sample with a value left"):
        omic_of_matrix(np.full((2, 2), np.nan, dtype=np.float32), ["A", "B"], Path("x.tsv"))
