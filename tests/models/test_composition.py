import json
from dataclasses import replace

import pandas as pd
import pytest

from deepdep.domain.omics import Omic
from deepdep.errors import BadFileError
from deepdep.models.composition import read_makeup

HISTORY = pd.DataFrame({"epoch": [], "loss": []})


@pytest.fixture
def saved(tmp_path, predictor):
    """Save a predictor that differs from the usual one."""
    from deepdep.models.artifacts import save_predictor  # Keras

    def save(**changes):
        save_predictor(replace(predictor, **changes), HISTORY, tmp_path / "model")
        return tmp_path / "model"

    return save


def test_a_makeup_is_that_of_the_predictor_that_was_saved(saved, predictor):
    trust = pd.DataFrame(
        {"cv_r": 0.1, "trusted": [True, False, True]}, index=pd.Index(["A", "NA", "2"], name="gene")
    )
    makeup = read_makeup(saved(gene_trust=trust))
    assert (makeup.n_networks, makeup.network_share) == (len(predictor.networks), 0.5)
    assert makeup.trusted.to_dict() == {"A": True, "NA": False, "2": True}
    assert makeup.trusted.mean() == pytest.approx(2 / 3)
    kernel = predictor.closed_form.kernel
    assert makeup.closed_form.omic_weights == kernel.weights
    assert all(isinstance(omic, Omic) for omic in makeup.closed_form.omic_weights)
    assert makeup.closed_form.width == kernel.width
    pd.testing.assert_frame_equal(
        makeup.closed_form.single_features,
        predictor.closed_form.single_features.weights,
        check_dtype=False,
    )


def test_a_model_of_networks_alone_has_no_closed_form_and_perhaps_no_trust(saved):
    makeup = read_makeup(saved(closed_form=None, network_share=1.0))
    assert makeup.closed_form is None
    assert makeup.trusted is None
    assert makeup.network_share == 1.0


def test_names_that_a_spreadsheet_would_run_come_back(saved, predictor):
    weights = pd.DataFrame(
        {"gene": ["=cmd()", "NA"], "omic": "mutation", "feature": ["7", "-1"], "weight": [1, 0.5]}
    )
    single = replace(predictor.closed_form.single_features, weights=weights)
    closed_form = replace(predictor.closed_form, single_features=single)
    read = read_makeup(saved(closed_form=closed_form)).closed_form.single_features
    assert read["gene"].tolist() == ["=cmd()", "NA"]
    assert read["feature"].tolist() == ["7", "-1"]
    assert read["weight"].tolist() == [1.0, 0.5]


@pytest.mark.parametrize(
    ("file", "content", "problem"),
    [
        ("settings.json", {"n_networks": 1}, "lacks 'network_share'. Run `dvc repro finetune`"),
        ("kernel.json", {"weights": {}}, "lacks 'width'"),
    ],
)
def test_what_a_model_of_another_version_lacks_is_named(saved, file, content, problem):
    folder = saved()
    (folder / file).write_text(json.dumps(content))
    with pytest.raises(BadFileError, match=problem) as raised:
        read_makeup(folder)
    assert str(folder / file) in str(raised.value)
