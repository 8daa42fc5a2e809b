"""``deepdep predict``."""

from contextlib import closing
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from deepdep.cli.options import Model, To, find_model
from deepdep.errors import BadFileError
from deepdep.stage import Progress, print_message

if TYPE_CHECKING:
    from deepdep.models.predictor import Compute


def predict(
    model: Model,
    samples: Annotated[
        Path, typer.Option(help="An .h5mu, an .h5ad, or a folder of tables named by omic.")
    ],
    to: To,
    genes: Annotated[
        Path | None,
        typer.Option(help="Symbols to predict, one per line; by default all that were learned."),
    ] = None,
    scheduler: Annotated[
        str | None,
        typer.Option(help="Of a Dask cluster whose workers predict, such as tcp://host:8786."),
    ] = None,
) -> None:
    """Predict gene effects of samples without labels; any subset of the model's omics will do.

    How far to trust each gene is part of an .h5ad (var; layers low and high hold 90 % intervals),
    and for other formats a second file, such as effects.genes.csv.
    """
    from deepdep.models.predicted import check_writable, genes_file
    from deepdep.sources.gene_names import read_gene_list
    from deepdep.sources.samples import read_any_samples

    check_writable(to)
    beside = genes_file(to)
    wanted = None if genes is None else read_gene_list(genes)
    if wanted == []:
        raise BadFileError(genes, "names no gene", "Give one symbol per line, or no --genes")
    if genes is not None and genes.resolve() in {file.resolve() for file in (to, beside) if file}:
        raise BadFileError(genes, "would be overwritten", "Name another file after --to")
    measured = read_any_samples(samples)
    folder = find_model(model).folder
    compute: Compute | None = None
    if scheduler is not None:
        from deepdep.tuning.cluster_prediction import ClusterPrediction

        compute = ClusterPrediction(scheduler, folder)

    from deepdep.models import load_predictor

    predictor = load_predictor(folder)
    with closing(Progress("predict", "sample")) as progress:
        predicted = predictor.predict(
            measured,
            wanted,
            file_name=str(samples),
            progress=progress,
            compute=compute,
        )
    predicted.write(to)
    n_samples, n_genes = predicted.effect.shape
    print_message(f"{to}: gene effects of {n_samples} samples x {n_genes} genes")
    if beside is not None:
        print_message(f"{beside}: what is known of each gene, and how far to trust it")
    for note in (*predicted.notes, predicted.trust_note):
        print_message(note)
