"""What the search over parameters tried and chose, and what that was worth."""

from collections.abc import Mapping
from typing import Any

import pandas as pd

from deepdep.io.documents import TRIALS
from deepdep.report.document import (
    Block,
    Column,
    Note,
    Picture,
    Prose,
    Row,
    Section,
    Table,
    number,
    plural,
)
from deepdep.report.plots.parallel_coordinates import parallel_coordinates
from deepdep.report.plots.style import to_png
from deepdep.report.plots.tuning import accuracy_against_size, setting_importances, trial_history
from deepdep.report.results import Results
from deepdep.report.sections.tuning_gain import tuning_gain_blocks
from deepdep.statistics.metrics import position_of_best

NOT_A_SETTING = (*TRIALS, "n_weights", "retry_of", "n_epochs")
MOST_AXES = 11  # of settings that can be read beside each other
FEW_TRIALS = 30  # with fewer, which settings mattered is little more than a guess


def tuning_section(results: Results) -> Section:
    """Show the trials, which settings they hung on, the chosen values and what these gain."""
    trials = results.trials.assign(state=results.trials["state"].astype(str).str.lower())
    if trials.empty:
        note = Note("Tuning was off: all values are those of params.yaml.")
        return Section("tuning", "Tuning", [note])
    complete = trials[(trials["state"] == "complete") & trials["value"].notna()]
    chosen = chosen_trial(complete)
    blocks: list[Block] = [Prose(_counts(trials, complete))]
    if trials["value"].notna().any():
        blocks.append(_history(trials, chosen))
    if _has_sizes(complete):
        blocks.append(_sizes(complete, chosen))
    if len(results.importances) > 1:  # one setting alone has all there is
        blocks.append(_importances(results.importances, len(complete)))
    settings = [name for name in trials.columns if name not in NOT_A_SETTING]
    if len(complete) > 1 and settings:
        blocks.append(_parallel_coordinates(results, trials, settings, chosen))
    blocks.append(mapping_table("Chosen values", results.best_values))
    blocks += tuning_gain_blocks(results.tuning_gain)
    return Section("tuning", "Tuning", blocks)


def chosen_trial(complete: pd.DataFrame) -> int | None:
    """Return the number of the most accurate trial; of equals the smallest network, the first."""
    if complete.empty:
        return None
    sizes = complete["n_weights"] if "n_weights" in complete else pd.Series(0, complete.index)
    best = position_of_best(complete["value"].tolist(), sizes.tolist())
    return int(complete["number"].iloc[best])


def _counts(trials: pd.DataFrame, complete: pd.DataFrame) -> str:
    states = trials["state"].value_counts().sort_index()
    counts = ", ".join(f"{count} {state}" for state, count in states.items())
    told = (
        f"{plural(len(trials), 'trial')} ({counts}) on training and validation lines; the test "
        "lines were never opened."
    )
    n_retries = int(trials["retry_of"].notna().sum()) if "retry_of" in trials else 0
    if n_retries:
        told += f" {plural(n_retries, 'trial')} repeated one that was lost with its process."
    if complete.empty:
        return told
    return (
        f"{told} The best reached {number(complete['value'].max())} in mean per-gene r on the "
        "validation lines it was chosen by, so that number is flattered."
    )


def _has_sizes(complete: pd.DataFrame) -> bool:
    return "n_weights" in complete and bool(complete["n_weights"].notna().any())


def _history(trials: pd.DataFrame, chosen: int | None) -> Picture:
    parts = ["Score of each trial on validation lines, in the order they ran"]
    if (trials["state"] == "pruned").any():
        parts.append("open circles were stopped early because they fell behind")
    if (trials["state"] == "fail").any():
        parts.append("crosses on the axis failed and have no score")
    return Picture(
        name="tuning",
        png=to_png(trial_history(trials, chosen)),
        title="History of the trials",
        caption="; ".join(parts) + ".",
        alt="Score of each tuning trial, with the best so far.",
    )


def _sizes(complete: pd.DataFrame, chosen: int | None) -> Picture:
    return Picture(
        name="tuning_sizes",
        png=to_png(accuracy_against_size(complete, chosen)),
        title="Accuracy against size",
        caption=(
            "The search had two aims, accuracy and few weights. Along the blue line accuracy can "
            "only be bought with more weights; a trial below it is beaten by one that is no larger."
        ),
        alt="Validation score of each complete trial against its number of weights.",
    )


def _importances(importances: pd.DataFrame, n_complete: int) -> Picture:
    few = (
        f" From {n_complete} complete trials this is little more than a guess."
        if n_complete < FEW_TRIALS
        else ""
    )
    return Picture(
        name="tuning_importances",
        png=to_png(setting_importances(importances)),
        title="Which settings mattered",
        caption=(
            "How much each setting decided whether a trial was among the best, as Optuna "
            f"estimates it (PED-ANOVA, relative to the others).{few}"
        ),
        alt="A bar per setting, the most important first.",
    )


def _parallel_coordinates(
    results: Results, trials: pd.DataFrame, settings: list[str], chosen: int | None
) -> Picture:
    drawn = axes_to_draw(settings, results.importances)
    left_out = len(settings) - len(drawn)
    caption = (
        "A line per trial, from its value of each setting to its score at the right; the darker "
        "the better, red the chosen one. Lines that end before the score were stopped early."
    )
    if left_out:
        caption += f" The {plural(left_out, 'setting')} that mattered least are not drawn."
    picture = parallel_coordinates(
        trials, drawn, logarithmic=logarithmic_settings(results.params), chosen=chosen
    )
    return Picture(
        name="tuning_settings",
        png=to_png(picture),
        title="Settings and scores",
        caption=caption,
        alt="Parallel coordinates of the settings and the score of each trial.",
    )


def axes_to_draw(settings: list[str], importances: pd.DataFrame) -> list[str]:
    """Return the most important settings, as many as can be read, in their own order."""
    known = importances.set_index("setting")["importance"].astype(float)
    most = (
        known.reindex(settings, fill_value=0.0)
        .sort_values(ascending=False, kind="stable")
        .index[:MOST_AXES]
    )
    return [name for name in settings if name in most]


def logarithmic_settings(params: Mapping[str, Any]) -> set[str]:
    """Return the settings that params.yaml had searched on a logarithmic scale."""
    space = params.get("tune", {}).get("space", {})
    return {name for name, domain in space.items() if domain.get("scale") == "log"}


def mapping_table(title: str, values: Mapping[str, Any]) -> Table:
    """Return a nested mapping as a table of dotted names and values."""
    return Table(
        title=title,
        columns=(Column("parameter", "code"), Column("value", "code")),
        rows=[Row([name, value]) for name, value in flat(values).items()],
    )


def flat(values: Mapping[str, Any], prefix: str = "") -> dict[str, str]:
    """Flatten a nested mapping: dotted names, values as text."""
    rows: dict[str, str] = {}
    for key, value in values.items():
        name = f"{prefix}{key}"
        if isinstance(value, Mapping) and value:
            rows |= flat(value, f"{name}.")
        elif isinstance(value, list):
            rows[name] = ", ".join(map(str, value))
        else:
            rows[name] = "null" if value is None else str(value)
    return rows
