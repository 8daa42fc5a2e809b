"""The space that is searched, as Optuna draws from it and as params.yaml says it."""

import json
from collections.abc import Mapping

from optuna.trial import Trial

from deepdep.tuning.settings import Choices, Range, Suggested

Space = Mapping[str, Range | Choices]


def suggest(trial: Trial, space: Space) -> Suggested:
    """Draw a value for every setting."""
    values = {}
    for name, domain in space.items():
        if isinstance(domain, Range):
            values[name] = trial.suggest_float(
                name, domain.low, domain.high, log=domain.scale == "log"
            )
        else:
            values[name] = trial.suggest_categorical(name, [*map(json.dumps, domain.choices)])
    return decoded(values, space)


def decoded(values: Suggested, space: Space) -> Suggested:
    """Return what Optuna stores as what params.yaml says; it stores choices as words."""
    return {
        name: json.loads(value) if isinstance(space[name], Choices) else value
        for name, value in values.items()
    }


def encoded(values: Suggested, space: Space) -> Suggested:
    """Return the values that the space contains, as Optuna stores them."""
    return {
        name: json.dumps(values[name]) if isinstance(domain, Choices) else float(values[name])
        for name, domain in space.items()
        if name in values and domain.contains(values[name])
    }
