"""``deepdep screen``."""

import json
from contextlib import closing
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from deepdep.cli.options import AsJson, Model, Params, find_model
from deepdep.errors import BadFileError
from deepdep.stage import Progress, print_message, print_result

if TYPE_CHECKING:
    import pandas as pd

SHOWN = (
    "alteration", "gene", "n_carriers", "difference", "z", "q_standing",
    "in_silico_cell_lines", "in_silico_q", "in_silico_tumors", "rank"
)  # fmt: skip


def screen(
    to: Annotated[
        Path | None, typer.Option("--to", help="Screen anew, and write all pairs here, as Parquet.")
    ] = None,
    pairs: Annotated[
        Path, typer.Option(help="Pairs to show where nothing is screened anew.")
    ] = Path("predictions/synthetic_lethality.parquet"),
    gene: Annotated[str | None, typer.Option(help="Show pairs of this gene alone.")] = None,
    alteration: Annotated[
        str | None, typer.Option(help="Show pairs of this alteration, such as 'TP53 mutation'.")
    ] = None,
    n: Annotated[int, typer.Option(min=1, help="How many pairs to show.")] = 20,
    model: Model = "models/predictor",
    data: Annotated[Path, typer.Option(help="The cohort.")] = Path("data"),
    prepared: Annotated[Path, typer.Option(help="The prepared cohort.")] = Path("prepared"),
    params: Params = Path("params.yaml"),
    tuned: Annotated[
        Path, typer.Option(help="What tuning wrote over params.yaml, where it is there.")
    ] = Path("tuning/best.yaml"),
    as_json: AsJson = False,
) -> None:
    """Rank alterations and the genes that cells with them need, or need less.

    Observed: lines that carry an alteration against others of their lineage. In silico: the
    alteration is set and unset in every sample. Shown are pairs that no stronger alteration of the
    same gene explains, the strongest first.

    Example: deepdep screen --alteration "TP53 mutation"
    """
    if to:
        found, source = _screened(to, model, data, prepared, params, tuned), to
    else:
        from deepdep.analysis.synthetic_lethality import read_pairs

        found, source = read_pairs(pairs), pairs
    if agreement := found.attrs.get("agreement"):
        print_message(
            "measured and predicted differences agree by r {spearman_r:.2f} over {n_pairs:,} pairs "
            "(Spearman); called: {n_called_observed:,} observed, {n_called_in_silico:,} in silico, "
            "{n_called_by_both:,} both".format(**agreement)
        )
    for column, wanted in (("gene", gene), ("alteration", alteration)):
        if wanted is not None:
            found = _only(found, column, wanted, source)
    shown = found[found["explained_by"] == ""].head(n)
    shown = shown[[name for name in SHOWN if name in shown]]
    if as_json:
        print_result(json.dumps(json.loads(shown.to_json(orient="records"))))
    else:
        print_result(shown.to_string(index=False, float_format=lambda value: f"{value:.3g}"))


def _only(found: "pd.DataFrame", column: str, wanted: str, source: Path) -> "pd.DataFrame":
    from difflib import get_close_matches

    chosen = found[found[column] == wanted]
    if chosen.empty:
        near = get_close_matches(wanted, found[column].unique().tolist(), n=1)
        raise BadFileError(
            source,
            f"has no {column} {wanted!r}",
            f"{f'Is it {near[0]}? ' if near else ''}Name one that was screened",
        )
    return chosen


def _screened(
    to: Path, model: str, data: Path, prepared: Path, params: Path, tuned: Path
) -> "pd.DataFrame":
    folder = find_model(model).folder

    from deepdep.analysis.synthetic_lethality import ScreenSettings, screen_pairs, write_pairs
    from deepdep.data.cohort import read_cohort
    from deepdep.data.prepared import read_prepared
    from deepdep.models import load_predictor
    from deepdep.models.closed_form import ClosedFormSettings
    from deepdep.settings import read_settings

    settings = read_settings(params, "screen", ScreenSettings)
    best = tuned if tuned.exists() else None
    closed_form = read_settings(params, "finetune.closed_form", ClosedFormSettings, tuned=best)
    predictor = load_predictor(folder)
    cohort, ready = read_cohort(data), read_prepared(prepared, list(predictor.features))
    with closing(Progress("screen", "round")) as progress:
        found = screen_pairs(cohort, ready, predictor, settings, closed_form, progress)
    write_pairs(found, to)
    n_called = int((found["q_standing"] <= settings.fdr).sum())
    print_message(f"{to}: {len(found):,} pairs, {n_called:,} called at FDR {settings.fdr:g}")
    return found
