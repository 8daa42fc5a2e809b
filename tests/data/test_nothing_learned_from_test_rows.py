"""Sentinels planted in test rows, over many random cohorts, change nothing that is learned."""

from dataclasses import dataclass, replace

import numpy as np
import pandas as pd
import pytest

from deepdep.data.prepare import PrepareSettings, prepare
from deepdep.data.splits import SplitSettings, split_by_patient
from deepdep.domain.cohort import Cohort, Samples
from deepdep.domain.gene_effect import GeneEffect, GeneEffectKind
from deepdep.domain.omics import Omic
from deepdep.io.prepared import Prepared
from deepdep.models.baselines import (
    BASELINES,
    BaselineSettings,
    ElasticNetSettings,
    PenaltyScope,
    RandomForestSettings,
    Task,
    predict_baselines,
)

OMICS = (Omic.MUTATION, Omic.EXPRESSION)
GENES = [f"G{k}" for k in range(10)]
SPLIT = SplitSettings(validation=0.2, test=0.35, seed=1)

BASELINE_SETTINGS = BaselineSettings(
    models=tuple(BASELINES),
    lineage_shrinkage=2.0,
    n_nearest_lines=3,
    n_nearest_genes=2,
    penalties=(0.1, 1.0, 10.0),
    penalty=PenaltyScope.PER_GENE,
    n_folds=3,
    elastic_net=ElasticNetSettings(n_features=4, l1_share=0.5, penalties=(0.1, 1.0)),
    random_forest=RandomForestSettings(
        n_features=4, n_trees=3, features_per_split=0.5, lines_per_leaf=2, seed=0
    ),
)


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


def random_cohort(rng):
    """16 to 24 patients of 1 or 2 lines, 10 genes; every other cohort has tumours."""
    patients = np.repeat([f"P{k}" for k in range(rng.integers(16, 25))], 2)
    patients = patients[rng.random(len(patients)) < 0.75]
    lines = [f"L{k:02d}" for k in rng.permutation(len(patients))]
    lineages = rng.choice(["Lung", "Skin"], len(lines))
    effects = rng.normal(-0.5, 0.5, (len(lines), len(GENES)))
    effects[rng.random(effects.shape) < 0.05] = np.nan
    tumors = [f"T{k}" for k in range(12)] if rng.random() < 0.5 else []
    sets = {f"S{k}": tuple(rng.choice(GENES, 5, replace=False)) for k in range(6)}
    return Cohort(
        cell_lines=samples_of(rng, lines, patients, lineages, "cell_line"),
        tumors=samples_of(rng, tumors, tumors, "Lung", "tumor") if tumors else None,
        gene_effect=GeneEffect(pd.DataFrame(effects, lines, GENES), GeneEffectKind.GENE_EFFECT),
        gene_sets=sets | {"ALL": tuple(GENES)},
    )


def spoil(table, lines, rng):
    """A huge number of either sign, the numbers turned round, or nothing at all."""
    spoiled = table.astype(float)
    rows = spoiled.index.isin(lines)
    options = (1e6, -1e6, -spoiled[rows], 1 - spoiled[rows], np.nan)
    spoiled.loc[rows] = options[rng.integers(len(options))]
    return spoiled.astype(table.dtypes.iloc[0])


@pytest.fixture
def random_case(prepare_settings):
    """Return what makes the case of a seed."""

    def make(seed):
        rng = np.random.default_rng(seed)
        cohort = random_cohort(rng)
        splits = split_by_patient(cohort.cell_lines.obs, SPLIT)["split"]
        lines = splits.index[splits == "test"][2:]
        omics = {o: spoil(t, lines, rng) for o, t in cohort.cell_lines.omics.items()}
        effects = spoil(cohort.gene_effect.table, lines, rng)
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
                cell_lines=replace(cohort.cell_lines, omics=omics),
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
    }
    for omic, tables in prepared.omics.items():
        content[omic] = (
            exactly(tables.space.table),
            exactly(tables.cell_lines.drop(but, errors="ignore")),
            None if tables.tumors is None else exactly(tables.tumors),
        )
    return content


@pytest.mark.parametrize("n_cohorts", [50, pytest.param(500, marks=pytest.mark.slow)])
def test_sentinels_in_test_rows_change_nothing_that_is_prepared(random_case, n_cohorts):
    for seed in range(n_cohorts):
        case = random_case(seed)
        clean, spoiled = (
            prepare(cohort, case.settings, OMICS, []) for cohort in (case.clean, case.spoiled)
        )
        assert len(case.spoiled_lines) >= 2
        assert learned(spoiled, case.spoiled_lines) == learned(clean, case.spoiled_lines), seed


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


@pytest.mark.parametrize("n_cohorts", [10, pytest.param(100, marks=pytest.mark.slow)])
def test_sentinels_in_test_rows_change_no_prediction_of_other_lines(random_case, n_cohorts):
    for seed in range(n_cohorts):
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
