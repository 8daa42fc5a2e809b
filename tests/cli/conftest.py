"""A way to run commands, and what several of them read."""

import sys
from dataclasses import dataclass, replace

import pytest

from deepdep.cli.app import main
from deepdep.data.prepared import write_prepared
from deepdep.domain.omics import Omic
from deepdep.io.containers import write_samples
from deepdep.registry import PREDICTOR, Candidate
from deepdep.stage import LOG_LEVEL
from deepdep.tracking.provenance import PipelineExecution
from printed import lines_but_progress


@dataclass(frozen=True)
class Done:
    code: int
    stdout: str
    stderr: str

    @property
    def refusal(self) -> str:
        """The one line in which a command says what is wrong; it says and does nothing else."""
        (line,) = lines_but_progress(self.stderr)
        assert self.code == 2
        assert self.stdout == ""
        assert line.startswith("error: ")
        return line


@pytest.fixture
def deepdep(monkeypatch, capsys):
    """Run a command in this process, which has TensorFlow loaded already."""

    def run(*arguments):
        monkeypatch.setattr(sys, "argv", ["deepdep", *map(str, arguments)])
        monkeypatch.setenv(LOG_LEVEL, "INFO")  # --quiet and --verbose set it
        capsys.readouterr()  # what was said before
        with pytest.raises(SystemExit) as ended:
            main()
        said = capsys.readouterr()
        return Done(ended.value.code, said.out, said.err)

    return run


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
def prepared_folder(prepared_cohort, tmp_path_factory):
    """The simulated cohort, prepared, in a folder."""
    folder = tmp_path_factory.mktemp("cohort") / "prepared"
    write_prepared(prepared_cohort, folder)
    return folder


@pytest.fixture
def registered(mlflow_project, predictor_folder):
    """A project whose registry holds the predictor as a challenger, without figures."""
    from deepdep.tracking import tracked_run

    with tracked_run("register", None, execution=PipelineExecution("host:1:1", "dvc repro")) as run:
        Candidate(predictor_folder, PREDICTOR, {"test_mean_gene_r": 0.25}, "split").register(run)
    return mlflow_project
