"""A shared study on a real database, its trials without a network: what is done when and once."""

import threading
from contextlib import closing
from dataclasses import replace

import optuna
import pytest
from optuna.trial import TrialState

from deepdep.errors import DeepDEPError
from deepdep.tuning.settings import Choices, Objective
from deepdep.tuning.shared import join_study, open_study
from deepdep.tuning.storage import SharedStorage
from deepdep.tuning.trial import Scored, Task, Unwatched, original_number, retry_of

pytestmark = pytest.mark.postgres

NAME = "joint-0"


@pytest.fixture
def settings(tune_settings):
    space = tune_settings.space | {"finetune.network.embedding": Choices((4, 8))}
    return replace(tune_settings, space=space)


@pytest.fixture
def storage(database):
    with closing(SharedStorage(database)) as storage:
        yield storage


def as_dropout(suggested, callbacks):
    return Scored(suggested["finetune.network.dropout"], suggested["finetune.network.embedding"])


def task_of(score, settings, printed=None):
    print_message = (lambda line: None) if printed is None else printed.append
    return Task(score, settings, {"finetune.network.dropout": 0.5}, Unwatched(), print_message)


def begin(storage, settings, score=as_dropout):
    return open_study(storage, NAME, task_of(score, settings))


def states(study):
    return [trial.state.name for trial in study.trials()]


def test_a_study_ends_with_as_many_trials_as_were_asked_for(storage, settings):
    printed = []
    study = begin(storage, settings)
    study.work(task_of(as_dropout, settings, printed))
    assert states(study) == ["COMPLETE"] * 3
    assert study.trials()[0].params["finetune.network.dropout"] == 0.5
    assert printed[0] == "trial 0: 1 of 3 trials complete, best r 0.5000 (trial 0)"
    more = begin(storage, replace(settings, n_trials=4))
    more.work(task_of(as_dropout, settings))
    assert states(more) == ["COMPLETE"] * 4


def test_a_trial_whose_worker_died_before_its_heart_beat_is_given_back_at_once(storage, settings):
    study = begin(storage, settings)
    direct = optuna.load_study(study_name=NAME, storage=storage.direct)
    direct.ask()  # and nothing more
    study.recover()
    assert states(study) == ["FAIL", "WAITING"]
    study.work(task_of(as_dropout, settings))
    assert states(study) == ["FAIL"] + ["COMPLETE"] * 3
    assert [retry_of(trial) for trial in study.trials()] == [None, 0, None, None]


def test_a_failed_trial_is_queued_once_however_many_look(storage, settings, database):
    study = begin(storage, settings)
    direct = optuna.load_study(study_name=NAME, storage=storage.direct)
    direct.tell(direct.ask().number, state=TrialState.FAIL)  # its worker died before it queued it

    def recover():
        with closing(SharedStorage(database)) as own:
            join_study(own, NAME, settings).recover()

    threads = [threading.Thread(target=recover) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert states(study) == ["FAIL", "WAITING"]


@pytest.mark.parametrize("error", [RuntimeError("broke"), KeyboardInterrupt()])
def test_a_worker_that_breaks_off_gives_its_trial_back(storage, settings, error):
    def score(suggested, callbacks):
        raise error

    study = begin(storage, settings)
    with pytest.raises(type(error)):
        study.work(task_of(score, settings))
    assert states(study) == ["FAIL", "WAITING"]
    first, second = study.trials()
    assert second.params == first.params
    assert original_number(second) == 0


def test_a_trial_that_fails_again_and_again_ends_the_study_in_one_line(storage, settings):
    def score(suggested, callbacks):
        raise RuntimeError("broke")

    study = begin(storage, settings)
    for _ in range(5):
        with pytest.raises(RuntimeError):
            study.work(task_of(score, settings))
    with pytest.raises(DeepDEPError, match="trial 0 failed 5 times, as trials 0, 1, 2, 3, 4; look"):
        study.work(task_of(as_dropout, settings))
    with pytest.raises(DeepDEPError, match="trial 0 failed 5 times"):
        study.is_done()
    assert [retry_of(trial) for trial in study.trials()] == [None, 0, 1, 2, 3, 4]


def test_a_trial_that_others_gave_up_is_left_to_them(storage, settings):
    def score(suggested, callbacks):
        trials = study.trials()
        if len(trials) == 1:
            direct = optuna.load_study(study_name=NAME, storage=storage.direct)
            direct.tell(0, state=TrialState.FAIL)
        return as_dropout(suggested, callbacks)

    printed = []
    study = begin(storage, settings)
    study.work(task_of(score, settings, printed))
    assert "trial 0 was given up by others" in printed
    assert states(study) == ["FAIL"] + ["COMPLETE"] * 3
    first, second = study.trials()[:2]
    assert retry_of(second) == 0
    assert second.value == first.params["finetune.network.dropout"]


def test_a_trial_that_is_given_up_while_it_reports_is_left_to_them(storage, settings):
    def score(suggested, callbacks):
        if len(study.trials()) == 1:
            direct = optuna.load_study(study_name=NAME, storage=storage.direct)
            direct.tell(0, state=TrialState.FAIL)
        callbacks[0].on_epoch_end(0, {"val_mean_gene_r": 0.1})
        return as_dropout(suggested, callbacks)

    study = begin(storage, settings)
    study.work(task_of(score, settings))
    assert states(study) == ["FAIL"] + ["COMPLETE"] * 3


def test_after_its_time_a_study_begins_no_trial(storage, settings):
    study = begin(storage, replace(settings, max_hours=1e-9))
    assert study.is_done()
    study.work(task_of(as_dropout, settings))
    assert states(study) == ["WAITING"]


def test_two_objectives_are_stored(storage, settings):
    both = replace(settings, objective=Objective.ACCURACY_AND_SIZE)
    study = begin(storage, both)
    study.work(task_of(as_dropout, both))
    for trial in study.trials():
        values = [trial.params[f"finetune.network.{name}"] for name in ("dropout", "embedding")]
        assert trial.values == values
    assert study.study.metric_names == ["val_mean_gene_r", "n_weights"]


def test_a_study_that_was_not_begun_is_no_study(storage, settings):
    with pytest.raises(DeepDEPError, match="holds no study joint-1"):
        join_study(storage, "joint-1", settings)
