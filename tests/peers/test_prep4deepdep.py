"""Equal to Prep4DeepDEP number by number where it is right, and right where it is not.

Its examples and what it made of them lie in ../shared/peers beside the repository, or where
DEEPDEP_PEER_DATA says. A small example made here follows the same rules, and always runs.
"""

import os
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from deepdep.data.features import fit_listed_features, transform_features
from deepdep.domain.cohort import Source
from deepdep.domain.fingerprints import Fingerprints, genes_without_fingerprint
from deepdep.domain.notes import Notes
from deepdep.domain.omics import Omic
from deepdep.sources.feature_lists import Fills, read_feature_lists
from deepdep.sources.importing import ImportRequest

SHARED = Path(__file__).parents[3] / "shared"
PEER = Path(os.environ.get("DEEPDEP_PEER_DATA", SHARED / "peers")) / "prep4deepdep"
needs_peer = pytest.mark.skipif(not PEER.exists(), reason=f"there is no {PEER}")

TOLERANCE = 1e-4
SHORT_NAMES = {
    Omic.EXPRESSION: "exp",
    Omic.MUTATION: "mut",
    Omic.METHYLATION: "meth",
    Omic.COPY_NUMBER: "cna",
}


def read_part(folder, lists, fills=Fills.PUBLISHED, **more):
    request = ImportRequest("prep4deepdep", folder, feature_lists=lists, fills=fills, **more)
    return request.read(Notes())


def expected(name):
    """A table that Prep4DeepDEP wrote, features in rows."""
    path = PEER / "expected" / f"{name}.txt.gz"
    return pd.read_csv(path, sep="\t", index_col=0, keep_default_na=False)


def genes_of(path, column="Gene"):
    return list(pd.read_csv(path, keep_default_na=False)[column])


def require_equal_by_name(ours, theirs):
    assert set(ours.index) == set(theirs.index)
    assert set(ours.columns) == set(theirs.columns)
    difference = ours.loc[theirs.index, theirs.columns] - theirs
    assert difference.abs().max(axis=None) <= TOLERANCE


@pytest.fixture(scope="module")
def part():
    return read_part(PEER / "input", PEER / "reference")


@needs_peer
@pytest.mark.parametrize("omic", ["mutation", "expression", "methylation", "copy_number"])
def test_every_number_of_every_omic_is_theirs(part, omic):
    theirs = expected(f"pred1298_{SHORT_NAMES[omic]}_prediction")
    ours = part.cell_lines.omics[omic]
    require_equal_by_name(ours.T, theirs)
    listed = read_feature_lists(PEER / "reference").typical[omic]
    assert list(ours.columns) == list(listed.index)


@needs_peer
def test_fingerprints_of_the_genes_of_interest_are_theirs(part):
    genes = genes_of(PEER / "reference" / "depoi_1298.csv")
    known = Fingerprints.of_genes(genes, part.gene_sets)
    ours = pd.DataFrame(known.dense().T, known.gene_sets, known.genes)
    require_equal_by_name(ours, expected("pred1298_fingerprint_prediction"))


@needs_peer
def test_fingerprints_of_own_genes_are_theirs_and_the_same_44_have_none(part):
    genes = genes_of(PEER / "input" / "dep.file.prediction.txt.gz")
    without = genes_without_fingerprint(genes, part.gene_sets)
    assert without == list(expected("pred500_fingerprint_44_excluded_genes").index)
    assert len(without) == 44
    known = Fingerprints.of_genes([g for g in genes if g not in set(without)], part.gene_sets)
    ours = pd.DataFrame(known.dense().T, known.gene_sets, known.genes)
    require_equal_by_name(ours, expected("pred500_fingerprint_prediction"))


@needs_peer
def test_training_scores_are_theirs(part):
    """Their one row names scores by number: gene k of line i is in the column CiGk."""
    table = part.gene_effect.table
    without = genes_without_fingerprint(list(table.columns), part.gene_sets)
    kept = table.drop(columns=without)
    theirs = expected("train500_DepScore_training")
    assert theirs.shape == (1, 456 * 3)
    for i, line in enumerate(["CCL_A", "CCL_B", "CCL_C"], start=1):
        for k, gene in enumerate(kept.columns, start=1):
            score = theirs.loc["score", f"C{i}G{k}"]
            assert kept.loc[line, gene] == pytest.approx(score, abs=TOLERANCE)


@needs_peer
def test_the_order_of_their_input_changes_nothing(part, tmp_path):
    """Fault 1: features are found by name, in whatever order they come."""
    rng = np.random.default_rng(0)
    for path in (PEER / "input").iterdir():
        header, *rows = pd.read_csv(path, sep="\t", header=None, dtype=str, na_filter=False).values
        if path.name == "exp.file.txt.gz":  # genes are there twice, and the first row counts
            rows = list({row[0]: row for row in rows[::-1]}.values())
        shuffled = (rows[i] for i in rng.permutation(len(rows)))
        text = "".join("\t".join(row) + "\n" for row in (header, *shuffled))
        (tmp_path / path.name.removesuffix(".gz")).write_text(text)
    again = read_part(tmp_path, PEER / "reference")
    for omic, table in part.cell_lines.omics.items():
        np.testing.assert_allclose(
            again.cell_lines.omics[omic].loc[table.index, table.columns], table, atol=1e-6
        )
    require_equal_by_name(again.gene_effect.table, part.gene_effect.table)


# What follows is made here. Names are not in alphabetical order, a gene is there twice, listed
# features and values are missing, and segments leave gaps.
GENES = ["TP53", "ZNF1", "MYC", "ABL1", "KRAS", "BRAF", "ALK", "RET", "KIT", "MET"]
PROBES = [f"cg{k:08d}" for k in (9, 3, 7, 1, 5, 8, 2, 6, 4, 0)]
LINES = ["L_B", "L_A", "L_C"]
WIDTH = 10_000


def unlisted(names):
    return [*names[::-1], "OTHER"]


@pytest.fixture(scope="module")
def tables():
    """Tables as they are written, features in rows."""
    rng = np.random.default_rng(0)
    expression = pd.DataFrame(
        rng.uniform(0, 12, (12, 3)).round(4), [*unlisted(GENES)[:-1], "MYC", "OTHER"], LINES
    )
    mutation = pd.DataFrame(rng.integers(0, 2, (11, 3)), unlisted(GENES), LINES)
    methylation = pd.DataFrame(rng.uniform(0, 1, (11, 3)).round(4), unlisted(PROBES), LINES)
    methylation.loc[PROBES[2], "L_A"] = np.nan
    scores = pd.DataFrame(
        rng.normal(-0.3, 0.4, (4, 3)).round(4), ["ZNF1", "MYC", "ALK", "ABL1"], LINES
    )
    return {
        "exp": expression.drop(index="KIT"),
        "mut": mutation.drop(index="TP53"),
        "meth": methylation.drop(index=PROBES[5]),
        "dep": scores,
    }


@pytest.fixture(scope="module")
def segments():
    """Gaps lie within a bin, over a whole bin and at the ends; L_C has nothing on chromosome 8."""
    rows = [
        ("L_A", 7, 1, 14_000, -0.5),
        ("L_A", 7, 14_001, 26_000, 0.25),
        ("L_A", 7, 28_501, 40_000, 1.0),
        ("L_A", 8, 52_001, 61_000, -1.5),
        ("L_B", 7, 5_001, 50_000, 0.125),
        ("L_B", 8, 1, 100_000, -0.25),
        ("L_C", 7, 20_001, 30_000, 2.0),
    ]
    table = pd.DataFrame(rows, columns=["CCLE_name", "Chromosome", "Start", "End", "Segment_Mean"])
    table.insert(4, "Num_Probes", 9)
    return table


BINS = [(7, k) for k in range(5)] + [(8, k) for k in range(4, 9)]


@pytest.fixture(scope="module")
def lists(tmp_path_factory):
    """The published kinds of lists; the median of TP53 is 1."""
    folder = tmp_path_factory.mktemp("lists")
    means = np.linspace(1, 2, len(GENES)).round(4)
    pd.DataFrame({"Gene": GENES, "Mean": means}).to_csv(folder / "a.csv", index=False)
    medians = [1.0] + [0.0] * (len(GENES) - 1)
    pd.DataFrame({"Gene": GENES, "Median": medians}).to_csv(folder / "b.csv", index=False)
    pd.DataFrame({"Probe": PROBES, "Mean": 0.75}).to_csv(folder / "c.csv", index=False)
    names = [f"chr{c}_{k}to{k + 1}_10k" for c, k in BINS]
    places = {"Chr": [c for c, _ in BINS], "Start": [k for _, k in BINS]}
    bins = pd.DataFrame({"CNA": names, **places, "End": [k + 1 for _, k in BINS]})
    bins.to_csv(folder / "d.csv", index=False)
    (folder / "sets.gmt").write_text("ONE\t\tMYC\tALK\nTWO\t\tALK\tZNF1\tTP53\n")
    return folder


@pytest.fixture(scope="module")
def example(tables, segments, tmp_path_factory):
    folder = tmp_path_factory.mktemp("example")
    for name, table in tables.items():
        label = "Probe" if name == "meth" else "Gene"
        text = table.to_csv(sep="\t", index_label=label, na_rep="NA")
        (folder / f"{name}.file.txt").write_text(text)
    segments.to_csv(folder / "cna.file.txt", sep="\t", index=False)
    return folder


def first_row(table, name, line, fill):
    """The rule for tables: the first row of that name; the fill where there is no value."""
    found = table.loc[table.index == name, line]
    value = found.iloc[0] if len(found) else np.nan
    return fill if np.isnan(value) else value


def of_bin(segments, line, chromosome, k):
    """The rule for bins: overlap times value, summed over segments, over the width of the bin."""
    total = 0.0
    for segment in segments.itertuples():
        if (segment.CCLE_name, segment.Chromosome) == (line, chromosome):
            overlap = min(segment.End, (k + 1) * WIDTH) - max(segment.Start - 1, k * WIDTH)
            total += max(overlap, 0) * segment.Segment_Mean
    return total / WIDTH


def test_a_small_example_follows_the_published_rules(example, lists, tables, segments):
    omics = read_part(example, lists).cell_lines.omics
    means = pd.read_csv(lists / "a.csv", index_col=0)["Mean"]
    for line in LINES:
        for gene in GENES:
            ours = omics[Omic.EXPRESSION].loc[line, gene]
            theirs = first_row(tables["exp"], gene, line, means[gene])
            assert ours == pytest.approx(theirs, abs=TOLERANCE)
            median = 1 if gene == "TP53" else 0
            theirs = first_row(tables["mut"], gene, line, median)
            assert omics[Omic.MUTATION].loc[line, gene] == theirs
        for probe in PROBES:
            theirs = first_row(tables["meth"], probe, line, 0)
            ours = omics[Omic.METHYLATION].loc[line, probe]
            assert ours == pytest.approx(theirs, abs=TOLERANCE)
        for chromosome, k in BINS:
            ours = omics[Omic.COPY_NUMBER].loc[line, f"chr{chromosome}_{k}to{k + 1}_10k"]
            theirs = of_bin(segments, line, chromosome, k)
            assert ours == pytest.approx(theirs, abs=TOLERANCE)


def test_unsorted_genes_keep_their_labels_and_their_fingerprints(example, lists, tables):
    """Fault 2: theirs pairs sorted fingerprints with scores in the order of the file."""
    part = read_part(example, lists)
    genes = list(part.gene_effect.table.columns)
    assert genes == ["ZNF1", "MYC", "ALK", "ABL1"]
    for gene in genes:
        for line in LINES:
            ours = part.gene_effect.table.loc[line, gene]
            assert ours == pytest.approx(tables["dep"].loc[gene, line], abs=TOLERANCE)
    known = Fingerprints.of_genes(genes, part.gene_sets)
    assert list(known.genes) == genes
    assert known.dense().tolist() == [[0, 1], [1, 0], [1, 1], [0, 0]]


def prepared(example, lists, omic, fills="training"):
    """An omic of the example, imported without fills, as the preset prepares it."""
    samples = read_part(example, lists, Fills.NONE).cell_lines
    units = {Source.CELL_LINE: samples.units[omic]}
    table = samples.omics[omic]
    space = fit_listed_features(
        table, None, omic, read_feature_lists(lists), fills, units, table_name=omic
    )
    return transform_features(
        table, space, Source.CELL_LINE, unit=units[Source.CELL_LINE], table_name=omic
    )


def test_a_sample_without_tp53_is_not_tp53_mutant_by_default(example, lists):
    """Fault 3: nobody measured TP53, and its median is 1."""
    assert (prepared(example, lists, Omic.MUTATION)["TP53"] == 0).all()
    assert (prepared(example, lists, Omic.MUTATION, "published")["TP53"] == 1).all()


def test_missing_methylation_is_not_zero_by_default(example, lists, tables):
    """Fault 4: L_A lacks a probe that the others have; nobody has the other."""
    table = prepared(example, lists, Omic.METHYLATION)
    measured = tables["meth"].loc[PROBES[2], ["L_B", "L_C"]]
    assert table.loc["L_A", PROBES[2]] == pytest.approx(measured.mean(), abs=1e-6)
    np.testing.assert_allclose(table[PROBES[5]], 0.75, atol=1e-6)  # as is typical, by the list
    assert (prepared(example, lists, Omic.METHYLATION, "published")[PROBES[5]] == 0).all()


def test_what_is_missing_stays_missing_in_the_cohort_unless_asked_for(example, lists):
    omics = read_part(example, lists, Fills.NONE).cell_lines.omics
    assert omics[Omic.MUTATION]["TP53"].isna().all()
    assert omics[Omic.EXPRESSION]["KIT"].isna().all()
    assert np.isnan(omics[Omic.METHYLATION].loc["L_A", PROBES[2]])
    assert omics[Omic.COPY_NUMBER].loc["L_C"].isna().sum() == len(BINS) - 1
