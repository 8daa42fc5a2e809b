"""The tables of numbers in a cohort, and what validation knows of each."""

from collections.abc import Collection
from dataclasses import dataclass

import pandas as pd

from deepdep.domain.cohort import CELL_LINES, GENE_EFFECT, TUMORS, Cohort, Samples
from deepdep.domain.gene_effect import GeneEffect, GeneEffectKind
from deepdep.domain.omics import UNITS, Omic
from deepdep.validation.expectations import Expectation, Suite, ValidateSettings
from deepdep.validation.features import (
    WHOLE_UNITS,
    feature_summary,
    gene_effect_features,
    omic_features,
)
from deepdep.validation.identifiers import identifier_summary, identifiers
from deepdep.validation.result import TableFacts
from deepdep.validation.samples import profile_summary, profiles, sample_summary, table_samples


@dataclass(frozen=True)
class Matrix:
    """A table of a cohort, and its features described.

    Attributes
    ----------
    name
        File of the cohort, with the modality behind a slash.
    unit
        In words.
    omic
        None for gene effects.
    noun, samples_noun
        What a column and what a row is called.
    is_whole
        Whether values are calls, most of them 0.
    required
        What its features must satisfy.
    features
        Its feature summary.
    """

    name: str
    unit: str
    omic: Omic | None
    noun: str
    samples_noun: str
    is_whole: bool
    required: list[Expectation]
    table: pd.DataFrame
    features: pd.DataFrame


def matrices_of(cohort: Cohort, settings: ValidateSettings) -> dict[str, Matrix]:
    """Describe every table of numbers in a cohort, by name: gene effects, omics, supplements."""
    found = [] if cohort.gene_effect is None else [_of_gene_effect(cohort.gene_effect, settings)]
    found += _of_samples(cohort.cell_lines, CELL_LINES, "cell lines", settings)
    if cohort.tumors is not None:
        found += _of_samples(cohort.tumors, TUMORS, "tumours", settings)
    return {matrix.name: matrix for matrix in found}


def matrix_suites(
    matrix: Matrix, patients: pd.Series, samples: Collection[str], settings: ValidateSettings
) -> list[Suite]:
    """List what a table must satisfy by itself.

    Parameters
    ----------
    patients
        Patient by sample.
    samples
        Names that no report may show.
    """
    features, table = matrix.features, matrix.table
    names = list(features["feature"])
    foreign = identifier_summary(names, matrix.omic, samples, settings.max_foreign_share)
    alike = profile_summary(table, features, patients, settings, are_events=matrix.is_whole)
    told = ("kind", "example", "remedy")
    return [
        Suite(matrix.name, foreign, identifiers(matrix.noun, settings), told),
        Suite(matrix.name, features, matrix.required, ("feature",)),
        Suite(matrix.name, sample_summary(table), table_samples(settings)),
        Suite(matrix.name, alike, _profiles(matrix, settings)),
    ]


def facts_of(matrix: Matrix, samples: Samples | None) -> TableFacts:
    """Sum a table up; ``samples`` is the file that it comes from, None for gene effects."""
    features = matrix.features
    is_constant, has_twins = features["constant"], features["n_twins"] > 0
    return TableFacts(
        table=matrix.name,
        n_samples=len(matrix.table),
        n_features=len(features),
        unit=matrix.unit,
        assembly=None if samples is None else samples.assembly,
        release=None if samples is None else samples.release,
        missing_share=float(features["missing_share"].mean()) if len(features) else 0.0,
        n_constant=int(is_constant.sum()),
        n_repeated=int(has_twins.sum()),
    )


def _profiles(matrix: Matrix, settings: ValidateSettings) -> list[Expectation]:
    is_genome = matrix.omic in (Omic.MUTATION, Omic.COPY_NUMBER)
    return profiles(matrix.samples_noun, settings, belong_to_patient=is_genome)


def _of_samples(samples: Samples, file: str, noun: str, settings: ValidateSettings) -> list[Matrix]:
    return [
        Matrix(
            name=f"{file}/{name}",
            unit=known.unit,
            omic=known.omic,
            noun="feature",
            samples_noun=noun,
            is_whole=known.unit in WHOLE_UNITS,
            required=omic_features([*map(str, known.table.columns)], UNITS[known.unit], settings),
            table=known.table,
            features=feature_summary(known.table),
        )
        for name, known in samples.tables.items()
    ]


def _of_gene_effect(gene_effect: GeneEffect, settings: ValidateSettings) -> Matrix:
    return Matrix(
        name=GENE_EFFECT,
        unit=f"kind {gene_effect.kind}",
        omic=None,
        noun="gene",
        samples_noun="cell lines",
        is_whole=gene_effect.kind is GeneEffectKind.CLASS,
        required=gene_effect_features(
            [*map(str, gene_effect.table.columns)], gene_effect.kind, settings
        ),
        table=gene_effect.table,
        features=feature_summary(gene_effect.table),
    )
