import json

import pytest

from deepdep.analysis.explanation import Explanation, explain
from deepdep.data.standardized import StandardizedSamples


@pytest.fixture(scope="module")
def line(predictor):
    """One that was learned from."""
    return predictor.closed_form.kernel.lines[3]


@pytest.fixture(scope="module")
def explanation(predictor, prepared_cohort, line) -> Explanation:
    lines = prepared_cohort.samples(prepared_cohort.cell_lines.index)
    return explain(predictor, lines, line, "BRAF", prepared_cohort)


def test_the_prediction_is_the_one_that_predict_gives(
    explanation, predictor, prepared_cohort, line
):
    samples = prepared_cohort.samples(prepared_cohort.cell_lines.index)
    predicted = predictor.predict(samples, ["BRAF"]).effect.loc[line, "BRAF"]
    assert explanation.causes.predicted == pytest.approx(predicted, abs=2e-6)


def test_witnesses_are_lines_of_other_patients_with_what_was_measured(
    explanation, prepared_cohort, line
):
    witnesses = explanation.witnesses
    measured = prepared_cohort.gene_effect.table["BRAF"]
    assert len(witnesses) == 5
    assert witnesses["measured"].tolist() == measured[witnesses["line"]].tolist()
    assert witnesses["similarity"].is_monotonic_decreasing
    patients = prepared_cohort.cell_lines["patient_id"]
    assert patients[line] not in set(patients[witnesses["line"]])
    assert witnesses["lineage"].tolist() == (
        prepared_cohort.cell_lines.loc[witnesses["line"], "lineage"].tolist()
    )


def test_a_dictionary_is_plain_and_adds_up(explanation):
    stated = json.loads(json.dumps(explanation.as_dict(3), allow_nan=False))
    assert len(stated["features"]) == 3
    total = stated["baseline"] + stated["other_features"] + sum(stated["others"].values())
    total += sum(feature["contribution"] for feature in stated["features"])
    assert total == pytest.approx(stated["predicted"])
    assert sum(stated["parts"].values()) + stated["baseline"] == pytest.approx(total)
    assert stated["n_other_features"] == len(explanation.causes.features) - 3
    assert {each["test"] for each in stated["gene_sets"]} == {"Mann-Whitney"}
    assert {each["n_tested"] for each in stated["gene_sets"]} == {len(explanation.gene_sets)}
    assert (
        stated["interval"]
        == pytest.approx(
            [total - stated["about_gene"]["half_width"], total + stated["about_gene"]["half_width"]]
        )
        if stated["interval"]
        else "half_width" not in stated["about_gene"]
    )


def test_the_numbers_of_the_text_add_up(explanation):
    blocks = explanation.text(4).split("\n\n")
    *parts, last = blocks[1].splitlines()
    numbers = [float(line.split()[0]) for line in parts]
    assert sum(numbers) == pytest.approx(float(last.split()[0]), abs=0.0006 * len(parts))
    assert sum("other features" in line for line in parts) == 1
    assert blocks[3].count("similarity") == 5


def test_without_labels_there_are_no_witnesses(predictor, prepared_cohort):
    tumors = StandardizedSamples(prepared_cohort.tumor_profiles, prepared_cohort.tumors)
    found = explain(predictor, tumors, tumors.names[0], "BRAF", None)
    assert found.witnesses.empty
    assert "measured" not in found.text(2)
