"""``deepdep predict``."""

from contextlib import closing
from pathlib import Path
from typing import Annotated

import typer

from deepdep.cli.options import To
from deepdep.cli.output import say
from deepdep.domain.errors import BadFileError


def predict(
    model: Annotated[
        str, typer.Option(help="A model's folder, or NAME@alias of a registered one.")
    ],
    samples: Annotated[
        Path, typer.Option(help="An .h5mu, an .h5ad, or a folder of tables named by omic.")
    ],
    to: To,
    genes: Annotated[
        Path | None,
        typer.Option(help="Symbols to predict, one per line; by default all that were learned."),
    ] = None,
) -> None:
    """Predict gene effects of samples without labels; any subset of the model's omics will do."""
    from deepdep.io.gene_list import read_gene_list
    from deepdep.io.predictions import check_writable, write_predictions
    from deepdep.io.samples import read_any_samples

    check_writable(to)
    wanted = None if genes is None else read_gene_list(genes)
    if wanted == []:
        raise BadFileError(genes, "names no gene", "Give one symbol per line, or no --genes")
    measured = read_any_samples(samples)
    folder = Path(model) if Path(model).is_dir() else _registered(model)

    from deepdep.models.artifacts import load_predictor
    from deepdep.models.prediction import predict_samples
    from deepdep.progress import Progress

    predictor = load_predictor(folder)
    with closing(Progress("predict", "sample")) as progress:
        predicted = predict_samples(
            measured, predictor, wanted, file_name=str(samples), progress=progress
        )
    write_predictions(predicted.effect, predicted.obs, predicted.genes, predicted.kind, to)
    n_samples, n_genes = predicted.effect.shape
    say(f"{to}: gene effects of {n_samples} samples x {n_genes} genes")
    for note in predicted.notes:
        say(note)


def _registered(name: str) -> Path:
    from deepdep.registry import resolve

    return resolve(name)
