"""Whether tumours and cell lines of a lineage meet in the predictor's codes."""

import numpy as np
import pandas as pd

from deepdep.analysis.codes import Alignment, alignment_score
from deepdep.report.document import Block, Note, Picture, Section, percent
from deepdep.report.plots.codes import code_map
from deepdep.report.plots.style import to_png
from deepdep.report.results import Predictions, Results


def codes_section(results: Results, *, n_neighbors: int) -> Section:
    """Map the codes, and count how often a line's nearest tumours share its lineage."""
    lines, tumors = results.cell_lines, results.tumors
    alignment = None
    if tumors is not None:
        alignment = alignment_score(
            lines.codes,
            lines.obs["lineage"],
            tumors.codes,
            tumors.obs["lineage"],
            n_neighbors=n_neighbors,
        )
    picture = Picture(
        name="codes",
        png=to_png(code_map(_samples(lines, tumors), alignment)),
        title="Codes of tumours and cell lines",
        caption=(
            "a, each dot is a tumour, each triangle a cell line, where the predictor's cell tower "
            "places them (t-SNE of the codes). Neighbours are alike; distances between far groups "
            "and the axes themselves mean nothing. b, share of a lineage's cell lines whose "
            f"{n_neighbors} nearest tumours, in the codes themselves, are mostly of that lineage; "
            "dotted, what shuffled lineages would reach. At the right, tumours | lines."
        ),
        alt="Map of tumours and cell lines by code, coloured by lineage.",
    )
    blocks: list[Block] = [_verdict(tumors, alignment), picture]
    return Section("codes", "Tumours and cell lines in one space", blocks)


def _samples(lines: Predictions, tumors: Predictions | None) -> pd.DataFrame:
    sources = [lines] if tumors is None else [tumors, lines]
    plane = np.concatenate([source.plane for source in sources])
    return pd.DataFrame(
        {
            "x": plane[:, 0],
            "y": plane[:, 1],
            "lineage": pd.concat([source.obs["lineage"] for source in sources]).to_numpy(),
            "is_line": [source is lines for source in sources for _ in source.effect.index],
        }
    )


def _verdict(tumors: Predictions | None, alignment: Alignment | None) -> Note:
    if tumors is None:
        return Note("The cohort has no tumours: the map shows cell lines only.")
    if alignment is None:
        return Note("Tumours and cell lines share no lineage, so their alignment cannot be judged.")
    n_lines = int(alignment.by_lineage["n_lines"].sum())
    return Note(
        f"{percent(alignment.share)} of {n_lines:,} cell lines lie among tumours of their own "
        f"lineage; {percent(alignment.chance)} would by chance. What a model learned from lines "
        "can carry over to tumours only where the two meet."
    )
