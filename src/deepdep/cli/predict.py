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

SEED_OF_MAP = 1  # a map only needs to be the same each time


def predict(
    model: Model,
    samples: Annotated[
        Path,
        typer.Option(
            help="An .h5mu, an .h5ad, a folder of tables named by omic, or a cohort of tumors."
        ),
    ],
    to: To,
    genes: Annotated[
        Path | None,
        typer.Option(help="Symbols to predict, one per line; by default all that were learned."),
    ] = None,
    allow_unknown: Annotated[
        bool, typer.Option(help="Predict genes of which the model knows nothing as average ones.")
    ] = False,
    scheduler: Annotated[
        str | None,
        typer.Option(help="Of a Dask cluster whose workers predict, such as tcp://host:8786."),
    ] = None,
) -> None:
    """Predict gene effects of samples without labels; any subset of the model's omics will do.

    Samples may lack features of an omic too, down to a twentieth; a note counts them.

    An .h5ad holds all that is known, and in uns what each part means: how far to trust genes (var),
    90 % intervals (half_width of var times interval_factor of obs), deviations in SD (layers),
    codes and a map (obsm), model and commit. For other formats a second file, such as
    effects.genes.csv, tells of the genes.
    """
    from deepdep.models.predicted import AVERAGE, check_writable, genes_file
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
    found = find_model(model)
    folder = found.folder
    compute: Compute | None = None
    if scheduler is not None:
        from deepdep.tuning.cluster_prediction import ClusterPrediction

        compute = ClusterPrediction(scheduler, folder)

    from deepdep.models import load_predictor

    predictor = load_predictor(folder)
    if genes is not None and wanted is not None and not allow_unknown:
        why = predictor.why_unknown(wanted)
        if why is not None:
            raise BadFileError(genes, why, f"Correct it, or give --allow-unknown: {AVERAGE}")
    with closing(Progress("predict", "sample")) as progress:
        standardized = predictor.standardize(measured, file_name=str(samples))
        predicted = predictor.predict(standardized, wanted, progress=progress, compute=compute)
    if to.suffix == ".h5ad":
        from deepdep.analysis.cohort_map import places_of
        from deepdep.io.manifest import manifest_sha256
        from deepdep.tracking.provenance import origin_of

        about_model = {
            "name": found.name,
            "version": found.version,
            "sha256": manifest_sha256(folder),
        }
        predicted.write(
            to, places_of(predictor, standardized, seed=SEED_OF_MAP), origin_of(about_model)
        )
    else:
        predicted.write(to)
    n_samples, n_genes = predicted.effect.shape
    print_message(f"{to}: gene effects of {n_samples} samples x {n_genes} genes")
    if beside is not None:
        print_message(f"{beside}: what is known of each gene, and how far to trust it")
    for note in (*predicted.notes, predicted.trust_note):
        print_message(note)
