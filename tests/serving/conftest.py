"""A real server, in a process of its own, and what is asked of it."""

import json
import signal
import subprocess
import sys
import urllib.error
import urllib.request
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import pandas as pd
import pytest

from deepdep.domain.cohort import Samples
from deepdep.simulation.settings import TINY

COMMAND = (sys.executable, "-c", "from deepdep.cli import main; main()", "serve")


@dataclass(frozen=True)
class Answer:
    status: int
    headers: Mapping[str, str]
    body: bytes

    @property
    def json(self) -> Any:
        return json.loads(self.body)


@dataclass(frozen=True)
class Server:
    address: str
    process: subprocess.Popen

    def ask(self, path="/invocations", body=None, method=None, **headers) -> Answer:
        """Send a request as it is; a mapping is sent as JSON."""
        data = json.dumps(body).encode() if isinstance(body, dict) else body
        told = {"Content-Type": "application/json"} | {
            name.replace("_", "-"): value for name, value in headers.items()
        }
        request = urllib.request.Request(self.address + path, data, told, method=method)
        try:
            with urllib.request.urlopen(request, timeout=60) as answer:
                return Answer(answer.status, dict(answer.headers), answer.read())
        except urllib.error.HTTPError as error:
            return Answer(error.code, dict(error.headers), error.read())

    def stop(self) -> int:
        self.process.send_signal(signal.SIGTERM)
        return self.process.wait(60)


@contextmanager
def running(*arguments, **options) -> Iterator[Server]:
    """Start ``deepdep serve`` on a free port, and wait until it says that it serves."""
    command = [*COMMAND, "--port", "0", *map(str, arguments)]
    with subprocess.Popen(command, stderr=subprocess.PIPE, text=True, **options) as process:
        said = []
        for line in process.stderr:
            said.append(line)
            if line.startswith("serving "):
                break
        else:
            raise RuntimeError("".join(said))
        try:
            yield Server(line.split()[-1], process)
        finally:
            process.kill()


@pytest.fixture(scope="session")
def server(trusted_folder):
    """A server of ``trusted_folder``, for all tests of this folder."""
    with running("--model", trusted_folder, "--max-request-mb", "4") as started:
        yield started


@pytest.fixture(scope="session")
def trusted_folder(predictor, tmp_path_factory):
    """``predictor``, saved, as if it had been cross-validated: every third gene is trusted."""
    from deepdep.models.artifacts import save_predictor

    genes = predictor.gene_scale.screened.index
    low = np.where(np.arange(len(genes)) % 3 == 0, 0.1, -0.1)
    trust = pd.DataFrame(
        {"cv_r": 0.2, "cv_r_low": low, "cv_r_high": 0.3, "trusted": low > 0, "half_width": 0.25},
        index=genes,
    )
    trust.iloc[1, 0] = np.nan
    folder = tmp_path_factory.mktemp("models") / "trusted"
    history = pd.DataFrame({"epoch": [], "loss": []})
    save_predictor(replace(predictor, gene_trust=trust), history, folder)
    return folder


@pytest.fixture(scope="session")
def some(cohort) -> Samples:
    """Eight cell lines and eight tumours; some lack an omic."""
    parts = [(cohort.cell_lines, cohort.cell_lines.obs.index[:8])]
    parts.append((cohort.tumors, cohort.tumors.obs.index[:8]))
    return Samples(
        {
            omic: pd.concat([s.omics[omic].loc[s.omics[omic].index.isin(n)] for s, n in parts])
            for omic in TINY.n_features
        },
        pd.concat([s.obs.loc[names] for s, names in parts]),
        cohort.cell_lines.units,
    )


def wide(samples: Samples, predictor) -> pd.DataFrame:
    """One table of the features that the model reads, NaN where a sample lacks an omic."""
    known = {omic: predictor.features[omic].table.index for omic in samples.omics}
    tables = [
        t[t.columns.intersection(known[omic])].astype(float).add_prefix(f"{omic}:")
        for omic, t in samples.omics.items()
    ]
    return pd.concat(tables, axis=1).reindex(samples.obs.index)


@pytest.fixture(scope="session")
def table(some, predictor) -> pd.DataFrame:
    return wide(some, predictor)
