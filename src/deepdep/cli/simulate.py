"""``deepdep simulate``."""

from enum import StrEnum
from typing import Annotated

import typer

from deepdep.cli.options import To
from deepdep.stage import print_message, under_way


class Size(StrEnum):
    """Sizes of a simulated cohort."""

    DEMO = "demo"
    DEEPDEP = "deepdep"
    DEPMAP = "depmap"


def simulate(
    to: To,
    size: Annotated[Size, typer.Option(help="Start from this size.")] = Size.DEMO,
    tumors: Annotated[int | None, typer.Option(help="Number of tumours.")] = None,
    cell_lines: Annotated[int | None, typer.Option(help="Number of cell lines.")] = None,
    genes: Annotated[int | None, typer.Option(help="Number of genes with a gene effect.")] = None,
    features: Annotated[
        int | None, typer.Option(help="Number of expression features; other omics in proportion.")
    ] = None,
    seed: Annotated[int, typer.Option(help="The same seed gives the same bytes.")] = 0,
) -> None:
    """Make a cohort whose truth is known; the truth goes to TO.truth.json, beside the cohort."""
    import numpy as np

    from deepdep.data.cohort import write_cohort
    from deepdep.io.files import write_text
    from deepdep.simulation import SimulationSettings
    from deepdep.simulation import simulate as simulate_cohort

    settings = SimulationSettings.of_size(
        size, n_tumors=tumors, n_cell_lines=cell_lines, n_genes=genes, n_expression=features
    )
    with under_way(f"simulate {size}"):
        simulation = simulate_cohort(settings, np.random.default_rng(seed))
        write_cohort(simulation.cohort.named(settings.name(seed)), to)
        write_text(simulation.truth.to_json(), to.with_name(f"{to.name}.truth.json"))
    print_message(f"{to}: a simulated cohort; its truth is in {to.name}.truth.json")
