"""``deepdep associate``."""

from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from deepdep.cli.options import AsJson, Params, To
from deepdep.cli.tables import require_ending, write_table
from deepdep.errors import BadFileError, DeepDEPError, shown
from deepdep.stage import print_message, print_result

if TYPE_CHECKING:
    import pandas as pd

    from deepdep.analysis.alterations import AlterationSettings

N_SHOWN = 10
SHOWN = ["annotation", "value", "gene", "n", "n_with", "size", "q_all"]
SHOWN += ["adjusted_size", "adjusted_q_all"]


def associate(
    effects: Annotated[
        Path, typer.Option(help="An .h5ad of gene effects, such as predictions/tumors.h5ad.")
    ],
    to: To,
    annotation: Annotated[
        list[str] | None,
        typer.Option(
            help="To test: a column of obs, of --annotations, or an event of --alterations, such "
            "as 'BRAF mutation'; may be repeated. By default all of the two latter."
        ),
    ] = None,
    annotations: Annotated[
        Path | None, typer.Option(help="A CSV of annotations, a row per sample, its name first.")
    ] = None,
    alterations: Annotated[
        Path | None,
        typer.Option(
            help="A cohort whose mutations and copy number to test; see screen in params."
        ),
    ] = None,
    covariate: Annotated[
        list[str] | None,
        typer.Option(
            help="A column of obs that the linear model has beside; may be repeated. By default "
            "lineage, msi_status, mutational_burden and purity, those that are there."
        ),
    ] = None,
    layer: Annotated[
        str | None, typer.Option(help="Of the .h5ad in place of X, such as measured.")
    ] = None,
    min_samples: Annotated[int, typer.Option(min=2, help="On each side of a comparison.")] = 5,
    params: Params = Path("params.yaml"),
    as_json: AsJson = False,
) -> None:
    """Test which genes samples need more, or less, by mutation, copy number, lineage or a column.

    By ranks, with effect size, counts and FDR, and beside covariates in a linear model of ranks.
    The table in .parquet or .csv has everything; what is printed are its strongest rows.

    Example: deepdep associate --effects predictions/tumors.h5ad --alterations data --to found.csv
    """
    from deepdep.analysis import associations as analysis
    from deepdep.analysis.alterations import AlterationSettings
    from deepdep.io.documents import read_indexed_csv
    from deepdep.io.files import require_file
    from deepdep.io.matrices import read_anndata, to_frame
    from deepdep.settings import read_settings

    require_ending(to)
    if not annotation and annotations is None and alterations is None:
        raise DeepDEPError("nothing to test: name --annotation, --annotations or --alterations.")
    matrix = read_anndata(effects)
    if layer is not None and layer not in matrix.layers:
        problem = f"has no layer {layer!r}, but {shown(list(matrix.layers))}"
        raise BadFileError(effects, problem, "Name one of them, or none for X")
    table = to_frame(matrix, layer).dropna(how="all")
    obs = matrix.obs.loc[table.index].rename(index=str)
    given = []
    if annotations is not None:
        require_file(annotations)
        given.append(read_indexed_csv(annotations).rename(index=str))
    if alterations is not None:
        settings = read_settings(params, "screen.alterations", AlterationSettings)
        settings = replace(settings, min_carriers=min_samples)
        events = _events_of(alterations, settings, table.index, effects)
        given.append(events if annotation else analysis.frequent(events, min_samples))
    if annotation:
        every = _joined([obs, *given])
        tested = analysis.columns_named(every, annotation, table_name=str(effects))
    else:
        tested = _joined(given)
    beside = covariate or [name for name in analysis.USUAL_COVARIATES if name in obs]
    covariates = analysis.columns_named(obs, beside, table_name=f"{effects}: obs")
    found = analysis.associate(table, tested, covariates, min_samples=min_samples)
    write_table(found, to)
    strongest = found.sort_values(["adjusted_p", "p"], kind="stable").head(N_SHOWN)[SHOWN]
    if as_json:
        print_result(strongest.to_json(orient="records"))
    else:
        print_result(strongest.to_string(index=False, float_format=lambda x: f"{x:.3g}"))
    n_found, n_adjusted = (int((found[q] < 0.1).sum()) for q in ("q_all", "adjusted_q_all"))
    print_message(
        f"{to}: {len(found):,} tests of {found['annotation'].nunique():,} annotations; at an FDR "
        f"of 10 % over all {n_found:,}, beside covariates ({', '.join(beside) or 'none'}) "
        f"{n_adjusted:,}"
    )


def _events_of(
    folder: Path, settings: "AlterationSettings", samples: "pd.Index", effects: Path
) -> "pd.DataFrame":
    """Return the alterations of those samples that a cohort knows, its lines or its tumours."""
    import pandas as pd

    from deepdep.analysis.associations import alteration_table
    from deepdep.data.cohort import read_cohort

    cohort = read_cohort(folder)
    parts = [part for part in (cohort.cell_lines, cohort.tumors) if part is not None]
    events = [
        alteration_table(part, settings) for part in parts if part.obs.index.isin(samples).any()
    ]
    if not events:
        raise BadFileError(folder, f"has none of the samples of {effects}", "Name their cohort")
    table = pd.concat(events)
    return table.loc[table.index.isin(samples)]


def _joined(tables: "list[pd.DataFrame]") -> "pd.DataFrame":
    """Put tables side by side; of columns of one name, that of the later table counts."""
    import pandas as pd

    joined = pd.concat(tables, axis=1)
    return joined.loc[:, ~joined.columns.duplicated(keep="last")]
