import json

import mlflow
import numpy as np
import pandas as pd
import pytest
from mlflow import MlflowException
from mlflow.pyfunc.scoring_server import invocations

from deepdep.domain.omics import Omic
from deepdep.io.manifest import manifest_sha256
from deepdep.models.artifacts import TrainedEncoder, load_predictor, save_encoder
from deepdep.models.settings import EncoderSettings
from deepdep.registry import AUTOENCODER, PREDICTOR, Candidate
from deepdep.serving.pyfunc import load_pyfunc
from deepdep.tracking import tracked_run
from deepdep.tracking.provenance import PipelineExecution
from deepdep.tracking.store import mlflow_client

HISTORY = pd.DataFrame({"epoch": [0], "loss": [1.0], "val_loss": [1.0]})


def tensors(table) -> dict[str, np.ndarray]:
    return {
        "samples": table.index.to_numpy(str),
        "columns": table.columns.to_numpy(str),
        "values": table.to_numpy(float),
    }


@pytest.fixture(scope="module")
def model(trusted_folder):
    return load_pyfunc(str(trusted_folder))


@pytest.fixture(scope="module")
def encoder(prepared_cohort) -> TrainedEncoder:
    settings = EncoderSettings((6, 3), "gelu", "linear", "linear", corruption=0.2)
    space = prepared_cohort.omics[Omic.EXPRESSION].space
    network = settings.build(len(space.table), name="expression")
    return TrainedEncoder(network, settings, space)


@pytest.fixture(scope="module")
def encoder_folder(encoder, tmp_path_factory):
    folder = tmp_path_factory.mktemp("models") / "expression"
    save_encoder(encoder, Omic.EXPRESSION, HISTORY, folder)
    return folder


@pytest.fixture
def served(mlflow_project, trusted_folder, encoder_folder):
    """Both models by name, as MLflow loads them from the registry."""
    name = AUTOENCODER.format(Omic.EXPRESSION)
    with tracked_run("register", None, execution=PipelineExecution("host:1:1", "dvc repro")) as run:
        Candidate(trusted_folder, PREDICTOR, {}, "split").register(run)
        Candidate(encoder_folder, name, {}, "tumors").register(run)
    with mlflow_client():
        return tuple(
            mlflow.pyfunc.load_model(f"models:/{model}@challenger") for model in (PREDICTOR, name)
        )


@pytest.mark.slow
def test_registered_models_are_loaded_by_mlflow_and_say_what_ours_say(
    served, trusted_folder, some, table, encoder, prepared_cohort
):
    predictor, codes = served
    said = predictor.predict(tensors(table), params={"sources": list(some.obs["source"])})
    predicted = load_predictor(trusted_folder).predict(some)
    np.testing.assert_array_equal(np.float32(said["effect"]), predicted.effect.to_numpy())
    assert said["genes"]["gene"] == list(predicted.effect.columns)
    assert said["genes"]["trusted"] == predicted.genes["trusted"].tolist()
    assert said["model"]["sha256"] == manifest_sha256(trusted_folder)
    profiles = prepared_cohort.omics[Omic.EXPRESSION].tumors.iloc[:3].fillna(0)
    np.testing.assert_allclose(
        codes.predict(tensors(profiles))["codes"], encoder.encoder(profiles.to_numpy()), atol=1e-5
    )


def test_the_example_of_a_version_is_a_request_that_it_answers(served, encoder):
    predictor, codes = served
    (effects,) = predictor.predict(predictor.input_example)["effect"]
    assert np.isfinite(effects).all()
    answer = codes.predict(codes.input_example)
    assert answer["samples"] == ["typical"]
    zeros = np.zeros((1, len(encoder.features.table)), np.float32)
    np.testing.assert_allclose(answer["codes"], encoder.encoder(zeros), atol=1e-5)


@pytest.mark.slow
def test_mlflows_server_reads_the_requests_that_ours_reads(served, model, table):
    """``mlflow models serve`` answers with this function."""
    predictor, _ = served
    values = table[:2].astype(object).where(table[:2].notna(), None).to_numpy().tolist()
    inputs = {"samples": list(table.index[:2]), "columns": list(table.columns), "values": values}
    body = json.dumps({"inputs": inputs, "params": {"genes": ["BRAF"]}})
    schema = predictor.metadata.get_input_schema()
    answer = invocations(body, "application/json", predictor, schema)
    assert answer.status == 200
    expected = model.predict(tensors(table[:2]), {"genes": ["BRAF"]})
    assert json.loads(answer.response) == {"predictions": expected}


def test_features_are_found_by_name(model, table):
    shuffled = table.sample(frac=1, axis=1, random_state=0)
    np.testing.assert_allclose(
        model.predict(tensors(shuffled))["effect"],
        model.predict(tensors(table))["effect"],
        atol=1e-5,
    )


@pytest.mark.parametrize(
    ("spoil", "message"),
    [
        (lambda t: t.assign(TP53=1.0), "request: column 'TP53' is not <omic>:<feature>"),
        (lambda t: t.iloc[[0, 0]], "request: sample .* occurs more than once"),
        (lambda t: t * np.nan, "request: has none of the model's omics"),
        (lambda t: t * np.inf, "request: sample .* is infinite"),
    ],
)
def test_a_table_that_cannot_be_predicted_is_a_bad_request(model, table, spoil, message):
    with pytest.raises(MlflowException, match=message) as raised:
        model.predict(tensors(spoil(table)))
    assert raised.value.get_http_status_code() == 400


def test_an_encoder_turns_standardised_profiles_into_codes(
    encoder, encoder_folder, prepared_cohort
):
    profiles = prepared_cohort.omics[Omic.EXPRESSION].cell_lines.iloc[:4].copy()
    profiles.iloc[0, 0] = np.nan  # reads as the mean, which is 0
    served = load_pyfunc(str(encoder_folder)).predict(tensors(profiles.iloc[:, ::-1]))
    assert served["samples"] == list(profiles.index)
    expected = encoder.encoder(profiles.fillna(0).to_numpy())
    np.testing.assert_allclose(served["codes"], expected, atol=1e-5)


def test_an_encoder_asks_for_the_features_it_lacks(encoder_folder, prepared_cohort):
    profiles = prepared_cohort.omics[Omic.EXPRESSION].cell_lines
    with pytest.raises(MlflowException, match="request: lacks 2 of"):
        load_pyfunc(str(encoder_folder)).predict(tensors(profiles.iloc[:, 2:]))
