import shutil
from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from deepdep.data.cohort import read_cohort, write_cohort
from deepdep.domain.omics import Omic
from deepdep.experiments import models as of_models
from deepdep.experiments.benchmark import compare_models
from deepdep.experiments.cells import ModeFolder
from deepdep.experiments.run import cell_identity, run_folds
from deepdep.io import code
from small_benchmark import CLOSED_FORM

MODELS = {"gene_mean": {"baseline": "gene_mean"}, "predictor": {"omics": ["expression"]}}


@pytest.fixture
def first_fold(tmp_path):
    """Return the first fold of a plan, as its cells know it."""

    def first(plan):
        return plan.folds(read_cohort(plan.data), tmp_path / "cells")[0]

    return first


def test_a_cell_depends_on_its_own_settings_and_not_on_which_others_are_made(plan_of, first_fold):
    plan = plan_of(MODELS)
    fold = first_fold(plan)
    own = {name: cell_identity(plan, fold, name) for name in MODELS}
    alone = plan_of(MODELS, chosen="gene_mean")
    assert cell_identity(alone, fold, "gene_mean") == own["gene_mean"]
    more = plan_of({**MODELS, "predictor": {"omics": ["expression"], "seeds": [1, 2]}})
    assert cell_identity(more, fold, "predictor") == own["predictor"]
    other = plan_of({**MODELS, "predictor": {"omics": ["mutation"]}})
    assert cell_identity(other, fold, "predictor") != own["predictor"]
    assert cell_identity(other, fold, "gene_mean") == own["gene_mean"]
    of_data = replace(plan, cohort_sha256="other")
    assert cell_identity(of_data, fold, "gene_mean") != own["gene_mean"]


@pytest.mark.parametrize(
    "changed",
    [
        "data/features.py",
        "data/folds.py",
        "domain/fingerprints.py",
        "experiments/models.py",
        "models/baselines/baseline.py",
    ],
)
def test_a_cell_depends_on_the_code_that_made_it(
    plan_of, first_fold, tmp_path, monkeypatch, changed
):
    copy = tmp_path / "deepdep"
    shutil.copytree(code.PACKAGE, copy)
    plan = plan_of(MODELS)
    fold = first_fold(plan)
    own = cell_identity(plan, fold, "gene_mean")
    monkeypatch.setattr(code, "PACKAGE", copy)
    code.source_reached.cache_clear()
    assert cell_identity(plan, fold, "gene_mean") == own
    with (copy / changed).open("a") as file:
        file.write("MORE = 1\n")
    code.source_reached.cache_clear()
    assert cell_identity(plan, fold, "gene_mean") != own
    code.source_reached.cache_clear()


MEANS = {"gene_mean": {"baseline": "gene_mean"}, "lineage_mean": {"baseline": "lineage_mean"}}


@pytest.fixture
def trainings(monkeypatch):
    """Record what ``pretrain`` and ``fit`` were called for."""
    called = {"pretrain": [], "fit": []}
    pretrain, fit = of_models.pretrain_omic, of_models.fit_predictor

    def spy_pretrain(tables, splits, omic, settings):
        called["pretrain"].append(omic)
        return pretrain(tables, splits, omic, settings)

    def spy_fit(prepared, encoders, settings, closed_form):
        called["fit"].append(sorted(encoders))
        return fit(prepared, encoders, settings, closed_form=closed_form)

    monkeypatch.setattr(of_models, "pretrain_omic", spy_pretrain)
    monkeypatch.setattr(of_models, "fit_predictor", spy_fit)
    return called


def cells_in(folder):
    return {(c.model, c.seed, c.fold): c for c in ModeFolder(folder).cells()}


def made(done):
    return [(d.model, d.fold) for d in done if d.mean_gene_r is not None]


def test_every_model_has_a_cell_in_every_fold_and_a_place_in_the_table(plan_of, run, tmp_path):
    plan = plan_of({**MEANS, "ridge": {"baseline": "ridge", "seeds": [2]}}, seeds=[1, 2])
    done = run(plan)
    assert [(d.seed, d.model) for d in done] == [
        *[(1, "gene_mean"), (1, "lineage_mean")] * 2,
        *[(2, "gene_mean"), (2, "lineage_mean"), (2, "ridge")] * 2,
    ]
    figures = compare_models(plan, tmp_path / "cells", "patient").models
    assert {name: of["all"]["n_cells"] for name, of in figures.items()} == {
        "gene_mean": 4,
        "lineage_mean": 4,
        "ridge": 2,
    }
    for of in cells_in(tmp_path / "cells" / "patient").values():
        assert of.predicted.notna().all(axis=None)


def test_a_second_call_trains_nothing_and_leaves_every_cell(plan_of, run, tmp_path, trainings):
    models = {"predictor": {"set": CLOSED_FORM}, **MEANS}
    run(plan_of(models))
    files = {f: f.stat().st_mtime_ns for f in (tmp_path / "cells").rglob("cells/*/*.h5ad")}
    assert len(files) == 6
    trained = {name: list(of) for name, of in trainings.items()}
    assert len(trained["fit"]) == 2
    done = run(plan_of(models))
    assert len(done) == 6
    assert made(done) == []
    assert trainings == trained
    assert {f: f.stat().st_mtime_ns for f in files} == files


def test_a_call_that_was_cut_off_goes_on_with_the_cells_that_are_not_there(plan_of, run, tmp_path):
    run(plan_of(MEANS))
    cells = tmp_path / "cells" / "patient" / "cells"
    (cells / "gene_mean" / "1-2.h5ad").unlink()
    damaged = cells / "lineage_mean" / "1-1.h5ad"
    damaged.write_bytes(damaged.read_bytes()[:1000])
    assert sorted(made(run(plan_of(MEANS)))) == [("gene_mean", "2"), ("lineage_mean", "1")]


def test_cells_are_yielded_as_soon_as_they_are_stored(plan_of, tmp_path):
    plan, to = plan_of(MEANS), tmp_path / "cells"
    cohort = read_cohort(plan.data)
    cells = run_folds(plan, cohort, plan.folds(cohort, to), to)
    next(cells)
    assert len(ModeFolder(to / "patient").cells()) == 1


def test_hiding_an_omic_trains_nothing_anew_and_changes_what_is_predicted(
    plan_of, run, tmp_path, trainings
):
    models = {
        "predictor": {"set": CLOSED_FORM},
        "only_mutation": {"set": CLOSED_FORM, "hide": ["expression"]},
    }
    run(plan_of(models))
    assert trainings["fit"] == [["expression", "mutation"]] * 2  # once per fold
    cells = cells_in(tmp_path / "cells" / "patient")
    for fold in ("1", "2"):
        all_omics, hidden = (cells[name, 1, fold].predicted for name in models)
        assert not all_omics.equals(hidden)


@pytest.mark.parametrize("mode", ["gene", "both"])
def test_where_genes_are_unseen_they_alone_are_judged_by_the_baselines_for_them(
    plan_of, run, tmp_path, mode
):
    models = {
        "predictor": {"set": CLOSED_FORM},
        "gene_mean": {"baseline": "gene_mean"},
        "nearest_genes": {"baseline": "nearest_genes"},
    }
    plan = plan_of(models, modes=[mode])
    (note,) = plan.notes()
    assert note.startswith(f"gene_mean: left out in mode {mode}: ")
    run(plan)
    folder = tmp_path / "cells" / mode
    table = pd.read_csv(folder / "folds" / "1.csv", dtype=str, keep_default_na=False)
    cells = cells_in(folder)
    assert {name for name, _, _ in cells} == {"predictor", "nearest_genes"}
    for (_, _, fold), cell in cells.items():
        of_fold = table[table["fold"] == fold].groupby(["kind", "part"])["name"].agg(set)
        genes, lines = set(cell.predicted.columns), set(cell.predicted.index)
        assert genes
        assert genes <= of_fold["gene", "test"]
        assert not genes & of_fold["gene", "train"]
        assert lines == of_fold["line", "test"]
        if mode == "both":
            assert not lines & of_fold["line", "train"]


def test_where_lineages_are_unseen_their_lines_alone_are_judged(plan_of, run, tmp_path, cohort):
    plan = plan_of(
        {"predictor": {"set": CLOSED_FORM}},
        modes=["lineage"],
        folds={"n_folds": 2, "validation": 0.2, "min_lines_per_lineage": 9},
    )
    run(plan)
    cells = cells_in(tmp_path / "cells" / "lineage")
    assert len(cells) > 1
    for (_, _, fold), cell in cells.items():
        assert set(cohort.cell_lines.obs.loc[cell.predicted.index, "lineage"]) == {fold}


def test_baselines_for_unseen_genes_are_not_judged_on_unseen_patients(plan_of, run):
    plan = plan_of({**MEANS, "nearest_genes": {"baseline": "nearest_genes"}})
    (note,) = plan.notes()
    assert note.startswith("nearest_genes: left out in mode patient: ")
    assert {d.model for d in run(plan)} == set(MEANS)


@pytest.fixture
def planted(cohort, tmp_path):
    """Each gene's effect is minus one feature of expression, which no other gene follows."""
    rng = np.random.default_rng(0)
    lines, omics = cohort.cell_lines, cohort.cell_lines.omics
    shape = (len(lines.obs), omics[Omic.EXPRESSION].shape[1])
    features = omics[Omic.EXPRESSION].columns
    expression = pd.DataFrame(5 + rng.normal(size=shape), lines.obs.index, features)
    genes = cohort.gene_effect.table.columns
    effect = -expression.iloc[:, : len(genes)].set_axis(genes, axis=1)
    planted = replace(
        cohort,
        cell_lines=replace(lines, omics={**omics, Omic.EXPRESSION: expression}),
        gene_effect=replace(cohort.gene_effect, table=effect),
    )
    write_cohort(planted, tmp_path / "planted")
    return tmp_path / "planted"


def test_permuted_labels_teach_nothing_where_true_ones_do(plan_of, run, tmp_path, planted):
    models = {
        "predictor": {"set": CLOSED_FORM},
        "permuted_labels": {"set": CLOSED_FORM, "data": "permuted_labels"},
    }
    plan = plan_of(models, data=planted, omics=["expression"])
    run(plan)
    figures = compare_models(plan, tmp_path / "cells", "patient").models
    r = {name: of["all"]["mean_gene_r"] for name, of in figures.items()}
    # Of 60 genes and 2 folds of 35 lines, chance gives a mean r of SD 0.02.
    assert abs(r["permuted_labels"]) < 0.06
    assert r["predictor"] > 0.6
