import numpy as np
import pandas as pd
import pytest

from deepdep.analysis import survival
from deepdep.errors import DeepDEPError

N_PATIENTS, N_GENES = 300, 12


@pytest.fixture(scope="module")
def effect():
    rng = np.random.default_rng(0)
    names = [f"P{k}" for k in range(N_PATIENTS)]
    return pd.DataFrame(
        rng.normal(-0.5, 0.2, (N_PATIENTS, N_GENES)), names, [f"G{k}" for k in range(N_GENES)]
    )


@pytest.fixture(scope="module")
def clinical(effect):
    """G0 shortens life where it is needed less; age does so in all, and one cohort lives longer."""
    rng = np.random.default_rng(1)
    cohort = rng.integers(0, 2, N_PATIENTS)
    age = rng.normal(60, 10, N_PATIENTS)
    hazard = 0.8 * (effect["G0"] + 0.5) / 0.2 + 0.06 * (age - 60) + 1.5 * cohort
    death = rng.exponential(np.exp(-hazard) * 1000)
    watched = rng.uniform(100, 2000, N_PATIENTS)
    return pd.DataFrame(
        {
            "days": np.minimum(death, watched),
            "died": (death <= watched).astype(int),
            "cohort": np.where(cohort, "A", "B"),
            "age": age,
        },
        effect.index,
    )


def test_the_planted_hazard_is_found_beside_cohort_and_age(effect, clinical):
    found = survival(
        effect, clinical, time="days", event="died", strata="cohort", covariates=["age"]
    )
    first = found.iloc[0]
    assert first["gene"] == "G0"
    assert first["low"] < np.exp(0.8) < first["high"]  # per SD
    assert first["q"] < 1e-6
    assert first["p_random"] == pytest.approx(1 / N_GENES)
    assert found["n_events"].eq(clinical["died"].sum()).all()
    assert found["p_random"].is_monotonic_increasing
    assert found["test"].eq("Wald (Cox)").all()
    assert found["n_random"].eq(N_GENES).all()


def test_other_genes_are_the_null_and_not_in_the_table(effect, clinical):
    alone = survival(effect, clinical, time="days", event="died", genes=["G3"])
    every = survival(effect, clinical, time="days", event="died").set_index("gene")
    assert list(alone["gene"]) == ["G3"]
    assert alone["p_random"].iloc[0] == every.loc["G3", "p_random"]
    assert alone["q"].iloc[0] == alone["p"].iloc[0]


def test_what_strata_say_already_may_be_a_covariate_too(effect, clinical):
    beside = {"time": "days", "event": "died", "strata": "cohort", "genes": ["G0"]}
    twice = survival(effect, clinical, covariates=["cohort", "age"], **beside)
    once = survival(effect, clinical, covariates=["age"], **beside)
    assert twice["log_hazard"].iloc[0] == pytest.approx(once["log_hazard"].iloc[0], abs=1e-6)


def test_a_gene_whose_effects_are_all_the_same_has_no_hazard(effect, clinical):
    flat = effect.assign(G1=-0.5)
    found = survival(flat, clinical, time="days", event="died").set_index("gene")
    assert np.isnan(found.loc["G1", "p"])
    assert found.loc["G0", "p"] < 1e-6


def test_a_gene_that_parts_those_who_died_from_others_has_no_hazard(effect, clinical):
    parting = effect.assign(G1=clinical["died"].astype(float))
    found = survival(parting, clinical, time="days", event="died").set_index("gene")
    assert np.isnan(found.loc["G1", "p"])
    assert found.loc["G0", "n_random"] == N_GENES - 1


def test_samples_of_unknown_age_tell_nothing_where_none_of_them_died(effect, clinical):
    unknown = clinical.index[clinical["died"] == 0][:5]
    holed = clinical.assign(age=clinical["age"].where(~clinical.index.isin(unknown)))
    beside = {"time": "days", "event": "died", "strata": "cohort", "covariates": ["age"]}
    found = survival(effect, holed, **beside)
    without = survival(effect.drop(unknown), clinical.drop(unknown), **beside)
    pd.testing.assert_frame_equal(found, without, rtol=1e-5)


@pytest.mark.parametrize(
    ("column", "value", "problem"),
    [
        ("died", 2, "died: holds '2.0'"),
        ("days", -1.0, "days: sample 'P0' has '-1.0'; times are numbers above 0"),
        ("days", "soon", "days: sample 'P0' has 'soon'"),
    ],
)
def test_columns_that_are_no_time_or_event_are_refused(effect, clinical, column, value, problem):
    bad = clinical.astype({column: object if isinstance(value, str) else float})
    bad.loc["P0", column] = value
    with pytest.raises(DeepDEPError, match=problem):
        survival(effect, bad, time="days", event="died")


def test_too_few_events_and_names_that_are_not_there_are_refused(effect, clinical):
    few = clinical.assign(died=[1] * 4 + [0] * (N_PATIENTS - 4))
    with pytest.raises(DeepDEPError, match=r"died: 4 events in 300 samples are too few"):
        survival(effect, few, time="days", event="died")
    with pytest.raises(DeepDEPError, match=r"has no annotation 'dayz'.*'days'"):
        survival(effect, clinical, time="dayz", event="died")
    with pytest.raises(DeepDEPError, match="gene 'TP53' has no effects"):
        survival(effect, clinical, time="days", event="died", genes=["TP53"])
