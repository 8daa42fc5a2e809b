import pytest

from deepdep.domain.omics import Omic
from deepdep.models.autoencoder import EncoderSettings, build_encoder
from deepdep.models.predictor import PredictorSettings, build_predictor
from deepdep.models.sizes import encoder_bytes, fits, layers_are_possible, predictor_bytes

FEATURES = {Omic.MUTATION: 40, Omic.EXPRESSION: 60}
ENCODERS = {
    Omic.MUTATION: EncoderSettings((8, 3), "gelu", "linear", "linear", corruption=0.2),
    Omic.EXPRESSION: EncoderSettings((5,), "gelu", "linear", "linear", corruption=0.2),
}


def matrices_of(network) -> int:
    return 4 * sum(w.size for layer in network.weights for w in [layer.numpy()] if w.ndim == 2)


@pytest.mark.parametrize(("embedding", "pair_widths"), [(4, ()), (4, (7, 2)), (0, (7,))])
def test_sizes_are_those_of_the_networks_that_are_built(embedding, pair_widths):
    settings = PredictorSettings((9,), (6, 5), embedding, pair_widths, True, "effect", 0.0, 0.0)
    encoders = {o: build_encoder(FEATURES[o], ENCODERS[o], name=str(o)) for o in FEATURES}
    own = predictor_bytes(FEATURES, ENCODERS, 20, settings)
    # All but the last product of the pairs, which makes one number.
    last = 4 * pair_widths[-1] if pair_widths else 0
    assert own == matrices_of(build_predictor(encoders, 20, settings)) - last
    assert encoder_bytes(40, ENCODERS[Omic.MUTATION]) == matrices_of(encoders[Omic.MUTATION])


def test_layers_have_widths_and_an_end():
    assert layers_are_possible([(8, 3), ()])
    for widths in ((0,), (8, -3), (1,) * 65):
        assert not layers_are_possible([(8, 3), widths])


@pytest.mark.parametrize(
    ("stored", "matrices", "fit"),
    [(1000, 1000, True), (999, 1000, False), (4 << 20, 0, True), (5 << 20, 0, False)],
)
def test_a_file_holds_its_matrices_and_little_else(stored, matrices, fit):
    assert fits(stored, matrices) is fit
