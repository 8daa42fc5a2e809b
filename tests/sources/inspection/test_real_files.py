"""Every public file at hand is told right; see DEEPDEP_REAL_DATA and DEEPDEP_PEER_DATA."""

import os
from pathlib import Path

import pytest

SHARED = Path(__file__).parents[4] / "shared"
REAL = Path(os.environ.get("DEEPDEP_REAL_DATA", SHARED / "real"))
PEER = Path(os.environ.get("DEEPDEP_PEER_DATA", SHARED / "peers")) / "prep4deepdep"

TOLD = {
    REAL / "cell_lines/Model.csv": ("models", None),
    REAL / "cell_lines/expression.parquet": ("expression", "z-score"),
    REAL / "cell_lines/mutation.parquet": ("mutation", "0/1"),
    REAL / "cell_lines/copy_number.parquet": ("copy_number", "call"),
    REAL / "cell_lines/methylation.parquet": ("methylation", "beta"),
    REAL / "cell_lines/expression_ccle.parquet": ("expression_ccle", "log2(TPM+1)"),
    REAL / "cell_lines/mutation_ccle.parquet": ("mutation_ccle", "0/1"),
    REAL / "gene_effect/ceres_20q4.parquet": ("gene_effect", "gene_effect"),
    REAL / "gene_effect/chronos_25q2.parquet": ("gene_effect", "gene_effect"),
    REAL / "gene_effect/dependency_class_22q1.parquet": ("gene_effect", "classes 0, 1, 2"),
    REAL / "tumors/expression.parquet": ("expression", "log2(norm_count+1)"),
    REAL / "tumors/brca_pam50.parquet": ("not known", None),
    REAL / "gene_sets/c2_cgp.gmt.gz": ("gene_sets", None),
    PEER / "input/exp.file.txt.gz": ("expression", "log2(TPM+1)"),
    PEER / "input/mut.file.txt.gz": ("mutation", "0/1"),
    PEER / "input/meth.file.txt.gz": ("methylation", "beta"),
    PEER / "input/cna.file.txt.gz": ("copy_number", "log2(CN/2)"),
    PEER / "input/dep.file.training.txt.gz": ("gene_effect", "gene_effect"),
    PEER / "input/dep.file.prediction.txt.gz": ("genes of interest", None),
    PEER / "reference/feature_expression_6016.csv": ("feature list of expression", None),
    PEER / "reference/feature_mutation_4539.csv": ("feature list of mutation", None),
    PEER / "reference/feature_methylation_6617.csv": ("feature list of methylation", None),
    PEER / "reference/feature_cna_bins_7460.csv": ("feature list of copy_number", None),
    PEER / "reference/depoi_1298.csv": ("genes of interest", None),
    PEER / "expected/pred1298_fingerprint_prediction.txt.gz": ("fingerprints of genes", None),
}


@pytest.mark.slow
@pytest.mark.parametrize("path", TOLD, ids=lambda path: path.name)
def test_a_public_file_is_told_right(path, inspect):
    if not path.exists():
        pytest.skip(f"there is no {path}")
    found = inspect(path)
    assert (found.content, found.tables[0].unit, found.problems) == (*TOLD[path], ())
