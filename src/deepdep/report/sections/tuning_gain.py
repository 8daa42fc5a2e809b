"""What tuning gained, on the lines it chose by and on lines it never saw."""

import pandas as pd

from deepdep.report.document import Block, Column, Note, Prose, Row, Table, interval, number

WHERE = {
    "validation": "validation lines, by which the values were chosen",
    "test": "test lines, which tuning never saw",
}


def tuning_gain_blocks(gain: pd.DataFrame | None) -> list[Block]:
    """Set tuned and untuned settings side by side.

    Parameters
    ----------
    gain
        Columns as ``experiments.tuning_gain`` gives them; no row where there was nothing to
        compare, None, of which nothing is said, where the stage was not asked for.
    """
    if gain is None:
        return []
    if gain.empty:
        return [Note("The chosen values were not compared with those that trials start from.")]
    of = {str(split): table.set_index("settings") for split, table in gain.groupby("split")}
    sentences = [
        *(_sentence(WHERE[split], of[split]) for split in WHERE if split in of),
        "Only the test lines say what tuning is worth; on the validation lines the best of many "
        "trials looks better than it is. Both networks are as small and train as briefly as a "
        "trial's, so these figures compare settings and are not the predictor's accuracy.",
    ]
    return [Prose(" ".join(sentences)), _table(of)]


def _sentence(where: str, figures: pd.DataFrame) -> str:
    gained = figures.loc["difference"]
    low, high = float(gained["low"]), float(gained["high"])
    verdict = "a gain" if low > 0 else "a loss" if high < 0 else "no difference can be claimed"
    return (
        f"On the {where}, the chosen values change mean per-gene r by "
        f"{number(gained['mean_gene_r'], sign=True)} ({interval(low, high)}): {verdict}."
    )


def _table(of: dict[str, pd.DataFrame]) -> Table:
    rows = [
        Row(
            [
                split,
                f"{int(figures['n_lines'].iloc[0]):,}",
                str(name),
                number(row["mean_gene_r"], sign=name == "difference"),
                interval(row["low"], row["high"]),
                interval(row["lowest_seed"], row["highest_seed"]),
            ],
            emphasis="strong" if name == "difference" else "",
        )
        for split, figures in of.items()
        for name, row in figures.iterrows()
    ]
    return Table(
        title="Tuned against untuned",
        columns=(
            Column("lines"),
            Column("how many", "number"),
            Column("settings"),
            Column("mean per-gene r", "number", "averaged over seeds"),
            Column("95 % interval", "number", "from resampling patients"),
            Column("seeds", "number", "lowest to highest"),
        ),
        rows=rows,
    )
