"""``deepdep survival``."""

from pathlib import Path
from typing import Annotated

import typer

from deepdep.cli.options import AsJson, To
from deepdep.cli.tables import require_ending, write_table
from deepdep.stage import print_message, print_result

N_SHOWN = 10
SHOWN = ["gene", "n", "n_events", "hazard_ratio", "low", "high", "p", "q", "p_random"]
FDR = 0.1


def survival(
    effects: Annotated[
        Path, typer.Option(help="An .h5ad of gene effects, such as predictions/tumors.h5ad.")
    ],
    to: To,
    time: Annotated[str, typer.Option(help="Column: how long a patient was watched.")],
    event: Annotated[str, typer.Option(help="Column: 1 where the event was seen, else 0.")],
    strata: Annotated[
        str | None, typer.Option(help="Column with a hazard of its own per value, such as cohort.")
    ] = None,
    covariate: Annotated[
        list[str] | None, typer.Option(help="Column held fixed, such as age; may be repeated.")
    ] = None,
    gene: Annotated[
        list[str] | None,
        typer.Option(help="To test; may be repeated. By default all; the others are the null."),
    ] = None,
    annotations: Annotated[
        Path | None,
        typer.Option(help="A CSV of clinical columns, a row per sample, its name first."),
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Test whether patients whose tumours need a gene more live longer, or shorter.

    A Cox model per gene, per SD of its effect, beside all other genes: in some cancers most random
    genes go with survival. Columns are of obs, or of --annotations.

    Example: deepdep survival --effects predictions/tumors.h5ad --annotations clinical.csv --time
    OS.time --event OS --strata cohort --covariate age --to survival.csv
    """
    import pandas as pd

    from deepdep.analysis import survival as survival_of
    from deepdep.io.documents import read_indexed_csv
    from deepdep.io.files import require_file
    from deepdep.io.matrices import read_anndata, to_frame

    require_ending(to)
    matrix = read_anndata(effects)
    obs = matrix.obs.rename(index=str)
    if annotations is not None:
        require_file(annotations)
        clinical = read_indexed_csv(annotations).rename(index=str)
        obs = pd.concat([obs.drop(columns=clinical.columns, errors="ignore"), clinical], axis=1)
    found = survival_of(
        to_frame(matrix),
        obs,
        time=time,
        event=event,
        strata=strata,
        covariates=covariate or [],
        genes=gene,
    )
    write_table(found, to)
    strongest = found.head(N_SHOWN)[SHOWN]
    if as_json:
        print_result(strongest.to_json(orient="records"))
    else:
        print_result(strongest.to_string(index=False, float_format=lambda x: f"{x:.3g}"))
    beside = ", ".join([*([f"within {strata}"] if strata else []), *(covariate or [])]) or "nothing"
    print_message(
        f"{to}: {len(found):,} Cox models (Wald, Efron's ties), beside {beside}; "
        f"{int((found['q'] < FDR).sum()):,} at an FDR of 10 %"
    )
