"""Good files, small and of every kind, that the tests of bad input spoil one at a time."""

import os
import subprocess
import sys
import time
from dataclasses import dataclass
from pathlib import Path
from subprocess import PIPE

import numpy as np
import pandas as pd
import pytest

from deepdep.cli.app import main
from deepdep.domain.cohort import Cohort
from deepdep.domain.omics import Omic

sys.path.append(str(Path(__file__).parent))  # file_edits

LIMIT_S = 5  # in which a command must have said what is wrong

MODELS = "ModelID,PatientID,OncotreeLineage,CCLEName,StrippedCellLineName\n"
SEGMENTS = "CCLE_name\tChromosome\tStart\tEnd\tNum_Probes\tSegment_Mean\n"


@dataclass(frozen=True)
class Folder:
    """Text files that a test may spoil."""

    path: Path

    def read(self, name: str) -> str:
        return (self.path / name).read_text()

    def write(self, name: str, content: str | bytes) -> None:
        path = self.path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content.encode() if isinstance(content, str) else content)

    def change(self, name: str, old: str, new: str) -> None:
        """Replace the first ``old``, which must be there."""
        text = self.read(name)
        assert old in text
        self.write(name, text.replace(old, new, 1))

    def table(self, name: str) -> pd.DataFrame:
        return pd.read_csv(self.path / name, sep=None, engine="python", index_col=0)

    def put(self, name: str, table: pd.DataFrame) -> None:
        self.write(name, table.to_csv(sep="\t" if name.endswith((".tsv", ".txt")) else ","))


@dataclass(frozen=True)
class Done:
    code: int
    stdout: str
    stderr: str
    seconds: float


@pytest.fixture
def deepdep(monkeypatch, capsys):
    """Run a command in this process, as the shell would."""

    def run(*arguments: object) -> Done:
        monkeypatch.setattr(sys, "argv", ["deepdep", *map(str, arguments)])
        capsys.readouterr()  # what was said before
        start = time.monotonic()
        with pytest.raises(SystemExit) as ended:
            main()
        said = capsys.readouterr()
        return Done(ended.value.code, said.out, said.err, time.monotonic() - start)

    return run


@pytest.fixture
def deepdep_process():
    """Run a command as the shell does; its seconds are those of a processor to itself."""
    script = Path(sys.executable).with_name("deepdep")

    def run(*arguments: object) -> Done:
        command = [script, *map(str, arguments)]
        with subprocess.Popen(command, stdout=PIPE, stderr=PIPE, text=True) as process:
            stdout, stderr = process.stdout.read(), process.stderr.read()  # a line each, at most
            _, status, used = os.wait4(process.pid, 0)
            process.returncode = os.waitstatus_to_exitcode(status)
        return Done(process.returncode, stdout, stderr, used.ru_utime + used.ru_stime)

    return run


@pytest.fixture
def tables(cohort: Cohort, tmp_path) -> Folder:
    """Twelve lines and ten tumours in the layout of ``import tables``; gene effects of ten."""
    folder = Folder(tmp_path / "tables")
    for omic, table in cohort.cell_lines.omics.items():
        folder.put(f"cell_lines/{omic}.csv", _rounded(table.dropna().iloc[:12, :40]))
    tumors = cohort.tumors.omics[Omic.EXPRESSION]
    folder.put("tumors/expression.csv", _rounded(tumors.iloc[:10, :40]))
    screened = cohort.gene_effect.table.iloc[:10].dropna(axis=1)
    folder.put("gene_effect/effects.csv", _rounded(screened))
    lines = cohort.cell_lines.obs.iloc[:20]
    models = [
        f"{name},{line.patient_id},{line.lineage},LINE{k}_{line.lineage.upper()[:4]},LINE{k}\n"
        for k, (name, line) in enumerate(lines.iterrows())
    ]
    folder.write("cell_lines/Model.csv", MODELS + "".join(models))
    sets = [(name, *genes) for name, genes in cohort.gene_sets.items()]
    folder.write("gene_sets/sets.gmt", "".join("\t".join((s[0], "", *s[1:])) + "\n" for s in sets))
    return folder


@pytest.fixture
def example(cohort: Cohort, tmp_path) -> Folder:
    """Three lines as Prep4DeepDEP takes them: features in rows, copy number in segments."""
    folder = Folder(tmp_path / "example")
    lines = cohort.cell_lines.omics
    names = lines[Omic.METHYLATION].dropna().index
    names = [n for n in names if all(n in table.index for table in lines.values())][:3]
    for name, omic, label in (
        ("exp.txt", Omic.EXPRESSION, "Gene"),
        ("mut.txt", Omic.MUTATION, "Gene"),
        ("meth.txt", Omic.METHYLATION, "Probe"),
    ):
        folder.put(name, _rounded(lines[omic].loc[names]).T.rename_axis(label))
    segments = [
        f"{line}\t{chromosome}\t{start}\t{start + 999_999}\t9\t{mean}\n"
        for line in names
        for chromosome, start, mean in (
            ("1", 1, -0.4),
            ("1", 1_000_001, 0.0),
            ("8", 127_000_000, 1.5),
            ("X", 5_000_000, -0.9),
        )
    ]
    folder.write("cna.txt", SEGMENTS + "".join(segments))
    return folder


def _rounded(table: pd.DataFrame) -> pd.DataFrame:
    return table.astype(float).round(4) if table.dtypes.iloc[0] != np.uint8 else table
