import keras
import numpy as np
import pandas as pd
import pytest

from deepdep.domain.omics import Omic
from deepdep.models.autoencoder import masked_mse
from deepdep.models.inputs import row_blocks, sample_inputs
from deepdep.models.network import build_predictor, cell_tower
from deepdep.models.settings import EncoderSettings, PredictorSettings

EXPRESSION = pd.DataFrame({"F1": [1.0, 2.0], "F2": [3.0, np.nan]}, index=["A", "B"])
MUTATION = pd.DataFrame({"G1": [5.0]}, index=["B"])


def test_samples_are_found_by_name_and_gaps_are_zero():
    inputs = sample_inputs({Omic.MUTATION: MUTATION, Omic.EXPRESSION: EXPRESSION}, ["C", "B", "A"])
    assert inputs["expression"].tolist() == [[0, 0], [2, 0], [1, 3]]
    assert inputs["mutation"].tolist() == [[0], [5], [0]]
    assert {values.dtype for values in inputs.values()} == {np.dtype("float32")}


def test_which_omics_a_sample_has_stands_in_the_order_of_the_profiles():
    one = sample_inputs({Omic.MUTATION: MUTATION, Omic.EXPRESSION: EXPRESSION}, ["A", "B", "C"])
    assert one["measured"].tolist() == [[0, 1], [1, 1], [0, 0]]
    other = sample_inputs({Omic.EXPRESSION: EXPRESSION, Omic.MUTATION: MUTATION}, ["A", "B", "C"])
    assert other["measured"].tolist() == [[1, 0], [1, 1], [0, 0]]


def test_a_zero_that_was_measured_is_not_a_gap():
    profile = pd.DataFrame({"F1": [0.0]}, index=["A"])
    inputs = sample_inputs({Omic.EXPRESSION: profile}, ["A", "B"])
    assert inputs["expression"].tolist() == [[0], [0]]
    assert inputs["measured"].tolist() == [[1], [0]]


@pytest.mark.parametrize(
    ("n_rows", "blocks"), [(0, []), (3, [(0, 3)]), (4, [(0, 4)]), (9, [(0, 4), (4, 8), (8, 9)])]
)
def test_blocks_cover_every_row_once(n_rows, blocks):
    assert [(rows.start, rows.stop) for rows in row_blocks(n_rows, 4)] == blocks


ENCODER = EncoderSettings((8, 4), "relu", "linear", "linear", corruption=0.0)
SETTINGS = PredictorSettings(
    cell_widths=(32,),
    gene_widths=(32,),
    embedding=16,
    pair_widths=(8, 6),
    normalize_codes=True,
    target="deviation",
    dropout=0.0,
    omic_dropout=0.0,
)
N_LINES, N_GENES, N_SETS = 24, 10, 12


@pytest.fixture
def encoders():
    keras.utils.set_random_seed(0)
    return {omic: ENCODER.build(6, name=str(omic)) for omic in (Omic.MUTATION, Omic.EXPRESSION)}


@pytest.fixture
def predictor(encoders):
    return build_predictor(encoders, N_SETS, SETTINGS)


@pytest.fixture
def inputs():
    rng = np.random.default_rng(0)
    return {
        "mutation": rng.normal(size=(N_LINES, 6)).astype(np.float32),
        "expression": rng.normal(size=(N_LINES, 6)).astype(np.float32),
        "measured": np.ones((N_LINES, 2), np.float32),
        "fingerprint": rng.integers(0, 2, (N_GENES, N_SETS)).astype(np.float32),
    }


def test_gives_a_table_of_cell_lines_and_genes(predictor, inputs):
    assert predictor(inputs).shape == (N_LINES, N_GENES)


def test_a_line_is_predicted_alike_alone_and_in_company(predictor, inputs):
    whole = np.asarray(predictor(inputs))
    alone = {name: v if name == "fingerprint" else v[3:4] for name, v in inputs.items()}
    np.testing.assert_allclose(np.asarray(predictor(alone))[0], whole[3], rtol=1e-4, atol=1e-5)


def test_an_omic_that_was_not_measured_is_not_read(predictor, inputs):
    without = {**inputs, "measured": np.tile(np.float32([0, 1]), (N_LINES, 1))}
    other_profile = {**without, "mutation": without["mutation"] + 5}
    np.testing.assert_array_equal(predictor(without), predictor(other_profile))
    assert np.abs(np.asarray(predictor(without)) - np.asarray(predictor(inputs))).max() > 1e-4


def test_learns_an_effect_of_one_feature_on_one_gene(predictor, inputs):
    effects = np.zeros((N_LINES, N_GENES), np.float32)
    effects[:, 2] = inputs["expression"][:, 1]
    effects[0, 5] = np.nan
    predictor.compile(keras.optimizers.Adam(0.01), loss=masked_mse)
    losses = [float(predictor.train_on_batch(inputs, effects)) for _ in range(300)]
    assert losses[-1] < 0.05 * losses[0]


def test_carries_the_pretrained_weights(encoders, predictor):
    pretrained = encoders[Omic.EXPRESSION].get_layer("expression_1").get_weights()[0]
    np.testing.assert_array_equal(predictor.get_layer("expression_1").get_weights()[0], pretrained)


def test_the_cell_tower_places_samples(predictor, inputs):
    of_samples = {name: v for name, v in inputs.items() if name != "fingerprint"}
    assert cell_tower(predictor)(of_samples).shape == (N_LINES, SETTINGS.embedding)


def test_one_omic_and_no_pair_layer_serve_too(encoders, inputs):
    settings = PredictorSettings((), (), 4, (), True, "deviation", 0.0, 0.0)
    network = build_predictor({Omic.EXPRESSION: encoders[Omic.EXPRESSION]}, N_SETS, settings)
    one = {name: inputs[name] for name in ("expression", "fingerprint")}
    assert network({**one, "measured": np.ones((N_LINES, 1), np.float32)}).shape == (
        N_LINES,
        N_GENES,
    )


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
    encoders = {o: ENCODERS[o].build(FEATURES[o], name=str(o)) for o in FEATURES}
    own = settings.n_bytes(FEATURES, ENCODERS, 20)
    # All but the last product of the pairs, which makes one number.
    last = 4 * pair_widths[-1] if pair_widths else 0
    assert own == matrices_of(build_predictor(encoders, 20, settings)) - last
    assert ENCODERS[Omic.MUTATION].n_bytes(40) == matrices_of(encoders[Omic.MUTATION])
