"""``deepdep map``."""

from contextlib import closing
from pathlib import Path
from typing import Annotated

import typer

from deepdep.cli.options import Model, Params, To, find_model, require_same_features
from deepdep.errors import BadFileError
from deepdep.stage import Progress, print_message


def map_(
    samples: Annotated[
        Path, typer.Option(help="In whatever form `deepdep predict` reads samples.")
    ],
    to: To,
    model: Model = "models/predictor",
    prepared: Annotated[
        Path, typer.Option(help="The prepared cohort, among whose lines the samples are placed.")
    ] = Path("prepared"),
    params: Params = Path("params.yaml"),
) -> None:
    """Predict samples, say how far each lies from the lines learned from, and call dependencies.

    The .h5ad holds what `deepdep predict` writes, and of each sample its distance, the rank of that
    among lines and the nearest lines (obs), and of each prediction whether it is selective, typical
    of the lineage or common essential (layer call). uns says what each part means.

    Example: deepdep map --samples mine.h5mu --to mine.h5ad
    """
    from deepdep.analysis.cohort_map import CallSettings, map_samples
    from deepdep.data.prepared import read_prepared
    from deepdep.io.manifest import manifest_sha256
    from deepdep.models import load_predictor
    from deepdep.settings import read_settings
    from deepdep.sources.samples import read_any_samples
    from deepdep.tracking.provenance import origin_of

    if to.suffix != ".h5ad":
        raise BadFileError(to, f"ending {to.suffix!r} holds no map", "Use .h5ad")
    seed = read_settings(params, "report.seed", int)
    calls = CallSettings(
        read_settings(params, "report.min_deviation", float),
        read_settings(params, "report.min_samples_per_lineage", int),
    )
    measured = read_any_samples(samples)
    found = find_model(model)
    predictor = load_predictor(found.folder)
    cohort = read_prepared(prepared, list(predictor.features))
    require_same_features(predictor, cohort, prepared)
    given = predictor.standardize(measured, file_name=str(samples))
    sha256 = manifest_sha256(found.folder)
    origin = origin_of({"name": found.name, "version": found.version, "sha256": sha256})
    with closing(Progress("map", "sample")) as progress:
        mapped = map_samples(
            cohort, predictor, given, progress, seed=seed, calls=calls, origin=origin
        )
        mapped.write(to)
    about = mapped.about
    n_far = int((about.obs["distance_rank"] > 0.95).sum())
    print_message(
        f"{to}: {about.n_obs} samples x {about.n_vars} genes; {n_far} samples lie farther from "
        "the lines than 95 % of these do from each other"
    )
    for note in given.notes:
        print_message(note)
