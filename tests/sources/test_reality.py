"""Real public tables, where they are: all of them pass through, number by number."""

import os
import re
import shutil
from collections.abc import Callable
from functools import cache
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from deepdep.data.cohort import read_cohort
from deepdep.data.importing import import_files
from deepdep.domain.cohort import Cohort
from deepdep.domain.gene_effect import GeneEffectKind
from deepdep.domain.omics import Omic
from deepdep.io.gene_sets import read_gene_sets
from deepdep.sources.importing import ImportRequest

SHARED = Path(__file__).parents[3] / "shared"
TABLES = Path(os.environ.get("DEEPDEP_REAL_DATA", SHARED / "real"))

pytestmark = pytest.mark.skipif(not TABLES.exists(), reason=f"needs {TABLES}")

CLASSES, CERES, CHRONOS = "dependency_class_22q1", "ceres_20q4", "chronos_25q2"

# Labelled lines whose patient Model.csv knows, by genes; and those of them that have any table.
LABELLED = {CLASSES: (938, 17386), CERES: (334, 464), CHRONOS: (106, 3465)}
MEASURED = {CLASSES: 575, CERES: 334, CHRONOS: 41}

SHAPES = {
    Omic.MUTATION: (824, 6163),
    Omic.EXPRESSION: (845, 6163),
    Omic.METHYLATION: (476, 808),
    Omic.COPY_NUMBER: (824, 6163),
}
SUPPLEMENTS = {
    "expression_ccle": (Omic.EXPRESSION, "log2(TPM+1)", (334, 512)),
    "mutation_ccle": (Omic.MUTATION, "0/1", (334, 476)),
}
UNITS = {
    Omic.MUTATION: "0/1",
    Omic.EXPRESSION: "z-score",
    Omic.METHYLATION: "beta",
    Omic.COPY_NUMBER: "call",
}
STUDIES = {"BRCA": 769, "UVM": 80, "ACC": 79, "UCS": 57, "STAD": 37, "CHOL": 36, "DLBC": 15}

# Median CERES of 20Q4 in the classes none, dependency and strong of 22Q1.
CERES_OF_CLASS = {0: -0.02, -1: -0.71, -2: -1.58}

EXPRESSION = "OmicsExpressionProteinCodingGenesTPMLogp1.csv"


def table(name):
    """A table with the hyphens that R made dots of, as ``HLA.A``, which import gives back."""
    given = as_written(name)
    return given.rename(columns=lambda gene: re.sub(r"^([A-Z0-9]+)\.([A-Z0-9]+)$", r"\1-\2", gene))


def as_written(name: str) -> pd.DataFrame:
    return pd.read_parquet(TABLES / f"{name}.parquet")


@pytest.fixture(scope="module")
def imported(tmp_path_factory) -> Callable[[str], Cohort]:
    """Import the tables with a gene effect, once for all tests."""

    @cache
    def import_and_read(name: str) -> Cohort:
        target = tmp_path_factory.mktemp(name) / "data"
        import_files(ImportRequest("tables", TABLES, gene_effect=name), target)
        return read_cohort(target)

    return import_and_read


@pytest.mark.slow
@pytest.mark.parametrize("name", LABELLED)
def test_tables_pass_through_with_any_gene_effect(name, imported):
    cohort = imported(name)
    lines, tumors = cohort.cell_lines, cohort.tumors
    assert {omic: known.shape for omic, known in lines.omics.items()} == SHAPES
    assert lines.units == UNITS
    for omic, known in lines.omics.items():
        pd.testing.assert_frame_equal(
            known, table(f"cell_lines/{omic}"), check_names=False, check_dtype=False
        )
    assert {
        name: (known.omic, known.unit, known.table.shape)
        for name, known in lines.supplements.items()
    } == SUPPLEMENTS
    for supplement, known in lines.supplements.items():
        given = table(f"cell_lines/{supplement}")
        pd.testing.assert_frame_equal(known.table, given, check_names=False, check_dtype=False)
    assert (lines.obs["lineage"] != "unknown").all()
    assert tumors.obs["cohort"].value_counts().to_dict() == STUDIES
    given = table("tumors/expression").drop(columns="_cohort")
    given = given.set_axis(given.index.str[:12])
    pd.testing.assert_frame_equal(
        tumors.omics[Omic.EXPRESSION],
        given.loc[tumors.obs.index],
        check_names=False,
        check_dtype=False,
    )
    assert len(cohort.gene_sets) == 3115
    effect = cohort.gene_effect
    assert effect.table.shape == LABELLED[name]
    measured = effect.table.index.intersection(lines.obs.index)
    assert len(measured) == MEASURED[name]
    assert effect.patient_id.loc[measured].equals(lines.obs.loc[measured, "patient_id"])
    assert effect.patient_id.str.startswith("PT-").all()
    given = table(f"gene_effect/{name}").loc[effect.table.index]
    if name == CLASSES:
        assert effect.kind is GeneEffectKind.CLASS
        given = -given.mask(given == -1)
    else:
        assert effect.kind is GeneEffectKind.GENE_EFFECT
    np.testing.assert_allclose(effect.table, given[effect.table.columns], rtol=1e-6)


@pytest.mark.slow
def test_classes_once_turned_agree_with_gene_effects(imported):
    classes = imported(CLASSES).gene_effect.table
    effects = imported(CERES).gene_effect.table
    classes, effects = classes.align(effects, join="inner")
    assert classes.size > 50_000
    for known, median in CERES_OF_CLASS.items():
        of_class = effects.to_numpy()[classes.to_numpy() == known]
        assert np.median(of_class) == pytest.approx(median, abs=0.05)


@pytest.fixture
def release(tmp_path):
    """Real tables of release 20Q4 under DepMap's names: genes with a number, lines in rows."""
    folder = tmp_path / "DepMap_Public_20Q4"
    folder.mkdir()
    shutil.copy(TABLES / "cell_lines/Model.csv", folder)
    for name, source in (
        (EXPRESSION, "cell_lines/expression_ccle"),
        ("CRISPRGeneEffect.csv", f"gene_effect/{CERES}"),
    ):
        given = table(source)
        given.set_axis([f"{gene} ({k})" for k, gene in enumerate(given.columns, 1)], axis=1).to_csv(
            folder / name, index_label=""
        )
    return folder


def test_a_folder_of_depmap_passes_through(release, tmp_path):
    report = import_files(ImportRequest("depmap", release), tmp_path / "data")
    cohort = read_cohort(tmp_path / "data")
    lines = cohort.cell_lines
    pd.testing.assert_frame_equal(
        lines.omics[Omic.EXPRESSION],
        table("cell_lines/expression_ccle"),
        check_names=False,
        check_dtype=False,
    )
    assert lines.release == "DepMap 20Q4, layout up to 25Q1"
    models = pd.read_csv(TABLES / "cell_lines/Model.csv", index_col="ModelID").loc[lines.obs.index]
    assert lines.obs["patient_id"].tolist() == models["PatientID"].tolist()
    assert lines.obs["lineage"].tolist() == models["OncotreeLineage"].tolist()
    pd.testing.assert_frame_equal(
        cohort.gene_effect.table,
        table(f"gene_effect/{CERES}"),
        check_names=False,
        check_dtype=False,
    )
    assert report.counts["cell_lines"] == 334


def test_the_published_gene_sets_pass_through(tmp_path):
    import_files(ImportRequest("gmt", TABLES / "gene_sets" / "c2_cgp.gmt.gz"), tmp_path / "data")
    gene_sets = read_gene_sets(tmp_path / "data" / "gene_sets.gmt")
    assert len(gene_sets) == 3115
    # The folder's README says 20,597 genes; the file has these.
    assert len({gene for genes in gene_sets.values() for gene in genes}) == 20_564
    assert sum(map(len, gene_sets.values())) == 377_348
