"""What the search over parameters tried and chose."""

from collections.abc import Mapping
from typing import Any

from deepdep.io.results import Results
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
from deepdep.report.plots.style import to_png
from deepdep.report.plots.tuning import trial_history


def tuning_section(results: Results) -> Section:
    """Show the history of the trials and the chosen values, or that there was no search."""
    trials = results.trials
    if trials.empty:
        note = Note("Tuning was off: all values are those of params.yaml.")
        return Section("tuning", "Tuning", [note])
    states = trials["state"].str.lower().value_counts()
    scored = trials.loc[trials["state"].str.lower() == "complete", "value"]
    counts = ", ".join(f"{count} {state}" for state, count in states.sort_index().items())
    blocks: list[Block] = [
        Prose(
            f"{plural(len(trials), 'trial')} ({counts}) on training and validation lines; the test "
            f"lines were never opened. The best reached {number(scored.max())} in mean per-gene r "
            "on the validation lines it was chosen by, so that number is flattered."
        )
    ]
    if trials["value"].notna().any():
        blocks.append(
            Picture(
                name="tuning",
                png=to_png(trial_history(trials)),
                title="History of the trials",
                caption=(
                    "Score of each trial on validation lines, in the order they ran; open circles "
                    "were stopped early because they fell behind."
                ),
                alt="Score of each tuning trial, with the best so far.",
            )
        )
    blocks.append(mapping_table("Chosen values", results.best_values))
    return Section("tuning", "Tuning", blocks)


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
