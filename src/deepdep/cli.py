"""The commands users type. Each imports what it needs when it runs, so that help is instant."""

import json
import sys
from dataclasses import asdict
from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

from deepdep.domain.errors import BadFileError
from deepdep.stage import run_app

app = typer.Typer(
    help="Predict which genes a tumour cannot live without.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
)

Params = Annotated[Path, typer.Option(help="The settings file.")]
To = Annotated[Path, typer.Option("--to", help="Where to write; nothing is written on an error.")]


class Size(StrEnum):
    """Sizes of a simulated cohort."""

    DEMO = "demo"
    DEEPDEP = "deepdep"


class ImportSource(StrEnum):
    """Whose files ``import`` reads."""

    DEPMAP = "depmap"
    TCGA = "tcga"
    PREP4DEEPDEP = "prep4deepdep"
    TABLES = "tables"
    ANNDATA = "anndata"
    GMT = "gmt"


class Build(StrEnum):
    """Genome builds."""

    HG19 = "hg19"
    HG38 = "hg38"


class CopyNumberUnit(StrEnum):
    """Units of a copy-number table that its values do not tell apart."""

    LINEAR = "linear"
    LOG2_PLUS_1 = "log2(x+1)"
    LOG2_RATIO = "log2(CN/2)"


class DownloadSource(StrEnum):
    """Whose files ``download`` brings."""

    DEPMAP = "depmap"
    TCGA = "tcga"
    HGNC = "hgnc"
    MSIGDB = "msigdb"


class ListFills(StrEnum):
    """What stands for the features of a list that the files lack."""

    NONE = "none"
    PUBLISHED = "published"


def main() -> None:
    """Run a command; an error that the user can act on is one line and an exit code."""
    run_app(app)


@app.command()
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

    from deepdep.data.simulation import simulate as simulate_cohort
    from deepdep.data.simulation import simulation_settings, write_truth
    from deepdep.io.cohort import write_cohort

    settings = simulation_settings(
        size, n_tumors=tumors, n_cell_lines=cell_lines, n_genes=genes, n_expression=features
    )
    simulation = simulate_cohort(settings, np.random.default_rng(seed))
    write_cohort(simulation.cohort, to)
    write_truth(simulation.truth, to.with_name(f"{to.name}.truth.json"))
    _say(f"{to}: a simulated cohort; its truth is in {to.name}.truth.json")


@app.command("import")
def import_(
    source: Annotated[ImportSource, typer.Argument(help="Whose files they are.")],
    path: Annotated[Path, typer.Argument(help="The folder, or file, to read.")],
    to: To,
    gene_effect: Annotated[
        str | None, typer.Option(help="tables: name of the table in PATH/gene_effect.")
    ] = None,
    gene_sets: Annotated[Path | None, typer.Option(help="A GMT file to bring along.")] = None,
    genes_table: Annotated[
        Path | None, typer.Option(help="HGNC's complete set, for ids and former symbols.")
    ] = None,
    assembly: Annotated[Build | None, typer.Option(help="Genome build of segments.")] = None,
    bin_width: Annotated[
        int | None, typer.Option(min=1000, help="Average copy number in bins of so many bases.")
    ] = None,
    copy_number_unit: Annotated[
        CopyNumberUnit | None, typer.Option(help="Where the values do not tell it.")
    ] = None,
    feature_lists: Annotated[
        Path | None, typer.Option(help="A folder of lists: keep those features only.")
    ] = None,
    fills: Annotated[
        ListFills, typer.Option(help="What stands for listed features that the files lack.")
    ] = ListFills.NONE,
    allow_missing_features: Annotated[
        bool, typer.Option(help="Even if more than a fifth of the list is not there.")
    ] = False,
) -> None:
    """Turn public files into files of the cohort TO; a report goes to TO.import.txt."""
    from deepdep.domain.genome import Assembly
    from deepdep.io.feature_lists import Fills
    from deepdep.io.importing import ImportRequest, import_files

    request = ImportRequest(
        source=source.value,
        path=path,
        gene_effect=gene_effect,
        gene_sets=gene_sets,
        genes_table=genes_table,
        assembly=None if assembly is None else Assembly(assembly.value),
        bin_width=bin_width,
        copy_number_unit=None if copy_number_unit is None else copy_number_unit.value,
        feature_lists=feature_lists,
        fills=Fills(fills.value),
        allow_missing_features=allow_missing_features,
    )
    print("\n".join(import_files(request, to).lines))  # noqa: T201


@app.command()
def inspect(
    file: Annotated[Path, typer.Argument(help="A file, or a folder of them.")],
    genes_table: Annotated[
        Path | None, typer.Option(help="HGNC's complete set: how many genes it knows.")
    ] = None,
    feature_lists: Annotated[
        Path | None, typer.Option(help="A folder of lists: how many of their features are there.")
    ] = None,
    against: Annotated[
        Path | None, typer.Option(help="A cohort's or a model's folder: likewise.")
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="For programs.")] = False,
) -> None:
    """Tell what a file is, and what import would do with it; nothing is written."""
    from deepdep.io.inspection import InspectOptions, inspect_file, lines_of

    found = inspect_file(file, InspectOptions(genes_table, feature_lists, against))
    print(found.to_json() if as_json else "\n".join(lines_of(found)))  # noqa: T201


@app.command()
def validate(
    data: Annotated[Path, typer.Argument(help="A cohort's folder.")],
    docs: Annotated[
        Path | None, typer.Option(help="Write a page that says what was checked and found.")
    ] = None,
    params: Params = Path("params.yaml"),
) -> None:
    """Check a cohort as the pipeline's first stage does, and show all that it finds."""
    from deepdep.data.validation.settings import ValidateSettings
    from deepdep.data.validation.validate import raise_if_failed, validate_cohort
    from deepdep.io.atomic import write_text
    from deepdep.io.cohort import read_cohort
    from deepdep.params import read_settings

    result = validate_cohort(read_cohort(data), read_settings(params, "validate", ValidateSettings))
    if docs is not None:
        from deepdep.report.data_docs import data_docs

        write_text(data_docs(result), docs)
    for check in (*result.failed, *result.notes):
        print(f"{check.severity}: {check.message}")  # noqa: T201
    raise_if_failed(result)
    _say(f"{data}: {len(result.checks)} checks, {len(result.notes)} notes")


@app.command()
def download(
    source: Annotated[DownloadSource, typer.Argument(help="Whose files to bring.")],
    to: Annotated[Path, typer.Option("--to", help="The folder that they go to.")],
    release: Annotated[
        str | None, typer.Option(help="depmap: as 24Q4; hgnc: a date of its archive.")
    ] = None,
    file: Annotated[
        list[str] | None, typer.Option(help="Only the file of this name; may be repeated.")
    ] = None,
    everything: Annotated[
        bool, typer.Option("--all", help="Every file, not only those that import reads.")
    ] = False,
    listing: Annotated[
        Path | None, typer.Option(help="depmap: the portal's listing, saved from a browser.")
    ] = None,
    base_url: Annotated[
        str | None,
        typer.Option(envvar="DEEPDEP_BASE_URL", help="A mirror, for the source's own address."),
    ] = None,
) -> None:
    """Bring public files into the folder TO: continued where they stopped, verified, kept."""
    from deepdep.io.download.download import DownloadRequest
    from deepdep.io.download.download import download as download_files

    request = DownloadRequest(
        source=source.value,
        release=release,
        files=tuple(file or ()),
        everything=everything,
        listing=listing,
        base_url=base_url,
    )
    print("\n".join(download_files(request, to).lines))  # noqa: T201


@app.command()
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

    predicted = predict_samples(measured, load_predictor(folder), wanted, file_name=str(samples))
    write_predictions(predicted.effect, predicted.obs, predicted.genes, predicted.kind, to)
    n_samples, n_genes = predicted.effect.shape
    _say(f"{to}: gene effects of {n_samples} samples x {n_genes} genes")
    for note in predicted.notes:
        _say(note)


@app.command()
def models(
    as_json: Annotated[bool, typer.Option("--json", help="For programs.")] = False,
) -> None:
    """List the registered models, their aliases and figures."""
    from deepdep.registry import format_versions, list_versions

    versions = list_versions()
    if as_json:
        print(json.dumps([asdict(version) for version in versions], default=str))  # noqa: T201
    else:
        print(format_versions(versions))  # noqa: T201


@app.command()
def promote(
    name: Annotated[str, typer.Argument(help="A registered model.")] = "deepdep-predictor",
    version: Annotated[
        int | None, typer.Argument(help="Its version; by default the challenger.")
    ] = None,
    rollback: Annotated[bool, typer.Option(help="Give the alias back to the one before.")] = False,
    params: Params = Path("params.yaml"),
) -> None:
    """Move the alias champion to a version that passes the gates (exit code 3 when it does not)."""
    from deepdep import promotion

    if rollback:
        restored = promotion.rollback(name)
        _say(f"{restored.name} version {restored.version} is champion again")
        return
    from deepdep.params import read_settings

    settings = read_settings(params, "promote", promotion.PromoteSettings)
    print(promotion.format_promotion(promotion.promote(name, version, settings=settings)))  # noqa: T201


def _registered(name: str) -> Path:
    from deepdep.registry import resolve

    return resolve(name)


def _say(message: str) -> None:
    print(message, file=sys.stderr)  # noqa: T201
