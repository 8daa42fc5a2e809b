"""Whether a cohort is what the pipeline takes it for; the only door to Great Expectations."""

from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass
from typing import Any

import pandas as pd

from deepdep.domain.cohort import (
    CELL_LINES,
    GENE_EFFECT,
    GENE_SETS,
    TUMORS,
    Cohort,
    Samples,
)
from deepdep.domain.gene_effect import GeneEffect, GeneEffectKind
from deepdep.domain.omics import UNITS, Omic
from deepdep.errors import written
from deepdep.stage import with_progress
from deepdep.validation import features, labels, samples, sources
from deepdep.validation.expectations import Expectation, Severity, Suite, ValidateSettings
from deepdep.validation.result import Check, TableFacts, ValidationResult
from deepdep.validation.sources import SourceComparison

N_EXAMPLES = 5  # features that are named, of all that fail a check
NAMED = ("kind", "example", "remedy")  # columns of an identifier summary that are shown


@dataclass(frozen=True)
class Matrix:
    """A table of numbers in a cohort, and its features described.

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
    assembly, release
        Of the file, as far as it states them.
    unit_is_guess
        Whether import took the unit where nothing told it.
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
    assembly: str | None = None
    release: str | None = None
    unit_is_guess: bool = False

    @classmethod
    def of_gene_effect(cls, gene_effect: GeneEffect, settings: ValidateSettings) -> "Matrix":
        """Describe gene effects."""
        summary = features.feature_summary(gene_effect.table)
        return cls(
            name=GENE_EFFECT,
            unit=f"kind {gene_effect.kind}",
            omic=None,
            noun="gene",
            samples_noun="cell lines",
            is_whole=gene_effect.kind is GeneEffectKind.CLASS,
            required=features.gene_effect_features(
                list(summary["feature"]), gene_effect.kind, settings
            ),
            table=gene_effect.table,
            features=summary,
        )

    @classmethod
    def of_samples(
        cls, group: Samples, file: str, noun: str, settings: ValidateSettings
    ) -> Iterator["Matrix"]:
        """Describe the omics of a file, and its further assays."""
        for name, of_omic in group.tables.items():
            summary = features.feature_summary(of_omic.table)
            yield cls(
                name=f"{file}/{name}",
                unit=of_omic.unit,
                omic=of_omic.omic,
                noun="feature",
                samples_noun=noun,
                is_whole=of_omic.unit in features.WHOLE_UNITS,
                required=features.omic_features(
                    list(summary["feature"]), UNITS[of_omic.unit], settings
                ),
                table=of_omic.table,
                features=summary,
                assembly=group.assembly,
                release=group.release,
                unit_is_guess=of_omic.is_guess,
            )

    def suites(
        self, patients: pd.Series, names: frozenset[str], settings: ValidateSettings
    ) -> list[Suite]:
        """List what the table must satisfy by itself.

        Parameters
        ----------
        patients
            Patient by sample.
        names
            Names of samples, which no report may show.
        """
        foreign = features.identifier_summary(
            list(self.features["feature"]), self.omic, names, settings.max_foreign_share
        )
        alike = samples.profile_summary(
            self.table, self.features, patients, settings, are_events=self.is_whole
        )
        is_genome = self.omic in (Omic.MUTATION, Omic.COPY_NUMBER)
        unlike = samples.profiles(self.samples_noun, settings, belong_to_patient=is_genome)
        questions = []
        if self.unit_is_guess:
            name = self.name.rpartition("/")[2]
            expected = features.guessed_unit(name, UNITS[self.unit])
            questions.append(Suite(self.name, pd.DataFrame({"is_stated": [0]}), expected))
        return [
            *questions,
            Suite(self.name, foreign, features.identifiers(self.noun, settings), NAMED),
            Suite(self.name, self.features, self.required, ("feature",)),
            Suite(self.name, samples.sample_summary(self.table), samples.table_samples(settings)),
            Suite(self.name, alike, unlike),
        ]

    @property
    def facts(self) -> TableFacts:
        """The table summed up."""
        of_features = self.features
        return TableFacts(
            table=self.name,
            n_samples=len(self.table),
            n_features=len(of_features),
            unit=self.unit,
            assembly=self.assembly,
            release=self.release,
            missing_share=float(of_features["missing_share"].mean()) if len(of_features) else 0.0,
            n_constant=int(of_features["constant"].sum()),
            n_repeated=int((of_features["n_twins"] > 0).sum()),
        )


def validate_cohort(cohort: Cohort, settings: ValidateSettings) -> ValidationResult:
    """Check every table of a cohort, and what they must have in common."""
    matrices = matrices_of(cohort, settings)
    comparisons: list[SourceComparison] = []
    if cohort.tumors is not None:
        line_features, tumor_features = (
            {
                name.partition("/")[2]: matrix.features
                for name, matrix in matrices.items()
                if name.startswith(f"{file}/")
            }
            for file in (CELL_LINES, TUMORS)
        )
        comparisons = sources.compare_sources(
            cohort.cell_lines, cohort.tumors, line_features, tumor_features, settings
        )
    suites = _suites(cohort, matrices, comparisons, settings)
    return ValidationResult(
        checks=tuple(run_suites(suites, samples.sample_names(cohort))),
        tables=tuple(matrix.facts for matrix in matrices.values()),
        comparisons=tuple(comparisons),
        cohort=cohort.identity,
    )


def matrices_of(cohort: Cohort, settings: ValidateSettings) -> dict[str, Matrix]:
    """Describe every table of numbers in a cohort, by name: gene effects, omics, supplements."""
    found = []
    if cohort.gene_effect is not None:
        found.append(Matrix.of_gene_effect(cohort.gene_effect, settings))
    found += Matrix.of_samples(cohort.cell_lines, CELL_LINES, "cell lines", settings)
    if cohort.tumors is not None:
        found += Matrix.of_samples(cohort.tumors, TUMORS, "tumours", settings)
    return {matrix.name: matrix for matrix in found}


def _suites(
    cohort: Cohort,
    matrices: dict[str, Matrix],
    comparisons: list[SourceComparison],
    settings: ValidateSettings,
) -> Iterator[Suite]:
    for file, content in ((GENE_EFFECT, cohort.gene_effect), (GENE_SETS, cohort.gene_sets)):
        is_there = pd.DataFrame({"is_there": [int(content is not None)]})
        yield Suite(file, is_there, labels.presence(file))
    names, patients = samples.sample_names(cohort), samples.patient_by_sample(cohort)
    for matrix in with_progress(list(matrices.values()), "validate", "table"):
        yield from matrix.suites(patients, names, settings)
    yield Suite(CELL_LINES, samples.metadata_summary(cohort.cell_lines), samples.metadata())
    lines = cohort.cell_lines.obs.index
    if cohort.gene_effect is not None:
        lines = lines.union(cohort.gene_effect.table.index)
    yield Suite(CELL_LINES, samples.renamed_summary(lines, patients), samples.renamed("cell lines"))
    if cohort.tumors is not None:
        yield Suite(TUMORS, samples.metadata_summary(cohort.tumors), samples.metadata())
        alike = samples.renamed_summary(cohort.tumors.obs.index, patients)
        yield Suite(TUMORS, alike, samples.renamed("tumours"))
        shared = sources.overlap_summary(cohort.cell_lines, cohort.tumors, comparisons)
        yield Suite(TUMORS, shared, sources.overlap(settings), shown=("omic",))
    if cohort.gene_effect is not None:
        essential = labels.essential_summary(matrices[GENE_EFFECT].features)
        can_tell = essential["n_essential"].item() >= labels.MIN_ESSENTIAL_GENES
        tell = labels.essentials(cohort.gene_effect.kind) if can_tell else labels.unknown_sign()
        yield Suite(GENE_EFFECT, essential, tell)
        counts = labels.label_summary(cohort.gene_effect.table, cohort.cell_lines, cohort.gene_sets)
        yield Suite(GENE_EFFECT, counts, labels.labels(settings))
        if cohort.gene_sets is not None:
            yield Suite(GENE_SETS, counts, labels.gene_sets())
    if cohort.gene_sets is not None:
        genes = sorted(set().union(*cohort.gene_sets.values()))
        kinds = features.identifier_summary(genes, None, names, settings.max_foreign_share)
        yield Suite(GENE_SETS, kinds, features.identifiers("gene", settings), NAMED)
        named = pd.DataFrame({"feature": genes})
        yield Suite(GENE_SETS, named, features.genes_of_sets(genes), ("feature",))


def run_suites(suites: Iterable[Suite], names: Collection[str]) -> Iterator[Check]:
    """Check each suite's frame.

    Parameters
    ----------
    names
        Of samples, which no check may show.
    """
    import great_expectations as gx  # here, since who reads results need not wait for it
    from great_expectations import expectations as gxe

    context = gx.get_context(mode="ephemeral")
    context.variables.progress_bars = {"globally": False}
    asset = context.data_sources.pandas_default.add_dataframe_asset("summary")
    batches = asset.add_batch_definition_whole_dataframe("summary")
    for suite in suites:
        expectations = [
            getattr(gxe, expectation.type)(
                **expectation.arguments,
                severity="critical" if expectation.severity is Severity.ERROR else "info",
                meta={"position": position},  # results come in another order
            )
            for position, expectation in enumerate(suite.expectations)
        ]
        result_format: dict[str, Any] = {"result_format": "BOOLEAN_ONLY"}
        if suite.shown:
            result_format = {
                "result_format": "SUMMARY",
                "unexpected_index_column_names": list(suite.shown),
                "partial_unexpected_count": N_EXAMPLES,
            }
        batch = batches.get_batch(batch_parameters={"dataframe": suite.frame})
        validated = batch.validate(
            gx.ExpectationSuite(name=suite.table, expectations=expectations),
            result_format=result_format,
        )
        by_position = {
            result.expectation_config.meta["position"]: result for result in validated.results
        }
        for position, expectation in enumerate(suite.expectations):
            yield _check(suite, expectation, by_position[position], names)


def _check(suite: Suite, expectation: Expectation, result: Any, names: Collection[str]) -> Check:
    if "'raised_exception': True" in str(result.exception_info):
        raise RuntimeError(f"{suite.table}: {expectation.type} broke: {result.exception_info}")
    success, details = bool(result.success), result.result
    observed = _observed(suite, expectation, details)
    rows = [] if success else details.get("partial_unexpected_index_list") or []
    are_features = "feature" in suite.shown
    examples = tuple(features.quote_feature(row["feature"], names) for row in rows if are_features)
    problem = remedy = None
    if not success:
        n_others = int(details.get("unexpected_count", 1)) - 1
        places = dict(rows[0]) if rows else {}
        places["others"] = f" (and {n_others:,} more)" if n_others > 0 else ""
        if observed is not None:
            places["observed"] = written(observed, *_limits(expectation))
            percent = [100 * limit for limit in _limits(expectation)]
            whole = round(100 * observed)
            is_beside = any((whole > at) != (100 * observed > at) for at in percent)
            share = written(100 * observed, *percent) if is_beside else whole
            places["share"] = f"{share}%"
        if examples:
            places["feature"] = examples[0]
        problem = expectation.problem.format(**places)
        remedy = expectation.remedy.format(**places)
    return Check(
        table=suite.table,
        title=expectation.title,
        expectation=expectation.type,
        column=expectation.column,
        severity=expectation.severity,
        success=success,
        observed=observed,
        limit=expectation.expected,
        n_failing=int(details.get("unexpected_count", 0)) if are_features else None,
        examples=examples,
        problem=problem,
        remedy=remedy,
    )


def _observed(suite: Suite, expectation: Expectation, details: dict[str, Any]) -> float | None:
    """Return the first value that failed; else the one nearest to the limit."""
    if expectation.column is None:
        return len(suite.frame)
    unexpected = details.get("partial_unexpected_list")
    values = pd.Series(unexpected[:1]) if unexpected else suite.frame[expectation.column]
    if not pd.api.types.is_numeric_dtype(values) or pd.api.types.is_bool_dtype(values):
        return None
    at_most = "max_value" in expectation.arguments and expectation.column != "minimum"
    nearest = values.max() if at_most else values.min()
    return None if pd.isna(nearest) else float(written(nearest, *_limits(expectation)))


def _limits(expectation: Expectation) -> list[float]:
    given = expectation.arguments
    return [given[name] for name in ("min_value", "max_value") if name in given]
