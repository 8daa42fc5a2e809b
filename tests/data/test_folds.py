from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from deepdep.data.folds import FoldSettings, SplitMode, draw_folds, read_folds, write_folds
from deepdep.data.gene_groups import gene_groups
from deepdep.domain.folds import Fold, folds_hash
from deepdep.errors import BadFileError, DeepDEPError

N_COHORTS = 500
STEMS = ("KRT", "CDK", "SMARCA", "RPL", "ARID1", "TUBB", "C1orf", "MAPK")
SETTINGS = FoldSettings(
    SplitMode.PATIENT, n_folds=3, validation=0.25, seed=1, min_lines_per_lineage=2
)


def random_obs(rng):
    """12 to 30 patients with 1 to 4 lines each; some have lines of two lineages, or of unknown."""
    n_lines = rng.integers(1, 5, size=rng.integers(12, 31))
    patients = np.repeat([f"PT-{k}" for k in rng.permutation(len(n_lines))], n_lines)
    lineages = np.array(["Lung", "Skin", "Bone", "Eye", "unknown"], dtype=object)
    of_patient = dict(zip(patients, rng.choice(lineages, size=len(patients)), strict=True))
    other = rng.random(len(patients)) < 0.1
    of_line = [of_patient[p] for p in patients]
    lineage = np.where(other, rng.choice(lineages, len(patients)), of_line)
    lines = [f"ACH-{k}" for k in rng.permutation(len(patients))]
    return pd.DataFrame({"patient_id": patients, "lineage": lineage}, index=lines)


def random_groups(rng):
    """8 to 40 genes, some of them paralogs by name, in 3 to 12 random sets."""
    names = [f"{s}{n}" for s in STEMS for n in (1, 2, 3, "A", "B")]
    genes = rng.choice(names, size=rng.integers(8, len(names)), replace=False)
    n_sets = rng.integers(3, 13)
    sets = {f"S{k}": tuple(rng.choice(genes, size=4)) for k in range(n_sets)}
    return gene_groups(genes, sets)


def shuffled(table, rng):
    return table.iloc[rng.permutation(len(table))]


@pytest.fixture(scope="module")
def drawn():
    """Folds of 500 random cohorts, the modes by turns: obs, groups, settings, folds."""
    cases = []
    for seed in range(N_COHORTS):
        rng = np.random.default_rng(seed)
        obs, groups = random_obs(rng), random_groups(rng)
        mode = list(SplitMode)[seed % 4]
        settings = replace(SETTINGS, mode=mode, seed=seed, n_folds=int(rng.integers(2, 5)))
        settings = replace(settings, n_folds=min(settings.n_folds, groups.nunique()))
        if settings.n_folds < 2:  # all genes are one group
            settings = replace(settings, mode=SplitMode.PATIENT, n_folds=2)
        cases.append((obs, groups, settings, draw_folds(obs, groups.index, groups, settings)))
    return cases


def test_every_mode_is_drawn_often(drawn):
    modes = pd.Series([settings.mode for _, _, settings, _ in drawn]).value_counts()
    assert modes.min() > 80
    assert len(modes) == 4


def test_no_patient_is_in_two_parts_of_a_fold(drawn):
    for obs, _, settings, folds in drawn:
        for fold in folds:
            parts = [fold.train, fold.validation]
            if settings.mode is not SplitMode.GENE:
                parts.append(fold.test)
            patients = [set(obs["patient_id"][lines]) for lines in parts]
            assert sum(map(len, patients)) == len(set().union(*patients))
            assert all(patients)


def test_no_patient_is_in_two_test_folds(drawn):
    for obs, _, settings, folds in drawn:
        if settings.mode is not SplitMode.GENE:
            patients = [set(obs["patient_id"][fold.test]) for fold in folds]
            assert sum(map(len, patients)) == len(set().union(*patients))


def test_each_line_is_judged_once_by_patient_and_by_both(drawn):
    for obs, _, settings, folds in drawn:
        if settings.mode in (SplitMode.PATIENT, SplitMode.BOTH):
            assert sorted(line for fold in folds for line in fold.test) == sorted(obs.index)
            assert all(
                len(fold.train) + len(fold.validation) + len(fold.test) == len(obs)
                for fold in folds
            )


def test_a_lineage_that_is_judged_is_nowhere_else(drawn):
    for obs, _, settings, folds in drawn:
        if settings.mode is SplitMode.LINEAGE:
            for fold in folds:
                seen = obs["lineage"][[*fold.train, *fold.validation]]
                assert set(obs["lineage"][fold.test]) == {fold.name}
                assert not set(seen) & {fold.name, "unknown"}
                assert len(fold.test) >= settings.min_lines_per_lineage


def test_no_group_of_genes_is_in_both_parts_and_each_gene_is_judged_once(drawn):
    for _, groups, settings, folds in drawn:
        if settings.mode in (SplitMode.GENE, SplitMode.BOTH):
            judged = [gene for fold in folds for gene in fold.test_genes]
            assert sorted(judged) == list(groups.index)
            for fold in folds:
                assert not set(groups[fold.train_genes]) & set(groups[fold.test_genes])
                assert sorted([*fold.train_genes, *fold.test_genes]) == list(groups.index)


def test_all_genes_are_learned_and_judged_where_only_lines_are_unseen(drawn):
    for _, groups, settings, folds in drawn:
        if settings.mode in (SplitMode.PATIENT, SplitMode.LINEAGE):
            for fold in folds:
                assert list(fold.train_genes) == list(fold.test_genes) == list(groups.index)


def test_all_lines_are_judged_by_gene_and_all_learned_or_chosen_on(drawn):
    for obs, _, settings, folds in drawn:
        if settings.mode is SplitMode.GENE:
            for fold in folds:
                assert sorted([*fold.train, *fold.validation]) == sorted(obs.index)
                assert list(fold.test) == sorted(obs.index)


def test_the_order_of_rows_and_genes_does_not_matter(drawn):
    rng = np.random.default_rng(0)
    for obs, groups, settings, folds in drawn:
        mixed = shuffled(groups, rng)
        again = draw_folds(shuffled(obs, rng), mixed.index, shuffled(mixed, rng), settings)
        assert folds_hash(again) == folds_hash(folds)
        assert [fold.name for fold in again] == [fold.name for fold in folds]


def plain_obs(n_patients=60, n_lineages=4):
    lines = [f"ACH-{k:03d}" for k in range(n_patients)]
    return pd.DataFrame(
        {
            "patient_id": [f"PT-{k:03d}" for k in range(n_patients)],
            "lineage": [f"L{k % n_lineages}" for k in range(n_patients)],
        },
        index=lines,
    )


GROUPS = pd.Series([f"G{k}" for k in range(12)], index=[f"G{k}" for k in range(12)])


def draw(obs, **changes):
    return draw_folds(obs, GROUPS.index, GROUPS, replace(SETTINGS, **changes))


def test_every_lineage_is_spread_over_the_folds_and_the_validation_part():
    """15 lines of each lineage: 5 per fold; of the 10 others a quarter is set apart."""
    obs = plain_obs()
    for fold in draw(obs):
        assert obs["lineage"][fold.test].value_counts().between(4, 6).all()
        assert obs["lineage"][fold.validation].value_counts().between(2, 3).all()
        assert len(fold.test) == 20
        assert len(fold.validation) == 10


def test_another_seed_draws_other_folds_and_the_same_seed_the_same():
    obs = plain_obs()
    first, again, other = (draw(obs, seed=seed) for seed in (1, 1, 2))
    assert folds_hash(first) == folds_hash(again)
    assert folds_hash(first) != folds_hash(other)


def test_both_judges_the_patients_of_patient_on_the_genes_of_gene():
    obs = plain_obs()
    by_patient, by_gene, both = (
        draw(obs, mode=mode) for mode in (SplitMode.PATIENT, SplitMode.GENE, SplitMode.BOTH)
    )
    for patients, genes, fold in zip(by_patient, by_gene, both, strict=True):
        assert list(fold.test) == list(patients.test)
        assert list(fold.test_genes) == list(genes.test_genes)


def test_folds_of_a_dozen_sort_as_they_are_numbered():
    names = [fold.name for fold in draw(plain_obs(), n_folds=12)]
    assert names == sorted(names)
    assert names[0] == "01"


def test_small_lineages_train_in_every_fold():
    obs = plain_obs(30, 3)
    obs.loc["ACH-000", "lineage"] = "Rare"
    folds = draw(obs, mode=SplitMode.LINEAGE)
    assert [fold.name for fold in folds] == ["L0", "L1", "L2"]
    assert all("ACH-000" in fold.train.union(fold.validation) for fold in folds)


def test_a_patient_of_two_lineages_is_judged_in_one_and_trains_for_neither():
    """PT-000 has two lines of L0 and one of L1."""
    obs = plain_obs(30, 3)
    obs.loc[["ACH-000", "ACH-003", "ACH-004"], "patient_id"] = "PT-000"
    l0, l1, l2 = draw(obs, mode=SplitMode.LINEAGE)
    own = {"ACH-000", "ACH-003", "ACH-004"}
    assert own & set(l0.test) == {"ACH-000", "ACH-003"}
    assert not own & {*l0.train, *l0.validation, *l1.train, *l1.validation, *l1.test}
    assert own <= {*l2.train, *l2.validation}


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"n_folds": 1}, "n_folds 1: is too few; choose 2 or more"),
        ({"n_folds": 61}, "n_folds 61: there are only 60 patients"),
        ({"n_folds": 13, "mode": SplitMode.GENE}, "there are only 12 groups of genes"),
        ({"validation": 0.0}, "above 0 and below 1"),
        ({"validation": 1.0}, "above 0 and below 1"),
        ({"validation": 0.001}, "40 patients to learn from are too few"),
        ({"min_lines_per_lineage": 16, "mode": SplitMode.LINEAGE}, "no lineage has as many lines"),
    ],
)
def test_what_cannot_be_drawn_is_said_in_one_line(changes, message):
    with pytest.raises(DeepDEPError, match=message) as raised:
        draw(plain_obs(), **changes)
    assert "\n" not in str(raised.value)


def test_a_lineage_that_is_all_there_is_leaves_nobody_to_learn_from():
    with pytest.raises(DeepDEPError, match="0 patients to learn from are too few"):
        draw(plain_obs(n_lineages=1), mode=SplitMode.LINEAGE)


def test_a_fold_is_plain_names(drawn):
    fold = drawn[0][3][0]
    assert isinstance(fold, Fold)
    assert all(type(name) is str for name in fold.train)


HEADER = "fold,kind,name,part\n"
WHOLE = "1,line,a,train\n1,line,b,validation\n1,line,c,test\n1,gene,A,train\n1,gene,A,test\n"


@pytest.fixture
def folds():
    """Two folds by patient and gene; lines and genes are named by numbers, and by formulas."""
    names = [f"{k:03d}" for k in range(18)] + ["=1", "NA"]
    obs = pd.DataFrame({"patient_id": names, "lineage": "Lung"}, index=names)
    genes = pd.Index(["1", "2", "-3", "NA"])
    settings = FoldSettings(SplitMode.BOTH, 2, 0.3, seed=0, min_lines_per_lineage=2)
    return draw_folds(obs, genes, pd.Series(genes, genes), settings)


def as_lists(folds):
    return [{k: list(v) for k, v in vars(fold).items()} for fold in folds]


def test_folds_are_read_as_they_were_written(folds, tmp_path):
    write_folds(folds, tmp_path / "folds.csv")
    read = read_folds(tmp_path / "folds.csv")
    assert as_lists(read) == as_lists(folds)
    assert folds_hash(read) == folds_hash(folds)
    assert isinstance(read[0], Fold)


def test_the_file_is_one_tidy_table(folds, tmp_path):
    write_folds(folds, tmp_path / "folds.csv")
    table = pd.read_csv(tmp_path / "folds.csv", dtype=str)
    assert list(table.columns) == ["fold", "kind", "name", "part"]
    assert set(table["kind"]) == {"line", "gene"}
    assert set(table["part"]) == {"train", "validation", "test"}


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("fold,kind,name\n1,line,a\n", "lacks the column 'part'"),
        (HEADER, "holds no fold"),
        (HEADER + WHOLE + "1,line,d,tset\n", "line 7, 1, line, d, tset: is no part of a fold"),
        (HEADER + WHOLE + "1,gene,A,validation\n", "is no part of a fold"),
        (HEADER + WHOLE + "1,line,a,train\n", "line 7, 1, line, a, train: is there twice"),
        (HEADER + WHOLE + "1,line,,train\n", "line 7, .*: an entry is missing"),
        (HEADER + WHOLE.replace("validation", "train"), "fold '1': has no 'validation'"),
        (HEADER + WHOLE.replace("gene,A,test", "gene,B,train"), "has no 'test_genes'"),
    ],
)
def test_a_file_that_holds_no_folds_is_refused(text, problem, tmp_path):
    source = tmp_path / "folds.csv"
    source.write_text(text)
    with pytest.raises(BadFileError, match=rf"folds\.csv: {problem}|folds\.csv: .*{problem}"):
        read_folds(source)


def test_a_file_that_is_not_there_is_refused(tmp_path):
    with pytest.raises(BadFileError, match="there is no such file"):
        read_folds(tmp_path / "folds.csv")
