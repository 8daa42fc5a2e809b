from dataclasses import replace

import mlflow
import numpy as np
import pandas as pd
import pytest

from deepdep.candidates import AUTOENCODERS, PREDICTOR, Candidate
from deepdep.domain.cohort import Samples
from deepdep.domain.errors import DeepDEPError, MissingFeaturesError
from deepdep.domain.omics import Omic
from deepdep.mlflow_store import mlflow_client
from deepdep.models.artifacts import TrainedEncoder, save_encoder
from deepdep.models.autoencoder import EncoderSettings, build_encoder
from deepdep.models.prediction import predict_samples
from deepdep.provenance import Execution
from deepdep.registry import register
from deepdep.serving import _load_pyfunc
from deepdep.tracking import tracked_run

HISTORY = pd.DataFrame({"epoch": [0], "loss": [1.0], "val_loss": [1.0]})


def wide(samples) -> pd.DataFrame:
    """Samples as one table of floats, NaN where a sample lacks an omic."""
    return pd.concat(
        [t.astype(float).add_prefix(f"{omic}:") for omic, t in samples.omics.items()], axis=1
    ).loc[samples.obs.index]


@pytest.fixture(scope="module")
def service(predictor_folder):
    return _load_pyfunc(str(predictor_folder))


@pytest.fixture(scope="module")
def samples(cohort) -> Samples:
    """Eight cell lines and eight tumours; some lack an omic."""
    parts = [(cohort.cell_lines, cohort.cell_lines.obs.index[:8])]
    parts.append((cohort.tumors, cohort.tumors.obs.index[:8]))
    return Samples(
        {
            omic: pd.concat([s.omics[omic].loc[s.omics[omic].index.isin(n)] for s, n in parts])
            for omic in Omic
        },
        pd.concat([s.obs.loc[names] for s, names in parts]),
        cohort.cell_lines.units,
    )


@pytest.fixture(scope="module")
def expected(samples, predictor) -> pd.DataFrame:
    return predict_samples(samples, predictor, None, file_name="mine").effect


@pytest.fixture(scope="module")
def encoder(prepared_cohort) -> TrainedEncoder:
    settings = EncoderSettings((6, 3), "gelu", "linear", "linear", corruption=0.2)
    space = prepared_cohort.omics[Omic.EXPRESSION].space
    network = build_encoder(len(space.table), settings, name="expression")
    return TrainedEncoder(network, settings, space)


@pytest.fixture(scope="module")
def encoder_folder(encoder, tmp_path_factory):
    folder = tmp_path_factory.mktemp("models") / "expression"
    save_encoder(encoder, Omic.EXPRESSION, HISTORY, folder)
    return folder


def test_a_wide_table_is_predicted_as_the_same_samples_in_files(service, samples, expected):
    predicted = service.predict(wide(samples).assign(source=samples.obs["source"]))
    pd.testing.assert_frame_equal(predicted, expected, atol=1e-4)


def test_rows_and_columns_may_come_in_any_order(service, samples, expected):
    table = wide(samples).sample(frac=1, axis=1, random_state=0).sample(frac=1, random_state=0)
    predicted = service.predict(table)
    pd.testing.assert_frame_equal(predicted, expected.loc[table.index], atol=1e-4)


def test_sources_that_are_not_said_are_told_by_the_names(service, samples, expected):
    assert samples.obs["source"].nunique() == 2
    some = samples.obs["source"].astype(object).mask(np.arange(16) % 3 == 0)
    for table in (wide(samples), wide(samples).assign(source=some)):
        pd.testing.assert_frame_equal(service.predict(table), expected, atol=1e-4)


def test_any_omics_will_do_and_a_sample_without_numbers_is_left_out(service, samples, predictor):
    expression = replace(samples, omics={Omic.EXPRESSION: samples.omics[Omic.EXPRESSION]})
    table = wide(expression).assign(**{"mutation:TP53": np.nan})
    table.iloc[3] = np.nan
    predicted = service.predict(table)
    alone = predict_samples(expression, predictor, None, file_name="mine").effect
    has_any = table.index[table.notna().any(axis=1)]
    assert table.index[3] not in predicted.index
    pd.testing.assert_frame_equal(predicted, alone.loc[has_any], atol=1e-4)


def test_numbered_rows_are_named_by_their_numbers(service, samples):
    table = wide(samples).iloc[:3].reset_index(drop=True)
    assert service.predict(table).index.tolist() == ["0", "1", "2"]


@pytest.mark.parametrize(
    ("spoil", "message"),
    [
        (lambda table: table.assign(TP53=1.0), r"column 'TP53' is not <omic>:<feature>"),
        (lambda table: table.assign(**{"proteome:TP53": 1.0}), "column 'proteome:TP53'"),
        (lambda table: table.assign(**{"expression": 1.0}), "column 'expression' is not"),
        (lambda table: table.assign(**{"expression:": 1.0}), "column 'expression:' is not"),
        (lambda table: table.rename(columns={table.columns[0]: 7}), "column '7' is not"),
        (lambda table: table.assign(source="plasma"), "source is 'plasma'; say tumor or cell_line"),
        (lambda table: pd.concat([table, table[:1]]), "occurs more than once; keep one"),
        (lambda table: table * np.nan, "has none of the model's omics"),
        (lambda table: table.iloc[:, :0], "has none of the model's omics"),
        (lambda table: table.iloc[:, -10:], "copy_number: lacks"),
    ],
)
def test_a_request_that_cannot_be_read_is_refused(service, samples, spoil, message):
    with pytest.raises(DeepDEPError, match=message) as raised:
        service.predict(spoil(wide(samples)))
    assert str(raised.value).startswith("request: ")


def test_an_encoder_turns_standardised_profiles_into_codes(
    encoder, encoder_folder, prepared_cohort
):
    profiles = prepared_cohort.omics[Omic.EXPRESSION].cell_lines.iloc[:4].copy()
    profiles.iloc[0, 0] = np.nan  # reads as the mean, which is 0
    served = _load_pyfunc(str(encoder_folder)).predict(profiles.iloc[:, ::-1])
    assert list(served.index) == list(profiles.index)
    np.testing.assert_allclose(served, encoder.encoder(profiles.fillna(0).to_numpy()), atol=1e-5)


def test_an_encoder_asks_for_the_features_it_lacks(encoder_folder, prepared_cohort):
    profiles = prepared_cohort.omics[Omic.EXPRESSION].cell_lines
    with pytest.raises(MissingFeaturesError, match="request: lacks 2 features"):
        _load_pyfunc(str(encoder_folder)).predict(profiles.iloc[:, 2:])


def test_registered_models_are_served_by_mlflow(
    mlflow_project, predictor_folder, encoder_folder, samples, expected, encoder, prepared_cohort
):
    name = AUTOENCODERS[Omic.EXPRESSION]
    with tracked_run("register", None, execution=Execution("host:1:1", "dvc repro")) as run:
        register(Candidate(predictor_folder, PREDICTOR, {}, "split"), run)
        register(Candidate(encoder_folder, name, {}, "tumors"), run)
    with mlflow_client():
        served, codes = (
            mlflow.pyfunc.load_model(f"models:/{model}@challenger") for model in (PREDICTOR, name)
        )
    pd.testing.assert_frame_equal(served.predict(wide(samples)), expected, atol=1e-4)
    profiles = prepared_cohort.omics[Omic.EXPRESSION].tumors.iloc[:3].fillna(0)
    np.testing.assert_allclose(
        codes.predict(profiles), encoder.encoder(profiles.to_numpy()), atol=1e-5
    )
