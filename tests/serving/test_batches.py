from concurrent.futures import ThreadPoolExecutor
from threading import Barrier

import numpy as np
import pandas as pd
import pytest

from deepdep.serving.batches import MOST_TOGETHER, Batches
from deepdep.serving.requests import PredictionRequest
from deepdep.serving.service import PredictorService

ATOL = 1e-5  # float32 of effects up to 3


def request_of(table) -> PredictionRequest:
    return PredictionRequest(list(table.index), list(table.columns), table.to_numpy(float))


@pytest.fixture
def service(predictor):
    return PredictorService(predictor, {"name": "mine"})


def ask_at_once(service, tables):
    """Ask from a thread each, and have all wait until the last has asked."""
    barrier = Barrier(len(tables))

    def ask(table):
        barrier.wait()
        return service.predict(request_of(table)).effect

    with ThreadPoolExecutor(len(tables)) as threads:
        return list(threads.map(ask, tables))


def test_answers_are_the_same_bits_whatever_they_were_predicted_with(service, table):
    tables = [table[row : row + 1 + row % 3] for row in range(12)]
    alone = [service.predict(request_of(each)).effect for each in tables]
    sizes = count_rows(service)
    for _ in range(3):
        together = ask_at_once(service, tables)
        for one, other in zip(alone, together, strict=True):
            pd.testing.assert_frame_equal(one, other, check_exact=True)
    assert max(sizes) > 3, "some were predicted together"


def count_rows(service):
    """Keep how many samples each prediction has that others wait for."""
    sizes, predict = [], service._batches._predict

    def counting(together):
        sizes.append(sum(waiting.n_samples for waiting in together))
        predict(together)

    service._batches._predict = counting
    return sizes


def test_few_samples_are_predicted_as_many_are(service, predictor, some, table):
    expected = predictor.predict(some).effect
    for row in (0, 5):
        predicted = service.predict(request_of(table[row : row + 2])).effect
        pd.testing.assert_frame_equal(predicted, expected.loc[predicted.index], atol=ATOL)


def test_samples_with_other_tables_are_not_put_together(service, table):
    both = [table[:1], table[1:2].filter(like="expression:")]
    alone = [service.predict(request_of(each)).effect for each in both]
    together = ask_at_once(service, both * 3)
    for one, other in zip(alone * 3, together, strict=True):
        pd.testing.assert_frame_equal(one, other, check_exact=True)


def test_where_bits_depend_on_the_rows_beside_every_request_is_predicted_alone(
    service, table, monkeypatch
):
    rows = Batches._of_rows
    noise = np.random.default_rng(0)
    monkeypatch.setattr(Batches, "_of_rows", lambda *a: rows(*a) + noise.normal(scale=1e-7))
    assert not service._batches.check()
    predicted = service.predict(request_of(table[:1])).effect
    exact = service._predictor.predict(request_samples(service, table[:1])).effect
    pd.testing.assert_frame_equal(predicted, exact, check_exact=True)


def request_samples(service, table):
    kept = []
    standardize = service._predictor.standardize
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(
            type(service._predictor),
            "standardize",
            lambda self, samples, **how: kept.append(samples) or standardize(samples, **how),
        )
        service.predict(request_of(table))
    return kept[0]


def test_an_error_of_one_prediction_is_that_of_all_that_were_in_it_and_of_no_other(
    service, table, monkeypatch
):
    service.predict(request_of(table[:1]))  # the check of the bits is over
    broken = [True]
    rows = Batches._of_rows

    def of_rows(*arguments):
        if broken:
            raise ValueError("broken")
        return rows(*arguments)

    monkeypatch.setattr(Batches, "_of_rows", of_rows)
    with pytest.raises(ValueError, match="broken"):
        service.predict(request_of(table[:MOST_TOGETHER]))
    broken.clear()
    assert len(service.predict(request_of(table[:1])).effect) == 1
