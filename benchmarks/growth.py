"""How an epoch of fine-tuning grows with the number of cell lines and of genes.

The published network in float32, all features, by `deepdep.training.finetune` with the settings of
presets/deepdep-2021.yaml, on a quarter, half and all of 278 lines x 1,298 genes, and on twice as
many of both. Growth is the time's ratio over the pairs' ratio: 1 is proportional to pairs, less is
better. It is told from the smallest size to all lines and genes and to twice as many, and for the
worst of all doublings of lines or genes. Draws the figure of docs/benchmarks.md.
"""

import argparse
import itertools
import json
from collections.abc import Iterator, Mapping
from dataclasses import replace
from pathlib import Path

import numpy as np
from matplotlib.figure import Figure
from matplotlib.ticker import FuncFormatter, LogLocator, NullLocator

from deepdep.report.plots.style import BLUE, GREEN, INK, ORANGE, SOFT, new_figure, styled, to_png
from deepdep.settings import read_settings
from deepdep.training.settings import FinetuneSettings
from epoch import epoch_seconds
from full_size.cohort import N_GENES, N_LINES, Size, labelled_lines
from full_size.published import PRESET, SEED
from pipeline_runs.project import ROOT

Grid = Mapping[tuple[int, int], float]  # (cell lines, genes) -> seconds per epoch

LINES = (70, 139, N_LINES)  # a quarter, half and all
GENES = (325, 649, N_GENES)
TWICE = (2 * N_LINES, 2 * N_GENES)
N_VALIDATION = 4  # lines; judging is not in the time
COLORS = (BLUE, GREEN, ORANGE, INK)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--epochs", type=int, default=8, help="the first is not counted")
    parser.add_argument("--plot", type=Path, default=ROOT / "docs" / "images" / "growth.png")
    args = parser.parse_args()
    settings = replace(read_settings(PRESET, "finetune", FinetuneSettings), epochs=args.epochs)
    seconds = {size: epoch(*size, settings) for size in (*itertools.product(LINES, GENES), TWICE)}
    args.plot.write_bytes(to_png(drawn(seconds)))
    figures = {
        "benchmark": "growth",
        "seconds": {f"{lines}x{genes}": round(s, 3) for (lines, genes), s in seconds.items()},
        "us_per_pair": {
            f"{lines}x{genes}": round(1e6 * s / lines / genes, 3)
            for (lines, genes), s in seconds.items()
        },
        "growth_to_full": round(growth(seconds, smallest(seconds), (N_LINES, N_GENES)), 3),
        "growth_to_twice": round(growth(seconds, smallest(seconds), TWICE), 3),
        "worst_doubling": round(max(growth(seconds, *two) for two in doublings(seconds)), 3),
    }
    print(json.dumps(figures))


def epoch(n_lines: int, n_genes: int, settings: FinetuneSettings) -> float:
    """Return the fastest epoch's seconds: what else the machine does only adds to one."""
    size = Size(n_lines=n_lines, n_genes=n_genes, n_validation=N_VALIDATION)
    return min(epoch_seconds(labelled_lines(size, SEED), settings))


def growth(seconds: Grid, one: tuple[int, int], other: tuple[int, int]) -> float:
    """Return the ratio of times over the ratio of pairs."""
    return (seconds[other] / seconds[one]) / (np.prod(other) / np.prod(one))


def doublings(seconds: Grid) -> Iterator[tuple[tuple[int, int], tuple[int, int]]]:
    """Pairs of sizes of which one has about twice the lines or the genes of the other."""
    for one, other in itertools.permutations(seconds, 2):
        of_lines, of_genes = (new / old for new, old in zip(other, one, strict=True))
        if sorted((round(of_lines, 1), round(of_genes, 1))) == [1, 2]:
            yield one, other


def smallest(seconds: Grid) -> tuple[int, int]:
    return min(seconds, key=lambda size: size[0] * size[1])


@styled
def drawn(seconds: Grid) -> Figure:
    """Draw seconds against pairs, one line per number of genes, beside growth with pairs."""
    figure = new_figure(3.2)
    axes = figure.subplots()
    for n_genes, color in zip(sorted({genes for _, genes in seconds}), COLORS, strict=True):
        sizes = sorted(size for size in seconds if size[1] == n_genes)
        pairs = [lines * n_genes for lines, _ in sizes]
        label = f"{n_genes:,} genes; " + ", ".join(str(lines) for lines, _ in sizes) + " lines"
        axes.plot(pairs, [seconds[size] for size in sizes], "o-", ms=4, color=color, label=label)
    first = smallest(seconds)
    pairs = np.array([np.prod(first), np.prod(TWICE)])
    proportional = seconds[first] * pairs / pairs[0]
    axes.plot(pairs, proportional, "--", color=SOFT, zorder=0, label="proportional to pairs")
    axes.set(xscale="log", yscale="log", xlabel="pairs of cell line and gene")
    axes.set(ylabel="seconds per epoch", title="An epoch of fine-tuning, published network")
    for axis in (axes.xaxis, axes.yaxis):
        axis.set_major_locator(LogLocator(subs=(1, 2, 5)))
        axis.set_major_formatter(FuncFormatter(lambda value, _: f"{value:,.7g}"))
        axis.set_minor_locator(NullLocator())
    axes.legend(loc="upper left")
    return figure


if __name__ == "__main__":
    main()
