from dataclasses import dataclass, replace
from pathlib import Path

import anndata
import numpy as np
import pandas as pd
import pytest

from deepdep.analysis.codes import embed_codes
from deepdep.analysis.cohort_map import N_NEAREST, CallSettings, CohortMap, map_cohort
from deepdep.analysis.dependency_map import Call, dependency_calls
from deepdep.data.standardized import StandardizedSamples
from deepdep.domain.gene_effect import GeneEffectKind
from deepdep.io.documents import PER_GENE, read_csv
from deepdep.io.matrices import read_anndata, to_frame
from deepdep.models import predictor as models_predictor
from deepdep.models import table

CALLS = CallSettings(min_deviation=1.0, min_samples=5)
ORIGIN = {"model": {"name": "predictor", "sha256": "ab12"}}


@pytest.fixture(scope="module")
def per_gene(prepared_cohort) -> pd.DataFrame:
    """The predictor's r is 0.01 times a gene's place in the table; ridge's is 1."""
    genes = list(prepared_cohort.gene_effect.table.columns)
    own = pd.DataFrame({"gene": genes, "model": "predictor", "r": np.arange(len(genes)) / 100})
    return pd.concat([own.assign(model="ridge", r=1.0), own.iloc[::-1]])


@dataclass(frozen=True)
class Written:
    """The files of a map, read again."""

    tumors: anndata.AnnData
    cell_lines: anndata.AnnData


def written(found: CohortMap, folder: Path) -> Written:
    files = folder / "tumors.h5ad", folder / "cell_lines.h5ad"
    found.tumors.write(files[0])
    found.cell_lines.write(files[1])
    return Written(*map(anndata.read_h5ad, files))


@pytest.fixture(scope="module")
def mapped(prepared_cohort, predictor, per_gene, tmp_path_factory) -> Written:
    found = map_cohort(prepared_cohort, predictor, per_gene, seed=1, calls=CALLS, origin=ORIGIN)
    return written(found, tmp_path_factory.mktemp("mapped"))


def test_every_tumor_and_every_line_is_there(mapped, prepared_cohort):
    for matrix, obs in (
        (mapped.tumors, prepared_cohort.tumors),
        (mapped.cell_lines, prepared_cohort.cell_lines),
    ):
        assert list(matrix.obs_names) == list(obs.index)
        assert list(matrix.var_names) == list(prepared_cohort.gene_effect.table.columns)
        assert np.isfinite(matrix.X).all()
        assert matrix.obs["lineage"].tolist() == obs["lineage"].tolist()
        assert matrix.uns["kind"] == "gene_effect"


def test_a_line_knows_its_part_and_an_unlabelled_one_that_it_has_none(mapped, prepared_cohort):
    split = mapped.cell_lines.obs["split"]
    assert split.value_counts().to_dict() == {
        **prepared_cohort.splits["split"].value_counts().to_dict(),
        "unlabelled": len(prepared_cohort.cell_lines) - len(prepared_cohort.splits),
    }
    labelled = prepared_cohort.splits.index
    assert split[labelled].tolist() == prepared_cohort.splits["split"].tolist()


def test_effects_and_codes_are_those_of_the_predictor(mapped, prepared_cohort, predictor):
    some = list(prepared_cohort.tumors.index[[7, 2, 99]])
    tumors = StandardizedSamples.named(prepared_cohort.tumor_profiles, some)
    genes = list(mapped.tumors.var_names[[3, 1]])
    np.testing.assert_allclose(
        to_frame(mapped.tumors).loc[some, genes],
        predictor.predict(tumors, genes).effect,
        atol=1e-4,
    )
    codes = pd.DataFrame(mapped.tumors.obsm["X_code"], index=mapped.tumors.obs_names)
    np.testing.assert_allclose(codes.loc[some], predictor.embed(tumors), atol=1e-4)


def test_a_gene_has_its_scale_and_its_r_in_unseen_patients(mapped, predictor):
    genes = mapped.tumors.var
    np.testing.assert_allclose(genes["test_r"], np.arange(len(genes)) / 100)
    screened = predictor.gene_scale.screened.loc[genes.index]
    np.testing.assert_allclose(genes[["mean", "sd"]], screened)
    pd.testing.assert_frame_equal(mapped.cell_lines.var, genes)


def test_every_gene_has_its_trust(prepared_cohort, predictor, per_gene):
    screened = predictor.gene_scale.screened.index
    trust = pd.DataFrame({"cv_r": 0.3, "trusted": True, "half_width": 0.2}, screened)
    trust.loc[screened[1], ["cv_r", "trusted"]] = -0.1, False
    trusting = replace(predictor, gene_trust=trust)
    found = map_cohort(prepared_cohort, trusting, per_gene, seed=1, calls=CALLS)
    for part in (found.tumors, found.cell_lines):
        pd.testing.assert_frame_equal(
            part.about.var[trust.columns], trust.loc[part.about.var_names], check_names=False
        )


def test_everything_that_is_there_is_explained(mapped):
    for matrix in (mapped.tumors, mapped.cell_lines):
        held = {"X", *(f"obs.{name}" for name in matrix.obs if name.startswith("has_"))}
        for part in ("layers", "obsm", "var"):
            held |= {f"{part}.{name}" for name in getattr(matrix, part)}
        added = {"split", "distance", "distance_rank"}
        added |= {f"nearest_line_{k}" for k in range(1, N_NEAREST + 1)}
        held |= {f"obs.{name}" for name in added & {*matrix.obs}}
        assert added - {*matrix.obs} <= {"split"}
        assert set(matrix.uns["definitions"]) == held
        assert set(matrix.uns["units"]) <= held
        assert matrix.uns["model"] == ORIGIN["model"]
        assert matrix.uns["deepdep"]["version"]


def test_a_deviation_is_in_sd_of_the_gene(mapped):
    deviation = to_frame(mapped.tumors, "deviation")
    genes = mapped.tumors.var
    again = deviation * genes["sd"] + genes["mean"]
    np.testing.assert_allclose(again, to_frame(mapped.tumors), atol=1e-5)


def test_every_sample_has_a_distance_and_its_rank_among_lines(mapped, predictor, prepared_cohort):
    learned = predictor.closed_form.kernel.lines
    lines = mapped.cell_lines.obs.loc[learned]
    expected = lines["distance"].rank(method="max") / len(lines)
    np.testing.assert_allclose(lines["distance_rank"], expected)
    for matrix in (mapped.tumors, mapped.cell_lines):
        assert matrix.obs["distance"].between(0, 2).all()
        assert matrix.obs["distance_rank"].between(0, 1).all()
    tumors = mapped.tumors.obs
    n_nearer = (lines["distance"].to_numpy() <= tumors["distance"].to_numpy()[:, None]).sum(axis=1)
    np.testing.assert_allclose(tumors["distance_rank"], n_nearer / len(lines))


def test_the_nearest_lines_are_of_other_patients_and_what_they_showed_is_there(
    mapped, prepared_cohort
):
    lines, patients = mapped.cell_lines, prepared_cohort.cell_lines["patient_id"]
    measured = to_frame(lines, "measured")
    labels = prepared_cohort.gene_effect.table
    np.testing.assert_allclose(measured.loc[labels.index, labels.columns], labels, rtol=1e-6)
    assert measured.drop(index=labels.index).isna().all(axis=None)
    for k in range(1, N_NEAREST + 1):
        nearest = lines.obs[f"nearest_line_{k}"]
        assert nearest.isin(labels.index).all()
        assert (patients[nearest].to_numpy() != patients[lines.obs_names].to_numpy()).all()


def test_calls_are_those_of_the_predicted_effects(mapped, prepared_cohort):
    tumors = mapped.tumors
    expected = dependency_calls(
        to_frame(tumors),
        pd.DataFrame(tumors.var),
        prepared_cohort.tumors["lineage"],
        GeneEffectKind.GENE_EFFECT,
        min_deviation=1.0,
        min_samples=5,
    )
    pd.testing.assert_frame_equal(to_frame(tumors, "call"), expected, check_names=False)
    assert set(np.unique(tumors.layers["call"])) >= {Call.NONE, Call.COMMON_ESSENTIAL}


def test_samples_know_which_omics_they_had(mapped, prepared_cohort):
    for omic, profiles in prepared_cohort.profiles.items():
        has = mapped.cell_lines.obs[f"has_{omic}"]
        assert set(has.index[has]) == set(profiles.index)


def test_tumors_and_lines_are_placed_on_one_map(mapped):
    both = np.concatenate([mapped.tumors.obsm["X_code"], mapped.cell_lines.obsm["X_code"]])
    plane = np.concatenate([mapped.tumors.obsm["X_tsne"], mapped.cell_lines.obsm["X_tsne"]])
    np.testing.assert_array_equal(plane, embed_codes(both, seed=1))


def test_a_gene_that_was_not_judged_has_no_r(prepared_cohort, predictor, per_gene):
    first = prepared_cohort.gene_effect.table.columns[0]
    fewer = per_gene[per_gene["gene"] != first]
    genes = map_cohort(prepared_cohort, predictor, fewer, seed=1, calls=CALLS).tumors.about.var
    assert genes.index[genes["test_r"].isna()].tolist() == [first]


def test_no_gene_has_an_r_where_no_line_was_kept_to_judge_by(prepared_cohort, predictor, tmp_path):
    no_row = tmp_path / "per_gene.csv"
    no_row.write_text(",".join(PER_GENE) + "\n")
    found = map_cohort(prepared_cohort, predictor, read_csv(no_row), seed=1, calls=CALLS)
    for of_samples in (found.tumors, found.cell_lines):
        assert of_samples.about.var["test_r"].dtype == float  # as other columns are written
        assert of_samples.about.var["test_r"].isna().all()


def test_a_cohort_without_tumors_is_mapped_and_written(
    prepared_cohort, predictor, per_gene, tmp_path
):
    omics = {omic: replace(t, tumors=None) for omic, t in prepared_cohort.omics.items()}
    bare = replace(prepared_cohort, omics=omics, tumors=prepared_cohort.tumors.iloc[:0])
    read = written(map_cohort(bare, predictor, per_gene, seed=1, calls=CALLS), tmp_path).tumors
    assert read.shape == (0, len(prepared_cohort.gene_effect.table.columns))
    assert read.obsm["X_code"].shape == (0, predictor.settings.embedding)


def test_blocks_of_samples_leave_the_bytes_as_they_are(
    prepared_cohort, predictor, per_gene, tmp_path, monkeypatch
):
    for n_samples in (120, 32):
        monkeypatch.setattr(table, "N_SAMPLES", 8)
        monkeypatch.setattr("deepdep.models.closed_form.SAMPLES_PER_BLOCK", 16)
        monkeypatch.setattr(models_predictor, "N_SAMPLES", 8)
        monkeypatch.setattr(models_predictor, "BLOCK", n_samples)
        found = map_cohort(prepared_cohort, predictor, per_gene, seed=1, calls=CALLS)
        found.tumors.write(tmp_path / f"{n_samples}.h5ad")
    whole, cut = (read_anndata(tmp_path / f"{n}.h5ad") for n in (120, 32))
    for name in (None, "deviation", "call"):
        pd.testing.assert_frame_equal(to_frame(whole, name), to_frame(cut, name), check_exact=True)
    pd.testing.assert_frame_equal(whole.obs, cut.obs, check_exact=True)


def test_the_same_map_is_the_same_file(prepared_cohort, predictor, per_gene, tmp_path):
    for name in ("first", "second"):
        found = map_cohort(prepared_cohort, predictor, per_gene, seed=1, calls=CALLS)
        found.cell_lines.write(tmp_path / name)
    assert (tmp_path / "first").read_bytes() == (tmp_path / "second").read_bytes()


def test_the_order_of_samples_does_not_matter(
    mapped, prepared_cohort, predictor, per_gene, tmp_path
):
    turned = replace(
        prepared_cohort,
        cell_lines=prepared_cohort.cell_lines[::-1],
        splits=prepared_cohort.splits.sample(frac=1, random_state=0),
    )
    again = written(
        map_cohort(turned, predictor, per_gene, seed=1, calls=CALLS), tmp_path
    ).cell_lines
    names = mapped.cell_lines.obs_names
    assert list(again.obs_names) == list(names[::-1])
    np.testing.assert_allclose(again[names].X, mapped.cell_lines.X, atol=1e-4)
    np.testing.assert_allclose(again[names].obs["distance"], mapped.cell_lines.obs["distance"])
    assert again[names].obs["split"].tolist() == mapped.cell_lines.obs["split"].tolist()


def test_progress_counts_tumors_and_lines_together(
    prepared_cohort, predictor, per_gene, tmp_path, monkeypatch
):
    monkeypatch.setattr(table, "N_SAMPLES", 50)
    told = []
    found = map_cohort(
        prepared_cohort,
        predictor,
        per_gene,
        lambda *numbers: told.append(numbers),
        seed=1,
        calls=CALLS,
    )
    written(found, tmp_path)
    n_tumors, n_lines = len(prepared_cohort.tumors), len(prepared_cohort.cell_lines)
    assert (n_tumors, n_lines) == (120, 70)
    by_first, by_second = [0, 25, 50, 60], [60, 85, 110, 120]  # half of each is a network's
    done = [*by_first, *by_second, 120, 145, 155, 155, 180, 190]
    assert told == [(n_done, 190) for n_done in done]
