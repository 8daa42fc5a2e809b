import numpy as np
import pandas as pd
import pytest
from scipy.stats import mannwhitneyu, spearmanr

from deepdep.analysis.alterations import AlterationSettings
from deepdep.analysis.associations import (
    MANN_WHITNEY,
    SPEARMAN,
    alteration_table,
    associate,
    columns_named,
    frequent,
)
from deepdep.domain.cohort import Samples
from deepdep.domain.omics import Omic
from deepdep.errors import DeepDEPError

N = 120
SETTINGS = AlterationSettings(deletion=-1.0, amplification=1.0, min_carriers=1)
GENES = ["FREE", "OF_MUTANT", "OF_AGE", "OF_LINEAGE", "GAPS"]


@pytest.fixture(scope="module")
def annotations() -> pd.DataFrame:
    """Mutants are mostly of the skin; a fifth of the ages and two lineages are not known."""
    rng = np.random.default_rng(0)
    names = [f"s{k}" for k in range(N)]
    lineage = np.array(["Skin", "Lung", "Bowel"])[np.arange(N) % 3].astype(object)
    mutant = rng.random(N) < np.where(lineage == "Skin", 0.7, 0.15)
    age = rng.integers(30, 80, N).astype(float)
    age[rng.random(N) < 0.2] = np.nan
    lineage[[5, 50]] = ["unknown", None]
    return pd.DataFrame({"mutant": mutant, "age": age, "lineage": lineage}, names)


@pytest.fixture(scope="module")
def effect(annotations) -> pd.DataFrame:
    """Each gene follows what it is named after; ties abound; GAPS was screened in half of them."""
    rng = np.random.default_rng(1)
    table = pd.DataFrame(rng.normal(scale=0.3, size=(N, 5)), annotations.index, GENES)
    table["OF_MUTANT"] -= 1.0 * annotations["mutant"]
    table["OF_AGE"] += 0.02 * annotations["age"].fillna(50)
    table["OF_LINEAGE"] -= 1.0 * (annotations["lineage"] == "Skin")
    table.loc[rng.random(N) < 0.5, "GAPS"] = np.nan
    return table.round(1)


@pytest.fixture(scope="module")
def found(effect, annotations) -> pd.DataFrame:
    return associate(effect, annotations, annotations[["lineage"]])


def of(found, annotation, gene, value=None):
    rows = found[(found["annotation"] == annotation) & (found["gene"] == gene)]
    if value is not None:
        rows = rows[rows["value"] == value]
    (row,) = rows.to_dict("records")
    return row


@pytest.mark.parametrize("gene", GENES)
def test_a_group_is_compared_as_scipy_does(found, effect, annotations, gene):
    row = of(found, "mutant", gene)
    has = annotations["mutant"] & effect[gene].notna()
    hasnt = ~annotations["mutant"] & effect[gene].notna()
    expected = mannwhitneyu(effect.loc[has, gene], effect.loc[hasnt, gene], method="asymptotic")
    assert row["p"] == pytest.approx(expected.pvalue, rel=1e-9)
    assert row["size"] == pytest.approx(2 * expected.statistic / (has.sum() * hasnt.sum()) - 1)
    assert (row["n"], row["n_with"]) == (has.sum() + hasnt.sum(), has.sum())
    assert row["mean_with"] == pytest.approx(effect.loc[has, gene].mean())
    assert row["mean_without"] == pytest.approx(effect.loc[hasnt, gene].mean())
    assert (row["test"], row["value"]) == (MANN_WHITNEY, "True")


@pytest.mark.parametrize("gene", GENES)
def test_numbers_are_correlated_as_scipy_does_where_they_are_known(
    found, effect, annotations, gene
):
    row = of(found, "age", gene)
    both = annotations["age"].notna() & effect[gene].notna()
    expected = spearmanr(annotations.loc[both, "age"], effect.loc[both, gene])
    assert row["size"] == pytest.approx(expected.statistic)
    assert row["p"] == pytest.approx(expected.pvalue, rel=1e-6)
    assert (row["test"], row["value"], row["n"]) == (SPEARMAN, "", both.sum())


def test_each_value_of_a_text_is_compared_with_all_others_that_are_known(found, annotations):
    lineages = found[found["annotation"] == "lineage"]
    assert set(lineages["value"]) == {"Skin", "Lung", "Bowel"}
    assert (lineages.loc[lineages["gene"] != "GAPS", "n"] == N - 2).all()
    assert of(found, "lineage", "OF_LINEAGE", "Skin")["size"] < -0.9
    assert of(found, "lineage", "OF_LINEAGE", "Lung")["size"] > 0.3


def test_what_goes_with_a_lineage_is_not_told_of_a_mutation_beside_it(found):
    confounded, planted = of(found, "mutant", "OF_LINEAGE"), of(found, "mutant", "OF_MUTANT")
    assert confounded["q"] < 0.01
    assert confounded["adjusted_q"] > 0.05
    assert planted["q"] < 1e-8
    assert planted["adjusted_q"] < 1e-8
    assert planted["adjusted_size"] < -0.7


def test_the_adjusted_p_is_that_of_a_linear_model_of_ranks(effect, annotations):
    """By hand: least squares of ranks on the mutation, age by its ranks, and lineage."""
    beside = annotations[["age", "lineage"]]
    row = of(associate(effect, annotations[["mutant"]], beside), "mutant", "FREE")
    age = annotations["age"].rank()
    columns = [
        np.ones(N),
        (age - age.mean()).fillna(0),
        age.isna(),
        *(annotations["lineage"].eq(name) for name in ("Skin", "Lung", "Bowel")),
        annotations["lineage"].isna(),
        annotations["mutant"],
    ]
    x, y = np.column_stack(columns).astype(float), effect["FREE"].rank().to_numpy()
    slopes, _, rank, _ = np.linalg.lstsq(x, y, rcond=None)
    residual = y - x @ slopes
    freedom = N - rank
    variance = residual @ residual / freedom * np.linalg.pinv(x.T @ x)[-1, -1]
    t = slopes[-1] / np.sqrt(variance)
    r = row["adjusted_size"]
    assert r * np.sqrt(freedom / (1 - r**2)) == pytest.approx(t)
    assert row["covariates"] == "age, lineage"


def test_an_annotation_is_no_covariate_of_itself(found):
    row = of(found, "lineage", "OF_LINEAGE", "Skin")
    assert row["covariates"] == ""
    assert row["adjusted_q"] < 1e-10


def test_what_covariates_determine_has_no_adjusted_p(effect, annotations):
    same = annotations["lineage"].eq("Skin").rename("is_skin").to_frame()
    row = of(associate(effect, same, annotations[["lineage"]]), "is_skin", "FREE")
    assert row["p"] <= 1
    assert np.isnan(row["adjusted_p"])
    assert np.isnan(row["adjusted_q_all"])


def test_q_is_of_the_annotation_and_of_all(found):
    for annotation, rows in found.groupby("annotation"):
        ordered = rows.sort_values("p")
        largest = ordered["p"] * len(ordered) / np.arange(1, len(ordered) + 1)
        expected = largest[::-1].cummin()[::-1].clip(upper=1)
        np.testing.assert_allclose(ordered["q"], expected, err_msg=str(annotation))
    assert (found["q_all"] >= found["p"]).all()
    assert found["q_all"].max() <= 1


def test_labels_permuted_within_lineages_find_nothing(effect, annotations):
    rng = np.random.default_rng(2)
    lineage = annotations["lineage"].fillna("none")
    permuted = pd.DataFrame(
        {
            f"permuted_{k}": annotations["mutant"]
            .groupby(lineage)
            .transform(lambda of_lineage: rng.permutation(of_lineage))
            for k in range(200)
        }
    )
    found = associate(effect, permuted, annotations[["lineage"]])
    assert (found["adjusted_p"] < 0.05).mean() == pytest.approx(0.05, abs=0.02)
    assert (found.groupby("annotation")["adjusted_q"].min() < 0.1).mean() < 0.15
    assert (found["p"] < 0.05).mean() > 0.2  # of the lineage, not of the mutation


def test_the_order_of_samples_and_genes_does_not_matter(found, effect, annotations):
    turned = associate(effect.iloc[::-1, ::-1], annotations.sample(frac=1, random_state=0),
                       annotations[["lineage"]][::-1])  # fmt: skip
    keys = ["annotation", "value", "gene"]
    first, second = (table.set_index(keys).sort_index() for table in (found, turned))
    pd.testing.assert_frame_equal(first, second, rtol=1e-9)


@pytest.mark.parametrize(
    ("column", "problem"),
    [
        (["x"] * N, "annotation 'mine': has one value ('x') over 120 samples"),
        ([None] * N, "has no value over 120 samples"),
        (["unknown"] * 60 + ["x"] * 60, "has one value ('x')"),
        ([f"n{k}" for k in range(N)], "has 120 different texts, more than the 50"),
        (["a"] * (N - 2) + ["b", "b"], "no value has 5 samples and as many others"),
        ([1.0, 2.0, 3.0] + [np.nan] * (N - 3), "has a number in 3 samples, fewer than 10"),
    ],
)
def test_an_annotation_that_compares_nothing_is_refused(effect, column, problem):
    with pytest.raises(DeepDEPError) as refused:
        associate(effect, pd.DataFrame({"mine": column}, effect.index))
    assert problem in str(refused.value)


def test_an_annotation_of_unknown_samples_is_refused(effect, annotations):
    strange = annotations.rename(index={"s3": "nobody"})
    with pytest.raises(DeepDEPError, match="1 samples have no gene effects: 'nobody'"):
        associate(effect, strange)


def test_an_annotation_that_is_not_there_is_refused_with_the_nearest(annotations):
    with pytest.raises(DeepDEPError, match="has no annotation 'linage' among 3; is it 'lineage'"):
        columns_named(annotations, ["linage"], table_name="tumors.h5ad")


def test_alterations_are_events_by_gene(cohort):
    lines = cohort.cell_lines
    events = alteration_table(lines, SETTINGS)
    mutation, copy_number = (lines.omics[o] for o in (Omic.MUTATION, Omic.COPY_NUMBER))
    assert events["BRAF mutation"].dropna().sum() == mutation["BRAF"].sum()
    assert events["BRAF mutation"].isna().sum() == len(events) - len(mutation)
    for word, carries in (("amplification", copy_number >= 1), ("deletion", copy_number <= -1)):
        gene = carries.sum().idxmax()
        assert events[f"{gene} {word}"].sum() == carries[gene].sum() > 0
    some = frequent(events, 5)
    assert (some.sum() >= 5).all()
    assert 0 < some.shape[1] < events.shape[1]


def test_a_cohort_without_alterations_is_refused(cohort):
    expression = {Omic.EXPRESSION: cohort.cell_lines.omics[Omic.EXPRESSION]}
    bare = Samples(expression, cohort.cell_lines.obs, {Omic.EXPRESSION: "log2(TPM+1)"})
    with pytest.raises(DeepDEPError, match="neither mutations nor copy number"):
        alteration_table(bare, SETTINGS)
    with pytest.raises(DeepDEPError, match="is in 999 samples"):
        frequent(alteration_table(cohort.cell_lines, SETTINGS), 999)


def test_a_planted_synthetic_lethality_leads_among_measured_lines(cohort):
    """PRMT5 beside lineage: the loss of MTAP is the event that its effect goes with most."""
    effect = cohort.gene_effect.table[["PRMT5"]]
    events = alteration_table(cohort.cell_lines, SETTINGS)
    events = frequent(events.loc[events.index.isin(effect.index)], 5)
    found = associate(effect, events, cohort.cell_lines.obs[["lineage"]])
    best = found.loc[found["adjusted_p"].idxmin()]
    assert best["annotation"] == "MTAP deletion"
    assert best["adjusted_size"] < -0.5
    assert best["mean_with"] < best["mean_without"]
