"""Whether a cohort is what the pipeline takes it for."""

from collections.abc import Iterator

import pandas as pd

from deepdep.domain.cohort import CELL_LINES, GENE_EFFECT, GENE_SETS, TUMORS, Cohort, Samples
from deepdep.domain.gene_effect import GeneEffect
from deepdep.domain.omics import Omic
from deepdep.errors import ValidationFailedError
from deepdep.validation import labels, matrices, samples, sources
from deepdep.validation.checks import run_suites
from deepdep.validation.expectations import Suite, ValidateSettings
from deepdep.validation.matrices import Matrix
from deepdep.validation.result import ValidationResult
from deepdep.validation.sources import SourceComparison


def validate_cohort(cohort: Cohort, settings: ValidateSettings) -> ValidationResult:
    """Check every table of a cohort, and what they must have in common."""
    described = matrices.matrices_of(cohort, settings)
    comparisons = _compare(cohort, described, settings)
    suites = _suites(cohort, described, comparisons, settings)
    return ValidationResult(
        checks=tuple(run_suites(suites, samples.names_of_samples(cohort))),
        tables=tuple(
            matrices.facts_of(matrix, _samples_of(cohort, name))
            for name, matrix in described.items()
        ),
        comparisons=tuple(comparisons),
    )


def raise_if_failed(result: ValidationResult) -> None:
    """Raise ValidationFailedError with the first failed check, and how many more there are."""
    if not result.success:
        first, *more = result.failed
        others = f" ({len(more)} more failed)" if more else ""
        raise ValidationFailedError(f"{first.message}{others}")


def _suites(
    cohort: Cohort,
    described: dict[str, Matrix],
    comparisons: list[SourceComparison],
    settings: ValidateSettings,
) -> Iterator[Suite]:
    for file, content in ((GENE_EFFECT, cohort.gene_effect), (GENE_SETS, cohort.gene_sets)):
        is_there = pd.DataFrame({"is_there": [int(content is not None)]})
        yield Suite(file, is_there, labels.presence(file))
    names, patients = samples.names_of_samples(cohort), samples.patients_of(cohort)
    for matrix in described.values():
        yield from matrices.matrix_suites(matrix, patients, names, settings)
    yield Suite(CELL_LINES, samples.metadata_summary(cohort.cell_lines), samples.metadata())
    if cohort.tumors is not None:
        yield Suite(TUMORS, samples.metadata_summary(cohort.tumors), samples.metadata())
        shared = sources.overlap_summary(cohort.cell_lines, cohort.tumors, comparisons)
        yield Suite(TUMORS, shared, sources.overlap(settings), told=("omic",))
    if cohort.gene_effect is not None:
        genes = described[GENE_EFFECT].features
        yield from _of_labels(cohort, cohort.gene_effect, genes, settings)


def _of_labels(
    cohort: Cohort, gene_effect: GeneEffect, genes: pd.DataFrame, settings: ValidateSettings
) -> Iterator[Suite]:
    essential = labels.essential_summary(genes)
    if essential["n_essential"].item() >= labels.MIN_ESSENTIAL_GENES:
        yield Suite(GENE_EFFECT, essential, labels.essentials(gene_effect.kind))
    counts = labels.label_summary(gene_effect.table, cohort.cell_lines, cohort.gene_sets)
    yield Suite(GENE_EFFECT, counts, labels.labels(settings))
    if cohort.gene_sets is not None:
        yield Suite(GENE_SETS, counts, labels.gene_sets())


def _compare(
    cohort: Cohort, described: dict[str, Matrix], settings: ValidateSettings
) -> list[SourceComparison]:
    if cohort.tumors is None:
        return []
    of_lines, of_tumors = (
        {omic: described[name].features for omic in Omic if (name := f"{file}/{omic}") in described}
        for file in (CELL_LINES, TUMORS)
    )
    return sources.compare_sources(cohort.cell_lines, cohort.tumors, of_lines, of_tumors, settings)


def _samples_of(cohort: Cohort, name: str) -> Samples | None:
    if name == GENE_EFFECT:
        return None
    return cohort.cell_lines if name.startswith(CELL_LINES) else cohort.tumors
