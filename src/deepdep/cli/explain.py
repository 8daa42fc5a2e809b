"""``deepdep explain``."""

import json
from difflib import get_close_matches
from pathlib import Path
from typing import Annotated

import typer

from deepdep.cli.options import AsJson, Model, find_model, require_same_features
from deepdep.errors import BadFileError, DeepDEPError
from deepdep.stage import print_message, print_result


def explain(
    sample: Annotated[
        str, typer.Option(help="A tumour or cell line of the prepared cohort, or of --samples.")
    ],
    gene: Annotated[str, typer.Option(help="A symbol, screened or not.")],
    model: Model = "models/predictor",
    samples: Annotated[
        Path | None,
        typer.Option(help="Other samples, in whatever form `deepdep predict` reads them."),
    ] = None,
    prepared: Annotated[
        Path, typer.Option(help="The prepared cohort, which has the lines' measured effects.")
    ] = Path("prepared"),
    n: Annotated[int, typer.Option(min=1, help="How many features and gene sets to show.")] = 10,
    as_json: AsJson = False,
) -> None:
    """Say what a predicted gene effect is made of, and what the lines most like the sample showed.

    An average sample's prediction and all that is listed add up to the prediction. Behind a
    feature, in brackets, is its difference from the mean of the cell lines.

    Example: deepdep explain --sample SIM-S1-0001-01 --gene BRAF
    """
    folder = find_model(model).folder

    from deepdep.analysis.explanation import explain as explain_prediction
    from deepdep.data.prepared import read_prepared
    from deepdep.data.standardized import StandardizedSamples
    from deepdep.models import load_predictor
    from deepdep.sources.samples import read_any_samples

    of_file = None if samples is None else read_any_samples(samples)
    predictor = load_predictor(folder, for_few=True)
    why = predictor.why_unknown([gene])
    if why is not None:
        raise DeepDEPError(f"--gene {gene}: {why}. Give a symbol that it knows.")
    cohort = None
    if samples is None or prepared.is_dir():
        cohort = read_prepared(prepared, list(predictor.features))
        require_same_features(predictor, cohort, prepared)
    if of_file is not None:
        given = predictor.standardize(of_file, file_name=str(samples))
    elif cohort is not None and sample in cohort.tumors.index:
        given = StandardizedSamples(cohort.tumor_profiles, cohort.tumors)
    elif cohort is not None:
        given = cohort.samples(cohort.cell_lines.index)
    if sample not in given.obs.index:
        names = [*map(str, given.obs.index), *(() if cohort is None else cohort.tumors.index)]
        near = get_close_matches(sample, names, n=1)
        raise BadFileError(
            samples or prepared,
            f"has no sample {sample!r}",
            f"{f'Is it {near[0]}? ' if near else ''}Give the name of one after --sample",
        )
    explanation = explain_prediction(predictor, given, sample, gene, cohort)
    if cohort is None:
        print_message(f"{prepared}: not there; measured effects of lines are left out")
    if as_json:
        print_result(json.dumps(explanation.as_dict(n), allow_nan=False))
    else:
        print_result(explanation.text(n))
