from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from deepdep.data.translation import fit_translation
from deepdep.domain.cohort import Supplement
from deepdep.domain.omics import Omic
from deepdep.serving import service as serving_service
from deepdep.serving.requests import PredictionRequest, TooLargeError
from deepdep.serving.service import PredictorService, plain, plain_rows


def request_of(table, **other) -> PredictionRequest:
    return PredictionRequest(list(table.index), list(table.columns), table.to_numpy(float), **other)


@pytest.fixture(scope="module")
def service(predictor):
    return PredictorService(predictor, {"name": "mine"})


def test_sources_that_are_not_said_are_told_by_the_names(service, table, some, predictor):
    assert some.obs["source"].nunique() == 2
    expected = predictor.predict(some).effect
    partly = list(some.obs["source"].astype(object).mask(np.arange(16) % 3 == 0, ""))
    for sources in (None, partly):
        predicted = service.predict(request_of(table, sources=sources)).effect
        pd.testing.assert_frame_equal(predicted, expected, check_exact=True)


def test_a_tumor_is_read_as_what_it_is_said_to_be(service, table):
    as_line, as_tumor = (
        service.predict(request_of(table[:1], sources=[source])).effect
        for source in ("cell_line", "tumor")
    )
    assert (as_line != as_tumor).any(axis=None)


def test_a_sample_without_numbers_is_left_out(service, table):
    gaps = table.copy()
    gaps.iloc[3] = np.nan
    predicted = service.predict(request_of(gaps))
    assert list(predicted.effect.index) == [*table.index[:3], *table.index[4:]]
    assert "1 sample without any of the model's omics; left out" in predicted.notes


def test_a_supplement_is_read_where_the_model_has_learned_to(
    some, predictor, prepared_cohort, cohort
):
    profiles = prepared_cohort.omics[Omic.EXPRESSION].cell_lines
    raw, unit = cohort.cell_lines.omics[Omic.EXPRESSION], "log2(TPM+1)"
    translation = fit_translation(
        raw * 0.5, profiles, Omic.EXPRESSION, unit, within_sample=False, table_name="ccle"
    )
    known = translation.space.table.index
    ccle = Supplement(Omic.EXPRESSION, (some.omics[Omic.EXPRESSION] * 0.5)[known], unit)
    theirs = replace(some, omics={}, supplements={"expression_ccle": ccle})
    reading = replace(predictor, translations={"expression_ccle": translation})
    request = request_of(ccle.table.add_prefix("expression_ccle:").reindex(some.obs.index))
    predicted = PredictorService(reading, {}).predict(request).effect
    expected = reading.predict(theirs).effect
    assert set(predicted.index) == set(ccle.table.index)
    pd.testing.assert_frame_equal(predicted, expected, check_exact=True)


def test_more_pairs_than_fit_are_refused(service, table, monkeypatch):
    monkeypatch.setattr(serving_service, "MOST_PAIRS", 16 * len(service.genes) - 1)
    with pytest.raises(TooLargeError, match=r"asks for 16 samples x .*ask for fewer samples"):
        service.predict(request_of(table))
    assert len(service.predict(request_of(table[:-1])).effect) == 15


def test_warming_up_leaves_predictions_as_they_are(service, table):
    before = service.predict(request_of(table)).effect
    service.warm_up()
    pd.testing.assert_frame_equal(
        service.predict(request_of(table)).effect, before, check_exact=True
    )


def test_columns_become_what_json_knows():
    assert plain(pd.Series([0.5, np.nan, np.inf])) == [0.5, None, None]
    assert plain(pd.Series([True, False])) == [True, False]
    assert plain(pd.Series([1, 2], dtype="uint64")) == [1, 2]


def test_rows_become_what_json_knows():
    table = pd.DataFrame([[0.12345678, np.inf], [-np.inf, np.nan]])
    assert plain_rows(table) == [[0.123457, None], [None, None]]
    assert plain_rows(table[[0]][:1]) == [[0.123457]]


def test_columns_are_found_anew_where_a_request_has_others(service, table):
    whole = service.predict(request_of(table)).effect
    turned = service.predict(request_of(table.iloc[:, ::-1])).effect
    pd.testing.assert_frame_equal(turned, whole, atol=1e-5)
    alone = service.predict(request_of(table.filter(like="expression:"))).effect
    assert (alone != whole.loc[alone.index]).any(axis=None)
    again = service.predict(request_of(table)).effect
    pd.testing.assert_frame_equal(again, whole, check_exact=True)
