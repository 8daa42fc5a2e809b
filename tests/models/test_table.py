import keras
import numpy as np
import pytest

from deepdep.domain.omics import Omic
from deepdep.models import table
from deepdep.models.network import build_predictor
from deepdep.models.settings import EncoderSettings, PredictorSettings
from deepdep.models.table import TablePredictor

N_SAMPLES, N_GENES, N_SETS = 11, 13, 7

# (embedding, pair widths): the product alone, pairs alone, both.
HEADS = [(3, ()), (0, (4, 5)), (3, (4,))]


def predictor_of(embedding, pair_widths):
    keras.utils.set_random_seed(0)
    encoder = EncoderSettings((4,), "relu", "relu", "relu", 0.0).build(6, name="mutation")
    settings = PredictorSettings((5,), (4,), embedding, pair_widths, True, "effect", 0.5, 0.5)
    return build_predictor({Omic.MUTATION: encoder}, N_SETS, settings)


@pytest.fixture
def inputs():
    rng = np.random.default_rng(0)
    return {
        "mutation": rng.normal(size=(N_SAMPLES, 6)).astype(np.float32),
        "measured": np.ones((N_SAMPLES, 1), np.float32),
        "fingerprint": rng.integers(0, 2, (N_GENES, N_SETS)).astype(np.float32),
    }


@pytest.mark.parametrize("head", HEADS)
@pytest.mark.parametrize("sizes", [(256, 4096, 1 << 14), (4, 5, 6), (1, 1, 1)])
def test_the_table_is_the_same_in_blocks_of_any_size(monkeypatch, inputs, head, sizes):
    for name, size in zip(("N_SAMPLES", "N_GENES", "N_PAIRS"), sizes, strict=True):
        monkeypatch.setattr(table, name, size)
    network = predictor_of(*head)
    predicted = TablePredictor(network)(inputs)
    np.testing.assert_allclose(predicted, np.asarray(network(inputs)), rtol=1e-5, atol=1e-6)


def test_progress_counts_samples_from_none_to_all(monkeypatch, inputs):
    monkeypatch.setattr(table, "N_SAMPLES", 4)
    told = []
    TablePredictor(predictor_of(3, ()))(inputs, lambda done, of_all: told.append((done, of_all)))
    assert told == [(0, 11), (4, 11), (8, 11), (11, 11)]


@pytest.mark.parametrize("axis", ["samples", "genes"])
def test_no_samples_or_no_genes_give_an_empty_table(inputs, axis):
    cut = {
        name: values[:0] if (name == "fingerprint") == (axis == "genes") else values
        for name, values in inputs.items()
    }
    shape = (0, N_GENES) if axis == "samples" else (N_SAMPLES, 0)
    assert TablePredictor(predictor_of(3, (4,)))(cut).shape == shape
