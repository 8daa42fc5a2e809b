"""Sentinels planted in test rows, over many random cohorts, change nothing that is learned."""

from dataclasses import dataclass, replace

import numpy as np
import pandas as pd
import pytest

from deepdep.data import translation
from deepdep.data.folds import FoldSettings, SplitMode, draw_folds
from deepdep.data.prepare import PrepareSettings, prepare, prepare_fold
from deepdep.data.prepared import Prepared
from deepdep.data.splits import SplitSettings, split_by_patient
from deepdep.domain.cohort import Cohort, Samples, Supplement
from deepdep.domain.gene_effect import GeneEffect, GeneEffectKind
from deepdep.domain.omics import Omic
from deepdep.models.baselines import BASELINES, predict_baselines
from deepdep.models.baselines.task import (
    BaselineSettings,
    ElasticNetSettings,
    PenaltyScope,
    RandomForestSettings,
    Task,
)

OMICS = (Omic.MUTATION, Omic.EXPRESSION)
GENES = [f"G{k}" for k in range(10)]
SUPPLEMENT = "expression_ccle"
SPLIT = SplitSettings(validation=0.2, test=0.35, seed=1)

BASELINE_SETTINGS = BaselineSettings(
    models=tuple(BASELINES),
    lineage_shrinkage=2.0,
    n_nearest_lines=3,
    n_nearest_genes=2,
    penalties=(0.1, 1.0, 10.0),
    penalty=PenaltyScope.PER_GENE,
    weights=(0.1, 1.0),
    covariates=None,
    n_folds=3,
    elastic_net=ElasticNetSettings(n_features=4, l1_share=0.5, penalties=(0.1, 1.0)),
    random_forest=RandomForestSettings(
        n_features=4, n_trees=3, features_per_split=0.5, lines_per_leaf=2, seed=0
    ),
)


def few_then_many(few: int, many: int):
    """Seeds of some random cohorts, and of all the others."""
    rest = pytest.param(range(few, many), marks=pytest.mark.slow, id="the others")
    return [pytest.param(range(few), id="some"), rest]


@dataclass(frozen=True)
class Case:
    """A cohort, the same one with sentinels in most test lines, and its settings."""

    clean: Cohort
    spoiled: Cohort
    spoiled_lines: pd.Index
    settings: PrepareSettings


def random_omics(rng, samples):
    """Mutations, and expression with gaps; a tenth of the samples lacks each omic."""
    tables = {
        Omic.MUTATION: rng.integers(0, 2, (len(samples), 6)).astype(float),
        Omic.EXPRESSION: rng.normal(size=(len(samples), 10)) * rng.uniform(0.5, 3, 10) + 5,
    }
    tables[Omic.EXPRESSION][rng.random(tables[Omic.EXPRESSION].shape) < 0.05] = np.nan
    omics = {}
    for omic, values in tables.items():
        columns = GENES[: values.shape[1]]
        table = pd.DataFrame(values.astype(np.float32), index=samples, columns=columns)
        omics[omic] = table[rng.random(len(samples)) > 0.1]
    return omics


def samples_of(rng, names, patients, lineages, source):
    obs = pd.DataFrame({"patient_id": patients, "lineage": lineages, "source": source}, names)
    units = {Omic.MUTATION: "0/1", Omic.EXPRESSION: "log2(TPM+1)"}
    return Samples(random_omics(rng, obs.index), obs, units)


def with_supplement(samples, rng):
    """A second assay of expression, linear in it, of the lines that have it and of the others."""
    own = samples.omics[Omic.EXPRESSION].reindex(samples.obs.index).fillna(5.0).clip(0, 20)
    values = own.to_numpy() @ rng.dirichlet(np.ones(10), 8).T
    names = [f"S{k}" for k in range(8)]
    table = pd.DataFrame(values.astype(np.float32), own.index, names)
    supplements = {SUPPLEMENT: Supplement(Omic.EXPRESSION, table, "log2(TPM+1)")}
    return replace(samples, supplements=supplements)


def with_lines_without_omics(effects, patient_id, rng):
    """Eight more screened lines: sisters of the others, of patients of their own, of nobody."""
    names = [f"X{k}" for k in range(8)]
    more = pd.DataFrame(rng.normal(-0.5, 0.5, (8, len(GENES))), names, GENES)
    sisters = rng.choice(patient_id.unique(), 5, replace=False)
    of_more = pd.Series([*sisters, "P98", "P99", None], names, dtype=object)
    table = pd.concat([effects, more])
    return GeneEffect(table, GeneEffectKind.GENE_EFFECT, pd.concat([patient_id, of_more]))


def random_cohort(rng):
    """16 to 24 patients of 1 or 2 lines, 10 genes; every other cohort has tumours.

    A supplement of expression, and screened lines that have no omic.
    """
    patients = np.repeat([f"P{k}" for k in range(rng.integers(16, 25))], 2)
    patients = patients[rng.random(len(patients)) < 0.75]
    lines = [f"L{k:02d}" for k in rng.permutation(len(patients))]
    lineages = rng.choice(["Lung", "Skin"], len(lines))
    effects = rng.normal(-0.5, 0.5, (len(lines), len(GENES)))
    effects[rng.random(effects.shape) < 0.05] = np.nan
    tumors = [f"T{k}" for k in range(12)] if rng.random() < 0.5 else []
    sets = {f"S{k}": tuple(rng.choice(GENES, 5, replace=False)) for k in range(6)}
    cell_lines = samples_of(rng, lines, patients, lineages, "cell_line")
    screened = pd.DataFrame(effects, lines, GENES)
    return Cohort(
        cell_lines=with_supplement(cell_lines, rng),
        tumors=samples_of(rng, tumors, tumors, "Lung", "tumor") if tumors else None,
        gene_effect=with_lines_without_omics(screened, cell_lines.obs["patient_id"], rng),
        gene_sets=sets | {"ALL": tuple(GENES)},
    )


def spoil(table, lines, rng):
    """A huge number of either sign, the numbers turned round, or nothing at all."""
    spoiled = table.astype(float)
    rows = spoiled.index.isin(lines)
    options = (1e6, -1e6, -spoiled[rows], 1 - spoiled[rows], np.nan)
    spoiled.loc[rows] = options[rng.integers(len(options))]
    return spoiled.astype(table.dtypes.iloc[0])


def spoiled_supplements(cohort, lines, rng):
    """Spoil the second assay of lines, within what its unit allows."""
    known = cohort.cell_lines.supplements[SUPPLEMENT]
    values = spoil(known.table, lines, rng).clip(0, 20).to_numpy()
    # In the same order of memory, on which the last bit of a sum depends.
    table = pd.DataFrame(values.copy(order="C"), known.table.index, known.table.columns)
    return {SUPPLEMENT: replace(known, table=table)}


def hidden_lines(cohort, split):
    """Lines without omics of patients of the test, or of nobody."""
    patient_id = cohort.gene_effect.patient_id
    judged = patient_id[split.index[split == "test"]]
    others = patient_id.drop(split.index)
    return others.index[others.isin(judged) | others.isna()]


@pytest.fixture
def random_case(prepare_settings, monkeypatch):
    """Return what makes the case of a seed; few lines are enough to learn a translation."""
    monkeypatch.setattr(translation, "MIN_LINES", 5)

    def make(seed):
        rng = np.random.default_rng(seed)
        cohort = random_cohort(rng)
        splits = split_by_patient(cohort.cell_lines.obs, SPLIT)["split"]
        lines = splits.index[splits == "test"][2:]
        omics = {o: spoil(t, lines, rng) for o, t in cohort.cell_lines.omics.items()}
        effects = spoil(cohort.gene_effect.table, [*lines, *hidden_lines(cohort, splits)], rng)
        of_omic = replace(
            prepare_settings.features[Omic.EXPRESSION],
            max_features=int(rng.integers(3, 8)),
            max_missing_share=float(rng.choice([0.1, 0.2])),
            min_changed_share=float(rng.choice([0.05, 0.2])),
            within_sample=bool(rng.random() < 0.3),
        )
        return Case(
            clean=cohort,
            spoiled=replace(
                cohort,
                cell_lines=replace(
                    cohort.cell_lines,
                    omics=omics,
                    supplements=spoiled_supplements(cohort, lines, rng),
                ),
                gene_effect=replace(cohort.gene_effect, table=effects),
            ),
            spoiled_lines=lines,
            settings=replace(
                prepare_settings,
                split=SPLIT,
                dependent_share=(0.2, 0.8),
                min_screened_share=0.9,
                features={
                    Omic.EXPRESSION: of_omic,
                    Omic.MUTATION: replace(of_omic, within_sample=False, scale="none"),
                },
            ),
        )

    return make


def exactly(table):
    """Labels and bytes of a table."""
    cells = [(str(dtype), table[c].to_numpy().tobytes()) for c, dtype in table.dtypes.items()]
    return list(table.index), list(table.columns), cells


def learned(prepared: Prepared, but):
    """All that ``prepare`` decides, and all rows other than those of the lines ``but``."""
    content = {
        "splits": prepared.splits.to_dict(),
        "gene_sets": prepared.gene_sets,
        "without": prepared.genes_without_fingerprint,
        "effects": exactly(prepared.gene_effect.table.drop(but)),
        "background": exactly(prepared.background.table.drop(but, errors="ignore")),
        "patients": prepared.background.patient_id.drop(but, errors="ignore").to_dict(),
    }
    for name, found in prepared.translations.items():
        intercept = found.intercept.to_frame()
        content[name] = [exactly(t) for t in (found.weights, intercept, found.space.table)]
    for omic, tables in prepared.omics.items():
        content[omic] = (
            exactly(tables.space.table),
            exactly(tables.cell_lines.drop(but, errors="ignore")),
            None if tables.tumors is None else exactly(tables.tumors),
        )
    return content


@pytest.mark.parametrize("seeds", few_then_many(50, 500))
def test_sentinels_in_test_rows_change_nothing_that_is_prepared(random_case, seeds):
    n_translated = n_beyond = 0
    for seed in seeds:
        case = random_case(seed)
        clean, spoiled = (
            prepare(cohort, case.settings, OMICS, []) for cohort in (case.clean, case.spoiled)
        )
        assert len(case.spoiled_lines) >= 2
        n_translated += len(clean.translations)
        n_beyond += not clean.background.table.index.isin(clean.splits.index).all()
        assert learned(spoiled, case.spoiled_lines) == learned(clean, case.spoiled_lines), seed
    # Nearly every cohort has a translation to learn, and a background of lines without omics.
    assert min(n_translated, n_beyond) > 0.9 * len(seeds)


def test_a_sentinel_in_a_training_row_does_change_what_is_prepared(random_case):
    """Else the test above would see nothing."""
    n_changed = 0
    for seed in range(20):
        case = random_case(seed)
        clean = prepare(case.clean, case.settings, OMICS, [])
        line = clean.splits.index[clean.splits["split"] == "train"][0]
        effects = case.clean.gene_effect.table.copy()
        effects.loc[line] = 1e6
        omics = {o: t.copy() for o, t in case.clean.cell_lines.omics.items()}
        omics[Omic.EXPRESSION].loc[omics[Omic.EXPRESSION].index == line] = 1e6
        spoiled = replace(
            case.clean,
            cell_lines=replace(case.clean.cell_lines, omics=omics),
            gene_effect=replace(case.clean.gene_effect, table=effects),
        )
        again = prepare(spoiled, case.settings, OMICS, [])
        n_changed += learned(again, [line]) != learned(clean, [line])
    assert n_changed >= 15


def fold_of(cohort, mode, seed):
    """The first fold of two of a random cohort, every other patient of the same lineage."""
    settings = FoldSettings(mode, n_folds=2, validation=0.25, seed=seed, min_lines_per_lineage=3)
    genes = pd.Index(GENES)
    groups = pd.Series(GENES, index=GENES)  # no two genes tell of each other
    obs = cohort.cell_lines.obs
    is_odd = obs["patient_id"].str.removeprefix("P").astype(int) % 2 == 1
    return draw_folds(obs.assign(lineage=np.where(is_odd, "A", "B")), genes, groups, settings)[0]


def without_test_pairs(cohort, fold, rng):
    """Sentinels in all that a fold judges, and in the profiles of lines that nothing learns."""
    unseen = fold.test.difference(fold.train.union(fold.validation))
    omics = {o: spoil(t, unseen, rng) for o, t in cohort.cell_lines.omics.items()}
    effects = spoil(cohort.gene_effect.table, unseen, rng)
    only_judged = fold.test_genes.difference(fold.train_genes)
    effects[only_judged] = rng.normal(-0.5, 5, effects[only_judged].shape)
    return replace(
        cohort,
        cell_lines=replace(cohort.cell_lines, omics=omics),
        gene_effect=replace(cohort.gene_effect, table=effects),
    )


@pytest.mark.parametrize("seeds", few_then_many(60, 500))
def test_sentinels_in_what_a_fold_judges_change_nothing_that_is_prepared(random_case, seeds):
    for seed in seeds:
        case = random_case(seed)
        mode = list(SplitMode)[seed % 4]
        fold = fold_of(case.clean, mode, seed)
        # Whether an unseen gene is judged is told by its own labels; with wide limits, all are.
        wide = replace(case.settings, dependent_share=(0.0, 1.0), min_screened_share=0.0)
        settings = wide if mode in (SplitMode.GENE, SplitMode.BOTH) else case.settings
        spoiled = without_test_pairs(case.clean, fold, np.random.default_rng(seed))
        clean, again = (
            prepare_fold(cohort, settings, OMICS, [], fold, mode)
            for cohort in (case.clean, spoiled)
        )
        unseen = fold.test.difference(fold.train.union(fold.validation))
        assert list(again.genes) == list(clean.genes)
        assert learned(again.prepared, unseen) == learned(clean.prepared, unseen), seed


def task_of(prepared: Prepared):
    """The prepared split as the baselines see it; they learn from validation lines too."""
    part = prepared.splits["split"]
    effects = prepared.gene_effect.table
    return Task(
        train_effect=effects.loc[part.index[part != "test"]],
        omics={omic: tables.cell_lines for omic, tables in prepared.omics.items()},
        obs=prepared.splits,
        lines=part.index[part == "test"],
        genes=effects.columns,
        gene_sets=prepared.gene_sets,
        settings=BASELINE_SETTINGS,
    )


@pytest.mark.parametrize("seeds", few_then_many(10, 100))
def test_sentinels_in_test_rows_change_no_prediction_of_other_lines(random_case, seeds):
    for seed in seeds:
        case = random_case(seed)
        clean, spoiled = (
            predict_baselines(task_of(prepare(cohort, case.settings, OMICS, [])))
            for cohort in (case.clean, case.spoiled)
        )
        assert clean.keys() == spoiled.keys() >= {"gene_mean", "ridge", "random_forest"}
        for name, predicted in clean.items():
            others = predicted.index.drop(case.spoiled_lines)
            assert len(others) == 2
            assert exactly(spoiled[name].loc[others]) == exactly(predicted.loc[others]), name
