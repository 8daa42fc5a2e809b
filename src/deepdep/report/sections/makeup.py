"""How the predictor is made up: networks, similar lines, and single features of single genes."""

from collections.abc import Iterator

import numpy as np
import pandas as pd

from deepdep.data.prepared import Prepared
from deepdep.models.artifacts import ClosedFormComposition, Composition
from deepdep.report.document import Block, Column, Prose, Row, Table, number, percent, plural
from deepdep.report.results import Results

N_STRONGEST = 10


def makeup_blocks(results: Results) -> list[Block]:
    """Say what predicts how much, and list the strongest single features."""
    makeup = results.makeup
    blocks: list[Block] = [Prose(" ".join(_sentences(makeup)))]
    if makeup.closed_form is None:
        return blocks
    blocks.append(_tables(makeup.closed_form))
    if len(makeup.closed_form.single_features):
        blocks.append(_single_features(makeup.closed_form.single_features, results.prepared))
    return blocks


def strongest(single_features: pd.DataFrame, prepared: Prepared, n: int) -> pd.DataFrame:
    """Return the ``n`` weights that move effects most, by ``per_sd``.

    Parameters
    ----------
    single_features
        Columns ``gene``, ``omic``, ``feature`` and ``weight``.

    Returns
    -------
    With a column ``per_sd``: weight times the feature's SD over cell lines, in gene effect.
    """
    sd = np.zeros(len(single_features))
    for omic, tables in prepared.omics.items():
        own = (single_features["omic"] == omic).to_numpy()
        features = single_features.loc[own, "feature"]
        in_own_unit = tables.space.table["scale_cell_line"][features].to_numpy()
        sd[own] = tables.cell_lines[features].std().to_numpy() * in_own_unit
    table = single_features.assign(per_sd=single_features["weight"] * sd)
    order = np.argsort(-table["per_sd"].abs().to_numpy(), kind="stable")
    return table.iloc[order[:n]]


def _sentences(makeup: Composition) -> Iterator[str]:
    networks = plural(makeup.n_networks, "network")
    if makeup.closed_form is None:
        yield f"A prediction is the mean of {networks}."
    else:
        yield (
            f"{percent(makeup.network_share)} of a prediction comes from {networks}, the rest from "
            "a closed form: the shares that erred least on patients left out."
            if makeup.n_networks
            else "A prediction comes from a closed form alone, without any network."
        )
        yield _of_closed_form(makeup.closed_form)
    if makeup.trusted is None:
        yield "How far to trust its genes is not known: it was not cross-validated."
    else:
        yield (
            f"{percent(makeup.trusted.mean())} of {plural(len(makeup.trusted), 'gene')} can be "
            "trusted: cross-validated r above 0 at a false discovery rate of 5 %."
        )


def _of_closed_form(closed_form: ClosedFormComposition) -> str:
    single, filled = closed_form.single_features, closed_form.filled
    name = (filled or "").replace("_", " ")
    filling = f", fills {name} where a sample lacks it" if filled else ""
    added = (
        f"adds {plural(len(single), 'weight')} of single features to "
        f"{plural(single['gene'].nunique(), 'gene')}"
        if len(single)
        else "adds no single feature, as none helped on patients left out"
    )
    return f"The closed form compares a sample with cell lines{filling}, and {added}."


def _tables(closed_form: ClosedFormComposition) -> Table:
    total = sum(closed_form.weights.values())
    return Table(
        title="How alike samples are",
        columns=(
            Column("table"),
            Column("weight", "number", "chosen on patients left out"),
            Column("share", "number", "of how alike two samples are"),
        ),
        rows=[
            Row(
                [name.replace("_", " "), number(weight, 2), percent(weight / total)],
                emphasis="" if weight else "muted",
            )
            for name, weight in closed_form.weights.items()
        ],
    )


def _single_features(single_features: pd.DataFrame, prepared: Prepared) -> Table:
    shown = strongest(single_features, prepared, N_STRONGEST)
    return Table(
        title="Strongest single features",
        columns=(
            Column("gene", "gene"),
            Column("omic"),
            Column("feature", "gene"),
            Column("weight", "number", "gene effect per unit of the feature"),
            Column("per SD", "number", "gene effect per SD of the feature over cell lines"),
        ),
        rows=[
            Row(
                [
                    row["gene"],
                    row["omic"].replace("_", " "),
                    row["feature"],
                    number(row["weight"], 3, sign=True),
                    number(row["per_sd"], 3, sign=True),
                ]
            )
            for row in shown.to_dict("records")
        ],
        caption=(
            "What one feature adds to the effect of one gene, beyond what the whole profile says; "
            "negative means that lines with more of it depend on the gene more."
        ),
    )
