import json
from contextlib import contextmanager, nullcontext
from dataclasses import replace

import keras
import optuna
import pandas as pd
import pytest
from pydantic import TypeAdapter, ValidationError

from deepdep.domain.errors import DeepDEPError
from deepdep.training.finetune import VALIDATION_R
from deepdep.tuning import Choices, Range, TuneSettings, is_pruned, tune

N_EPOCHS = 5
SPACE = {
    "finetune.dropout": Range(0.1, 0.9, "linear"),
    "finetune.learning_rate": Range(1e-4, 1e-1, "log"),
    "finetune.embedding": Choices((128, 256)),
    "pretrain.*.widths": Choices(((256, 32), (64,))),
    "finetune.encoders": Choices(("trainable", "frozen")),
}


@pytest.fixture(scope="module")
def settings(pretrain_settings, finetune_settings):
    return TuneSettings(
        n_trials=5,
        n_unpruned=2,
        warmup_epochs=2,
        seed=1,
        pretrain=pretrain_settings,
        finetune=finetune_settings,
        space=SPACE,
    )


class LearningCurves:
    """A score without a network: trial k rises in equal steps to ``final(k, suggested)``."""

    def __init__(self, final):
        self.final = final
        self.suggested = []
        self.n_epochs = []  # that each trial ran

    def __call__(self, suggested, callbacks):
        number = len(self.suggested)
        self.suggested.append(suggested)
        self.n_epochs.append(0)
        final = self.final(number, suggested)
        for epoch in range(N_EPOCHS):
            self.n_epochs[-1] += 1
            for callback in callbacks:
                callback.on_epoch_end(epoch, {VALIDATION_R: final * (epoch + 1) / N_EPOCHS})
        return final


def dropout_of_a_half(number, suggested):
    """Best at a dropout of 0.5, whatever the other settings."""
    return 1 - abs(suggested["finetune.dropout"] - 0.5)


def falling(number, suggested):
    return 1 / (1 + number)


def unwatched(number, suggested):
    return nullcontext([])


@pytest.fixture(scope="module")
def curves():
    return LearningCurves(dropout_of_a_half)


@pytest.fixture(scope="module")
def tuned(curves, settings):
    """Five trials of ``curves``; a trial costs a third of a second, Keras cleans up before it."""
    return tune(curves, settings, unwatched)


def test_the_best_trial_is_the_one_with_the_highest_score(tuned, curves):
    best = max(curves.suggested, key=lambda suggested: dropout_of_a_half(0, suggested))
    assert tuned.best == best
    assert tuned.trials["value"].max() == dropout_of_a_half(0, best)


def test_every_trial_has_a_row(tuned, curves):
    assert list(tuned.trials) == ["number", "state", "value", *SPACE]
    assert tuned.trials["number"].tolist() == list(range(5))
    dropout = [suggested["finetune.dropout"] for suggested in curves.suggested]
    assert tuned.trials["finetune.dropout"].tolist() == dropout
    widths = [json.loads(shown) for shown in tuned.trials["pretrain.*.widths"]]
    assert widths == [suggested["pretrain.*.widths"] for suggested in curves.suggested]


def test_choices_come_back_as_what_params_yaml_says(tuned, curves):
    for suggested in (tuned.best, *curves.suggested):
        assert suggested["pretrain.*.widths"] in ([256, 32], [64])
        assert suggested["finetune.embedding"] in (128, 256)
        assert isinstance(suggested["finetune.embedding"], int)
        assert suggested["finetune.encoders"] in ("trainable", "frozen")
        assert 1e-4 <= suggested["finetune.learning_rate"] <= 1e-1


def test_no_trial_is_run_when_tuning_is_off(settings):
    curves = LearningCurves(dropout_of_a_half)
    tuned = tune(curves, replace(settings, n_trials=0), unwatched)
    assert tuned.best == {}
    assert tuned.trials.empty
    assert list(tuned.trials) == ["number", "state", "value", *SPACE]
    assert curves.suggested == []


@pytest.mark.parametrize(("n_unpruned", "warmup_epochs"), [(2, 2), (3, 1)])
def test_trials_that_fall_behind_are_pruned_and_marked(settings, n_unpruned, warmup_epochs):
    curves = LearningCurves(falling)
    few = replace(settings, n_trials=4, n_unpruned=n_unpruned, warmup_epochs=warmup_epochs)
    trials = tune(curves, few, unwatched).trials
    n_pruned = 4 - n_unpruned
    assert trials["state"].tolist() == ["complete"] * n_unpruned + ["pruned"] * n_pruned
    n_epochs = warmup_epochs + 1  # one to be judged by
    assert curves.n_epochs == [N_EPOCHS] * n_unpruned + [n_epochs] * n_pruned
    # A pruned trial's value is the last that it reached.
    assert trials["value"][3] == pytest.approx(falling(3, {}) * n_epochs / N_EPOCHS)


def test_a_pruned_trial_is_never_the_best(settings):
    def best_if_it_went_on(suggested, callbacks):
        """Trials get better, but for the third: it starts badly and would have been the best."""
        scores.append(99.0 if len(scores) == 2 else float(len(scores)))
        for epoch in range(N_EPOCHS):
            r = -1.0 if scores[-1] == 99 else scores[-1]
            callbacks[0].on_epoch_end(epoch, {VALIDATION_R: r})
        return scores[-1]

    scores = []
    tuned = tune(best_if_it_went_on, replace(settings, n_trials=4), unwatched)
    assert tuned.trials["state"].tolist() == ["complete", "complete", "pruned", "complete"]
    assert tuned.best["finetune.dropout"] == tuned.trials["finetune.dropout"][3]


def test_the_same_seed_gives_the_same_study(settings, tuned):
    again = tune(LearningCurves(dropout_of_a_half), settings, unwatched)
    pd.testing.assert_frame_equal(again.trials, tuned.trials)
    assert again.best == tuned.best
    other = replace(settings, seed=2, n_trials=1)
    first = tune(LearningCurves(dropout_of_a_half), other, unwatched).trials
    assert first["finetune.dropout"][0] != tuned.trials["finetune.dropout"][0]


def test_what_keras_draws_in_a_trial_follows_from_seed_and_number(settings):
    def draws_of(seed, *, n_more):
        def score(suggested, callbacks):
            drawn.append(float(keras.random.uniform(())))
            keras.random.uniform((n_more,))
            return 0.0

        drawn = []
        tune(score, replace(settings, n_trials=2, seed=seed), unwatched)
        return drawn

    first = draws_of(1, n_more=0)
    assert first[0] != first[1]
    assert draws_of(1, n_more=3) == first  # what a trial draws does not change the next
    assert draws_of(2, n_more=0)[0] == first[1]  # seed 2, trial 0: as seed 1, trial 1


def test_what_follows_a_trial_is_opened_around_it_and_gets_its_callbacks_called(settings):
    seen, logged = [], []
    log = keras.callbacks.LambdaCallback(on_epoch_end=lambda epoch, _: logged.append(epoch))

    @contextmanager
    def watch(number, suggested):
        seen.append(("open", number, suggested["finetune.embedding"]))
        yield [log]
        seen.append(("close", number, suggested["finetune.embedding"]))

    curves = LearningCurves(dropout_of_a_half)
    tune(curves, replace(settings, n_trials=2), watch)
    embeddings = [suggested["finetune.embedding"] for suggested in curves.suggested]
    assert seen == [(what, n, embeddings[n]) for n in (0, 1) for what in ("open", "close")]
    assert logged == [*range(N_EPOCHS)] * 2


def test_an_error_ends_the_study(settings):
    def score(suggested, callbacks):
        raise RuntimeError("broke")

    with pytest.raises(RuntimeError, match="broke"):
        tune(score, settings, unwatched)


def test_a_study_without_a_finished_trial_is_said_in_one_line(settings):
    def score(suggested, callbacks):
        raise optuna.TrialPruned

    with pytest.raises(DeepDEPError, match=r"no trial finished; raise tune\.n_unpruned"):
        tune(score, replace(settings, n_trials=2), unwatched)


@pytest.mark.parametrize(
    "domain",
    [
        {"low": 0.5, "high": 0.1, "scale": "linear"},
        {"low": 0.0, "high": 0.1, "scale": "log"},
        {"low": 0.1, "high": 0.5, "scale": "cubic"},
        {"choices": []},
        {"choices": [1], "low": 0},
    ],
)
def test_a_domain_that_is_none_is_refused(domain):
    with pytest.raises(ValidationError):
        TypeAdapter(Range | Choices).validate_python(domain)


def test_an_error_is_told_from_pruning():
    assert is_pruned(optuna.TrialPruned())
    assert not is_pruned(RuntimeError())
    assert not is_pruned(None)
