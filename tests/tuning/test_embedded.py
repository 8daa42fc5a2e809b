import json
from contextlib import contextmanager
from dataclasses import replace

import keras
import optuna
import pandas as pd
import pytest

from deepdep.errors import BadFileError, BusyError, DeepDEPError
from deepdep.training.settings import VALIDATION_R
from deepdep.tuning.embedded import read_embedded, run_embedded
from deepdep.tuning.results import Tuned
from deepdep.tuning.settings import Choices, Group, Objective, Range
from deepdep.tuning.trial import Scored, Task, Unwatched, Watched

N_EPOCHS = 9
SPACE = {
    "finetune.network.dropout": Range(0.1, 0.9, "linear"),
    "finetune.learning_rate": Range(1e-4, 1e-1, "log"),
    "finetune.network.embedding": Choices((128, 256)),
    "finetune.genes_per_block": Choices((None, 64)),
    "pretrain.*.encoder.widths": Choices(((256, 32), (64,))),
    "finetune.encoders": Choices(("trainable", "frozen")),
}


@pytest.fixture(scope="module")
def settings(tune_settings):
    finetune = replace(tune_settings.finetune, epochs=N_EPOCHS)
    return replace(tune_settings, n_trials=5, min_epochs=N_EPOCHS, finetune=finetune, space=SPACE)


class LearningCurves:
    """A score without a network: trial k rises in equal steps to ``final(k, suggested)``."""

    def __init__(self, final, n_weights=lambda suggested: 1):
        self.final = final
        self.n_weights = n_weights
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
        return Scored(final, self.n_weights(suggested))


def dropout_of_a_half(number, suggested):
    """Best at a dropout of 0.5, whatever the other settings."""
    return 1 - abs(suggested["finetune.network.dropout"] - 0.5)


def falling(number, suggested):
    return 1 / (1 + number)


def task_of(score, settings, *, start=None, watch=None, print_message=lambda line: None):
    return Task(score, settings, start or {}, watch or Unwatched(), print_message)


def tune(score, settings, file, **options):
    study = run_embedded(task_of(score, settings, **options), file, "joint-0")
    return Tuned.of(study, settings)


@pytest.fixture
def file(tmp_path):
    return tmp_path / "tune.db"


@pytest.fixture(scope="module")
def curves():
    return LearningCurves(dropout_of_a_half)


@pytest.fixture(scope="module")
def stored(tmp_path_factory):
    return tmp_path_factory.mktemp("study") / "tune.db"


@pytest.fixture(scope="module")
def tuned(curves, settings, stored):
    """Five trials of ``curves``; a trial costs a third of a second, Keras cleans up before it."""
    return tune(curves, settings, stored)


def test_the_best_trial_is_the_one_with_the_highest_score(tuned, curves):
    best = max(curves.suggested, key=lambda suggested: dropout_of_a_half(0, suggested))
    assert tuned.best == best
    assert tuned.trials["value"].max() == dropout_of_a_half(0, best)


def test_every_trial_has_a_row(tuned, curves):
    assert list(tuned.trials) == ["number", "state", "value", "retry_of", "n_epochs", *SPACE]
    assert tuned.trials["number"].tolist() == list(range(5))
    dropout = [suggested["finetune.network.dropout"] for suggested in curves.suggested]
    assert tuned.trials["finetune.network.dropout"].tolist() == dropout
    widths = [json.loads(shown) for shown in tuned.trials["pretrain.*.encoder.widths"]]
    assert widths == [suggested["pretrain.*.encoder.widths"] for suggested in curves.suggested]
    assert tuned.trials["retry_of"].isna().all()


def test_a_row_says_when_a_trial_began_how_long_it_took_and_for_how_many_epochs(tuned):
    assert (tuned.trials["n_epochs"] == N_EPOCHS).all()
    started = pd.to_datetime(tuned.times["started"])
    assert str(started.dt.tz) == "UTC"
    assert started.is_monotonic_increasing
    assert (tuned.times["seconds"] >= 0).all()


def test_optuna_s_pages_show_what_figures_and_choices_are(tuned, settings, stored, curves):
    study = read_embedded(stored, "joint-0", settings)
    assert study.metric_names == [VALIDATION_R]
    assert study.user_attrs["group"] == "joint"
    assert study.user_attrs["settings"] == list(SPACE)
    first = study.trials[0]
    choices = {name: d.choices for name, d in first.distributions.items() if hasattr(d, "choices")}
    assert choices == {
        "finetune.network.embedding": (128, 256),
        "finetune.genes_per_block": (None, 64),
        "pretrain.*.encoder.widths": ("[256, 32]", "[64]"),  # Optuna takes no lists
        "finetune.encoders": ("trainable", "frozen"),
    }
    attributes = {k: v for k, v in first.user_attrs.items() if k != "n_weights"}
    assert attributes == {"run_id": "", "seed": settings.seed, "n_epochs": N_EPOCHS}
    assert first.user_attrs["n_weights"] == curves.n_weights(curves.suggested[0])


def test_choices_come_back_as_what_params_yaml_says(tuned, curves):
    for suggested in (tuned.best, *curves.suggested):
        assert suggested["pretrain.*.encoder.widths"] in ([256, 32], [64])
        assert suggested["finetune.network.embedding"] in (128, 256)
        assert isinstance(suggested["finetune.network.embedding"], int)
        assert suggested["finetune.genes_per_block"] in (None, 64)
        assert suggested["finetune.encoders"] in ("trainable", "frozen")
        assert 1e-4 <= suggested["finetune.learning_rate"] <= 1e-1


def test_the_setting_that_matters_is_the_most_important(tuned):
    assert tuned.importances["setting"][0] == "finetune.network.dropout"
    assert tuned.importances["importance"].is_monotonic_decreasing
    assert tuned.importances["importance"].sum() == pytest.approx(1)


def test_too_few_trials_have_no_importances(settings, file):
    few = tune(LearningCurves(dropout_of_a_half), replace(settings, n_trials=2), file)
    assert few.importances.empty
    assert list(few.importances) == ["setting", "importance"]


def test_nothing_is_found_when_tuning_is_off(settings):
    tuned = Tuned.of(None, replace(settings, n_trials=0))
    assert tuned.best == {}
    assert tuned.trials.empty
    assert list(tuned.trials) == ["number", "state", "value", "retry_of", "n_epochs", *SPACE]


def test_the_first_trial_has_the_values_to_start_from_where_the_space_contains_them(settings, file):
    start = {
        "finetune.network.dropout": 0.5,
        "finetune.learning_rate": 0.5,  # above the range
        "finetune.network.embedding": 100,  # no choice
        "finetune.genes_per_block": None,
        "pretrain.*.encoder.widths": (64,),
    }
    curves = LearningCurves(dropout_of_a_half)
    tune(curves, replace(settings, n_trials=2), file, start=start)
    first, second = curves.suggested
    assert first["finetune.network.dropout"] == 0.5
    assert first["finetune.genes_per_block"] is None
    assert first["pretrain.*.encoder.widths"] == [64]
    assert 1e-4 <= first["finetune.learning_rate"] <= 1e-1
    assert first["finetune.network.embedding"] in (128, 256)
    assert second["finetune.network.dropout"] != 0.5


def test_trials_that_fall_behind_are_pruned_and_do_not_count(settings, file):
    curves = LearningCurves(lambda number, _: 1.0 if number in (0, 7) else 0.5 / (1 + number))
    hyperband = replace(settings, n_trials=2, min_epochs=3)
    trials = tune(curves, hyperband, file).trials
    assert trials["state"].value_counts()["complete"] == 2
    assert len(trials) > 2
    is_pruned = trials["state"] == "pruned"
    assert [n for n, out in zip(curves.n_epochs, is_pruned, strict=True) if not out] == [9, 9]
    assert all(n < 9 for n, out in zip(curves.n_epochs, is_pruned, strict=True) if out)
    # A pruned trial's value is the last that it reached.
    number = int(trials["number"][is_pruned].iloc[0])
    reached = curves.final(number, {}) * curves.n_epochs[number] / N_EPOCHS
    assert trials["value"][number] == pytest.approx(reached)


def test_a_pruned_trial_is_never_the_best(settings, file):
    def best_if_it_went_on(suggested, callbacks):
        """The third trial starts badly and would have been the best."""
        r.append(99.0 if len(r) == 2 else 0.1 + len(r))
        for epoch in range(N_EPOCHS):
            for callback in callbacks:
                callback.on_epoch_end(epoch, {VALIDATION_R: -1.0 if r[-1] == 99 else r[-1]})
        return Scored(r[-1], 1)

    r = []
    tuned = tune(best_if_it_went_on, replace(settings, n_trials=3, min_epochs=3), file)
    assert tuned.trials["state"].tolist() == ["complete", "complete", "pruned", "complete"]
    assert tuned.best["finetune.network.dropout"] == tuned.trials["finetune.network.dropout"][3]


def test_a_trial_that_has_no_figure_is_pruned(settings, file):
    curves = LearningCurves(lambda number, _: float("nan") if number == 0 else 0.5)
    tuned = tune(curves, replace(settings, n_trials=1), file)
    assert tuned.trials["state"].tolist() == ["pruned", "complete"]


def test_the_same_seed_gives_the_same_study(settings, tuned, tmp_path):
    again = tune(LearningCurves(dropout_of_a_half), settings, tmp_path / "again.db")
    pd.testing.assert_frame_equal(*(t.trials for t in (again, tuned)))
    assert again.best == tuned.best
    other = replace(settings, seed=2, n_trials=1)
    first = tune(LearningCurves(dropout_of_a_half), other, tmp_path / "other.db").trials
    assert first["finetune.network.dropout"][0] != tuned.trials["finetune.network.dropout"][0]


@pytest.mark.parametrize("min_epochs", [3, N_EPOCHS])
def test_a_study_that_was_cut_off_ends_as_one_that_was_not(settings, tmp_path, min_epochs):
    class CutOff(LearningCurves):
        def __call__(self, suggested, callbacks):
            if len(self.suggested) == 3:
                raise KeyboardInterrupt
            return super().__call__(suggested, callbacks)

    pruned = replace(settings, min_epochs=min_epochs)
    whole = tune(LearningCurves(dropout_of_a_half), pruned, tmp_path / "whole.db")
    with pytest.raises(KeyboardInterrupt):
        tune(CutOff(dropout_of_a_half), pruned, tmp_path / "cut.db")
    rest = LearningCurves(dropout_of_a_half)
    resumed = tune(rest, pruned, tmp_path / "cut.db")
    assert len(rest.suggested) == len(whole.trials) - 3
    trials = [study.trials for study in (resumed, whole)]
    pd.testing.assert_frame_equal(*trials, check_exact=True)
    pd.testing.assert_frame_equal(resumed.importances, whole.importances, check_exact=True)
    assert resumed.best == whole.best


def test_a_finished_study_is_only_read(settings, tuned, stored):
    curves = LearningCurves(dropout_of_a_half)
    again = tune(curves, settings, stored)
    assert curves.suggested == []
    pd.testing.assert_frame_equal(again.trials, tuned.trials, check_exact=True)


def test_a_study_can_be_extended(settings, tuned, stored):
    curves = LearningCurves(dropout_of_a_half)
    more = tune(curves, replace(settings, n_trials=6), stored)
    assert len(curves.suggested) == 1
    pd.testing.assert_frame_equal(more.trials[:5], tuned.trials, check_exact=True)


def test_what_keras_draws_in_a_trial_follows_from_seed_and_number(settings, tmp_path):
    def draws_of(seed, *, n_more):
        def score(suggested, callbacks):
            drawn.append(float(keras.random.uniform(())))
            keras.random.uniform((n_more,))
            return Scored(0.0, 1)

        drawn = []
        tune(score, replace(settings, n_trials=2, seed=seed), tmp_path / f"{seed}{n_more}.db")
        return drawn

    first = draws_of(1, n_more=0)
    assert first[0] != first[1]
    assert draws_of(1, n_more=3) == first  # what a trial draws does not change the next
    assert draws_of(2, n_more=0)[0] == first[1]  # seed 2, trial 0: as seed 1, trial 1


def test_what_follows_a_trial_is_opened_around_it_and_gets_its_callbacks_called(settings, file):
    seen, logged = [], []
    log = keras.callbacks.LambdaCallback(on_epoch_end=lambda epoch, _: logged.append(epoch))

    class Watch(Unwatched):
        @contextmanager
        def trial(self, info):
            seen.append(("open", info.number, info.values["finetune.network.embedding"]))
            yield Watched([log], seen.append)
            seen.append(("close", info.number, info.values["finetune.network.embedding"]))

    curves = LearningCurves(falling)
    tune(curves, replace(settings, n_trials=2), file, watch=Watch())
    embeddings = [suggested["finetune.network.embedding"] for suggested in curves.suggested]
    figures = [{"objective": falling(n, {}), "n_weights": 1} for n in (0, 1)]
    assert seen == [
        step
        for n in (0, 1)
        for step in (("open", n, embeddings[n]), figures[n], ("close", n, embeddings[n]))
    ]
    assert logged == [*range(N_EPOCHS)] * 2


def test_progress_shows_the_best_so_far(settings, file):
    printed = []
    tune(LearningCurves(falling), replace(settings, n_trials=2), file, print_message=printed.append)
    assert printed == [
        "trial 0: 1 of 2 trials complete, best r 1.0000 (trial 0)",
        "trial 1: 2 of 2 trials complete, best r 1.0000 (trial 0)",
    ]


def test_of_two_objectives_the_most_accurate_is_chosen_and_of_equals_the_smallest(settings, file):
    both = replace(settings, objective=Objective.ACCURACY_AND_SIZE, n_trials=8, min_epochs=3)
    curves = LearningCurves(
        lambda number, suggested: 0.5 if suggested["finetune.encoders"] == "frozen" else 0.1,
        n_weights=lambda suggested: suggested["finetune.network.embedding"],
    )
    tuned = tune(curves, both, file)
    assert list(tuned.trials)[:5] == ["number", "state", "value", "n_weights", "retry_of"]
    assert curves.n_epochs == [N_EPOCHS] * 8  # none is pruned
    assert tuned.trials["n_weights"].tolist() == [
        suggested["finetune.network.embedding"] for suggested in curves.suggested
    ]
    assert tuned.best["finetune.encoders"] == "frozen"
    frozen = tuned.trials[tuned.trials["finetune.encoders"] == '"frozen"']
    assert tuned.best["finetune.network.embedding"] == frozen["n_weights"].min()
    assert tuned.importances["setting"][0] == "finetune.encoders"


@pytest.mark.parametrize(
    ("group", "names"),
    [
        (Group.PRETRAIN, {"pretrain.*.encoder.widths"}),
        (Group.FINETUNE, SPACE.keys() - {"pretrain.*.encoder.widths"}),
        (Group.JOINT, SPACE.keys()),
    ],
)
def test_a_group_searches_its_own_settings(settings, file, group, names):
    curves = LearningCurves(falling)
    tuned = tune(curves, replace(settings, group=group, n_trials=1), file)
    assert curves.suggested[0].keys() == names == tuned.best.keys()


def test_an_error_ends_the_study_and_the_trial_is_done_again(settings, file):
    def broken(suggested, callbacks):
        raise RuntimeError("broke")

    with pytest.raises(RuntimeError, match="broke"):
        tune(broken, settings, file)
    trials = tune(LearningCurves(falling), replace(settings, n_trials=1), file).trials
    assert trials["state"].tolist() == ["complete"]


def test_a_study_in_which_no_trial_comes_to_its_end_ends_in_one_line(settings, file):
    def score(suggested, callbacks):
        raise optuna.TrialPruned

    with pytest.raises(DeepDEPError, match=r"of 20 trials only 0 .* 2 are wanted; raise tune"):
        tune(score, replace(settings, n_trials=2), file)


def test_no_trial_begins_after_the_time_that_was_given(settings, file):
    with pytest.raises(DeepDEPError, match=r"no trial came to its end; raise .*max_hours"):
        tune(LearningCurves(falling), replace(settings, max_hours=1e-9), file)


def test_a_second_process_is_refused(settings, file):
    def score(suggested, callbacks):
        with pytest.raises(BusyError, match="another process is tuning") as busy:
            tune(LearningCurves(falling), settings, file)
        assert busy.value.exit_code == 4
        return Scored(0.5, 1)

    tune(score, replace(settings, n_trials=1), file)


def test_a_file_that_holds_no_studies_is_named(settings, file):
    file.write_text("not SQLite")
    with pytest.raises(BadFileError, match=r"tune\.db: holds no studies \(file is not a database"):
        tune(LearningCurves(falling), settings, file)


def test_a_file_that_is_not_there_is_named(settings, file):
    with pytest.raises(BadFileError, match="Run `deepdep tune` first"):
        read_embedded(file, "joint-0", settings)
    assert not file.exists()
