import json

import numpy as np
import pandas as pd
import pytest
from sklearn.linear_model import RidgeCV

from deepdep.data.cohort import read_cohort, write_cohort
from deepdep.domain.gene_effect import GeneEffectKind
from deepdep.domain.omics import DEFAULT_UNITS, UNITS, Omic
from deepdep.simulation import TINY, SimulationSettings, simulate


def test_the_cohort_has_the_size_asked_for(cohort):
    assert len(cohort.tumors.obs) == TINY.n_tumors
    assert len(cohort.cell_lines.obs) == TINY.n_cell_lines
    assert cohort.gene_effect.table.shape[1] == TINY.n_genes
    assert cohort.gene_effect.kind is GeneEffectKind.GENE_EFFECT
    for samples in (cohort.tumors, cohort.cell_lines):
        n_features = {omic: table.shape[1] for omic, table in samples.omics.items()}
        assert n_features == TINY.n_features


def test_tumors_and_lines_have_the_same_features(cohort):
    for omic in TINY.n_features:
        assert list(cohort.tumors.omics[omic]) == list(cohort.cell_lines.omics[omic])


@pytest.mark.parametrize("omic", list(TINY.n_features))
def test_values_lie_in_the_range_of_their_unit(cohort, omic):
    for samples in (cohort.tumors, cohort.cell_lines):
        unit = UNITS[samples.units[omic]]
        assert unit.name == DEFAULT_UNITS[omic]
        assert samples.omics[omic].min().min() >= unit.minimum
        assert samples.omics[omic].max().max() <= unit.maximum


def test_only_methylation_has_missing_values(cohort):
    for samples in (cohort.tumors, cohort.cell_lines):
        missing = {omic: table.isna().any(axis=None) for omic, table in samples.omics.items()}
        assert missing == {omic: omic is Omic.METHYLATION for omic in TINY.n_features}


def test_some_samples_lack_an_omic_and_every_one_has_another(cohort):
    for samples in (cohort.tumors, cohort.cell_lines):
        has = pd.DataFrame({o: samples.obs.index.isin(t.index) for o, t in samples.omics.items()})
        assert 0.08 <= (~has.all(axis=1)).mean() <= 0.12
        assert has.any(axis=1).all()


def test_some_lines_are_not_screened_and_some_effects_are_missing(cohort):
    effect = cohort.gene_effect.table

    assert set(effect.index) < set(cohort.cell_lines.obs.index)
    assert 0 < effect.isna().mean().mean() < 0.1


def test_the_same_seed_gives_the_same_bytes_and_another_seed_another_cohort(tmp_path):
    for name, seed in {"first": 1, "again": 1, "other": 2}.items():
        write_cohort(simulate(TINY, np.random.default_rng(seed)).cohort, tmp_path / name)

    for file in sorted((tmp_path / "first").iterdir()):
        assert file.read_bytes() == (tmp_path / "again" / file.name).read_bytes()
        assert file.read_bytes() != (tmp_path / "other" / file.name).read_bytes()


def test_a_written_cohort_reads_back_as_it_was(cohort, tmp_path):
    write_cohort(cohort, tmp_path / "cohort")
    back = read_cohort(tmp_path / "cohort")

    pd.testing.assert_frame_equal(back.gene_effect.table, cohort.gene_effect.table)
    assert back.gene_sets == cohort.gene_sets
    for omic, table in cohort.cell_lines.omics.items():
        pd.testing.assert_frame_equal(back.cell_lines.omics[omic], table)


def test_the_smallest_cohort_that_is_allowed_can_be_simulated():
    settings = SimulationSettings.of_size(
        "tiny", n_tumors=30, n_cell_lines=30, n_genes=40, n_expression=110
    )
    cohort = simulate(settings, np.random.default_rng(0)).cohort

    assert cohort.gene_effect.table.shape[1] == 40


def test_in_the_demo_cohort_expression_predicts_unseen_patients_better_than_lineage_does():
    cohort = simulate(SimulationSettings.of_size("demo"), np.random.default_rng(0)).cohort
    expression = cohort.cell_lines.omics[Omic.EXPRESSION]
    effect = cohort.gene_effect.table
    effect = effect.loc[effect.index.intersection(expression.index), effect.std() > 0.2]
    expression = expression.loc[effect.index]
    obs = cohort.cell_lines.obs.loc[effect.index]
    patients = np.random.default_rng(0).permutation(obs["patient_id"].unique())
    train = obs["patient_id"].isin(patients[: int(0.7 * len(patients))])

    known = effect[train].fillna(effect[train].mean())
    scaled = (expression - expression[train].mean()) / expression[train].std()
    ridge = RidgeCV(np.logspace(2, 5, 7)).fit(scaled[train], known)
    by_lineage = known.groupby(obs["lineage"]).mean().reindex(obs.loc[~train, "lineage"])
    r_ridge = effect[~train].corrwith(
        pd.DataFrame(ridge.predict(scaled[~train]), effect.index[~train], effect.columns)
    )
    r_lineage = effect[~train].corrwith(
        by_lineage.fillna(known.mean()).set_axis(effect.index[~train])
    )

    assert 0.3 < r_ridge.mean() < 0.6
    assert 0.1 < r_lineage.mean() < r_ridge.mean() - 0.1


def test_carriers_are_told_for_every_tumor_and_line(simulation):
    samples = [*simulation.cohort.tumors.obs.index, *simulation.cohort.cell_lines.obs.index]

    assert sorted(simulation.truth.carriers.index) == sorted(samples)


def test_every_fact_with_a_reason_names_a_column_of_the_carriers(simulation):
    planted = simulation.truth.planted
    named = planted.loc[planted["carriers"] != "", "carriers"]

    assert set(named) <= set(simulation.truth.carriers.columns)
    assert set(planted.loc[planted["carriers"] == "", "kind"]) == {"common_essential", "no_signal"}


def test_lines_of_one_patient_carry_the_same(simulation):
    obs = simulation.cohort.cell_lines.obs
    carriers = simulation.truth.carriers.loc[obs.index]

    assert (carriers.groupby(obs["patient_id"]).nunique() == 1).all(axis=None)


def test_the_json_lists_facts_and_carriers_and_is_stable(simulation):
    text = simulation.truth.to_json()
    content = json.loads(text)
    assert text == simulation.truth.to_json()
    assert content["planted"][0] == {
        "kind": "addiction",
        "gene": "BRAF",
        "driver": "BRAF",
        "driver_event": "mutation",
        "effect": -1.4,
        "carriers": "BRAF mutation",
    }
    braf = simulation.truth.carriers["BRAF mutation"]
    assert content["carriers"]["BRAF mutation"] == list(braf.index[braf])
