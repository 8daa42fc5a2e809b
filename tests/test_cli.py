import json
import subprocess
import sys
from dataclasses import dataclass, replace

import anndata
import numpy as np
import pandas as pd
import pytest

from deepdep.candidates import PREDICTOR, Candidate
from deepdep.cli import main
from deepdep.domain.omics import Omic
from deepdep.io.cohort import read_cohort, write_cohort, write_samples
from deepdep.provenance import Execution

HEAVY = {
    "anndata",
    "great_expectations",
    "keras",
    "matplotlib",
    "mlflow",
    "mudata",
    "numpy",
    "optuna",
    "pandas",
    "scipy",
    "sklearn",
    "tensorflow",
}
SMALL = ("--tumors", "30", "--cell-lines", "30", "--genes", "40", "--features", "120")


@dataclass(frozen=True)
class Done:
    code: int
    stdout: str
    stderr: str


@pytest.fixture
def deepdep(monkeypatch, capsys):
    """Run a command in this process, which has TensorFlow loaded already."""

    def run(*arguments):
        monkeypatch.setattr(sys, "argv", ["deepdep", *map(str, arguments)])
        capsys.readouterr()  # what was said before
        with pytest.raises(SystemExit) as ended:
            main()
        said = capsys.readouterr()
        return Done(ended.value.code, said.out, said.err)

    return run


def refused(done):
    """The one line in which a command says what is wrong."""
    (line,) = done.stderr.splitlines()
    assert done.code == 2
    assert done.stdout == ""
    assert line.startswith("error: ")
    return line


@pytest.mark.parametrize("arguments", [["--help"], ["predict", "--help"], ["predict"]])
def test_nothing_heavy_is_loaded_before_a_command_runs(arguments):
    code = (
        "import sys\n"
        "from deepdep.cli import main\n"
        f"sys.argv = {['deepdep', *arguments]!r}\n"
        "try:\n"
        "    main()\n"
        "except SystemExit:\n"
        "    print('loaded', *(name for name in sys.modules if '.' not in name))\n"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    loaded = set(done.stdout.splitlines()[-1].split())
    assert "loaded" in loaded
    assert "deepdep" in loaded
    assert loaded & HEAVY == set()


def test_without_a_command_the_help_is_shown(deepdep):
    done = deepdep()
    assert done.code == 2
    assert "simulate" in done.stdout
    assert "error" not in done.stderr


def test_an_unknown_command_is_refused(deepdep):
    assert "simulat" in refused(deepdep("simulat"))


# simulate


def test_a_simulated_cohort_and_its_truth_are_written(deepdep, tmp_path):
    done = deepdep("simulate", "--to", tmp_path / "data", *SMALL)
    assert (done.code, done.stdout) == (0, "")
    cohort = read_cohort(tmp_path / "data")
    assert len(cohort.tumors.obs) == 30
    assert len(cohort.cell_lines.obs) == 30
    assert cohort.gene_effect.table.shape[1] == 40
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
    assert said in refused(deepdep("simulate", "--to", tmp_path / "data", *arguments))
    assert list(tmp_path.iterdir()) == []


def test_a_folder_that_holds_anything_else_is_never_replaced(deepdep, tmp_path):
    (tmp_path / "thesis").mkdir()
    (tmp_path / "thesis" / "chapter.tex").write_text("precious")
    assert "chapter.tex" in refused(deepdep("simulate", "--to", tmp_path / "thesis", *SMALL))
    assert [path.name for path in tmp_path.rglob("*")] == ["thesis", "chapter.tex"]


# import


@pytest.fixture
def tables(tmp_path):
    folder = tmp_path / "tables"
    (folder / "cell_lines").mkdir(parents=True)
    (folder / "gene_effect").mkdir()
    (folder / "cell_lines" / "expression.csv").write_text("id,TP53\nL1,1\nL2,2\nL3,3\n")
    (folder / "gene_effect" / "chronos.csv").write_text("id,TP53,MYC\nL1,-1,0.5\nL2,,0.25\n")
    return folder


def test_a_folder_of_tables_becomes_a_cohort_and_the_report_is_shown(deepdep, tables, tmp_path):
    done = deepdep(
        "import", "tables", tables, "--gene-effect", "chronos", "--to", tmp_path / "data"
    )
    assert (done.code, done.stderr) == (0, "")
    cohort = read_cohort(tmp_path / "data")
    assert cohort.gene_effect.table.loc["L1"].to_dict() == {"TP53": -1.0, "MYC": 0.5}
    assert "cohort: 3 cell lines of 3 patients and 1 lineage" in done.stdout.splitlines()
    assert done.stdout == (tmp_path / "data.import.txt").read_text()


@pytest.mark.parametrize(
    ("source", "folder", "gene_effect", "said"),
    [
        ("tables", "absent", "chronos", "absent: there is no such folder"),
        ("tables", "tables", "ceres", "ceres"),
        ("xena", "tables", "chronos", "'xena'"),
    ],
)
def test_what_cannot_be_imported_is_refused(
    deepdep, tables, tmp_path, source, folder, gene_effect, said
):
    to = tmp_path / "data"
    done = deepdep("import", source, tmp_path / folder, "--gene-effect", gene_effect, "--to", to)
    assert said in refused(done)
    assert not to.exists()


# predict


@pytest.fixture(scope="module")
def samples(cohort, tmp_path_factory):
    """Six cell lines with expression and mutation only, in a file."""
    tables = {omic: cohort.cell_lines.omics[omic] for omic in (Omic.MUTATION, Omic.EXPRESSION)}
    names = tables[Omic.MUTATION].index.intersection(tables[Omic.EXPRESSION].index)[:6]
    lines = replace(
        cohort.cell_lines,
        omics={omic: table.loc[names] for omic, table in tables.items()},
        obs=cohort.cell_lines.obs.loc[names],
    )
    path = tmp_path_factory.mktemp("samples") / "mine.h5mu"
    write_samples(lines, path)
    return path


@pytest.fixture(scope="module")
def expected(samples, predictor):
    from deepdep.io.samples import read_any_samples
    from deepdep.models.prediction import predict_samples

    return predict_samples(read_any_samples(samples), predictor, None, file_name="mine").effect


def read_predictions(path):
    if path.suffix == ".h5ad":
        return anndata.read_h5ad(path).to_df()
    if path.suffix == ".parquet":
        return pd.read_parquet(path)
    return pd.read_csv(path, index_col=0, sep="," if path.suffix == ".csv" else "\t")


@pytest.mark.parametrize("ending", ["csv", "tsv", "h5ad", "parquet"])
def test_samples_are_predicted_into_the_format_asked_for(
    deepdep, predictor_folder, samples, expected, tmp_path, ending
):
    to = tmp_path / f"predicted.{ending}"
    done = deepdep("predict", "--model", predictor_folder, "--samples", samples, "--to", to)
    assert (done.code, done.stdout) == (0, "")
    assert done.stderr.splitlines() == [
        f"{to}: gene effects of 6 samples x {expected.shape[1]} genes",
        "6 of 6 samples have no methylation; predicted without it",
        "6 of 6 samples have no copy_number; predicted without it",
    ]
    read = read_predictions(to)
    assert list(read.index) == list(expected.index)
    assert list(read.columns) == list(expected.columns)
    np.testing.assert_allclose(read, expected, atol=1e-4)


def test_a_folder_of_tables_is_predicted_and_no_cell_is_a_formula(
    deepdep, predictor_folder, samples, cohort, expected, tmp_path
):
    table = cohort.cell_lines.omics[Omic.EXPRESSION].loc[expected.index]
    (tmp_path / "mine").mkdir()
    renamed = table.rename(index={table.index[0]: "=cmd()"})
    renamed.to_csv(tmp_path / "mine" / "expression.csv", index_label="id")
    to = tmp_path / "predicted.csv"
    done = deepdep(
        "predict", "--model", predictor_folder, "--samples", tmp_path / "mine", "--to", to
    )
    assert done.code == 0
    read = read_predictions(to)
    assert "'=cmd()" in read.index
    assert not any(line.startswith("=") for line in to.read_text().splitlines())


def test_genes_may_be_chosen_and_the_unknown_are_named(
    deepdep, predictor_folder, samples, expected, tmp_path
):
    known = expected.columns[5]
    (tmp_path / "genes.txt").write_text(f"# mine\nNOWHERE\n{known}\n")
    to = tmp_path / "predicted.parquet"
    done = deepdep(
        "predict", "--model", predictor_folder, "--samples", samples, "--to", to,
        "--genes", tmp_path / "genes.txt",
    )  # fmt: skip
    assert list(read_predictions(to).columns) == ["NOWHERE", known]
    assert "no gene set of the model holds 'NOWHERE'; predicted as an average gene" in done.stderr


@pytest.mark.parametrize(
    ("changed", "said"),
    [
        # The ending is looked at first: nothing else of this call is there.
        ({"--to": "out.xlsx", "--model": "absent", "--samples": "absent"}, "names no format"),
        ({"--samples": "absent.h5mu", "--model": "absent"}, "there is no such file or folder"),
        ({"--genes": "empty.txt", "--model": "absent"}, "empty.txt: names no gene"),
        ({"--model": "."}, "has no readable manifest.json"),
        ({"--model": "deepdep-predictor"}, "names no version; say NAME@alias"),
        ({"--model": "deepdep-predictor@champion"}, "has no version or alias 'champion'"),
    ],
)
def test_what_cannot_be_predicted_is_refused_and_nothing_written(
    deepdep, predictor_folder, samples, mlflow_project, changed, said
):
    (mlflow_project / "empty.txt").write_text("# no symbol\n")
    before = set(mlflow_project.rglob("*.*"))
    options = {"--model": predictor_folder, "--samples": samples, "--to": "out.csv"} | changed
    done = deepdep("predict", *(word for option in options.items() for word in option))
    assert said in refused(done)
    assert set(mlflow_project.rglob("*.*")) == before


# models and promote


@pytest.fixture
def registered(mlflow_project, predictor_folder):
    """A project whose registry holds the predictor as a challenger, without figures."""
    from deepdep.registry import register
    from deepdep.tracking import tracked_run

    with tracked_run("register", None, execution=Execution("host:1:1", "dvc repro")) as run:
        register(Candidate(predictor_folder, PREDICTOR, {"test_mean_gene_r": 0.25}, "split"), run)
    return mlflow_project


def write_promote_settings(folder):
    (folder / "params.yaml").write_text(
        "promote: {min_r_above_gene_mean: 0.0, margin_over_champion: 0.01}\n"
    )


def test_an_empty_registry_is_listed_as_such(deepdep, mlflow_project):
    assert json.loads(deepdep("models", "--json").stdout) == []
    assert "No model is registered yet" in deepdep("models").stdout


def test_registered_models_are_listed_for_people_and_for_programs(deepdep, registered):
    (version,) = json.loads(deepdep("models", "--json").stdout)
    assert version["name"] == PREDICTOR
    assert version["version"] == 1
    assert version["aliases"] == ["challenger"]
    assert version["metrics"] == {"test_mean_gene_r": 0.25}
    assert "test_mean_gene_r 0.2500" in deepdep("models").stdout


def test_a_registered_model_predicts_as_its_folder_does(
    deepdep, registered, samples, expected, tmp_path
):
    to = tmp_path / "predicted.parquet"
    model = f"{PREDICTOR}@challenger"
    assert deepdep("predict", "--model", model, "--samples", samples, "--to", to).code == 0
    np.testing.assert_allclose(read_predictions(to), expected, atol=1e-4)


def test_nothing_can_be_promoted_in_an_empty_registry(deepdep, mlflow_project):
    write_promote_settings(mlflow_project)
    assert "has no version or alias 'challenger'" in refused(deepdep("promote"))
    assert "no such model" in refused(deepdep("promote", "deepdep-oracle"))
    assert PREDICTOR in refused(deepdep("promote", "--rollback"))


def test_a_model_that_does_not_pass_the_gates_is_not_promoted(deepdep, registered):
    write_promote_settings(registered)
    done = deepdep("promote")
    assert done.code == 3
    assert done.stderr.startswith(f"error: {PREDICTOR} version 1 may not be champion")
    (version,) = json.loads(deepdep("models", "--json").stdout)
    assert version["aliases"] == ["challenger"]


def test_promotion_needs_its_settings(deepdep, registered):
    assert "params.yaml: cannot be read" in refused(deepdep("promote"))


# validate


def test_a_good_cohort_is_checked_and_its_notes_are_shown(deepdep, cohort, tmp_path):
    write_cohort(cohort, tmp_path / "data")
    done = deepdep("validate", tmp_path / "data", "--docs", tmp_path / "docs.html")
    assert done.code == 0
    assert "checks" in done.stderr
    assert all(line.startswith("note: ") for line in done.stdout.splitlines())
    assert "<html" in (tmp_path / "docs.html").read_text()


def test_a_page_shows_what_is_wrong_with_a_cohort(deepdep, cohort, tmp_path):
    lines = cohort.cell_lines
    table = lines.omics[Omic.METHYLATION].copy()
    table.iloc[2, 3] = 1.7
    spoiled = replace(lines, omics={**lines.omics, Omic.METHYLATION: table})
    write_cohort(replace(cohort, cell_lines=spoiled), tmp_path / "data")
    done = deepdep("validate", tmp_path / "data", "--docs", tmp_path / "docs.html")
    assert done.code == 2
    assert done.stdout.startswith("error: cell_lines.h5mu/methylation")
    assert table.columns[3] in (tmp_path / "docs.html").read_text()
    assert len(done.stderr.splitlines()) == 1
