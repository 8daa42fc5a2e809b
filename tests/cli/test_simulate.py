import json

import pytest

from deepdep.data.cohort import read_cohort
from deepdep.domain.omics import Omic

SMALL = ("--tumors", "30", "--cell-lines", "30", "--genes", "40", "--features", "120")


def test_a_simulated_cohort_and_its_truth_are_written(deepdep, tmp_path):
    done = deepdep("simulate", "--to", tmp_path / "data", *SMALL)
    assert (done.code, done.stdout) == (0, "")
    cohort = read_cohort(tmp_path / "data")
    assert len(cohort.tumors.obs) == 30
    assert len(cohort.cell_lines.obs) == 30
    assert cohort.gene_effect.table.shape[1] == 40
    assert cohort.simulated
    assert cohort.name == "simulated cohort of 30 tumours and 30 cell lines, seed 0"
    assert cohort.cell_lines.omics[Omic.EXPRESSION].shape[1] == 120
    truth = json.loads((tmp_path / "data.truth.json").read_text())
    assert {fact["gene"] for fact in truth["planted"]} <= set(cohort.gene_effect.table.columns)


def test_the_same_seed_gives_the_same_bytes(deepdep, tmp_path):
    for name, seed in (("one", 3), ("again", 3), ("other", 4)):
        deepdep("simulate", "--to", tmp_path / name, "--seed", seed, *SMALL)
    for file in ("tumors.h5mu", "cell_lines.h5mu", "gene_effect.h5ad", "gene_sets.gmt"):
        one, again, other = ((tmp_path / n / file).read_bytes() for n in ("one", "again", "other"))
        assert one == again
        assert one != other


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["--tumors", "3"], "n_tumors is 3, at least 30"),
        (["--genes", "-1"], "n_genes is -1"),
        (["--features", "10"], "expression features: 10, at least 40"),
        (["--cell-lines", "many"], "--cell-lines"),
        (["--size", "huge"], "'demo', 'deepdep'"),
    ],
)
def test_a_size_that_makes_no_cohort_is_refused(deepdep, tmp_path, arguments, said):
    assert said in deepdep("simulate", "--to", tmp_path / "data", *arguments).refusal
    assert list(tmp_path.iterdir()) == []


def test_a_folder_that_holds_anything_else_is_never_replaced(deepdep, tmp_path):
    (tmp_path / "thesis").mkdir()
    (tmp_path / "thesis" / "chapter.tex").write_text("precious")
    assert "chapter.tex" in deepdep("simulate", "--to", tmp_path / "thesis", *SMALL).refusal
    assert [path.name for path in tmp_path.rglob("*")] == ["thesis", "chapter.tex"]
