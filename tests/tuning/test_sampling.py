"""What stops trials, against Optuna's own Hyperband asked at every epoch."""

from dataclasses import replace

import numpy as np
import optuna
import pytest
from optuna.trial import TrialState

from deepdep.tuning.sampling import new_pruner

MIN_EPOCHS, MAX_EPOCHS, N_TRIALS = 2, 40, 60


def outcomes_under(pruner):
    """Run trials whose curves are random; return each one's state and number of epochs."""
    study = optuna.create_study(
        study_name="curves",
        direction="maximize",
        pruner=pruner,
        sampler=optuna.samplers.RandomSampler(seed=1),
    )
    rng = np.random.default_rng(1)
    for _ in range(N_TRIALS):
        trial, curve = study.ask(), rng.normal(size=MAX_EPOCHS).cumsum()
        for epoch, value in enumerate(curve):
            trial.report(value, epoch)
            if trial.should_prune():
                study.tell(trial, state=TrialState.PRUNED)
                break
        else:
            study.tell(trial, curve[-1])
    return [(trial.state, len(trial.intermediate_values)) for trial in study.get_trials()]


@pytest.fixture
def settings(tune_settings):
    finetune = replace(tune_settings.finetune, epochs=MAX_EPOCHS)
    return replace(tune_settings, finetune=finetune, min_epochs=MIN_EPOCHS)


def test_trials_stop_where_hyperband_that_is_asked_at_every_epoch_stops_them(settings):
    ours = outcomes_under(new_pruner(settings))
    assert ours == outcomes_under(optuna.pruners.HyperbandPruner(MIN_EPOCHS, MAX_EPOCHS))
    assert len({n_epochs for _, n_epochs in ours}) > 2  # some at each rung, and some whole
