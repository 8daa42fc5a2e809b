from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from deepdep.data.folds import FoldSettings, SplitMode, draw_folds
from deepdep.data.gene_groups import gene_groups
from deepdep.data.prepare import foldable_gene_sets, labelled_lines, prepare, prepare_fold
from deepdep.data.splits import SplitSettings
from deepdep.domain.cohort import Cohort, Samples, Source, Supplement
from deepdep.domain.features import FeatureLists
from deepdep.domain.gene_effect import GeneEffect, GeneEffectKind
from deepdep.domain.omics import Omic, table_omic
from deepdep.errors import DeepDEPError
from deepdep.simulation.settings import TINY

OMICS = tuple(TINY.n_features)

# Numbers that would move every mean, spread, share and count of distinct values.
SENTINEL_EFFECT = -1e6
SENTINEL_OMIC = 1e4


def lines_of(prepared, *parts):
    return prepared.splits.index[prepared.splits["split"].isin(parts)]


def with_samples(samples, lines, value):
    """The same samples with one number in every cell of some of them, gaps included."""
    omics = {omic: table.astype(float) for omic, table in samples.omics.items()}
    for table in omics.values():
        table.loc[table.index.isin(lines)] = value
    return replace(samples, omics=omics)


def spoiled(cohort, lines):
    effects = cohort.gene_effect.table.copy()
    effects.loc[lines] = SENTINEL_EFFECT
    return replace(
        cohort,
        cell_lines=with_samples(cohort.cell_lines, lines, SENTINEL_OMIC),
        gene_effect=replace(cohort.gene_effect, table=effects),
    )


@pytest.fixture
def choosy(prepare_settings):
    """Settings with which every number in a training row can change what is kept."""
    few = {o: replace(s, max_features=25) for o, s in prepare_settings.features.items()}
    return replace(
        prepare_settings, dependent_share=(0.02, 0.9), min_screened_share=0.95, features=few
    )


def learned(prepared):
    """All that ``prepare`` estimates; the split itself is drawn, not learned."""
    return {
        "genes": list(prepared.gene_effect.table.columns),
        "gene_sets": prepared.gene_sets,
        "without": prepared.genes_without_fingerprint,
        **{omic: tables.space.table.to_dict() for omic, tables in prepared.omics.items()},
    }


def test_test_and_validation_rows_change_nothing_that_is_learned(cohort, choosy):
    clean = prepare(spoiled(cohort, []), choosy, OMICS, [])
    judged = lines_of(clean, "validation", "test")
    again = prepare(spoiled(cohort, judged), choosy, OMICS, [])
    assert learned(again) == learned(clean)
    train = lines_of(clean, "train")
    for omic in OMICS:
        before, after = (p.omics[omic].cell_lines for p in (clean, again))
        kept = before.index.intersection(train)
        pd.testing.assert_frame_equal(after.loc[kept], before.loc[kept])
        pd.testing.assert_frame_equal(again.omics[omic].tumors, clean.omics[omic].tumors)


def test_lines_without_a_label_teach_nothing_either(cohort, choosy):
    unlabelled = cohort.cell_lines.obs.index.difference(cohort.gene_effect.table.index)
    assert len(unlabelled) > 0
    clean, again = (
        replace(cohort, cell_lines=with_samples(cohort.cell_lines, lines, SENTINEL_OMIC))
        for lines in ([], unlabelled)
    )
    assert learned(prepare(again, choosy, OMICS, [])) == learned(prepare(clean, choosy, OMICS, []))


def test_a_single_training_line_does_teach(cohort, choosy):
    clean = prepare(spoiled(cohort, []), choosy, OMICS, [])
    has_all = [
        line
        for line in lines_of(clean, "train")
        if all(line in cohort.cell_lines.omics[omic].index for omic in OMICS)
    ]
    after = learned(prepare(spoiled(cohort, has_all[:1]), choosy, OMICS, []))
    for name in ("genes", *OMICS):
        assert after[name] != learned(clean)[name], name


def test_tumors_teach_their_own_scale_only(cohort, prepare_settings):
    clean = prepare(cohort, prepare_settings, OMICS, [])
    omics = cohort.tumors.omics
    shifted = {**omics, Omic.EXPRESSION: omics[Omic.EXPRESSION] + 2}
    tumors = replace(cohort.tumors, omics=shifted)
    again = prepare(replace(cohort, tumors=tumors), prepare_settings, OMICS, [])
    before, after = (p.omics[Omic.EXPRESSION] for p in (clean, again))
    np.testing.assert_allclose(
        after.space.table["center_tumor"].sub(2), before.space.table["center_tumor"], atol=1e-4
    )
    pd.testing.assert_frame_equal(after.cell_lines, before.cell_lines)
    np.testing.assert_allclose(after.tumors, before.tumors, atol=1e-3)


def test_the_order_of_rows_and_columns_does_not_matter(cohort, prepare_settings):
    rng = np.random.default_rng(0)

    def shuffled(table):
        return table.sample(frac=1, random_state=rng).sample(frac=1, axis=1, random_state=rng)

    def shuffled_samples(samples):
        tables = {omic: shuffled(table) for omic, table in samples.omics.items()}
        return replace(samples, omics=tables, obs=samples.obs.sample(frac=1, random_state=rng))

    mixed = Cohort(
        shuffled_samples(cohort.cell_lines),
        shuffled_samples(cohort.tumors),
        replace(cohort.gene_effect, table=shuffled(cohort.gene_effect.table)),
        cohort.gene_sets,
    )
    first, second = (prepare(c, prepare_settings, OMICS, []) for c in (cohort, mixed))
    pd.testing.assert_frame_equal(first.splits, second.splits)
    pd.testing.assert_frame_equal(
        first.gene_effect.table, second.gene_effect.table, check_like=True
    )
    assert first.gene_sets == second.gene_sets
    for omic in OMICS:
        for of in ("cell_lines", "tumors"):
            before, after = (getattr(p.omics[omic], of) for p in (first, second))
            pd.testing.assert_frame_equal(before, after, check_like=True, atol=1e-4)


# A cohort small enough to count by hand: twelve lines of twelve patients, one feature each.
LINES = [f"L{k:02d}" for k in range(12)]


def small_cohort(effects, gene_sets, **changes):
    """``effects`` is one number per gene and line; the expression of a line is its number."""
    table = pd.DataFrame({"F": np.arange(12.0)}, index=LINES)
    obs = pd.DataFrame({"patient_id": LINES, "lineage": "Lung", "source": "cell_line"}, index=LINES)
    lines = Samples({Omic.EXPRESSION: table}, obs, {Omic.EXPRESSION: "log2(TPM+1)"})
    kind = GeneEffectKind.GENE_EFFECT
    labels = GeneEffect(pd.DataFrame(effects, index=LINES, dtype=float), kind)
    return replace(Cohort(lines, None, labels, gene_sets), **changes)


def prepare_small(cohort, settings, gene_list=(), **changes):
    return prepare(cohort, replace(settings, **changes), (Omic.EXPRESSION,), list(gene_list))


@pytest.fixture
def train_lines(prepare_settings):
    """The eight of twelve lines that the settings' seed makes training lines."""
    prepared = prepare_small(
        small_cohort({"A": 0}, {"S": ("A",)}), prepare_settings, min_genes_per_set=1
    )
    return lines_of(prepared, "train")


def on(lines, value, otherwise=0.0):
    return [value if line in lines else otherwise for line in LINES]


def test_genes_are_those_of_the_list_in_the_order_of_the_screen(prepare_settings):
    cohort = small_cohort({"A": 0, "B": 0, "C": 0}, {"S": ("A", "B", "C")})
    chosen = prepare_small(cohort, prepare_settings, ["C", "UNSCREENED", "A"])
    assert list(chosen.gene_effect.table.columns) == ["A", "C"]
    assert list(prepare_small(cohort, prepare_settings).gene_effect.table.columns) == list("ABC")


def test_a_gene_counts_as_screened_in_training_lines_only(prepare_settings, train_lines):
    n_half = len(train_lines) // 2
    effects = {
        "HALF": on(train_lines[:n_half], np.nan),
        "LESS": on(train_lines[: n_half + 1], np.nan),
        "ONLY_THERE": on(train_lines, 0, otherwise=np.nan),
    }
    cohort = small_cohort(effects, {"S": tuple(effects)})
    assert list(prepare_small(cohort, prepare_settings).gene_effect.table.columns) == [
        "HALF",
        "ONLY_THERE",
    ]


def test_genes_too_rarely_or_too_often_needed_are_left_out(prepare_settings, train_lines):
    effects = {
        "NEVER": on(train_lines, 0, otherwise=-1),
        "TWICE": on(train_lines[:2], -1),
        "ALWAYS": on(train_lines, -1),
    }
    cohort = small_cohort(effects, {"S": tuple(effects)})
    n_train = len(train_lines)
    kept = prepare_small(
        cohort,
        prepare_settings,
        dependent_share=(2 / n_train, 1 - 1 / n_train),
        min_genes_per_set=1,
    )
    assert list(kept.gene_effect.table.columns) == ["TWICE"]


def test_a_gene_set_counts_by_the_genes_that_are_kept(prepare_settings):
    gene_sets = {"PAIR": ("A", "B"), "ONE": ("A", "ELSEWHERE", "NOWHERE"), "NONE": ("ELSEWHERE",)}
    cohort = small_cohort({"A": 0, "B": 0}, gene_sets)
    assert prepare_small(cohort, prepare_settings).gene_sets == {"PAIR": ("A", "B")}


def test_a_gene_without_a_fingerprint_is_left_out_and_named(prepare_settings):
    cohort = small_cohort({"A": 0, "BARE": 0, "B": 0}, {"PAIR": ("A", "B"), "ONE": ("BARE",)})
    prepared = prepare_small(cohort, prepare_settings)
    assert prepared.genes_without_fingerprint == ["BARE"]
    assert list(prepared.gene_effect.table.columns) == ["A", "B"]
    assert prepared.counts["n_genes_without_fingerprint"] == 1


def test_labels_of_lines_that_have_no_omic_are_not_used(prepare_settings):
    cohort = small_cohort({"A": 0, "B": 0}, {"S": ("A", "B")})
    others = cohort.gene_effect.table.rename(index=lambda line: f"OTHER-{line}")
    both = pd.concat([others, cohort.gene_effect.table])
    prepared = prepare_small(
        replace(cohort, gene_effect=replace(cohort.gene_effect, table=both)), prepare_settings
    )
    assert list(prepared.splits.index) == LINES
    assert list(prepared.gene_effect.table.index) == LINES


def with_sisters(cohort, patients):
    """The cohort and screened lines without omics, named after their patients."""
    names = [f"SISTER-OF-{patient}" for patient in patients]
    sisters = cohort.gene_effect.table[: len(names)].set_axis(names)
    own = cohort.cell_lines.obs["patient_id"].reindex(cohort.gene_effect.table.index)
    of_sisters = pd.Series(patients, names, dtype=object)
    labels = GeneEffect(
        pd.concat([cohort.gene_effect.table, sisters]),
        cohort.gene_effect.kind,
        pd.concat([own, of_sisters]),
    )
    return replace(cohort, gene_effect=labels)


@pytest.mark.parametrize(("name", "in_r"), [("L-3", "L.3"), ("3L", "X3L"), ("L 3", "l.3")])
def test_a_line_that_went_through_r_is_no_other_patient(prepare_settings, name, in_r):
    cohort = small_cohort({"A": 0, "B": 0}, {"S": ("A", "B")})
    lines = {"L03": name, "L04": in_r}
    samples, effects = cohort.cell_lines, cohort.gene_effect
    renamed = replace(
        cohort,
        cell_lines=replace(
            samples,
            omics={omic: table.rename(index=lines) for omic, table in samples.omics.items()},
            obs=samples.obs.rename(index=lines),
        ),
        gene_effect=replace(effects, table=effects.table.rename(index=lines)),
    )
    with pytest.raises(DeepDEPError, match="changed by R or in case, and of several") as error:
        prepare_small(renamed, prepare_settings)
    assert repr(name) in str(error.value)
    obs = renamed.cell_lines.obs.replace({"patient_id": {"L04": "L03"}})
    sisters = replace(renamed, cell_lines=replace(renamed.cell_lines, obs=obs))
    splits = prepare_small(sisters, prepare_settings).splits["split"]
    assert splits[name] == splits[in_r]


def test_a_screened_line_without_omics_that_went_through_r_is_no_other_patient(prepare_settings):
    cohort = with_sisters(small_cohort({"A": 0, "B": 0}, {"S": ("A", "B")}), ["ELSEWHERE"])
    table = cohort.gene_effect.table.rename(index={"SISTER-OF-ELSEWHERE": "l03"})
    patients = cohort.gene_effect.patient_id.rename(index={"SISTER-OF-ELSEWHERE": "l03"})
    spoiled = replace(cohort.gene_effect, table=table, patient_id=patients)
    with pytest.raises(DeepDEPError, match="changed by R or in case"):
        prepare_small(replace(cohort, gene_effect=spoiled), prepare_settings)


def test_the_background_has_no_line_of_a_test_patient_or_of_nobody(prepare_settings):
    cohort = small_cohort({"A": 0, "B": 0}, {"S": ("A", "B")})
    clean = prepare_small(cohort, prepare_settings)
    test, *_ = lines_of(clean, "test")
    train, *_ = lines_of(clean, "train")
    validation, *_ = lines_of(clean, "validation")
    with_more = with_sisters(cohort, [test, train, validation, "ELSEWHERE", None])
    found = prepare_small(with_more, prepare_settings)
    assert found.splits.equals(clean.splits)
    expected = {train: train, validation: validation, "ELSEWHERE": "ELSEWHERE"}
    sisters = {f"SISTER-OF-{name}": patient for name, patient in expected.items()}
    own = {line: line for line in lines_of(clean, "train", "validation")}
    assert found.background.patient_id.to_dict() == own | sisters
    assert set(found.background.table.index) == set(own | sisters)


def test_the_background_holds_every_screened_gene(prepare_settings):
    cohort = small_cohort({"A": 0, "B": 0, "UNLISTED": 0, "IN_NO_SET": 0}, {"S": ("A", "B")})
    found = prepare_small(cohort, prepare_settings, gene_list=["A", "B", "IN_NO_SET"])
    assert list(found.gene_effect.table) == ["A", "B"]
    assert list(found.background.table) == ["A", "B", "UNLISTED", "IN_NO_SET"]
    assert found.background.kind is GeneEffectKind.GENE_EFFECT


def test_where_no_patient_of_a_screen_is_known_only_lines_with_omics_are_background(
    prepare_settings,
):
    cohort = small_cohort({"A": 0, "B": 0}, {"S": ("A", "B")})
    others = cohort.gene_effect.table.rename(index=lambda line: f"OTHER-{line}")
    both = pd.concat([others, cohort.gene_effect.table])
    unknown = replace(cohort, gene_effect=GeneEffect(both, cohort.gene_effect.kind))
    found = prepare_small(unknown, prepare_settings)
    assert list(found.background.table.index) == sorted(lines_of(found, "train", "validation"))


def test_an_omic_that_no_tumor_has_is_prepared_without_tumors(cohort, prepare_settings):
    without = {o: t for o, t in cohort.tumors.omics.items() if o is not Omic.METHYLATION}
    tumors = replace(cohort.tumors, omics=without)
    prepared = prepare(replace(cohort, tumors=tumors), prepare_settings, OMICS, [])
    methylation = prepared.omics[Omic.METHYLATION]
    assert methylation.tumors is None
    assert not methylation.space.table["in_tumors"].any()
    assert set(methylation.space.units) == {Source.CELL_LINE}
    assert prepared.omics[Omic.EXPRESSION].tumors is not None


def test_a_cohort_without_tumors_is_prepared(prepare_settings):
    prepared = prepare_small(small_cohort({"A": 0, "B": 0}, {"S": ("A", "B")}), prepare_settings)
    assert prepared.omics[Omic.EXPRESSION].tumors is None
    assert prepared.counts["n_tumors"] == 0


GOOD = small_cohort({"A": 0, "B": 0}, {"S": ("A", "B")})


def with_assay(name, table, unit):
    """``GOOD`` with a further table of its lines."""
    assay = Supplement(table_omic(name), table, unit)
    return replace(GOOD, cell_lines=replace(GOOD.cell_lines, supplements={name: assay}))


ANTIBODIES = pd.DataFrame(
    np.random.default_rng(0).normal(size=(12, 3)),
    [f"L{k:02}" for k in range(12)],
    ["4E-BP1_pS65", "Akt", "14-3-3_beta"],
)


def test_a_table_that_is_named_is_a_block_of_its_own_and_fills_no_other(prepare_settings):
    cohort = with_assay("expression_array", ANTIBODIES.set_axis(list("XYZ"), axis=1) + 5, "z-score")
    found = prepare(cohort, prepare_settings, ("expression", "expression_array"), [])
    assert list(found.omics) == ["expression", "expression_array"]
    assert list(found.features["expression_array"].table.index) == ["X", "Y", "Z"]
    assert found.translations == {}


def test_an_omic_that_only_lines_have_is_a_block_without_tumors(prepare_settings):
    cohort = with_assay("protein_rppa", ANTIBODIES, "log2(signal)")
    found = prepare(cohort, prepare_settings, ("expression", "protein_rppa"), [])
    assert list(found.profiles["protein_rppa"]) == list(ANTIBODIES)
    assert found.omics["protein_rppa"].tumors is None
    assert found.counts["n_features_protein_rppa"] == 3


def test_a_table_may_have_settings_of_its_own(prepare_settings):
    cohort = with_assay("expression_array", ANTIBODIES, "z-score")
    features = prepare_settings.features
    one = replace(features["expression"], max_features=1)
    settings = replace(prepare_settings, features=features | {"expression_array": one})
    found = prepare(cohort, settings, ("expression", "expression_array"), [])
    assert len(found.features["expression_array"].table) == 1


@pytest.mark.parametrize(
    ("cohort", "omics", "message"),
    [
        (replace(GOOD, gene_effect=None), [Omic.EXPRESSION], "no gene effects or no gene sets"),
        (replace(GOOD, gene_sets=None), [Omic.EXPRESSION], "no gene effects or no gene sets"),
        (GOOD, [Omic.EXPRESSION, Omic.MUTATION], "has no mutation; bring that table"),
        (GOOD, ["expression", "protein_rppa"], "no protein_rppa; bring .* It has expression"),
        (
            with_assay("protein_rppa", ANTIBODIES.rename("CCLE-{}".format), "log2(signal)"),
            ["expression", "protein_rppa"],
            "protein_rppa: fewer than two training lines have it, and these do: 'CCLE-L00'",
        ),
        (
            replace(GOOD, gene_sets={"S": ("ELSEWHERE", "NOWHERE")}),
            [Omic.EXPRESSION],
            "none of the 2 genes kept is in a gene set",
        ),
        (
            small_cohort({"A": np.nan}, {"S": ("A",)}),
            [Omic.EXPRESSION],
            r"no gene of 1 is left; check prepare.gene_list \(genes.txt\)",
        ),
        (
            replace(
                GOOD,
                gene_effect=replace(
                    GOOD.gene_effect, table=GOOD.gene_effect.table.rename(index=str.lower)
                ),
            ),
            [Omic.EXPRESSION],
            r"none of its lines \('l00', 'l01', 'l02' and 9 more\) is in cell_lines.h5mu \('L00'",
        ),
        (
            replace(
                GOOD,
                cell_lines=replace(
                    GOOD.cell_lines,
                    omics={Omic.EXPRESSION: GOOD.cell_lines.omics[Omic.EXPRESSION].iloc[:0]},
                ),
            ),
            [Omic.EXPRESSION],
            "expression: fewer than two training lines have it",
        ),
    ],
)
def test_what_cannot_be_prepared_is_said_in_one_line(cohort, omics, message, prepare_settings):
    with pytest.raises(DeepDEPError, match=message) as raised:
        prepare(cohort, prepare_settings, tuple(omics), [])
    assert "\n" not in str(raised.value)


def test_an_omic_without_settings_is_refused(prepare_settings):
    with pytest.raises(DeepDEPError, match=r"prepare.features.expression: is missing"):
        prepare_small(GOOD, prepare_settings, features={})


def test_the_split_is_the_one_that_the_seed_draws(prepare_settings):
    other = SplitSettings(validation=0.15, test=0.2, seed=2)
    first, again, second = (
        prepare_small(GOOD, prepare_settings, split=split).splits["split"]
        for split in (prepare_settings.split, prepare_settings.split, other)
    )
    assert first.equals(again)
    assert not first.equals(second)


LISTS = FeatureLists("lists", {Omic.EXPRESSION: pd.Series([7.0], index=["F"])}, None, None, None)


def test_a_preset_takes_the_listed_features_unscaled(prepare_settings):
    """The expression of a line is its number; a line that lacks it gets the training mean."""
    cohort = small_cohort({"A": 0}, {"S": ("A",)})
    expression = cohort.cell_lines.omics[Omic.EXPRESSION].assign(OTHER=1.0)
    expression.loc["L03", "F"] = np.nan
    lines = replace(cohort.cell_lines, omics={Omic.EXPRESSION: expression})
    settings = replace(prepare_settings, features="deepdep-2021", min_genes_per_set=1)
    prepared = prepare(replace(cohort, cell_lines=lines), settings, (Omic.EXPRESSION,), [], LISTS)
    table = prepared.omics[Omic.EXPRESSION].cell_lines
    assert list(table.columns) == ["F"]
    assert table.loc["L11", "F"] == 11
    mean = expression.loc[lines_of(prepared, "train"), "F"].mean()
    assert table.loc["L03", "F"] == pytest.approx(mean)


def test_a_preset_fills_as_published_where_asked_to(prepare_settings):
    cohort = small_cohort({"A": 0}, {"S": ("A",)})
    expression = cohort.cell_lines.omics[Omic.EXPRESSION].copy()
    expression.loc["L03", "F"] = np.nan
    lines = replace(cohort.cell_lines, omics={Omic.EXPRESSION: expression})
    settings = replace(
        prepare_settings, features="deepdep-2021", fills="published", min_genes_per_set=1
    )
    prepared = prepare(replace(cohort, cell_lines=lines), settings, (Omic.EXPRESSION,), [], LISTS)
    assert prepared.omics[Omic.EXPRESSION].cell_lines.loc["L03", "F"] == 7


OMICS_PREPARE_FOLD = (Omic.MUTATION, Omic.EXPRESSION)


@pytest.fixture(scope="module")
def folds(cohort, prepare_settings):
    """Return the first two folds of a mode."""

    def draw(mode):
        sets = foldable_gene_sets(cohort, prepare_settings, [])
        genes = pd.Index(sorted(set().union(*sets.values())))
        settings = FoldSettings(mode, n_folds=3, validation=0.2, seed=1, min_lines_per_lineage=5)
        obs = cohort.cell_lines.obs.loc[labelled_lines(cohort)]
        return draw_folds(obs, genes, gene_groups(genes, sets), settings)[:2]

    return draw


def parts(prepared):
    return {p: list(of.index) for p, of in prepared.splits.groupby("split")}


@pytest.mark.parametrize("mode", [SplitMode.PATIENT, SplitMode.LINEAGE])
def test_where_lines_are_unseen_it_is_prepare_with_another_split(
    cohort, prepare_settings, folds, mode
):
    fold = folds(mode)[0]
    found = prepare_fold(cohort, prepare_settings, OMICS_PREPARE_FOLD, [], fold, mode)
    assert parts(found.prepared) == {
        "train": list(fold.train),
        "validation": list(fold.validation),
        "test": list(fold.test),
    }
    usual = prepare(cohort, prepare_settings, OMICS_PREPARE_FOLD, [])
    # Nearly all genes are kept in these settings, whatever the training lines are.
    assert list(found.prepared.gene_effect.table) == list(usual.gene_effect.table)
    assert list(found.genes) == list(usual.gene_effect.table)
    assert list(found.lines) == list(fold.test)
    pd.testing.assert_frame_equal(
        found.gene_effect.table,
        cohort.gene_effect.table.loc[found.prepared.splits.index, found.genes],
    )


def test_where_genes_are_unseen_training_does_not_see_them(cohort, prepare_settings, folds):
    for mode in (SplitMode.GENE, SplitMode.BOTH):
        for fold in folds(mode):
            found = prepare_fold(cohort, prepare_settings, OMICS_PREPARE_FOLD, [], fold, mode)
            learned = found.prepared.gene_effect.table.columns
            assert len(learned) > len(found.genes) > 3
            assert learned.isin(fold.train_genes).all()
            assert found.genes.isin(fold.test_genes).all()
            assert list(found.gene_effect.table) == list(found.genes)


def test_a_line_that_is_learned_from_and_judged_is_learned_from(cohort, prepare_settings, folds):
    fold = folds(SplitMode.GENE)[0]
    found = prepare_fold(cohort, prepare_settings, OMICS_PREPARE_FOLD, [], fold, SplitMode.GENE)
    assert parts(found.prepared) == {"train": list(fold.train), "validation": list(fold.validation)}
    assert list(found.lines) == list(fold.test) == list(found.prepared.splits.index)


def test_the_background_tells_nothing_of_what_is_judged(cohort, prepare_settings, folds):
    for mode in SplitMode:
        for fold in folds(mode):
            background = prepare_fold(
                cohort, prepare_settings, OMICS_PREPARE_FOLD, [], fold, mode
            ).prepared.background
            table = background.table
            patients = cohort.cell_lines.obs["patient_id"]
            assert len(table) == len(background.patient_id) >= len(fold.train)
            if mode is not SplitMode.GENE:
                assert not set(background.patient_id) & set(patients[fold.test])
            if mode in (SplitMode.GENE, SplitMode.BOTH):
                assert not table.columns.isin(fold.test_genes).any()
            if mode is SplitMode.LINEAGE:
                lineages = cohort.cell_lines.obs.loc[table.index, "lineage"]
                assert fold.name not in set(lineages)
                assert "unknown" not in set(lineages)


def test_gene_sets_are_chosen_by_the_genes_that_are_learned_from(cohort, prepare_settings, folds):
    fold = folds(SplitMode.GENE)[0]
    unseen, seen = fold.test_genes[:3], fold.train_genes[:3]
    sets = {**cohort.gene_sets, "UNSEEN": tuple(unseen), "SEEN": tuple(seen)}
    with_more = replace(cohort, gene_sets=sets)
    kept = prepare_fold(
        with_more, prepare_settings, OMICS_PREPARE_FOLD, [], fold, SplitMode.GENE
    ).prepared.gene_sets
    assert "SEEN" in kept
    assert "UNSEEN" not in kept


def test_a_gene_is_judged_when_training_lines_choose_it(cohort, prepare_settings, folds):
    fold = folds(SplitMode.PATIENT)[0]
    table = cohort.gene_effect.table.copy()
    needed, unneeded = fold.test_genes[:2]
    table[needed], table[unneeded] = -2.0, -2.0
    table.loc[fold.train[:15], needed] = 0.0
    table.loc[fold.test, unneeded] = 0.0
    changed = replace(cohort, gene_effect=replace(cohort.gene_effect, table=table))
    choosy = replace(prepare_settings, dependent_share=(0.05, 0.95))
    genes = prepare_fold(changed, choosy, OMICS_PREPARE_FOLD, [], fold, SplitMode.PATIENT).genes
    assert needed in genes
    assert unneeded not in genes


def test_only_listed_genes_in_gene_sets_are_drawn_from(cohort, prepare_settings):
    in_sets = sorted(set().union(*cohort.gene_sets.values()) & set(cohort.gene_effect.table))
    listed = in_sets[:20]
    sets = foldable_gene_sets(cohort, prepare_settings, [*listed, "NOT_SCREENED"])
    assert set().union(*sets.values()) <= set(listed)
    assert all(len(set(genes)) >= prepare_settings.min_genes_per_set for genes in sets.values())


def test_a_fold_without_a_gene_to_judge_is_refused(cohort, prepare_settings, folds):
    fold = folds(SplitMode.GENE)[0]
    table = cohort.gene_effect.table.copy()
    table[fold.test_genes] = np.nan
    unscreened = replace(cohort, gene_effect=replace(cohort.gene_effect, table=table))
    with pytest.raises(DeepDEPError, match=r"fold 1: .* leave none of its .* genes to judge"):
        prepare_fold(unscreened, prepare_settings, OMICS_PREPARE_FOLD, [], fold, SplitMode.GENE)
