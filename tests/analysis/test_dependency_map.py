import numpy as np
import pandas as pd
import pytest

from deepdep.analysis.dependency_map import (
    Call,
    dependency_calls,
    deviation_from_mean,
    lineage_dependencies,
    mean_deviation_by_lineage,
    plausible_r,
    strongest_dependencies,
)
from deepdep.domain.gene_effect import GeneEffectKind
from deepdep.domain.lineages import UNKNOWN_LINEAGE


@pytest.fixture
def genes() -> pd.DataFrame:
    """RPL3 is needed by all lines, BRAF by some, KRAS by some but less so; FLAT never varies."""
    return pd.DataFrame(
        {
            "mean": [-1.5, -0.2, -0.1, 0.0],
            "sd": [0.2, 0.4, 0.5, 0.0],
        },
        index=["RPL3", "BRAF", "KRAS", "FLAT"],
    )


@pytest.fixture
def predicted() -> pd.DataFrame:
    """Melanoma m1 needs BRAF, colon c1 KRAS; m2 needs nothing more than others do."""
    return pd.DataFrame(
        {
            "BRAF": [-1.0, -0.2, -0.1],
            "FLAT": [-9.0, 0.0, 0.0],
            "KRAS": [-0.1, -0.1, -0.8],
            "RPL3": [-1.52, -1.5, -1.48],
        },
        index=["m1", "m2", "c1"],
    )


@pytest.fixture
def lineages() -> pd.Series:
    return pd.Series({"c1": "Bowel", "m2": "Skin", "m1": "Skin"})


def strongest(predicted, genes, **changed):
    settings = {"n": 5, "dependent_at": -0.5, "min_deviation": 0.5} | changed
    return strongest_dependencies(predicted, genes, **settings)


def test_deviations_are_in_units_of_the_genes_own_sd_and_aligned_by_name(predicted, genes):
    deviation = deviation_from_mean(predicted, genes)
    assert deviation.loc["m1", "BRAF"] == pytest.approx((-1.0 + 0.2) / 0.4)
    assert deviation.loc["c1", "KRAS"] == pytest.approx((-0.8 + 0.1) / 0.5)
    assert deviation["FLAT"].isna().all()


def test_the_planted_dependency_leads_and_a_gene_that_all_need_is_not_listed(predicted, genes):
    found = strongest(predicted, genes)
    assert list(zip(found["sample"], found["gene"], strict=True)) == [
        ("m1", "BRAF"),
        ("c1", "KRAS"),
    ]
    assert found.loc[0, "predicted"] == -1.0
    assert found.loc[0, "deviation"] == pytest.approx(-2.0)


def test_a_far_deviation_counts_although_the_effect_is_no_whole_dependency(predicted, genes):
    weak = predicted.replace({-1.0: -0.45})  # 0.6 SD below the mean of BRAF
    assert "BRAF" not in set(strongest(weak, genes)["gene"])
    assert "BRAF" in set(strongest(weak, genes, min_deviation=0.3)["gene"])


def test_at_most_n_genes_are_listed_per_sample_strongest_first(genes):
    predicted = pd.DataFrame({"RPL3": [-2.5], "BRAF": [-1.0], "KRAS": [-0.7], "FLAT": [0.0]}, ["t"])
    found = strongest(predicted, genes, n=2)
    assert list(found["gene"]) == ["RPL3", "BRAF"]  # 5 and 2 SD below their means


def test_samples_without_any_dependency_give_no_row(predicted, genes):
    found = strongest(predicted.loc[["m2"]], genes)
    assert found.empty
    assert list(found) == ["sample", "gene", "predicted", "deviation"]


def test_a_lineage_is_set_apart_by_what_the_others_do_not_need(predicted, genes, lineages):
    found = lineage_dependencies(predicted, genes, lineages, n=1, min_samples=1)
    assert list(zip(found["lineage"], found["gene"], strict=True)) == [
        ("Bowel", "KRAS"),
        ("Skin", "BRAF"),
    ]
    skin = found.set_index("lineage").loc["Skin"]
    assert skin["n_samples"] == 2
    assert skin["predicted"] == pytest.approx((-1.0 - 0.2) / 2)
    assert skin["deviation"] == pytest.approx((-2.0 + 0.0) / 2)
    assert skin["others"] == pytest.approx(0.25)  # c1: (-0.1 + 0.2) / 0.4


def test_small_lineages_are_left_out_of_the_map(predicted, genes, lineages):
    found = lineage_dependencies(predicted, genes, lineages, n=3, min_samples=2)
    assert set(found["lineage"]) == {"Skin"}
    assert lineage_dependencies(predicted, genes, lineages, n=3, min_samples=9).empty


def test_a_single_lineage_is_compared_with_the_training_lines(predicted, genes):
    lineages = pd.Series("Skin", index=predicted.index)
    found = lineage_dependencies(predicted, genes, lineages, n=1, min_samples=1)
    assert list(found["others"]) == [0.0]
    assert len(found) == 1


def test_deviations_are_averaged_over_the_samples_of_a_lineage(predicted, genes, lineages):
    mean = mean_deviation_by_lineage(predicted, genes, lineages)
    assert mean.loc["Skin", "BRAF"] == pytest.approx(-1.0)


def test_a_correlation_of_few_lines_may_be_chance():
    r = pd.Series({"many": 0.5, "few": 0.5, "three": 0.9, "unknown": np.nan, "perfect": 1.0})
    n_lines = pd.Series({"many": 103, "few": 7, "three": 3, "unknown": 50, "perfect": 50})
    found = plausible_r(r, n_lines)
    low, high = found["low"], found["high"]
    # Fisher: tanh(atanh(0.5) - 1.96 / 10) and tanh(atanh(0.5) - 1.96 / 2).
    assert low["many"] == pytest.approx(np.tanh(np.arctanh(0.5) - 0.196))
    assert high["many"] == pytest.approx(np.tanh(np.arctanh(0.5) + 0.196))
    assert low["few"] == pytest.approx(np.tanh(np.arctanh(0.5) - 0.98))
    assert found.loc[["three", "unknown"]].isna().all(axis=None)
    assert low["perfect"] > 0.99


def called(predicted, genes, lineages, kind=GeneEffectKind.GENE_EFFECT, min_samples=4):
    return dependency_calls(
        predicted, genes, lineages, kind, min_deviation=1.0, min_samples=min_samples
    )


@pytest.fixture
def of_eight() -> pd.DataFrame:
    """Two of four skin tumours need BRAF, one of four of bowel KRAS; all but s4 need RPL3."""
    names = ["s1", "s2", "s3", "s4", "b1", "b2", "b3", "b4"]
    table = pd.DataFrame({"BRAF": -0.2, "FLAT": 0.0, "KRAS": -0.1, "RPL3": -1.5}, index=names)
    table.loc[["s1", "s2"], "BRAF"] = -1.0
    table.loc["b1", "KRAS"] = -0.8
    table.loc["s4", "RPL3"] = -0.4
    return table


@pytest.fixture
def of_two_lineages(of_eight) -> pd.Series:
    return pd.Series(np.repeat(["Skin", "Bowel"], 4), of_eight.index)


def test_calls_tell_selective_from_what_is_typical_of_a_lineage(of_eight, genes, of_two_lineages):
    calls = called(of_eight, genes, of_two_lineages[::-1])
    assert calls["BRAF"].tolist() == [Call.LINEAGE_TYPICAL] * 2 + [Call.NONE] * 6
    assert calls["KRAS"].tolist() == [Call.NONE] * 4 + [Call.SELECTIVE] + [Call.NONE] * 3
    assert calls["FLAT"].eq(Call.NONE).all()


def test_a_common_essential_gene_is_called_so_where_the_sample_depends_on_it(
    of_eight, genes, of_two_lineages
):
    calls = called(of_eight, genes, of_two_lineages)["RPL3"]
    assert calls["s4"] == Call.NONE
    assert calls.drop("s4").eq(Call.COMMON_ESSENTIAL).all()


@pytest.mark.parametrize("why", ["few", "unknown"])
def test_nothing_is_typical_of_few_samples_or_of_an_unknown_lineage(
    of_eight, genes, of_two_lineages, why
):
    lineages = of_two_lineages.replace("Skin", UNKNOWN_LINEAGE if why == "unknown" else "Skin")
    calls = called(of_eight, genes, lineages, min_samples=5 if why == "few" else 4)
    assert calls.loc[["s1", "s2"], "BRAF"].tolist() == [Call.SELECTIVE] * 2


def test_of_classes_a_dependency_is_one_of_minus_one(of_eight, genes, of_two_lineages):
    """BRAF of s1 is -0.9: 1.75 SD below its mean, and not a whole class."""
    weaker = of_eight.replace({-1.0: -0.9})
    effects = called(weaker, genes, of_two_lineages)
    classes = called(weaker, genes, of_two_lineages, kind=GeneEffectKind.CLASS)
    assert effects.loc["s1", "BRAF"] == Call.LINEAGE_TYPICAL
    assert classes.loc["s1", "BRAF"] == Call.NONE


def test_no_samples_have_no_calls(of_eight, genes, of_two_lineages):
    assert called(of_eight.iloc[:0], genes, of_two_lineages).shape == (0, 4)
