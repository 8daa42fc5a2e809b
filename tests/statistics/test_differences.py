import numpy as np
import pandas as pd
import pytest

from deepdep.statistics.differences import holm, lead, with_holm


def test_holm_by_hand():
    p = pd.Series({"a": 0.01, "b": 0.04, "c": 0.03, "d": 0.005})
    # 4 * 0.005, 3 * 0.01, 2 * 0.03, then 1 * 0.04, which may not end below the one before.
    assert holm(p).to_dict() == pytest.approx({"d": 0.02, "a": 0.03, "c": 0.06, "b": 0.06})


def test_holm_never_exceeds_1_and_skips_what_was_not_tested():
    p = pd.Series({"a": 0.6, "b": np.nan, "c": 0.04})
    assert holm(p).to_dict() == pytest.approx({"a": 0.6, "b": np.nan, "c": 0.08}, nan_ok=True)
    assert holm(pd.Series({"a": 0.6, "b": 0.7})).to_dict() == {"a": 1, "b": 1}


def test_a_lead_of_two_standard_errors_has_a_p_of_5_percent():
    resampled = pd.Series(np.random.default_rng(0).normal(0.0196, 0.01, 20_000))
    found = lead(0.0196, resampled)
    assert found["p"] == pytest.approx(0.05, abs=0.002)
    assert found["low"] == pytest.approx(0, abs=0.0005)
    assert found["high"] == pytest.approx(0.0392, abs=0.0005)
    assert lead(-0.0196, -resampled)["p"] == pytest.approx(found["p"])


def test_equal_models_have_a_p_of_1():
    assert lead(0.0, pd.Series([0.0] * 10))["p"] == 1


def test_chance_is_called_a_difference_as_often_as_it_should_be():
    rng = np.random.default_rng(1)
    differences = rng.normal(size=2000)
    p = np.array([lead(d, pd.Series(d + rng.normal(size=300)))["p"] for d in differences])
    assert (p < 0.05).mean() == pytest.approx(0.05, abs=0.015)


def test_without_a_number_there_is_no_p():
    nothing = pd.Series([np.nan] * 5)
    assert np.isnan(lead(np.nan, nothing)["p"])


def test_each_stratum_is_a_family_of_its_own():
    def figures(p):
        return {"mean_gene_r": {"difference": 0.1, "p": p}}

    differences = {
        "x - a": {"all": figures(0.01), "selective": figures(0.03)},
        "x - b": {"all": figures(0.04)},
    }
    found = with_holm(differences)
    assert found["x - a"]["all"]["mean_gene_r"]["p_holm"] == pytest.approx(0.02)
    assert found["x - b"]["all"]["mean_gene_r"]["p_holm"] == pytest.approx(0.04)
    assert found["x - a"]["selective"]["mean_gene_r"]["p_holm"] == pytest.approx(0.03)
    assert found["x - a"]["all"]["mean_gene_r"]["difference"] == 0.1
    assert "p_holm" not in differences["x - a"]["all"]["mean_gene_r"]
